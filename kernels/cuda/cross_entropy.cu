// Cross-entropy and the other losses of class labels on the GPU. A label out of range counts as ignored: the range
// check of the operation reports it.

#include <reel/kernels/cross_entropy.h>

#include <reel/kernels/cuda/reduce/reduce_loops.h>
#include <reel/kernels/online_logsumexp.h>
#include <reel/kernels/reduce.h>

namespace reel::kernels::cuda {
namespace {

/// The labels of a ClassBlock, as kernels need them.
struct Labels {
  const std::int64_t* labels;
  std::int64_t classes, ignore_index;
  Divisor<std::int64_t> inner;

  explicit Labels(const ClassBlock& b)
      : labels(b.labels), classes(b.classes), ignore_index(b.ignore_index), inner(b.inner) {}

  /// A sample's label, or -1 if it is ignored.
  __device__ std::int64_t label(std::int64_t sample) const {
    const std::int64_t label = labels[sample];
    return label == ignore_index || label < 0 || label >= classes ? -1 : label;
  }
  /// The offset of a sample's element of class c in the block.
  __device__ std::int64_t position(std::int64_t sample, std::int64_t c) const {
    return (sample / inner * classes + c) * inner + sample % inner;
  }
};

/// The running state of a sample's loss. With smoothing it includes the sum of the class weights and that of
/// w[c] (max - x[c]).
template <class T, bool Smooth> struct LossState {
  OnlineLogSumExp<T> exp;

  __device__ static LossState of(OnlineLogSumExp<T> exp) { return {exp}; }
};
template <class T> struct LossState<T, true> {
  OnlineLogSumExp<T> exp;
  double weight, distance;

  __device__ static LossState of(OnlineLogSumExp<T> exp) { return {exp, 0, 0}; }
};

template <class T, bool Smooth> struct Loss {
  using In = T;
  using State = LossState<T, Smooth>;

  Labels labels;
  CrossEntropyTerms<T> terms;
  const T* x;
  T* loss;
  T* max;
  T* sum_exp;

  __device__ State start() const { return State::of(OnlineLogSumExp<T>::none()); }
  __device__ T fill() const { return -OnlineLogSumExp<T>::kInfinity; }

  /// The weighted distance from another maximum.
  __device__ static double distance_from(T new_max, const State& state) {
    if (state.weight == 0) return state.distance;
    return state.distance + state.weight * static_cast<double>(new_max - state.exp.max);
  }

  __device__ static State combine(State a, State b) {
    State sum = State::of(OnlineLogSumExp<T>::combine(a.exp, b.exp));
    if constexpr (Smooth) {
      sum.weight = a.weight + b.weight;
      sum.distance = distance_from(sum.exp.max, a) + distance_from(sum.exp.max, b);
    }
    return sum;
  }

  template <int V, int N>
  __device__ State fold(State state, const T (&logit)[N], int count, std::int64_t first, std::int64_t step) const {
    State sum = State::of(state.exp.with(logit));
    if constexpr (Smooth) {
      T weight = 0, distance = 0;
      for (int k = 0; k < N; ++k) {
        if (k >= count) continue;
        const T w = terms.weight_of(first + k / V * step + k % V);
        weight += w;
        distance += w * (sum.exp.max - logit[k]);
      }
      sum.weight = state.weight + static_cast<double>(weight);
      sum.distance = distance_from(sum.exp.max, state) + static_cast<double>(distance);
    }
    return sum;
  }

  __device__ void store(std::int64_t sample, State state) const {
    const OnlineLogSumExp<T> exp = state.exp.unclamped();
    max[sample] = exp.max;
    const T sum = static_cast<T>(exp.sum);
    sum_exp[sample] = sum;
    const std::int64_t label = labels.label(sample);
    if (label < 0) {
      loss[sample] = 0;
      return;
    }
    const T log_sum = math::log(sum);
    T result = terms.label_loss(label, log_sum, exp.max - x[labels.position(sample, label)]);
    if constexpr (Smooth) {
      CrossEntropyTerms<T> all = terms;
      all.sum_weight = static_cast<T>(state.weight);
      result += all.smoothing_loss(log_sum, static_cast<T>(state.distance));
    }
    loss[sample] = result;
  }
};

/// The gradient of the logits.
template <class T> struct LossGrad {
  static constexpr bool reads = true;

  Labels labels;
  CrossEntropyTerms<T> terms;
  const T* sum_weight;        // if not null, replaces that of `terms`
  const T* smoothing_weight;  // the weights of the smoothing term; null: all 1
  const T* max;
  const T* sum_exp;
  const T* grad;

  struct Sample {
    std::int64_t label;
    T max, scale, smoothing, label_term;
  };
  __device__ Sample sample(std::int64_t s) const {
    const std::int64_t label = labels.label(s);
    if (label < 0) return {-1, 0, 0, 0, 0};
    CrossEntropyTerms<T> all = terms;
    if (sum_weight) all.sum_weight = *sum_weight;
    const T g = grad[s];
    return {label, max[s], g * all.probability_factor(label) / sum_exp[s], g * all.smoothing_factor,
            g * all.label_factor * all.weight_of(label)};
  }
  __device__ T operator()(const Sample& s, std::int64_t c, T x) const {
    if (s.label < 0) return 0;  // whatever the logits are
    const T value = s.scale * math::exp(x - s.max) - s.smoothing * (smoothing_weight ? smoothing_weight[c] : T(1));
    return c == s.label ? value - s.label_term : value;
  }
};

/// The gradient of `pick_label`: one number per sample, at its label.
template <class T> struct Place {
  static constexpr bool reads = false;

  Labels labels;
  const T* scale;
  const T* from;

  struct Sample {
    std::int64_t label;
    T value;
  };
  __device__ Sample sample(std::int64_t s) const {
    const std::int64_t label = labels.label(s);
    return {label, label < 0 ? T(0) : -scale[s] * from[s]};
  }
  __device__ T operator()(const Sample& s, std::int64_t c, T) const { return c == s.label ? s.value : T(0); }
};

/// out = f(sample, class, x) for the classes of each sample, where they lie in rows.
template <class F, class T, int V> __global__ void __launch_bounds__(kSliceThreads, 1)
    class_rows(F f, const T* x, T* out, std::int64_t samples, std::int64_t classes, std::int64_t piece, bool aligned) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y, step = blockDim.x * V;
  const std::int64_t begin = blockIdx.y * piece, end = begin + piece < classes ? begin + piece : classes;
  if (row >= samples) return;
  const auto sample = f.sample(row);
  for (std::int64_t i = begin + threadIdx.x * V; i < end; i += kUnroll * step) {
    T value[kUnroll * V] = {};
    if constexpr (F::reads) load_row<V>(x + row * classes, i, end, step, aligned, T(0), value);
    for (int k = 0; k < kUnroll * V; ++k) {
      const std::int64_t c = i + k / V * step + k % V;
      value[k] = c < end ? f(sample, c, value[k]) : T(0);
    }
    store_row<V>(out + row * classes, i, end, step, aligned, value);
  }
}

/// The same where they lie in columns.
template <class F, class T> __global__ void __launch_bounds__(kSliceThreads, 1)
    class_columns(F f, const T* x, T* out, std::int64_t samples, std::int64_t classes, std::int64_t piece) {
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::int64_t begin = blockIdx.y * piece, end = begin + piece < classes ? begin + piece : classes;
  if (column >= samples) return;
  const auto sample = f.sample(column);
  const std::int64_t first = f.labels.position(column, 0), step = blockDim.y;
  for (std::int64_t i = begin + threadIdx.y; i < end; i += kUnroll * step) {
    T value[kUnroll] = {};
    if constexpr (F::reads) load_column(x + first, i, end, step, f.labels.inner, T(0), value);
    for (int k = 0; k < kUnroll; ++k) {
      const std::int64_t c = i + k * step;
      value[k] = c < end ? f(sample, c, value[k]) : T(0);
    }
    store_column(out + first, i, end, step, f.labels.inner, value);
  }
}

template <class F, class T> void for_each_class(const F& f, const ClassBlock& b, const T* x, T* out) {
  const std::int64_t samples = b.outer * b.inner;
  if (samples * b.classes == 0) return;
  if (b.inner == 1) {
    constexpr int vector = kPerAccess<T>;
    const bool whole = b.outer == 1 || b.classes % vector == 0;  // every row begins on a vector boundary
    const std::int64_t piece = piece_size(b.classes, kUnroll * vector * kSliceThreads, samples * kSliceThreads);
    const dim3 block = row_block(row_width(samples, std::min(b.classes, piece), whole ? vector : 1));
    const dim3 grid(blocks_for(samples, block.y), blocks_for(b.classes, piece));
    launch(whole ? class_rows<F, T, vector> : class_rows<F, T, 1>, grid, block, 0, f, x, out, samples, b.classes, piece,
           is_aligned(x) && is_aligned(out));
  } else {
    const dim3 block = column_block(samples, b.classes);
    const std::int64_t piece = piece_size(b.classes, kUnroll * block.y, samples * block.y);
    launch(class_columns<F, T>, dim3(blocks_for(samples, block.x), blocks_for(b.classes, piece)), block, 0, f, x, out,
           samples, b.classes, piece);
  }
}

template <class T> __global__ void __launch_bounds__(kThreads)
    weigh_labels(Labels labels, const T* weight, T* out, std::int64_t count, T scale, T shift) {
  const std::int64_t s = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (s >= count) return;
  const std::int64_t label = labels.label(s);
  out[s] = label < 0 ? T(0) : scale * (weight ? weight[label] : T(1)) + shift;
}

template <class T> __global__ void __launch_bounds__(kThreads)
    pick(Labels labels, const T* scale, const T* from, T* to, std::int64_t count) {
  const std::int64_t s = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (s >= count) return;
  const std::int64_t label = labels.label(s);
  to[s] = label < 0 ? T(0) : -scale[s] * from[labels.position(s, label)];
}

template <class T, bool Smooth> void loss(const CrossEntropyArgs& args) {
  const ClassBlock& b = args.block;
  const T* x = static_cast<const T*>(args.x);
  const CrossEntropyTerms<T> terms(args.weight, args.smoothing, b.classes, T(0));  // the kernel sums the weights
  reduction::reduce_block(Loss<T, Smooth>{Labels(b), terms, x, static_cast<T*>(args.loss), static_cast<T*>(args.max),
                                          static_cast<T*>(args.sum_exp)},
                          x, b.outer, b.classes, b.inner);
}

}  // namespace

void label_weights(const LabelWeightArgs& args) {
  if (args.count == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    const Labels labels({.dtype = args.dtype,
                         .labels = args.labels,
                         .outer = args.count,
                         .classes = args.classes,
                         .inner = 1,
                         .ignore_index = args.ignore_index});
    launch(weigh_labels<T>, blocks_for(args.count, kThreads), kThreads, 0, labels, static_cast<const T*>(args.weight),
           static_cast<T*>(args.out), args.count, static_cast<T>(args.scale), static_cast<T>(args.shift));
  });
}

void cross_entropy(const CrossEntropyArgs& args) {
  if (args.block.classes == 0) return;
  dispatch<kWideFloating>(args.block.dtype, [&]<class T>() {
    if (args.smoothing == 0) loss<T, false>(args);
    else loss<T, true>(args);
  });
}

void cross_entropy_grad(const CrossEntropyGradArgs& args) {
  const ClassBlock& b = args.block;
  dispatch<kWideFloating>(b.dtype, [&]<class T>() {
    const bool smooth_weights = args.smoothing != 0 && args.weight;
    const Scratch<T> sum_weight(1);
    if (smooth_weights)
      reduce<Sum>(
          {.dtype = b.dtype, .data = args.weight, .out = sum_weight.data(), .outer = 1, .n = b.classes, .inner = 1});
    const CrossEntropyTerms<T> terms(args.weight, args.smoothing, b.classes,
                                     args.smoothing == 0 ? T(0) : static_cast<T>(b.classes));
    const LossGrad<T> grad{Labels(b),
                           terms,
                           smooth_weights ? sum_weight.data() : nullptr,
                           smooth_weights ? terms.weight : nullptr,
                           static_cast<const T*>(args.max),
                           static_cast<const T*>(args.sum_exp),
                           static_cast<const T*>(args.grad)};
    for_each_class(grad, b, static_cast<const T*>(args.x), static_cast<T*>(args.grad_x));
  });
}

void pick_label(const PickLabelArgs& args) {
  const std::int64_t count = args.block.outer * args.block.inner;
  if (count == 0) return;
  dispatch<kWideFloating>(args.block.dtype, [&]<class T>() {
    launch(pick<T>, blocks_for(count, kThreads), kThreads, 0, Labels(args.block), static_cast<const T*>(args.scale),
           static_cast<const T*>(args.from), static_cast<T*>(args.to), count);
  });
}

void place_label(const PickLabelArgs& args) {
  dispatch<kWideFloating>(args.block.dtype, [&]<class T>() {
    const Place<T> place{Labels(args.block), static_cast<const T*>(args.scale), static_cast<const T*>(args.from)};
    for_each_class(place, args.block, static_cast<const T*>(nullptr), static_cast<T*>(args.to));
  });
}

}  // namespace reel::kernels::cuda
