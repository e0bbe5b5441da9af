#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

/// Losses of class labels. Logits and log-probabilities are [outer, classes, inner]; labels and everything with one
/// number per sample are [outer, inner]. A sample whose label is `ignore_index` contributes nothing.
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
  std::int64_t count, classes;
  std::int64_t ignore_index;
  double scale, shift;
};

/// With class weights w, label smoothing e and W = sum of w over the C classes, the loss of a sample with label t is
/// (1 - e) w[t] (-log p[t]) + e/C sum_c w[c] (-log p[c]). Only x - max enters the formula, so large logits stay exact.
struct CrossEntropyArgs {
  ClassBlock block;
  double smoothing;
  const void* x;
  const void* weight;  // [classes] or null: all 1
  void* loss;          // of each sample
  void* max;           // max(x) of each sample, for the gradient
  void* sum_exp;       // sum(exp(x - max)) of each sample, for the gradient
};

struct CrossEntropyGradArgs {
  ClassBlock block;
  double smoothing;
  const void* x;
  const void* weight;  // [classes] or null: all 1
  const void* max;
  const void* sum_exp;
  const void* grad;  // of each sample's loss
  void* grad_x;
};

struct PickLabelArgs {
  ClassBlock block;
  const void* scale;  // of each sample
  const void* from;   // the block for `pick_label`, one number per sample for `place_label`
  void* to;           // the other way round
};

/// The constants of one call, and the formulas of a sample.
template <class T> struct CrossEntropyTerms {
  const T* weight;     // or null: all 1
  T label_factor;      // 1 - e
  T smoothing_factor;  // e / C
  T sum_weight;        // W; needed only with smoothing

  CrossEntropyTerms(const void* class_weight, double smoothing, std::int64_t classes, T weights)
      : weight(static_cast<const T*>(class_weight)),
        label_factor(static_cast<T>(1 - smoothing)),
        smoothing_factor(static_cast<T>(smoothing / static_cast<double>(classes))),
        sum_weight(weights) {}

  REEL_HD T weight_of(std::int64_t c) const { return weight ? weight[c] : T(1); }
  /// a: the factor of the probabilities in the gradient.
  REEL_HD T probability_factor(std::int64_t label) const {
    return label_factor * weight_of(label) + smoothing_factor * sum_weight;
  }

  /// The loss without smoothing, from log_sum = log(sum(exp(x - max))) and max - x[label].
  REEL_HD T label_loss(std::int64_t label, T log_sum, T distance) const {
    return label_factor * weight_of(label) * (log_sum + distance);
  }
  /// What smoothing adds, from log_sum and the sum of w[c] (max - x[c]).
  REEL_HD T smoothing_loss(T log_sum, T weighted_distance) const {
    return smoothing_factor * (sum_weight * log_sum + weighted_distance);
  }
};

namespace cpu {
void label_weights(const LabelWeightArgs& args);
void cross_entropy(const CrossEntropyArgs& args);
void cross_entropy_grad(const CrossEntropyGradArgs& args);
void pick_label(const PickLabelArgs& args);
void place_label(const PickLabelArgs& args);
}  // namespace cpu
namespace cuda {
void label_weights(const LabelWeightArgs& args);
void cross_entropy(const CrossEntropyArgs& args);
void cross_entropy_grad(const CrossEntropyGradArgs& args);
void pick_label(const PickLabelArgs& args);
void place_label(const PickLabelArgs& args);
}  // namespace cuda

/// out[i] = scale * weight[label] + shift; 0 for ignored labels.
inline constexpr KernelTable<void(const LabelWeightArgs&)> label_weights{&cpu::label_weights, &cuda::label_weights};
inline constexpr KernelTable<void(const CrossEntropyArgs&)> cross_entropy{&cpu::cross_entropy, &cuda::cross_entropy};
/// grad_x[c] = grad * (a p[c] - (1 - e) w[t] [c = t] - e/C w[c]), where a = (1 - e) w[t] + e/C W.
inline constexpr KernelTable<void(const CrossEntropyGradArgs&)> cross_entropy_grad{&cpu::cross_entropy_grad,
                                                                                   &cuda::cross_entropy_grad};
/// to[sample] = -scale[sample] * from[sample's label].
inline constexpr KernelTable<void(const PickLabelArgs&)> pick_label{&cpu::pick_label, &cuda::pick_label};
/// The transpose: to[sample's label] = -scale[sample] * from[sample], all else 0.
inline constexpr KernelTable<void(const PickLabelArgs&)> place_label{&cpu::place_label, &cuda::place_label};

}  // namespace reel::kernels
