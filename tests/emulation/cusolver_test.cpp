// Decompositions of a GPU's matrices: that they run there, what waits, and what failures and missing libraries do.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <reel/kernels/cuda/linalg/cusolver.h>
#include <reel/kernels/cuda/linalg/matrices.h>
#include <reel/kernels/cuda/linalg/solver.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/cuda_graph.h>
#include <reel/tensor/core/cuda_stream.h>

#include "emulation/testing.h"
#include "support/requirement.h"
#include "support/throws.h"

using namespace reel;
using reel::testing::message_of;
using reel::testing::needs_lapack;

namespace {

const Device kGpu = Device::cuda();

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// Symmetric, positive definite matrices of f64, with eigenvalues 1 and 3; copies of [[2, 1], [1, 2]].
Tensor matrices(Device device, std::int64_t batch) {
  const Tensor one = tensor({{2, 1}, {1, 2}}, {.dtype = DType::f64, .device = device});
  return expand(one, {batch, 2, 2}).contiguous();
}

struct Decomposition {
  const char* function;  // of the libraries
  const char* message;
  std::function<Tensors(const Tensor&)> run;
};

const std::vector<Decomposition> kDecompositions{
    {"cusolverDnXpotrf", "cuda: cusolverDnXpotrf failed with cuSOLVER status 6",
     [](const Tensor& a) { return Tensors{linalg::cholesky(a)}; }},
    {"cusolverDnXgetrf", "cuda: cusolverDnXgetrf failed with cuSOLVER status 6",
     [](const Tensor& a) { return Tensors{linalg::det(a)}; }},
    {"cusolverDnXgetrs", "cuda: cusolverDnXgetrs failed with cuSOLVER status 6",
     [](const Tensor& a) { return Tensors{linalg::inv(a)}; }},
    {"cusolverDnXgeqrf", "cuda: cusolverDnXgeqrf failed with cuSOLVER status 6",
     [](const Tensor& a) { return Tensors{std::get<1>(linalg::qr(a))}; }},
    {"cusolverDnDorgqr", "cuda: cusolverDnDorgqr failed with cuSOLVER status 6",
     [](const Tensor& a) { return Tensors{std::get<0>(linalg::qr(a))}; }},
    {"cusolverDnXgesvd", "cuda: cusolverDnXgesvd failed with cuSOLVER status 6",
     [](const Tensor& a) { return Tensors{linalg::svdvals(a)}; }},
    {"cusolverDnXsyevd", "cuda: cusolverDnXsyevd failed with cuSOLVER status 6",
     [](const Tensor& a) { return Tensors{linalg::eigvalsh(a)}; }},
    {"cublasDtrsm", "cuda: cublasDtrsm failed with cuBLAS status 6",
     [](const Tensor& a) { return Tensors{linalg::solve_triangular(a, a, true)}; }},
};

void check_same(const Tensors& got, const Tensors& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(got[i].device() == kGpu);
    CHECK(allclose(got[i].cpu(), expected[i], 1e-14, 1e-14));
  }
}

struct WithoutCusolver {
  WithoutCusolver() { emulation::set_cusolver(false); }
  WithoutCusolver(const WithoutCusolver&) = delete;
  WithoutCusolver& operator=(const WithoutCusolver&) = delete;
  ~WithoutCusolver() { emulation::set_cusolver(true); }
};

}  // namespace

TEST_CASE("decompositions on the GPU are cuSOLVER's, whose failures name the call and leave nothing behind" *
          needs_lapack) {
  const emulation::testing::Fixture fixture;
  const Tensor a = matrices(kGpu, 3);
  for (const auto& [function, message, run] : kDecompositions) {
    INFO(function);
    const Tensors expected = run(a.cpu());
    const std::size_t allocated = cuda::memory_allocated();
    emulation::fail_call(function, CUSOLVER_STATUS_EXECUTION_FAILED, 2);  // the second matrix's
    CHECK(message_of<DeviceError>([&] { run(a); }) == message);
    CHECK(cuda::memory_allocated() == allocated);
    check_same(run(a), expected);
  }
}

TEST_CASE("a handle that cannot be made is made by the next call" * needs_lapack) {
  const emulation::testing::Fixture fixture;
  cuda::use_device(0);
  std::vector<std::unique_ptr<kernels::cuda::linalg::Lease>> leases;
  for (int i = 0; i < 64; ++i) leases.push_back(std::make_unique<kernels::cuda::linalg::Lease>());  // some are new
  emulation::fail_call("cusolverDnCreate", CUSOLVER_STATUS_ALLOC_FAILED);
  std::vector<std::string> failures;
  for (auto& lease : leases) {
    const std::string message = message_of<DeviceError>([&] { lease->solver(); });
    if (message != "nothing was thrown") failures.push_back(message);
  }
  CHECK(failures == std::vector<std::string>{"cuda: cusolverDnCreate failed with cuSOLVER status 2"});
  for (auto& lease : leases) CHECK_NOTHROW(lease->solver());
}

TEST_CASE("where cuSOLVER is not installed LAPACK decomposes the GPU's matrices" * needs_lapack) {
  const emulation::testing::Fixture fixture;
  const Tensor a = matrices(kGpu, 3);
  const WithoutCusolver guard;
  for (const auto& [function, message, run] : kDecompositions) {
    INFO(function);
    emulation::fail_call(function, CUSOLVER_STATUS_EXECUTION_FAILED);
    check_same(run(a), run(a.cpu()));
  }
  CHECK(message_of<DeviceError>([] { kernels::cuda::linalg::Cusolver::get(); }) ==
        "cuda: the emulation was told to have no cuSOLVER");
}

TEST_CASE("many small matrices of the GPU are LAPACK's" * needs_lapack) {
  const emulation::testing::Fixture fixture;
  const Tensor few = matrices(kGpu, 16), many = matrices(kGpu, 17);
  emulation::fail_call("cusolverDnXpotrf", CUSOLVER_STATUS_EXECUTION_FAILED);
  CHECK_NOTHROW(linalg::cholesky(many));
  CHECK_THROWS_AS(linalg::cholesky(few), DeviceError);
}

TEST_CASE("only what is told of singular or strange matrices waits for the GPU" * needs_lapack) {
  const emulation::testing::Fixture fixture;
  const Tensor a = matrices(kGpu, 3);
  cuda::synchronize();
  const auto waits = [&](const std::function<void()>& run) {
    emulation::fail_call("cudaStreamSynchronize", cudaErrorUnknown);
    const bool failed = contains(message_of<DeviceError>(run), "cudaStreamSynchronize");
    emulation::reset();
    return failed;
  };
  CHECK_FALSE(waits([&] { linalg::det(a); }));
  CHECK_FALSE(waits([&] { linalg::slogdet(a); }));
  CHECK_FALSE(waits([&] { linalg::qr(a); }));
  CHECK_FALSE(waits([&] { linalg::solve_triangular(a, a, true); }));
  CHECK(waits([&] { linalg::inv(a); }));
  CHECK(waits([&] { linalg::cholesky(a); }));
  CHECK(waits([&] { linalg::svd(a); }));
  CHECK(waits([&] { linalg::eigh(a); }));
}

TEST_CASE("a decomposition cannot be recorded, and nothing of the step runs" * needs_lapack) {
  const emulation::testing::Fixture fixture;
  const Tensor a = matrices(kGpu, 3), count = zeros({1}, {.device = kGpu});
  for (const auto& [function, message, run] : kDecompositions) {
    INFO(function);
    cuda::Graph graph;
    const auto step = [&, &run = run] {
      count.add_(1);
      run(a);
    };
    CHECK(message_of<DeviceError>([&] { graph.capture(step); }) ==
          "cuda::Graph: a decomposition of matrices cannot be part of a recorded step; do it before or after, outside "
          "the step");
  }
  CHECK(count.item() == 0);
}

TEST_CASE("threads decompose at the same time, each on its stream" * needs_lapack) {
  const emulation::testing::Fixture fixture;
  const Tensor a = matrices(kGpu, 3);
  cuda::synchronize();
  std::vector<Tensors> results(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < results.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int repetition = 0; repetition < 20; ++repetition) {
        if (t % 2) {  // the others share the library's own stream
          const cuda::StreamGuard on(cuda::Stream{});
          results[t] = {linalg::inv(a).cpu(), std::get<0>(linalg::eigh(a)).cpu()};
        } else {
          results[t] = {linalg::inv(a).cpu(), std::get<0>(linalg::eigh(a)).cpu()};
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const TensorOptions on_cpu{.dtype = DType::f64, .device = Device::cpu()};
  for (const Tensors& result : results) {
    CHECK(allclose(matmul(result[0], a.cpu()), expand(eye(2, 2, on_cpu), {3, 2, 2}), 1e-14, 1e-14));
    CHECK(allclose(result[1], tensor({1, 3}, on_cpu), 1e-14, 1e-14));
  }
}

TEST_CASE("what the library says of a matrix is reported, unless the matrix is not finite") {
  const emulation::testing::Fixture fixture;
  const Tensor a = tensor({{{1, 0}, {0, 1}}, {{1, 0}, {INFINITY, 1}}}, {.dtype = DType::f32, .device = kGpu});
  kernels::cuda::linalg::FiniteMatrices finite(DType::f32, 2);
  finite.take_out(a.data(), 2, 2, kernels::cuda::linalg::Part::all);
  cuda::synchronize();
  const std::int32_t told[] = {5, 7};
  REQUIRE(cudaMemcpy(finite.info(), told, sizeof told, cudaMemcpyHostToDevice) == cudaSuccess);
  std::int32_t info[2];
  finite.report(info);
  CHECK(info[0] == 5);
  CHECK(info[1] == kernels::kNotFinite);
  CHECK(a.to_vector<float>() == std::vector<float>{1, 0, 0, 1, 0, 0, 0, 0});
}
