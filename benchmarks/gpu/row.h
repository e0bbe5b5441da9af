#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <reel/reel.h>

/// What `gpu_rows` measures: the same rows, under the same names, as `torch_rows.py`.
namespace reel::bench {

/// How exact f32 products and convolutions are, and how the table calls that.
struct Precision {
  std::string_view label;
  Float32Precision products = Float32Precision::ieee;
  Float32Precision convolutions = Float32Precision::tf32;
};
inline constexpr Precision kF32{"f32"};  // where neither occurs
inline constexpr Precision kIeee{"ieee", Float32Precision::ieee, Float32Precision::ieee};
inline constexpr Precision kTf32{"tf32", Float32Precision::tf32, Float32Precision::tf32};
inline constexpr Precision kBf16{"bf16"};
inline constexpr Precision kDefault{"default"};  // as Reel and PyTorch start: products ieee, convolutions tf32

/// What is repeated, with its inputs: run(i) is repetition i. Repetitions take `sets` sets of inputs in turn.
struct Work {
  std::function<void(std::size_t)> run;
  std::size_t sets = 1;
};

/// A line of the table.
struct Row {
  std::string name, group;
  Precision precision = kF32;
  /// What one repetition must do at least: each input read once and each output written once, and multiplications
  /// and additions; 0 where it is not set against a peak.
  double bytes = 0, operations = 0;
  bool on_host = false;  ///< Whether the time is that of the CPU, which queues the work.
  std::function<Work()> prepare;
};
using Rows = std::vector<Row>;

/// The sizes that are measured, or tiny ones, which show on any machine that the rows run.
struct Sizes {
  bool tiny = false;
  std::int64_t operator()(std::int64_t full, std::int64_t small) const { return tiny ? small : full; }
  /// How many sets of inputs fill the second-level cache several times, so that none finds its own there.
  std::size_t sets(double bytes) const;
};

/// One input set's tensors, and what is computed of them.
using Inputs = std::function<Tensors()>;
using Function = std::function<Tensor(const Tensors&)>;

/// Normal random numbers of these shapes.
Inputs normal(const std::vector<Shape>& shapes);

/// f off the tape. A result lives until its input set's next turn, so that outputs move through memory as inputs do.
Work forward(std::size_t sets, const Inputs& inputs, const Function& f);
/// f and the gradients of those inputs that require one.
Work both_ways(std::size_t sets, const Inputs& inputs, const Function& f);

/// The product of two n x n matrices.
Row product_row(const std::string& name, std::string group, const Precision& precision, std::int64_t n);

/// The large copy and the large products that give the peaks.
void add_ceiling_rows(Rows& rows, Sizes sizes);
/// Whole training steps.
void add_step_rows(Rows& rows, Sizes sizes);
/// What streams memory once: elementwise operations, reductions, copies.
void add_memory_rows(Rows& rows, Sizes sizes);
/// Softmax, norms, pooling, losses and the like, and an optimizer's step.
void add_layer_rows(Rows& rows, Sizes sizes);
/// Recurrent layers.
void add_recurrent_rows(Rows& rows, Sizes sizes);
/// Products and convolutions.
void add_product_rows(Rows& rows, Sizes sizes);
/// What the CPU needs to queue an operation.
void add_host_rows(Rows& rows, Sizes sizes);

}  // namespace reel::bench
