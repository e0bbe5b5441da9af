// How many threads work, exceptions among them, and results that do not depend on them.

#include <omp.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/threads.h>
#include <reel/tensor/core/error.h>

using namespace reel;
using kernels::cpu::parallel_for;

namespace {

/// Restores the number of threads at the end of a scope.
struct ThreadsGuard {
  int former = num_threads();
  ~ThreadsGuard() { set_num_threads(former); }
};

}  // namespace

TEST_CASE("set_num_threads concerns Reel alone and refuses nonsense") {
  const ThreadsGuard guard;
  const int openmp = omp_get_max_threads();
  set_num_threads(3);
  CHECK(num_threads() == 3);
  CHECK(omp_get_max_threads() == openmp);
  CHECK_THROWS_WITH_AS(set_num_threads(0), "set_num_threads: expected at least 1 thread, got 0", ValueError);
  CHECK_THROWS_AS(set_num_threads(-1), ValueError);
  CHECK(num_threads() == 3);
}

TEST_CASE("ThreadLimit limits its own thread, for a scope, nested") {
  const ThreadsGuard guard;
  set_num_threads(4);
  {
    const ThreadLimit outer(2);
    CHECK(num_threads() == 2);
    {
      const ThreadLimit inner(1);
      CHECK(num_threads() == 1);
    }
    CHECK(num_threads() == 2);
    int elsewhere = 0;
    std::thread([&] { elsewhere = num_threads(); }).join();
    CHECK(elsewhere == 4);
  }
  CHECK(num_threads() == 4);
}

TEST_CASE("parallel_for covers every index once, in chunks that do not depend on the threads") {
  const ThreadsGuard guard;
  for (const int threads : {1, 2, 5}) {
    set_num_threads(threads);
    for (const std::int64_t n : {0, 1, 7, 100, 101}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(n));
      std::atomic<int> bad_chunks{0};
      parallel_for(n, 10, [&](std::int64_t begin, std::int64_t end) {
        if (begin % 10 != 0 || end != std::min<std::int64_t>(begin + 10, n)) ++bad_chunks;
        for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
      });
      CHECK(bad_chunks == 0);
      for (const auto& v : visits) CHECK(v == 1);
    }
  }
}

TEST_CASE("an exception in parallel_for reaches the caller, and the pool works on") {
  const ThreadsGuard guard;
  for (const int threads : {1, 2, 4}) {
    set_num_threads(threads);
    for (const std::int64_t culprit : {0, 50, 99}) {
      CHECK_THROWS_WITH_AS(parallel_for(100, 1,
                                        [&](std::int64_t begin, std::int64_t) {
                                          if (begin == culprit) throw std::runtime_error("chunk");
                                        }),
                           "chunk", std::runtime_error);
    }
    std::atomic<int> sum{0};
    parallel_for(100, 1, [&](std::int64_t begin, std::int64_t) { sum += static_cast<int>(begin); });
    CHECK(sum == 4950);
  }
}

TEST_CASE("parallel_for inside parallel_for runs on the thread it is on") {
  const ThreadsGuard guard;
  set_num_threads(2);
  std::atomic<int> count{0};
  parallel_for(4, 1, [&](std::int64_t, std::int64_t) {
    const int outer = omp_get_thread_num();
    parallel_for(8, 1, [&](std::int64_t, std::int64_t) {
      if (omp_get_thread_num() == outer) ++count;
    });
  });
  CHECK(count == 32);
}
