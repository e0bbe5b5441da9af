// Cross-entropy and the other losses of class labels on the CPU.

#include <reel/kernels/cross_entropy.h>

#include <array>

#include <reel/kernels/cpu/softmax_slices.h>

namespace reel::kernels::cpu {
namespace {

using namespace softmaxes;

template <class T> using Tile = std::array<T, kTileColumns>;

template <class T> T sum_of_weights(const T* weight, std::int64_t classes) {
  if (!weight) return static_cast<T>(classes);
  double sum = 0;
  for (std::int64_t c = 0; c < classes; ++c) sum += static_cast<double>(weight[c]);
  return static_cast<T>(sum);
}

template <class T> CrossEntropyTerms<T> make_terms(const void* weight, double smoothing, std::int64_t classes) {
  const T sum = smoothing == 0 ? T(0) : sum_of_weights(static_cast<const T*>(weight), classes);
  return {weight, smoothing, classes, sum};
}

/// The sum of w[c] * (max - x[c * stride]); w null: all 1.
template <class T> T weighted_distance(const T* w, const T* x, T max, std::int64_t n, std::int64_t stride) {
  double sum = 0;
  for (std::int64_t c = 0; c < n; ++c) sum += static_cast<double>((w ? w[c] : T(1)) * (max - x[c * stride]));
  return static_cast<T>(sum);
}

template <class T> struct Gradient {
  /// grad_x = scale * exp(x - max) - smoothing * w for `width` columns, each with its own max, scale and smoothing; w
  /// null: all 1.
  REEL_VECTOR_CLONES static void columns(const T* x, const T* max, const T* scale, const T* smoothing, const T* w,
                                         std::int64_t n, std::int64_t stride, std::int64_t width, T* grad_x) {
    for (std::int64_t c = 0; c < n; ++c) {
      const T factor = w ? w[c] : T(1);
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        grad_x[c * stride + j] = scale[j] * exp_or_zero(x[c * stride + j] - max[j]) - smoothing[j] * factor;
      }
    }
  }
  /// grad_x -= smoothing * w for a row.
  REEL_VECTOR_CLONES static void subtract(T smoothing, const T* w, std::int64_t n, T* grad_x) {
#pragma omp simd
    for (std::int64_t c = 0; c < n; ++c) grad_x[c] -= smoothing * w[c];
  }
};

template <class T> void forward(const CrossEntropyArgs& args) {
  const ClassBlock& b = args.block;
  const CrossEntropyTerms<T> terms = make_terms<T>(args.weight, args.smoothing, b.classes);
  const T* all = static_cast<const T*>(args.x);
  T* loss = static_cast<T*>(args.loss);
  T* all_max = static_cast<T*>(args.max);
  T* all_sums = static_cast<T*>(args.sum_exp);
  for_each_slice(b.outer, b.classes, b.inner, [&](std::int64_t at, std::int64_t index, std::int64_t width) {
    const T* x = all + at;
    T* max = all_max + index;
    T* sum = all_sums + index;
    if (b.inner == 1) {
      *max = Row<T>::max(x, b.classes);
      *sum = Row<T>::sum_exp(x, *max, b.classes);
    } else {
      Columns<T>::max(x, b.classes, b.inner, width, max);
      Columns<T>::sum_exp(x, max, b.classes, b.inner, width, sum);
    }
    for (std::int64_t j = 0; j < width; ++j) {
      const std::int64_t label = b.labels[index + j];
      if (label == b.ignore_index) {
        loss[index + j] = 0;
        continue;
      }
      const T log_sum = math::log(sum[j]);
      loss[index + j] = terms.label_loss(label, log_sum, max[j] - x[label * b.inner + j]);
      if (args.smoothing != 0) {
        const T distance = weighted_distance(terms.weight, x + j, max[j], b.classes, b.inner);
        loss[index + j] += terms.smoothing_loss(log_sum, distance);
      }
    }
  });
}

template <class T> void backward(const CrossEntropyGradArgs& args) {
  const ClassBlock& b = args.block;
  const CrossEntropyTerms<T> terms = make_terms<T>(args.weight, args.smoothing, b.classes);
  const T* x = static_cast<const T*>(args.x);
  const T* max = static_cast<const T*>(args.max);
  const T* sum_exp = static_cast<const T*>(args.sum_exp);
  const T* grad = static_cast<const T*>(args.grad);
  T* grad_x = static_cast<T*>(args.grad_x);
  const T* weight = args.smoothing == 0 ? nullptr : terms.weight;
  for_each_slice(b.outer, b.classes, b.inner, [&](std::int64_t at, std::int64_t index, std::int64_t width) {
    Tile<T> scale, smoothing;
    for (std::int64_t j = 0; j < width; ++j) {
      const std::int64_t label = b.labels[index + j];
      const T g = label == b.ignore_index ? T(0) : grad[index + j];
      scale[j] = label == b.ignore_index ? T(0) : g * terms.probability_factor(label) / sum_exp[index + j];
      smoothing[j] = g * terms.smoothing_factor;
    }
    if (b.inner > 1) {
      Gradient<T>::columns(x + at, max + index, scale.data(), smoothing.data(), weight, b.classes, b.inner, width,
                           grad_x + at);
    } else if (b.labels[index] == b.ignore_index) {
      std::fill_n(grad_x + at, b.classes, T(0));  // whatever the logits are
    } else {
      Row<T>::scaled_exp(x + at, max[index], scale[0], weight ? T(0) : smoothing[0], b.classes, grad_x + at);
      if (weight) Gradient<T>::subtract(smoothing[0], weight, b.classes, grad_x + at);
    }
    for (std::int64_t j = 0; j < width; ++j) {
      const std::int64_t label = b.labels[index + j];
      if (label == b.ignore_index) continue;
      grad_x[at + label * b.inner + j] -= grad[index + j] * terms.label_factor * terms.weight_of(label);
    }
  });
}

/// Calls `body(sample, position)` for each sample that is not ignored, with the position of its label's element.
template <class F> void for_each_label(const ClassBlock& b, F&& body) {
  parallel_for(b.outer * b.inner, kGrain / 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t s = begin; s < end; ++s) {
      const std::int64_t label = b.labels[s];
      if (label == b.ignore_index) continue;
      const std::int64_t o = s / b.inner, i = s % b.inner;
      body(s, (o * b.classes + label) * b.inner + i);
    }
  });
}

}  // namespace

void label_weights(const LabelWeightArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    const T* weight = static_cast<const T*>(args.weight);
    T* out = static_cast<T*>(args.out);
    const T scale = static_cast<T>(args.scale), shift = static_cast<T>(args.shift);
    for (std::int64_t i = 0; i < args.count; ++i) {
      const std::int64_t label = args.labels[i];
      out[i] = label == args.ignore_index ? T(0) : scale * (weight ? weight[label] : T(1)) + shift;
    }
  });
}

void cross_entropy(const CrossEntropyArgs& args) {
  dispatch<kWideFloating>(args.block.dtype, [&]<class T>() { forward<T>(args); });
}

void cross_entropy_grad(const CrossEntropyGradArgs& args) {
  dispatch<kWideFloating>(args.block.dtype, [&]<class T>() { backward<T>(args); });
}

void pick_label(const PickLabelArgs& args) {
  dispatch<kWideFloating>(args.block.dtype, [&]<class T>() {
    const T* scale = static_cast<const T*>(args.scale);
    const T* from = static_cast<const T*>(args.from);
    T* to = static_cast<T*>(args.to);
    std::fill_n(to, args.block.outer * args.block.inner, T(0));
    for_each_label(args.block, [&](std::int64_t s, std::int64_t at) { to[s] = -scale[s] * from[at]; });
  });
}

void place_label(const PickLabelArgs& args) {
  dispatch<kWideFloating>(args.block.dtype, [&]<class T>() {
    const T* scale = static_cast<const T*>(args.scale);
    const T* from = static_cast<const T*>(args.from);
    T* to = static_cast<T*>(args.to);
    const ClassBlock& b = args.block;
    parallel_for(b.outer * b.classes * b.inner, kGrain,
                 [&](std::int64_t begin, std::int64_t end) { std::fill(to + begin, to + end, T(0)); });
    for_each_label(b, [&](std::int64_t s, std::int64_t at) { to[at] = -scale[s] * from[s]; });
  });
}

}  // namespace reel::kernels::cpu
