// What loaders share: the order of an epoch, and the workers that prepare batches.

#include <reel/data/loader.h>

#include <algorithm>
#include <bit>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <span>
#include <thread>
#include <utility>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/kernels/random.h>
#include <reel/kernels/threads.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/random.h>
#include <reel/tensor/core/check.h>
#include <reel/tensor/core/option.h>

namespace reel::data {
namespace {

/// Orders draw from the upper half of the offsets, transforms from the lower.
constexpr std::uint64_t kOrderOffset = std::uint64_t{1} << 63;
/// How many draws the transforms of one batch may make before they reach those of the next; 2^39 batches are left.
constexpr int kDrawBits = 24;

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

}  // namespace

/// One pass over the examples: the order, and the workers with the batches that they have prepared.
class LoaderBase::Epoch {
 public:
  Epoch(const LoaderBase& loader, std::int64_t number)
      : make_(loader.make_),
        options_(loader.options_),
        batches_(loader.size()),
        first_draw_(static_cast<std::uint64_t>(number) * static_cast<std::uint64_t>(batches_)),
        order_(epoch_order(loader.examples_, options_, number)),
        ready_(static_cast<std::size_t>(options_.num_workers * options_.prefetch_factor)) {
    // If a thread cannot be started, the destructors of the members stop and join the earlier ones.
    for (std::int64_t i = 0; i < std::min(options_.num_workers, batches_); ++i) {
      workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
  }

  ~Epoch() {
    for (std::jthread& worker : workers_) worker.request_stop();
  }

  /// The next batch; null at the end.
  AnyBatch next() {
    if (taken_ == batches_) return nullptr;
    if (workers_.empty()) return prepare(taken_++);
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

 private:
  struct Slot {
    bool full = false;
    AnyBatch batch;
    std::exception_ptr error;
  };

  AnyBatch prepare(std::int64_t number) const {
    const NoGradGuard no_grad;
    const auto first = static_cast<std::size_t>(number * options_.batch_size);
    const auto count = std::min(static_cast<std::size_t>(options_.batch_size), order_.size() - first);
    Generator generator;
    generator.set_state({*options_.seed, (first_draw_ + static_cast<std::uint64_t>(number)) << kDrawBits});
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
  const std::int64_t batches_;
  const std::uint64_t first_draw_;
  const std::vector<std::int64_t> order_;

  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable_any freed_;  // _any: waits for a stop request too
  std::vector<Slot> ready_;            // batch n lies in slot n % size
  std::int64_t started_ = 0;           // the next batch that a worker will prepare
  std::int64_t taken_ = 0;             // the next batch that the loop will get
  std::vector<std::jthread> workers_;  // last, so that they end before what they use
};

LoaderBase::LoaderBase(std::int64_t examples, LoaderOptions options, MakeBatch make)
    : examples_(examples), options_(options), make_(std::make_shared<const MakeBatch>(std::move(make))) {
  check<ValueError>(examples >= 0, "DataLoader: expected at least 0 examples, got {}", examples);
  detail::check_at_least("DataLoader", "batch_size", options_.batch_size, 1);
  check<ValueError>(options_.num_workers >= 0 && options_.num_workers <= 1024,
                    "DataLoader: expected 0 to 1024 workers, got {}", options_.num_workers);
  check<ValueError>(options_.prefetch_factor >= 1 && options_.prefetch_factor <= 1024,
                    "DataLoader: expected a prefetch_factor of 1 to 1024, got {}", options_.prefetch_factor);
  if (!options_.seed) {
    const kernels::Philox draw(default_generator().next(), 0);
    options_.seed = std::uint64_t{draw.word[1]} << 32 | draw.word[0];
  }
}

std::int64_t LoaderBase::size() const {
  return examples_ / options_.batch_size + (!options_.drop_last && examples_ % options_.batch_size != 0);
}

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

std::shared_ptr<LoaderBase::Epoch> LoaderBase::start_epoch() { return std::make_shared<Epoch>(*this, epoch_++); }

LoaderBase::AnyBatch LoaderBase::next_batch(Epoch& epoch) { return epoch.next(); }

}  // namespace reel::data
