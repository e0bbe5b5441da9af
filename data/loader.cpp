// What loaders share: the order of an epoch, and the workers that prepare batches.

#include <reel/data/loader.h>

#include <algorithm>
#include <bit>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include <reel/autograd/anomaly.h>
#include <reel/autograd/tape/autocast.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/kernels/deterministic_guard.h>
#include <reel/kernels/random.h>
#include <reel/kernels/threads.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/random.h>
#include <reel/tensor/core/check.h>
#include <reel/tensor/core/cuda_thread_streams.h>
#include <reel/tensor/core/fork.h>
#include <reel/tensor/core/option.h>

namespace reel::data {
namespace {

/// Orders draw from the upper half of the offsets, the seeds of epochs from the lower.
constexpr std::uint64_t kOrderOffset = std::uint64_t{1} << 63;
/// How many draws the transforms of one batch may make before they reach those of the next: 2^24, for 2^40 batches.
constexpr int kDrawBits = 24;

std::uint64_t random_seed(PhiloxState state) {
  const kernels::Philox draw(state, 0);
  return std::uint64_t{draw.word[1]} << 32 | draw.word[0];
}

std::vector<std::int64_t> epoch_order(std::int64_t n, const LoaderOptions& options, std::int64_t epoch) {
  if (options.shuffle) {
    Generator generator;
    generator.set_state({*options.seed, kOrderOffset + static_cast<std::uint64_t>(epoch)});
    return reel::detail::random_order(n, generator);
  }
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

/// The settings of a thread while it prepares a batch: the same in the caller's thread and in workers, whatever the
/// thread had before. Else a batch would depend on who prepares it. Settings of the whole program are what they are.
class Preparation {
 public:
  explicit Preparation(const cuda::ThreadStreams& streams) : streams_(streams) {}

 private:
  const NoGradGuard no_grad_;
  const AutocastGuard exact_{DType::f32};
  const AnomalyGuard no_anomaly_{false};
  const DeterministicGuard deterministic_;  // the numbers of threads differ
  const cuda::ThreadStreamsGuard streams_;
};

}  // namespace

/// One pass over the examples: the order, and the workers with the batches that they have prepared.
class LoaderBase::Epoch {
 public:
  Epoch(const LoaderBase& loader, std::int64_t number, std::int64_t examples)
      : make_(loader.make_),
        options_(loader.options_),
        streams_(cuda::thread_streams()),
        batches_(loader.batches_of(examples)),
        seed_(random_seed({*options_.seed, static_cast<std::uint64_t>(number)})),
        order_(epoch_order(examples, options_, number)),
        ready_(static_cast<std::size_t>(options_.num_workers * options_.prefetch_factor)) {
    start_workers();
  }

  ~Epoch() { stop(); }

  /// Destroys an epoch, unless its workers are the parent's: neither they nor what they held can be destroyed here.
  static void end(Epoch* epoch) {
    if (epoch->has_workers() || epoch->workers_.empty()) delete epoch;
  }

  /// The next batch; null at the end, and after an error.
  AnyBatch next() {
    if (over_ || taken_ == batches_) return nullptr;
    try {
      return has_workers() ? next_of_workers() : prepare(taken_++);
    } catch (...) {
      over_ = true;
      stop();
      throw;
    }
  }

 private:
  struct Slot {
    bool full = false;
    AnyBatch batch;
    std::exception_ptr error;
  };

  void start_workers() {
    const std::int64_t count = std::min(options_.num_workers, batches_);
    workers_.reserve(static_cast<std::size_t>(count));
    try {
      for (std::int64_t i = 0; i < count; ++i) {
        workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
      }
    } catch (const std::system_error& error) {
      stop();  // then the destructors of the members join them
      fail<Error>(
          "DataLoader: expected {} worker threads, could start only {} ({}); use fewer num_workers, or let the process "
          "have more threads and memory",
          count, workers_.size(), error.code().message());
    }
  }

  void stop() {
    if (!has_workers()) return;
    for (std::jthread& worker : workers_) worker.request_stop();
    for (std::jthread& worker : workers_) {  // a worker that ends the program cannot wait for itself
      if (worker.get_id() == std::this_thread::get_id()) worker.detach();
    }
  }

  AnyBatch next_of_workers() {
    std::unique_lock lock(mutex_);
    Slot& slot = ready_[static_cast<std::size_t>(taken_) % ready_.size()];
    filled_.wait(lock, [&] { return slot.full; });
    const Slot result = std::exchange(slot, {});
    ++taken_;
    lock.unlock();
    freed_.notify_one();
    if (result.error) std::rethrow_exception(result.error);
    return result.batch;
  }

  /// A forked child has none. It goes on without them: a batch does not depend on who prepares it.
  bool has_workers() const { return !workers_.empty() && forks_ == reel::detail::forks(); }

  AnyBatch prepare(std::int64_t number) const {
    const Preparation settings(streams_);
    const auto first = static_cast<std::size_t>(number * options_.batch_size);
    const auto count = std::min(static_cast<std::size_t>(options_.batch_size), order_.size() - first);
    Generator generator;
    generator.set_state({seed_, static_cast<std::uint64_t>(number) << kDrawBits});
    return (*make_)(std::span(order_).subspan(first, count), generator);
  }

  /// A worker takes batch numbers in turn, but never runs further ahead of the loop than there are slots.
  void work(const std::stop_token& stop) {
    const ThreadLimit one_thread(1);
    for (;;) {
      std::int64_t number;
      {
        std::unique_lock lock(mutex_);
        const auto slots = static_cast<std::int64_t>(ready_.size());
        freed_.wait(lock, stop, [&] { return started_ < std::min(batches_, taken_ + slots); });
        if (stop.stop_requested()) return;
        number = started_++;
      }
      Slot slot{.full = true, .batch = {}, .error = {}};
      try {
        slot.batch = prepare(number);
      } catch (...) {
        slot.error = std::current_exception();
      }
      {
        const std::scoped_lock lock(mutex_);
        ready_[static_cast<std::size_t>(number) % ready_.size()] = std::move(slot);
      }
      filled_.notify_one();
    }
  }

  const std::shared_ptr<const MakeBatch> make_;
  const LoaderOptions options_;
  const cuda::ThreadStreams streams_;  // of the thread that began the epoch
  const std::int64_t batches_;
  const std::uint64_t seed_;  // of the transforms; one for each epoch, since epochs may have any number of batches
  const std::vector<std::int64_t> order_;
  const int forks_ = reel::detail::forks();  // when the workers were started

  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable_any freed_;  // _any: waits for a stop request too
  std::vector<Slot> ready_;            // batch n lies in slot n % size
  std::int64_t started_ = 0;           // the next batch that a worker will prepare
  std::int64_t taken_ = 0;             // the next batch that the loop will get
  bool over_ = false;                  // a batch could not be prepared
  std::vector<std::jthread> workers_;  // last, so that they end before what they use
};

LoaderBase::LoaderBase(CountExamples count, LoaderOptions options, MakeBatch make)
    : count_(std::move(count)), options_(options), make_(std::make_shared<const MakeBatch>(std::move(make))) {
  examples();
  detail::check_at_least("DataLoader", "batch_size", options_.batch_size, 1);
  check<ValueError>(options_.num_workers >= 0 && options_.num_workers <= 1024,
                    "DataLoader: expected 0 to 1024 workers, got {}", options_.num_workers);
  check<ValueError>(options_.prefetch_factor >= 1 && options_.prefetch_factor <= 1024,
                    "DataLoader: expected a prefetch_factor of 1 to 1024, got {}", options_.prefetch_factor);
  if (!options_.seed) options_.seed = random_seed(default_generator().next());
}

std::int64_t LoaderBase::examples() const {
  const std::int64_t examples = count_();
  check<ValueError>(examples >= 0, "DataLoader: expected at least 0 examples, got {}", examples);
  return examples;
}

std::int64_t LoaderBase::batches_of(std::int64_t examples) const {
  return examples / options_.batch_size + (!options_.drop_last && examples % options_.batch_size != 0);
}

std::int64_t LoaderBase::size() const { return batches_of(examples()); }

void LoaderBase::set_epoch(std::int64_t epoch) {
  detail::check_at_least("DataLoader", "epoch", epoch, 0);
  epoch_ = epoch;
}

StateDict LoaderBase::state_dict() const {
  const TensorOptions number{.dtype = DType::i64, .device = Device::cpu()};
  return {{"seed", full({}, std::bit_cast<std::int64_t>(*options_.seed), number)}, {"epoch", full({}, epoch_, number)}};
}

void LoaderBase::load_state_dict(const StateDict& state) {
  const auto number = [&](const char* key) {
    const auto entry = state.find(key);
    check<ValueError>(entry != state.end() && entry->second.defined() && entry->second.dtype() == DType::i64 &&
                          entry->second.numel() == 1,
                      "DataLoader: expected a state with \"{}\", a number of i64", key);
    return entry->second.item<std::int64_t>();
  };
  const std::int64_t seed = number("seed"), epoch = number("epoch");
  check<ValueError>(state.size() == 2, "DataLoader: expected a state of \"seed\" and \"epoch\", got {} entries",
                    state.size());
  set_epoch(epoch);
  options_.seed = std::bit_cast<std::uint64_t>(seed);
}

LoaderBase::Position LoaderBase::start_epoch() {
  const std::int64_t number = epoch_++;  // before the workers start: what they call may ask for it
  try {
    return next_position(std::shared_ptr<Epoch>(new Epoch(*this, number, examples()), &Epoch::end));
  } catch (...) {
    epoch_ = number;
    throw;
  }
}

LoaderBase::Position LoaderBase::next_position(std::shared_ptr<Epoch> epoch) {
  AnyBatch batch = epoch->next();
  if (!batch) return {};
  return {std::move(epoch), std::move(batch)};
}

void LoaderBase::fail_at_end(const char* what) {
  fail<IndexError>("DataLoader: cannot {} at the end of an epoch; begin() starts the next one", what);
}

}  // namespace reel::data
