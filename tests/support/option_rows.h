#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <reel/ops/factories.h>
#include <reel/tensor/tensor.h>

namespace reel::testing {

using Doubles = std::vector<double>;

constexpr double kInf = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

/// An option by the header that declares it, and a call that sets it.
struct Row {
  std::string header, option;
  std::function<void(double)> call;
  Doubles taken, refused;
};

inline std::string place(const Row& row) { return row.header + ": " + row.option; }

inline Tensor image() { return ones({2, 2, 2, 2}); }
inline Tensor parameter() { return ones({2}).requires_grad_(); }

/// The options of modules, and of models for images.
std::vector<Row> module_rows();
std::vector<Row> model_rows();
/// The options of linalg, and of what is made with it.
std::vector<Row> linalg_rows();
/// The options of the optimizers, and of the schedules of their learning rates.
std::vector<Row> optimizer_rows();
std::vector<Row> schedule_rows();
std::vector<Row> cyclic_schedule_rows();
/// The options of the language models.
std::vector<Row> language_model_rows();
/// Those of rarer activations, distances, special functions, and losses with margins.
std::vector<Row> rarer_rows();

}  // namespace reel::testing
