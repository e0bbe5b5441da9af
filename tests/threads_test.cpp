// How many threads work, exceptions among them, and results that do not depend on them.

#include <omp.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/thread_trial.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>

#include "support/default_device.h"

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

TEST_CASE("the values of OMP_STACKSIZE") {
  using kernels::stack_size_of;
  CHECK(stack_size_of("64") == 64u << 10);
  CHECK(stack_size_of("4096B") == 4096);
  CHECK(stack_size_of("16k") == 16u << 10);
  CHECK(stack_size_of(" 3 m ") == 3u << 20);
  CHECK(stack_size_of("1G") == 1u << 30);
  for (const char* none : {"", " ", "M", "-1", "3X", "0"}) CHECK(stack_size_of(none) == 0);
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

TEST_CASE("ThreadLimit refuses nonsense and leaves the limit as it was") {
  const ThreadsGuard guard;
  set_num_threads(4);
  CHECK_THROWS_WITH_AS(static_cast<void>(ThreadLimit(0)), "ThreadLimit: expected at least 1 thread, got 0", ValueError);
  CHECK_THROWS_WITH_AS(static_cast<void>(ThreadLimit(-3)), "ThreadLimit: expected at least 1 thread, got -3",
                       ValueError);
  CHECK(num_threads() == 4);
  const ThreadLimit outer(2);
  CHECK_THROWS_AS(static_cast<void>(ThreadLimit(0)), ValueError);
  CHECK(num_threads() == 2);
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

namespace {

/// Whole numbers from -3 to 3.
Tensor whole_numbers(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  return randint(-3, 4, shape, {.dtype = DType::f32, .device = Device::cpu()}, generator);
}

using Floats = std::vector<float>;

/// The elements of a @ b, which f32 holds exactly.
Floats product(const Tensor& a, const Tensor& b) {
  const auto m = static_cast<std::size_t>(a.size(0)), k = static_cast<std::size_t>(a.size(1)),
             n = static_cast<std::size_t>(b.size(1));
  const Floats x = a.to_vector<float>(), y = b.to_vector<float>();
  Floats out(m * n);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t p = 0; p < k; ++p) {
      for (std::size_t j = 0; j < n; ++j) out[i * n + j] += x[i * k + p] * y[p * n + j];
    }
  }
  return out;
}

/// The elements of conv2d of an image [1, C, side, side] with 3x3 weights.
Floats convolution(const Tensor& image, const Tensor& weight) {
  const auto channels = static_cast<std::size_t>(image.size(1)), side = static_cast<std::size_t>(image.size(2)),
             outs = static_cast<std::size_t>(weight.size(0)), out_side = side - 2;
  const Floats x = image.to_vector<float>(), w = weight.to_vector<float>();
  Floats y(outs * out_side * out_side);
  for (std::size_t at = 0; at < y.size(); ++at) {
    const std::size_t o = at / (out_side * out_side), i = at / out_side % out_side, j = at % out_side;
    for (std::size_t t = 0; t < channels * 9; ++t) {
      y[at] += w[o * channels * 9 + t] * x[(t / 9 * side + i + t / 3 % 3) * side + j + t % 3];
    }
  }
  return y;
}

/// A matrix product and a convolution that are large enough for several threads, and what they should be.
struct Products {
  Tensor a = whole_numbers({160, 192}, 1), b = whole_numbers({192, 224}, 2);
  Tensor image = whole_numbers({1, 16, 40, 40}, 3), weight = whole_numbers({24, 16, 3, 3}, 4);
  Floats ab = product(a, b), convolved = convolution(image, weight);

  bool are_right() const {
    return matmul(a, b).to_vector<float>() == ab && conv2d(image, weight).to_vector<float>() == convolved;
  }
};

/// Restores OpenMP's settings of this thread.
struct OpenMpGuard {
  int threads = omp_get_max_threads(), dynamic = omp_get_dynamic(), levels = omp_get_max_active_levels();
  ~OpenMpGuard() {
    omp_set_num_threads(threads);
    omp_set_dynamic(dynamic);
    omp_set_max_active_levels(levels);
  }
};

}  // namespace

TEST_CASE("products and convolutions are right where OpenMP gives fewer threads than were asked for") {
  const ThreadsGuard guard;
  const OpenMpGuard openmp;
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const Products products;
  set_num_threads(4 * omp_get_num_procs());  // OMP_DYNAMIC gives no more than one for each processor
  CHECK(products.are_right());
  omp_set_dynamic(1);
  CHECK(products.are_right());
  CHECK(omp_get_dynamic() != 0);  // it is the program's setting
  std::atomic<int> wrong{0};
  std::thread([&] { wrong += !products.are_right(); }).join();
#pragma omp parallel num_threads(1)
  wrong += !products.are_right();
#pragma omp parallel num_threads(2)
  wrong += !products.are_right();
  CHECK(wrong == 0);
  omp_set_num_threads(3);
  CHECK(products.are_right());
  omp_set_max_active_levels(0);
  CHECK(products.are_right());
}

TEST_CASE("set_num_threads concerns Reel alone and leaves the program's own settings of OpenMP") {
  const ThreadsGuard guard;
  const OpenMpGuard openmp;
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  omp_set_num_threads(3);
  set_num_threads(2);
  CHECK(omp_get_max_threads() == 3);
  matmul(ones({64, 64}, DType::f64), ones({64, 64}, DType::f64));
  CHECK(omp_get_max_threads() == 3);
}

TEST_CASE("parallel_for needs no threads but its own") {
  const ThreadsGuard guard;
  const OpenMpGuard openmp;
  set_num_threads(4);
  for (const int levels : {0, 1}) {
    omp_set_max_active_levels(levels);
    omp_set_dynamic(1);
    std::atomic<std::int64_t> sum{0};
    parallel_for(100, 1, [&](std::int64_t begin, std::int64_t) { sum += begin; });
    CHECK(sum == 4950);
  }
}
