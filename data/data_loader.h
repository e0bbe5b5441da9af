#pragma once

#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <reel/data/dataset.h>
#include <reel/data/transforms.h>

namespace reel::data {

/// Named tensors, as files store them (nn::StateDict).
using StateDict = std::map<std::string, Tensor>;

/// Options of DataLoader.
struct DataLoaderOptions {
  std::int64_t batch_size = 1;   ///< Examples in a batch.
  bool shuffle = false;          ///< A new order every epoch, from the seed.
  std::int64_t num_workers = 0;  ///< Threads that prepare batches ahead; 0: the loop prepares each when it asks.
  std::function<Example(std::vector<Example>)> collate = {};  ///< Makes a batch of single examples, if it is set.
  bool drop_last = false;                                     ///< Leaves out a last batch that is not full.
  std::int64_t prefetch_factor = 2;                           ///< Batches that may lie ready for each worker.
  std::optional<std::uint64_t> seed = {};  ///< Of order and transforms; if not given, drawn from default_generator().
  std::vector<Transform> transforms = {};  ///< Applied to the data of every batch, one after the other.
};

/// Iterates over a dataset in batches:
///
///     data::DataLoader train(data::MNIST("mnist", data::Split::train), {.batch_size = 64, .shuffle = true});
///     for (auto [images, labels] : train) ...
///
/// Every loop is the next epoch. What it yields depends on dataset, seed and epoch alone, not on the number of workers.
/// An exception thrown while a batch is prepared reaches the loop where that batch would have come. Leaving a loop
/// early stops the workers.
class DataLoader {
 public:
  class Iterator;

  /// A ValueError for sizes below 1 and negative counts.
  explicit DataLoader(DatasetHandle dataset, DataLoaderOptions options = {});

  /// The number of batches in an epoch.
  std::int64_t size() const;
  /// What it was made with; the seed is always set.
  const Dataset& dataset() const { return *dataset_; }
  const DataLoaderOptions& options() const { return options_; }

  /// The epoch that the next loop will be, counted from 0. Setting it resumes an interrupted training; a ValueError if
  /// it is negative.
  std::int64_t epoch() const { return epoch_; }
  void set_epoch(std::int64_t epoch);

  /// "seed" and "epoch", the next one: a training is resumed where an epoch begins, not in the middle of one.
  StateDict state_dict() const;
  /// Takes over seed and epoch; the other options stay as they are. A state that does not fit is a ValueError and
  /// changes nothing.
  void load_state_dict(const StateDict& state);

  /// Starts an epoch.
  Iterator begin();
  /// The end of every epoch.
  std::default_sentinel_t end() const { return {}; }

 private:
  DatasetHandle dataset_;
  DataLoaderOptions options_;
  std::int64_t epoch_ = 0;
};

/// A position in an epoch (an input iterator). Copies share it; the epoch's workers end with the last copy.
class DataLoader::Iterator {
 public:
  /// What the standard asks of an iterator.
  using value_type = Example;
  using difference_type = std::ptrdiff_t;

  /// The batch at this position.
  const Example& operator*() const { return batch_; }
  const Example* operator->() const { return &batch_; }
  /// Advances to the next batch. If that could not be prepared, throws its exception, and the epoch is over.
  Iterator& operator++();
  void operator++(int) { ++*this; }
  /// Whether the epoch is over.
  bool operator==(std::default_sentinel_t) const { return !epoch_; }

 private:
  friend class DataLoader;
  class Epoch;
  explicit Iterator(std::shared_ptr<Epoch> epoch) : epoch_(std::move(epoch)) { ++*this; }

  std::shared_ptr<Epoch> epoch_;  // null at the end
  Example batch_;
};

}  // namespace reel::data
