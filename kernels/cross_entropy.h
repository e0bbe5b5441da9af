#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/dtype.h>

/// Losses of class labels. Logits and log-probabilities are a block [outer, classes, inner]; labels and what there is
/// one of for each sample are [outer, inner]. A sample whose label is `ignore_index` contributes nothing.
namespace reel::kernels {

struct ClassBlock {
  DType dtype;
  const std::int64_t* labels;
  std::int64_t outer, classes, inner;
  std::int64_t ignore_index;
};

struct LabelWeightArgs {
  DType dtype;
  const std::int64_t* labels;
  const void* weight;  // [classes] or null: all 1
  void* out;           // [count]
  std::int64_t count;
  std::int64_t ignore_index;
  double scale, shift;
};

/// With weights w, smoothing e and W = sum of w over the C classes, the loss of a sample with label t is
/// (1 - e) w[t] (-log p[t]) + e/C sum_c w[c] (-log p[c]). Logits enter only as x - max, so that large ones stay exact.
struct CrossEntropyArgs {
  ClassBlock block;
  double smoothing;
  const void* x;
  const void* weight;  // [classes] or null: all 1
  void* loss;
  void* largest;  // max(x) of each sample, and
  void* sum_exp;  // sum(exp(x - max)), for the gradient
};

struct CrossEntropyGradArgs {
  ClassBlock block;
  double smoothing;
  const void* x;
  const void* weight;
  const void* largest;
  const void* sum_exp;
  const void* grad;  // of each sample's loss
  void* grad_x;
};

struct PickLabelArgs {
  ClassBlock block;
  const void* scale;  // of each sample
  const void* from;
  void* to;
};

namespace cpu {
std::int64_t find_bad_label(const std::int64_t* labels, std::int64_t count, std::int64_t classes,
                            std::int64_t ignore_index);
void label_weights(const LabelWeightArgs& args);
void cross_entropy(const CrossEntropyArgs& args);
void cross_entropy_grad(const CrossEntropyGradArgs& args);
void pick_label(const PickLabelArgs& args);
void place_label(const PickLabelArgs& args);
}  // namespace cpu

/// The position of the first label outside [0, classes) that is not `ignore_index`, or -1.
inline constexpr KernelTable<std::int64_t(const std::int64_t* labels, std::int64_t count, std::int64_t classes,
                                          std::int64_t ignore_index)>
    find_bad_label{&cpu::find_bad_label};
/// scale * weight[label] + shift for each label; 0 where it is ignored.
inline constexpr KernelTable<void(const LabelWeightArgs&)> label_weights{&cpu::label_weights};
inline constexpr KernelTable<void(const CrossEntropyArgs&)> cross_entropy{&cpu::cross_entropy};
/// grad_x[c] = grad * (a p[c] - (1 - e) w[t] [c = t] - e/C w[c]), where a = (1 - e) w[t] + e/C W.
inline constexpr KernelTable<void(const CrossEntropyGradArgs&)> cross_entropy_grad{&cpu::cross_entropy_grad};
/// to[sample] = -scale[sample] * from[sample's label].
inline constexpr KernelTable<void(const PickLabelArgs&)> pick_label{&cpu::pick_label};
/// The transpose: to[sample's label] = -scale[sample] * from[sample], all else 0.
inline constexpr KernelTable<void(const PickLabelArgs&)> place_label{&cpu::place_label};

}  // namespace reel::kernels
