#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

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
  std::int64_t count, classes;
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

/// The terms of the losses of one call that are the same for every sample.
template <class T> struct LossTerms {
  const T* weight;  // or null: all 1
  T on_label;       // 1 - e
  T on_each;        // e / C
  T sum_weight;     // W; needed only if there is smoothing

  LossTerms(const void* class_weight, double smoothing, std::int64_t classes, T weights)
      : weight(static_cast<const T*>(class_weight)),
        on_label(static_cast<T>(1 - smoothing)),
        on_each(static_cast<T>(smoothing / static_cast<double>(classes))),
        sum_weight(weights) {}

  REEL_HD T of(std::int64_t c) const { return weight ? weight[c] : T(1); }
  /// a: how much of the gradient each probability gets.
  REEL_HD T total(std::int64_t label) const { return on_label * of(label) + on_each * sum_weight; }

  /// A sample's loss, of log(sum(exp(x - max))) and max - x[label], and what smoothing adds to it, of the same and of
  /// sum_c w[c] (max - x[c]).
  REEL_HD T loss(std::int64_t label, T log_sum, T distance) const {
    return on_label * of(label) * (log_sum + distance);
  }
  REEL_HD T smoothing(T log_sum, T weighted_distance) const {
    return on_each * (sum_weight * log_sum + weighted_distance);
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

/// scale * weight[label] + shift for each label; 0 where it is ignored.
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
