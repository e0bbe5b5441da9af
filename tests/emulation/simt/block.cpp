// The scheduler of a block's threads, its barriers, and the exchange between the lanes of a warp.

#include "simt/block.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>
#include <vector>

#include "launch_limits.h"
#include "sanitizer.h"
#include "simt/fault.h"
#include "simt/fiber.h"
#include "simt/order.h"

namespace emulation {
namespace {

constexpr unsigned kLanes = 32, kMaxWarps = kMaxThreads / kLanes;
constexpr std::size_t kGuard = 128;
constexpr int kGarbage = 0xff;  // not a number in every floating-point format
constexpr int kGuardByte = 0xa5;

struct Thread {
  uint3 index;
  unsigned number;                 // in the block
  fiber::Context context;          // where it goes on
  const Call* waits_in = nullptr;  // if it has started and does not run
};

/// What a lane passes to an operation of its warp, and what it gets.
struct Operand {
  WarpOperation operation;
  unsigned mask, source;
  std::uint64_t value, result;
};

/// Sets of lanes, as bits, and what they exchange.
struct Warp {
  unsigned lanes;     // all
  unsigned fresh;     // not started yet
  unsigned runnable;  // fresh, or no longer waiting
  unsigned waiting;   // in an operation of the warp
  std::array<Operand, kLanes> operands;
};

bool is_same(const Call& a, const Call& b) {
  return a.line == b.line && (a.file == b.file || std::strcmp(a.file, b.file) == 0);
}

class Engine {
 public:
  std::string run(const Kernel& kernel, Order order, std::uint64_t seed);

  unsigned lane() const { return running_->number % kLanes; }
  std::byte* shared() { return shared_.data() + kGuard; }
  unsigned barrier(bool predicate, const Call& call);
  std::uint64_t exchange(const Operand& operand, const Call& call);
  void report(const std::string& what);
  [[noreturn]] void stop();

 private:
  static void work();
  static void fault(const std::string& what);

  void arrange(const dim3& block);
  void run_block();
  void check_guards();
  Thread* choose();
  void run_thread(Thread& thread);
  void wait(const Call& call);
  void complete(unsigned mask, const Call& call);
  [[gnu::noinline, gnu::cold]] void report_divergence(const Call& call);
  [[gnu::noinline, gnu::cold]] void report_exchange(unsigned lane, const Call& call);
  [[gnu::noinline, gnu::cold]] void report_deadlock();

  Warp& warp_of(const Thread& thread) { return warps_[thread.number / kLanes]; }
  bool is_fresh(const Thread& thread) { return warp_of(thread).fresh >> thread.number % kLanes & 1; }

  const Kernel* kernel_ = nullptr;
  Choice choice_{Order::kForward, 0};
  std::string report_;  // empty: nothing is wrong

  std::vector<Thread> threads_;
  std::array<Warp, kMaxWarps> warps_{};
  unsigned warp_count_ = 0;
  unsigned runnable_warps_ = 0;  // those with a runnable lane, as bits
  unsigned ended_ = 0;           // threads
  Thread* running_ = nullptr;
  Thread* first_ = nullptr;   // what the fiber that is being started begins with
  fiber::Context scheduler_;  // where `run_block` goes on

  struct {
    unsigned waiting, trues, result;
    const Call* call;  // of the thread that came first
  } barrier_{};

  alignas(kGuard) std::array<std::byte, kGuard + kMaxSharedMemory + kGuard> shared_;
};

Engine engine;

std::string Engine::run(const Kernel& kernel, Order order, std::uint64_t seed) {
  kernel_ = &kernel;
  report_.clear();
  choice_ = Choice(order, seed);
  gridDim = kernel.grid;
  const dim3& block = kernel.block;
  if (threads_.empty() || blockDim.x != block.x || blockDim.y != block.y || blockDim.z != block.z) arrange(block);
  const FaultHandler fault_handler(fault);
  sanitizer::poison(shared() + kernel.shared, kMaxSharedMemory + kGuard - kernel.shared);
  Walk walk(std::uint64_t{gridDim.x} * gridDim.y * gridDim.z, choice_);
  while (report_.empty() && walk.has_next()) {
    const std::uint64_t i = walk.next();
    blockIdx = {static_cast<unsigned>(i % gridDim.x), static_cast<unsigned>(i / gridDim.x % gridDim.y),
                static_cast<unsigned>(i / gridDim.x / gridDim.y)};
    run_block();
  }
  sanitizer::unpoison(shared_.data(), shared_.size());
  return report_;
}

/// Numbers the threads of a block.
void Engine::arrange(const dim3& block) {
  blockDim = block;
  threads_.resize(std::size_t{block.x} * block.y * block.z);
  unsigned count = 0;
  for (unsigned z = 0; z < block.z; ++z) {
    for (unsigned y = 0; y < block.y; ++y) {
      for (unsigned x = 0; x < block.x; ++x) {
        threads_[count].index = {x, y, z};
        threads_[count].number = count;
        ++count;
      }
    }
  }
  warp_count_ = (count + kLanes - 1) / kLanes;
  for (Warp& warp : warps_) warp.lanes = ~0u;
  if (count % kLanes) warps_[warp_count_ - 1].lanes = (1u << count % kLanes) - 1;
}

void Engine::run_block() {
  std::memset(shared(), kGarbage, kernel_->shared);
  std::memset(shared_.data(), kGuardByte, kGuard);
  if (!sanitizer::kAddress) std::memset(shared() + kernel_->shared, kGuardByte, kGuard);
  for (unsigned w = 0; w < warp_count_; ++w) {
    Warp& warp = warps_[w];
    warp.fresh = warp.runnable = warp.lanes;
    warp.waiting = 0;
  }
  runnable_warps_ = warp_count_ == kMaxWarps ? ~0u : (1u << warp_count_) - 1;
  barrier_ = {};
  ended_ = 0;
  first_ = choose();
  fiber::start(scheduler_, work);
  if (report_.empty()) return check_guards();
  for (Thread& thread : threads_) {
    if (thread.waits_in) fiber::abandon(thread.context);
    thread.waits_in = nullptr;
  }
}

/// What every fiber does: runs one thread after another on its stack, until there is one to go on with that waited.
void Engine::work() {
  for (Thread* next = engine.first_; next; next = engine.choose()) {
    if (!engine.is_fresh(*next)) fiber::finish(next->context);
    engine.run_thread(*next);
  }
  if (engine.ended_ < engine.threads_.size()) engine.report_deadlock();
  engine.stop();
}

void Engine::run_thread(Thread& thread) {
  running_ = &thread;
  threadIdx = thread.index;
  warp_of(thread).fresh &= ~(1u << lane());
  kernel_->thread();
  ++ended_;
}

/// Takes a thread that can go on; null if there is none.
Thread* Engine::choose() {
  if (!runnable_warps_) return nullptr;
  const unsigned w = choice_.of(runnable_warps_);
  Warp& warp = warps_[w];
  const unsigned lane = choice_.of(warp.runnable);
  warp.runnable &= ~(1u << lane);
  if (!warp.runnable) runnable_warps_ &= ~(1u << w);
  return &threads_[w * kLanes + lane];
}

/// Lets others run until somebody chooses the running thread again.
void Engine::wait(const Call& call) {
  Thread& self = *running_;
  Thread* next = choose();
  if (next == &self) return;
  self.waits_in = &call;
  if (!next) {
    report_deadlock();
    stop();
  }
  if (is_fresh(*next)) {
    first_ = next;
    fiber::start(self.context, work);
  } else {
    fiber::switch_to(self.context, next->context);
  }
  running_ = &self;
  threadIdx = self.index;
  self.waits_in = nullptr;
}

unsigned Engine::barrier(bool predicate, const Call& call) {
  if (barrier_.waiting == 0) barrier_.call = &call;
  if (!is_same(call, *barrier_.call)) {
    report_divergence(call);
    stop();
  }
  barrier_.trues += predicate;
  if (++barrier_.waiting == threads_.size()) {
    barrier_.result = barrier_.trues;
    barrier_.waiting = barrier_.trues = 0;
    for (unsigned w = 0; w < warp_count_; ++w) {
      warps_[w].runnable = warps_[w].lanes;
      runnable_warps_ |= 1u << w;
    }
  }
  wait(call);
  return barrier_.result;
}

std::uint64_t Engine::exchange(const Operand& operand, const Call& call) {
  const unsigned lane = this->lane();
  Warp& warp = warp_of(*running_);
  warp.operands[lane] = operand;
  warp.waiting |= 1u << lane;
  if (!(operand.mask >> lane & 1)) {
    report_exchange(lane, call);
    stop();
  }
  if ((warp.waiting & operand.mask) == operand.mask) complete(operand.mask, call);
  wait(call);
  return warp.operands[lane].result;
}

/// Gives the lanes of a mask, which have all arrived, their results.
void Engine::complete(unsigned mask, const Call& call) {
  Warp& warp = warp_of(*running_);
  const WarpOperation operation = warp.operands[lane()].operation;
  unsigned votes = 0;
  for (unsigned rest = mask; rest; rest &= rest - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(rest));
    const Operand& operand = warp.operands[lane];
    const bool has_source = operation != WarpOperation::kShuffle || mask >> operand.source & 1;
    if (operand.mask != mask || operand.operation != operation || !has_source) {
      report_exchange(lane, call);
      stop();
    }
    votes |= static_cast<unsigned>(operand.value != 0) << lane;
  }
  for (unsigned rest = mask; rest; rest &= rest - 1) {
    Operand& operand = warp.operands[static_cast<unsigned>(std::countr_zero(rest))];
    operand.result = operation == WarpOperation::kShuffle ? warp.operands[operand.source].value : votes;
  }
  warp.waiting &= ~mask;
  warp.runnable |= mask;
  runnable_warps_ |= 1u << running_->number / kLanes;
}

/// Ends the kernel from inside. Nothing on the stacks of its threads is destroyed.
void Engine::stop() {
  running_->waits_in = nullptr;  // its stack is given back here
  fiber::finish(scheduler_);
}

void Engine::fault(const std::string& what) {
  engine.report(what);
  engine.stop();
}

// --- what is wrong, in words: apart from the code above, whose frames lie on the stacks of all threads that wait

std::string text_of(uint3 v) {
  return std::string("(") + std::to_string(v.x) + ", " + std::to_string(v.y) + ", " + std::to_string(v.z) + ")";
}

std::string text_of(const Call& call) {
  const std::string path = call.file;
  return call.function + (" at " + path.substr(path.find_last_of('/') + 1)) + ":" + std::to_string(call.line);
}

std::string text_of(unsigned mask) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += digits[mask >> shift & 15];
  return text;
}

void Engine::report(const std::string& what) {
  report_ = "block " + text_of(blockIdx) + ", thread " + text_of(threadIdx) + ": " + what;
}

void Engine::report_divergence(const Call& call) {
  report("divergent barriers: " + text_of(call) + ", while others wait in " + text_of(*barrier_.call));
}

/// `lane` is the one whose part in the running thread's call is wrong.
void Engine::report_exchange(unsigned lane, const Call& call) {
  const Warp& warp = warp_of(*running_);
  const Operand& own = warp.operands[this->lane()];
  const Operand& wrong = warp.operands[lane];
  const std::string who = text_of(call) + " with mask " + text_of(own.mask) + ": lane " + std::to_string(lane);
  if (!(own.mask >> lane & 1)) return report(who + " calls it and is not in the mask");
  if (wrong.mask != own.mask) return report(who + " has mask " + text_of(wrong.mask));
  if (wrong.operation != own.operation) return report(who + " has called something else");
  report(who + " reads lane " + std::to_string(wrong.source) + ", which is not in the mask");
}

void Engine::report_deadlock() {
  std::map<std::string, int> waiting;
  for (const Thread& thread : threads_) {
    if (!thread.waits_in) continue;
    const Warp& warp = warp_of(thread);
    const unsigned lane = thread.number % kLanes;
    const bool has_mask = warp.waiting >> lane & 1;
    ++waiting[text_of(*thread.waits_in) + (has_mask ? " with mask " + text_of(warp.operands[lane].mask) : "")];
  }
  std::string text = "no thread can go on: ";
  for (const auto& [where, count] : waiting) text += std::to_string(count) + " wait in " + where + ", ";
  report(text + std::to_string(ended_) + " have ended");
}

void Engine::check_guards() {
  const auto is_intact = [](const std::byte* guard) {
    return std::all_of(guard, guard + kGuard, [](std::byte b) { return b == std::byte{kGuardByte}; });
  };
  const bool below = is_intact(shared_.data());
  const bool above = sanitizer::kAddress || is_intact(shared() + kernel_->shared);
  if (below && above) return;
  report_ = "block " + text_of(blockIdx) + ": wrote " + (below ? "past the end" : "before the beginning") + " of its " +
            std::to_string(kernel_->shared) + " bytes of dynamic shared memory";
}

}  // namespace

std::string run_kernel(const Kernel& kernel, Order order, std::uint64_t seed) {
  return engine.run(kernel, order, seed);
}

unsigned barrier(bool predicate, const Call& call) { return engine.barrier(predicate, call); }

std::uint64_t warp_operation(WarpOperation operation, unsigned mask, std::uint64_t value, unsigned source,
                             const Call& call) {
  return engine.exchange({operation, mask, source, value, 0}, call);
}

unsigned lane() { return engine.lane(); }

void* dynamic_shared() { return engine.shared(); }

void fail_width(int width, const Call& call) {
  engine.report(text_of(call) + " with a width of " + std::to_string(width));
  engine.stop();
}

}  // namespace emulation
