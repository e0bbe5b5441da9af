// The CPU's caching allocator: what it counts, keeps, gives back and refuses.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <reel/reel.h>
#include <reel/tensor/core/fork.h>
#include <reel/tensor/core/sanitizers.h>

#include "support/default_device.h"
#include "support/requirement.h"

using namespace reel;
using reel::testing::DefaultDeviceGuard;

namespace {

// A sanitizer keeps memory of its own beside the allocator's, or instead of it.
constexpr bool kOursAlone = !detail::kAddressSanitizer && !detail::kThreadSanitizer;

constexpr std::int64_t kElements = 3 << 20;  // of f32: 12 MiB
constexpr std::size_t kBytes = 12u << 20;

const reel::testing::Requirement needs_overcommit("needs addresses without memory", [] {
  int mode = 0;
  std::ifstream("/proc/sys/vm/overcommit_memory") >> mode;
  return mode == 2 ? "vm.overcommit_memory is 2" : "";
});

/// Takes the limit away at the end of a scope.
struct NoLimit {
  ~NoLimit() { set_memory_limit(0); }
};

/// What the system says of the process: its addresses and the memory behind them, in bytes.
struct SystemMemory {
  std::size_t addresses = 0, resident = 0;
};
SystemMemory system_memory() {
  std::ifstream statm("/proc/self/statm");
  SystemMemory pages;
  statm >> pages.addresses >> pages.resident;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return {pages.addresses * page, pages.resident * page};
}
std::size_t resident_bytes() { return system_memory().resident; }

/// Lets the process have only so many more addresses, for a scope.
class AddressLimit {
 public:
  explicit AddressLimit(std::size_t more) {
    getrlimit(RLIMIT_AS, &former_);
    rlimit limited = former_;
    limited.rlim_cur = system_memory().addresses + more;
    setrlimit(RLIMIT_AS, &limited);
  }
  AddressLimit(const AddressLimit&) = delete;
  AddressLimit& operator=(const AddressLimit&) = delete;
  ~AddressLimit() { setrlimit(RLIMIT_AS, &former_); }

 private:
  rlimit former_{};
};

/// Blocks that are allocated, never written to, and freed in a random order.
class Workload {
 public:
  Workload() = default;
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;
  ~Workload() { free_all(); }

  void seed(std::uint32_t seed) { random_.seed(seed); }
  std::size_t random() { return random_(); }
  void allocate(std::size_t bytes) {
    blocks_.push_back({cpu_allocator().allocate(bytes), bytes});
    alive_ += bytes;
    peak_ = std::max(peak_, static_cast<double>(memory_allocated()));
    worst_ = std::max(worst_, static_cast<double>(memory_reserved()) - 1.25 * peak_ - kSlack);
  }
  void free_one() {
    const std::size_t i = random() % blocks_.size();
    cpu_allocator().deallocate(blocks_[i].data, blocks_[i].bytes);
    alive_ -= blocks_[i].bytes;
    blocks_[i] = blocks_.back();
    blocks_.pop_back();
  }
  /// Frees every second block, in their order.
  void free_every_second() {
    std::vector<Block> left;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (i % 2) left.push_back(blocks_[i]);
      else cpu_allocator().deallocate(blocks_[i].data, blocks_[i].bytes), alive_ -= blocks_[i].bytes;
    }
    blocks_ = left;
  }
  void free_all() {
    while (!blocks_.empty()) free_one();
  }
  std::size_t alive() const { return alive_; }
  /// Of the system's pages that blocks have a part of.
  std::size_t bytes_of_pages() const {
    std::vector<std::uintptr_t> pages;
    for (const Block& block : blocks_) {
      const auto begin = reinterpret_cast<std::uintptr_t>(block.data);
      for (std::uintptr_t page = begin / 4096; page * 4096 < begin + block.bytes; ++page) pages.push_back(page);
    }
    std::sort(pages.begin(), pages.end());
    return static_cast<std::size_t>(std::unique(pages.begin(), pages.end()) - pages.begin()) * 4096;
  }
  /// By how much more was reserved than may be, at worst.
  double worst() const { return worst_; }

 private:
  static constexpr double kSlack = 256 << 20;
  struct Block {
    void* data;
    std::size_t bytes;
  };

  std::mt19937 random_{1};
  std::vector<Block> blocks_;
  std::size_t alive_ = 0;
  double peak_ = 0, worst_ = -1e18;
};

/// Fewer than one in each of the ten calls below: the system makes some of its own, where it moves pages.
constexpr long kFewFaults = 10;

/// The page faults of this thread in ten calls of f.
template <class F> long faults(F&& f) {
  const auto count = [] {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt;
  };
  const long before = count();
  for (int i = 0; i < 10; ++i) f();
  return count() - before;
}

}  // namespace

TEST_CASE("memory in use, its peak and memory kept for later are counted") {
  const DefaultDeviceGuard cpu(Device::cpu());
  empty_cache();
  const std::size_t allocated = memory_allocated(), reserved = memory_reserved();
  reset_peak_memory();
  CHECK(max_memory_allocated() == allocated);
  {
    const Tensor x = empty({kElements});
    CHECK(memory_allocated() == allocated + kBytes);
    const Tensor view = x.view({3, -1}), other = empty({kElements});
    CHECK(memory_allocated() == allocated + 2 * kBytes);
  }
  CHECK(memory_allocated() == allocated);
  CHECK(max_memory_allocated() == allocated + 2 * kBytes);
  CHECK(memory_reserved() >= allocated);
  empty_cache();
  CHECK(memory_reserved() == reserved);
}

TEST_CASE("beyond the limit there is an error that says so, and cached memory counts only as long as nobody needs it") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const NoLimit no_limit;
  empty_cache();
  set_memory_limit(memory_reserved() + 2 * kBytes);
  {
    const Tensor x = empty({kElements}), y = empty({kElements});
    CHECK_THROWS_WITH_AS(empty({kElements}), doctest::Contains("cannot allocate 12582912 bytes; tensors hold"),
                         OutOfMemoryError);
  }
  CHECK(empty({2 * kElements}).numel() == 2 * kElements);  // the two blocks that are free have gone for it
  CHECK_THROWS_AS(empty({4 * kElements}), OutOfMemoryError);
}

TEST_CASE("what tensors of one size leave serves tensors of another") {
  const DefaultDeviceGuard cpu(Device::cpu());
  empty_cache();
  std::size_t reserved = 0;
  {
    std::vector<Tensor> parts;
    for (int i = 0; i < 8; ++i) parts.push_back(empty({kElements / 4}));
    reserved = memory_reserved();
  }
  const Tensor whole = empty({2 * kElements}), rest = empty({kElements / 8});
  CHECK(memory_reserved() <= reserved + (2u << 20));
}

TEST_CASE("an error for want of memory tells what is reserved, and the limit") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const NoLimit no_limit;
  const Tensor x = empty({kElements});
  empty_cache();
  const std::string held = std::to_string(memory_allocated()), reserved = std::to_string(memory_reserved());
  set_memory_limit(memory_reserved());
  CHECK_THROWS_WITH_AS(empty({kElements}),
                       doctest::Contains(("tensors hold " + held + " of the " + reserved +
                                          " that are reserved, and set_memory_limit allows " + reserved)
                                             .c_str()),
                       OutOfMemoryError);
  CHECK(memory_reserved() == std::stoull(reserved));
}

TEST_CASE("under a limit a free range whose memory is there goes before one whose memory is not" *
          doctest::skip(!kOursAlone)) {
  const DefaultDeviceGuard cpu(Device::cpu());
  const NoLimit no_limit;
  empty_cache();
  Tensor given_back = empty({kElements}), between = empty({kElements}), there = empty({2 * kElements});
  const Tensor last = empty({kElements});
  given_back = {};
  empty_cache();
  const void* address = there.data_ptr<float>();
  there = {};
  set_memory_limit(memory_reserved());
  const Tensor x = empty({kElements});
  CHECK(x.data_ptr<float>() == address);
}

TEST_CASE("when addresses run out, free ones of other sizes are given back" * doctest::skip(!kOursAlone) *
          needs_overcommit) {
  const DefaultDeviceGuard cpu(Device::cpu());
  empty_cache();
  const AddressLimit limit(std::size_t{3} << 30);
  Allocator& allocator = cpu_allocator();
  for (const std::size_t bytes : {std::size_t{1} << 20, std::size_t{64} << 10}) {
    std::vector<void*> blocks;
    for (std::size_t all = 0; all < 2'600'000'000; all += bytes) blocks.push_back(allocator.allocate(bytes));
    for (void* block : blocks) allocator.deallocate(block, bytes);
    for (const std::size_t larger : {std::size_t{70} << 20, std::size_t{2} << 30}) {
      CHECK_NOTHROW(allocator.deallocate(allocator.allocate(larger), larger));
    }
  }
}

TEST_CASE("blocks of all sizes are given back to the system" * doctest::skip(!kOursAlone)) {
  const DefaultDeviceGuard cpu(Device::cpu());
  empty_cache();
  const std::size_t reserved = memory_reserved(), resident = resident_bytes();
  const ThreadLimit one(1);
  const Tensor stays = empty({1024});
  {
    std::vector<Tensor> tensors;
    for (std::int64_t i = 0; i < 2000; ++i) tensors.push_back(ones({1024 + i * 23 % 63000}));
    for (std::int64_t i = 0; i < 40000; ++i) tensors.push_back(ones({512}));
    CHECK(resident_bytes() >= resident + (std::size_t{230} << 20));
  }
  empty_cache();
  CHECK(memory_reserved() <= reserved + 2 * 4096);
  CHECK(resident_bytes() <= resident + (std::size_t{20} << 20));
}

TEST_CASE("what is reserved stays near the most that was alive, whatever sizes come" * needs_overcommit) {
  empty_cache();
  Workload workload;
  SUBCASE("batches of varying length") {
    for (int step = 0; step < 60; ++step) {
      const std::size_t batch = 64 + workload.random() % 193;
      for (const std::size_t width : {400, 300, 200, 100, 100, 160}) workload.allocate(batch * width * 4096);
      workload.free_all();
    }
  }
  SUBCASE("one at a time") {
    for (std::size_t bytes = 64'000'000; bytes < 1'000'000'000; bytes += 37'000'000) {
      workload.allocate(bytes);
      workload.free_all();
    }
  }
  SUBCASE("many of a size, and then others") {  // which leave holes behind
    for (int i = 0; i < 6000; ++i) workload.allocate(300 << 10);
    for (int i = 0; i < 5000; ++i) workload.free_one();
    for (int i = 0; i < 15; ++i) workload.allocate(100 << 20);
    workload.free_all();
    for (int i = 0; i < 30000; ++i) workload.allocate(60 << 10);
    for (int i = 0; i < 27000; ++i) workload.free_one();
    for (int i = 0; i < 15; ++i) workload.allocate(100 << 20);
  }
  SUBCASE("random sizes and lifetimes") {
    for (std::uint32_t seed = 1; seed <= 10; ++seed) {
      workload.seed(seed);
      for (int i = 0; i < 20000; ++i) {
        const double share = static_cast<double>(workload.random()) / static_cast<double>(std::mt19937::max());
        const auto bytes = static_cast<std::size_t>(1024 * std::pow(1 << 20, share));
        while (workload.alive() + bytes > 4'000'000'000) workload.free_one();
        workload.allocate(bytes);
      }
    }
  }
  workload.free_all();
  CHECK(workload.worst() <= 0);
  empty_cache();
}

TEST_CASE("beyond the bound stay pages that blocks have a part of, and no others are looked for all the time" *
          doctest::skip(!kOursAlone) * needs_overcommit) {
  empty_cache();
  const std::size_t others = memory_reserved();
  Workload workload;
  for (int i = 0; i < 260'000; ++i) workload.allocate(4100);
  workload.free_every_second();  // few of the holes contain a page
  empty_cache();
  CHECK(workload.worst() <= 0);
  CHECK(static_cast<double>(memory_reserved()) > 1.25 * static_cast<double>(memory_allocated()) + (256 << 20));
  void* large = cpu_allocator().allocate(40 << 20);
  cpu_allocator().deallocate(large, 40 << 20);

  const std::clock_t start = std::clock();
  for (int i = 0; i < 8000; ++i) workload.allocate(8 << 10);
  CHECK((std::clock() - start) / CLOCKS_PER_SEC < 5);  // each would look at all holes, for some milliseconds
  CHECK(memory_reserved() <= others + workload.bytes_of_pages() + (16 << 20));

  workload.free_all();
  empty_cache();
  Workload smaller;
  for (int i = 0; i < 3200; ++i) smaller.allocate(128 << 10);
  smaller.free_all();
  smaller.allocate(400 << 20);
  CHECK(smaller.worst() <= 0);
  smaller.free_all();
  empty_cache();
}

TEST_CASE("an emptied cache keeps no addresses either" * doctest::skip(!kOursAlone)) {
  empty_cache();
  const std::size_t before = system_memory().addresses;
  for (const std::size_t bytes : {std::size_t{300} << 20, std::size_t{200} << 10}) {
    std::vector<void*> blocks;
    for (std::size_t all = 0; all < 300u << 20; all += bytes) blocks.push_back(cpu_allocator().allocate(bytes));
    CHECK(system_memory().addresses >= before + (256u << 20));
    for (void* block : blocks) cpu_allocator().deallocate(block, bytes);
    empty_cache();
    CHECK(system_memory().addresses <= before + (64u << 20));
  }
}

TEST_CASE("a loop that makes the same sizes again costs no page faults" * doctest::skip(!kOursAlone)) {
  const DefaultDeviceGuard cpu(Device::cpu());
  const ThreadLimit one(1);
  empty_cache();
  SUBCASE("fresh outputs of 64 MB") {
    const Tensor x = ones({16 << 20});
    relu(x);
    CHECK(faults([&] { relu(x); }) < kFewFaults);
  }
  SUBCASE("outputs of many sizes") {
    const auto step = [] {
      std::vector<Tensor> tensors;
      for (std::int64_t i = 0; i < 60; ++i) {
        tensors.push_back(ones({1024 << i % 11}));
        if (i % 3 == 2) tensors.erase(tensors.begin() + i / 3);
      }
    };
    for (int i = 0; i < 3; ++i) step();
    CHECK(faults(step) < kFewFaults);
  }
  SUBCASE("a step of training") {
    nn::Sequential net(nn::Conv2d(1, 8, 3, {.padding = 1}), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                       nn::Linear(8 * 14 * 14, 10));
    optim::Adam adam(net.parameters(), {.lr = 0.001});
    const Tensor images = rand({64, 1, 28, 28}), labels = zeros({64}, DType::i64);
    const auto step = [&] {
      adam.zero_grad();
      cross_entropy(net(images), labels).backward();
      adam.step();
    };
    for (int i = 0; i < 5; ++i) step();
    CHECK(faults(step) < kFewFaults);
  }
}

TEST_CASE("whoever holds the allocator for a fork holds up every allocation") {
  std::atomic<bool> allocated = false;
  detail::lock_cpu_allocator_for_fork();
  std::thread thread([&] {
    cpu_allocator().deallocate(cpu_allocator().allocate(1 << 20), 1 << 20);
    allocated = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK_FALSE(allocated);
  detail::unlock_cpu_allocator_after_fork();
  thread.join();
  CHECK(allocated);
}
