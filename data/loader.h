#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <reel/tensor/core/generator.h>
#include <reel/tensor/tensor.h>

/// Loaders of batches of any type. `DataLoader` is the one for tensors.
namespace reel::data {

/// Named tensors, as files store them (nn::StateDict).
using StateDict = std::map<std::string, Tensor>;

/// What all loaders can be told.
struct LoaderOptions {
  std::int64_t batch_size = 1;             ///< Examples in a batch.
  bool shuffle = false;                    ///< A new order every epoch, from the seed.
  std::int64_t num_workers = 0;            ///< Threads that prepare batches ahead; 0: the loop does when it asks.
  bool drop_last = false;                  ///< Leaves out a last batch that is not full.
  std::int64_t prefetch_factor = 2;        ///< Batches that may lie ready for each worker.
  std::optional<std::uint64_t> seed = {};  ///< Of order and random changes; else drawn from default_generator().
};

/// What all loaders share: order and epochs, and the workers that prepare batches, whatever a batch is.
class LoaderBase {
 public:
  /// The number of batches in an epoch, if it began now.
  std::int64_t size() const;

  /// The epoch that the next loop will be, counted from 0. Setting it resumes an interrupted training; a ValueError if
  /// it is negative.
  std::int64_t epoch() const { return epoch_; }
  void set_epoch(std::int64_t epoch);

  /// "seed" and "epoch", the next one: a training is resumed where an epoch begins, not in the middle of one.
  StateDict state_dict() const;
  /// Takes over seed and epoch; the other options stay as they are. A state that does not fit is a ValueError and
  /// changes nothing.
  void load_state_dict(const StateDict& state);

 protected:
  /// A batch of whatever type.
  using AnyBatch = std::shared_ptr<const void>;
  /// Makes the batch of the examples at these indices. Workers call it from several threads at a time.
  using MakeBatch = std::function<AnyBatch(std::span<const std::int64_t> indices, Generator& generator)>;

  /// How many examples there are.
  using CountExamples = std::function<std::int64_t()>;

  /// A loader of the examples that `count` counts when an epoch begins. A ValueError for sizes below 1 and negative
  /// counts.
  LoaderBase(CountExamples count, LoaderOptions options, MakeBatch make);

  /// What it was made with; the seed is always set.
  const LoaderOptions& order_options() const { return options_; }

  /// A pass over the examples.
  class Epoch;
  /// A position in a pass; both are null at its end.
  struct Position {
    std::shared_ptr<Epoch> epoch;
    AnyBatch batch;
  };
  /// Begins the next epoch. If that fails, it is still the next one.
  Position start_epoch();
  /// The position after this one, where there is one.
  static Position next_position(std::shared_ptr<Epoch> epoch);
  /// An IndexError: there is no batch at the end of an epoch.
  [[noreturn]] static void fail_at_end(const char* what);

 private:
  std::int64_t examples() const;
  std::int64_t batches_of(std::int64_t examples) const;

  CountExamples count_;
  LoaderOptions options_;
  std::shared_ptr<const MakeBatch> make_;
  std::int64_t epoch_ = 0;
};

/// Iterates over batches of a type of your own: `make` gets the indices of a batch's examples, and a generator for
/// random changes. What `DataLoader` says of epochs, seeds, workers and exceptions holds here, too.
template <class Batch> class LoaderOf : public LoaderBase {
 public:
  class Iterator;

  /// Makes the batch of the examples at these indices.
  using Make = std::function<Batch(std::span<const std::int64_t> indices, Generator& generator)>;

  /// A loader of so many examples, or of as many as `count` says, which is asked once when an epoch begins. A
  /// ValueError for sizes below 1 and negative counts.
  LoaderOf(std::int64_t examples, LoaderOptions options, Make make)
      : LoaderOf([examples] { return examples; }, options, std::move(make)) {}
  LoaderOf(std::function<std::int64_t()> count, LoaderOptions options, Make make)
      : LoaderBase(std::move(count), options,
                   [make = std::move(make)](std::span<const std::int64_t> indices, Generator& generator) {
                     return std::make_shared<const Batch>(make(indices, generator));
                   }) {}

  /// Starts an epoch and waits for its first batch. If that fails, nothing has changed: the next call starts the same
  /// epoch. An Error if a worker's thread cannot be started.
  Iterator begin() { return Iterator(start_epoch()); }
  /// The end of every epoch.
  std::default_sentinel_t end() const { return {}; }
};

/// A position in an epoch (an input iterator). Copies share it; the epoch's workers end with the last copy.
template <class Batch> class LoaderOf<Batch>::Iterator {
 public:
  /// What the standard asks of an iterator.
  using value_type = Batch;
  using difference_type = std::ptrdiff_t;

  /// The batch at this position. An IndexError at the end.
  const Batch& operator*() const { return *operator->(); }
  const Batch* operator->() const {
    if (!batch_) fail_at_end("read a batch");
    return batch_.get();
  }
  /// Advances to the next batch. If that could not be prepared, throws its exception, and the epoch is over, for copies
  /// of the iterator, too. An IndexError at the end.
  Iterator& operator++() {
    if (!epoch_) fail_at_end("go on");
    // Leave this position first: if the next batch throws, the epoch is over.
    batch_ = nullptr;
    take(next_position(std::move(epoch_)));
    return *this;
  }
  void operator++(int) { ++*this; }
  /// Whether the epoch is over.
  bool operator==(std::default_sentinel_t) const { return !epoch_; }

 private:
  friend class LoaderOf;
  explicit Iterator(Position position) { take(std::move(position)); }
  void take(Position position) {
    epoch_ = std::move(position.epoch);
    batch_ = std::static_pointer_cast<const Batch>(std::move(position.batch));
  }

  std::shared_ptr<Epoch> epoch_;  // null at the end
  std::shared_ptr<const Batch> batch_;
};

/// A loader of a dataset with examples of any type, `std::string` or a struct: anything with `size()` and `get(index)`,
/// both const, which the loader keeps; it asks the size once when an epoch begins. `collate` makes the batch, whatever
/// that is, of a vector of examples; it may take a generator for random changes as well. Without it the vector is the
/// batch.
///
///     auto loader = data::make_data_loader(Sentences("corpus.txt"), {.batch_size = 8, .shuffle = true},
///                                          [](const std::vector<std::string>& lines) { return tokenized(lines); });
template <class Dataset, class Collate = std::identity>
auto make_data_loader(Dataset dataset, LoaderOptions options, Collate collate = {}) {
  using Examples = std::vector<std::decay_t<decltype(dataset.get(std::int64_t{}))>>;
  const auto make = [collate = std::move(collate)](Examples examples, Generator& generator) {
    if constexpr (std::invocable<const Collate&, Examples, Generator&>) return collate(std::move(examples), generator);
    else return collate(std::move(examples));
  };
  const auto shared = std::make_shared<const Dataset>(std::move(dataset));
  using Batch = std::decay_t<std::invoke_result_t<decltype(make), Examples, Generator&>>;
  return LoaderOf<Batch>([shared] { return static_cast<std::int64_t>(shared->size()); }, options,
                         [shared, make](std::span<const std::int64_t> indices, Generator& generator) -> Batch {
                           Examples examples;
                           examples.reserve(indices.size());
                           for (const std::int64_t index : indices) examples.push_back(shared->get(index));
                           return make(std::move(examples), generator);
                         });
}

}  // namespace reel::data
