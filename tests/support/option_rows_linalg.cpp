// The numeric options of linalg, and of modules that use it.

#include <reel/kernels/linalg.h>
#include <reel/nn/init.h>
#include <reel/nn/layers/linear.h>
#include <reel/nn/reparametrization.h>
#include <reel/ops/linalg.h>
#include <reel/tensor/core/error.h>

#include "support/option_rows.h"

namespace reel::testing {
namespace {

/// A call that needs LAPACK; in a build without it only the checks run.
template <class F> void call_lapack(F&& f) {
  try {
    f();
  } catch (const ValueError&) {
    throw;
  } catch (const Error&) {
    if (kernels::lapack_available()) throw;
  }
}

}  // namespace

std::vector<Row> linalg_rows() {
  const Tensor a = eye(2);
  const Doubles from_zero{0, 1e-3, 1}, not_from_zero{-1, kInf, kNan};
  return {
      {"ops/linalg.h", "ord", [=](double v) { linalg::vector_norm(a, v); }, {-kInf, 0, 0.5, kInf}, {kNan}},
      {"ops/linalg.h", "ord", [=](double v) { linalg::matrix_norm(a, v); }, {-kInf, -1, 1, kInf}, {0, 3, kNan}},
      {"ops/linalg.h", "atol", [=](double v) { call_lapack([&] { linalg::pinv(a, {.atol = v}); }); }, from_zero,
       not_from_zero},
      {"ops/linalg.h", "rtol", [=](double v) { call_lapack([&] { linalg::matrix_rank(a, {.rtol = v}); }); }, from_zero,
       not_from_zero},
      {"ops/linalg.h", "rcond", [=](double v) { call_lapack([&] { linalg::lstsq(a, a, v); }); }, from_zero,
       not_from_zero},
      {"nn/init.h",
       "gain",
       [](double v) { call_lapack([&] {
                        nn::init::orthogonal_(ones({2, 3}), v);
                      }); },
       {-1, 0, 2},
       {kInf, kNan}},
      {"nn/reparametrization.h",
       "eps",
       [](double v) { nn::utils::spectral_norm(nn::Linear(2, 2), "weight", {.eps = v}); },
       {1e-12, 1},
       {0, -1, kInf, kNan}},
  };
}

}  // namespace reel::testing
