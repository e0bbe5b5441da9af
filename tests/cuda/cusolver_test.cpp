// cuSOLVER and cuBLAS where they are installed, which needs no GPU.

#include <doctest/doctest.h>
#include <reel/kernels/cuda/linalg/cusolver.h>

#include "support/requirement.h"

using reel::kernels::cuda::linalg::Cusolver;

namespace {

const reel::testing::Requirement needs_cusolver("needs cuSOLVER", [] {
  const std::string& problem = Cusolver::problem();
  return problem.find("was not found") != std::string::npos ? problem : "";
});

}  // namespace

TEST_CASE("cuSOLVER and cuBLAS have the functions that decompositions call" * needs_cusolver) {
  CHECK(Cusolver::problem() == "");
  CHECK_NOTHROW(Cusolver::get());
}
