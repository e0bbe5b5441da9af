// Normalisation by given statistics on the CPU.

#include <array>
#include <limits>

#include <reel/kernels/cpu/non_temporal_stores.h>
#include <reel/kernels/cpu/norm/norm_forward_steps.h>
#include <reel/kernels/cpu/norm/norm_parameters.h>
#include <reel/kernels/cpu/norm/norm_tiles.h>

namespace reel::kernels::cpu {
namespace {

using namespace normalization;

template <class T> struct Apply {
  const NormLayout layout;
  const NormParameters<T> params;
  const T* x;
  const T least;  // the lower bound of y: 0 with a ReLU, else -inf
  T* y;
  const bool non_temporal;

  explicit Apply(const NormApplyArgs& args)
      : layout(args.layout),
        params(args),
        x(static_cast<const T*>(args.x)),
        least(args.relu ? T(0) : -std::numeric_limits<T>::infinity()),
        y(static_cast<T*>(args.y)),
        non_temporal(uses_non_temporal_stores<T>(layout.samples * layout.rows * layout.width())) {}

  /// max(value, least), where NaN stays NaN.
  static T raised(T value, T least) { return value < least ? least : value; }

  REEL_VECTOR_CLONES static void run(const T* x, std::int64_t n, T mean, T scale, T shift, T least, T* y) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] = raised((x[i] - mean) * scale + shift, least);
  }

  template <bool kBias> REEL_VECTOR_CLONES static void weighted_run(const T* x, std::int64_t n, T mean, T rstd,
                                                                    const T* weight, const T* bias, T least, T* y) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      const T value = (x[i] - mean) * rstd * weight[i];
      if constexpr (kBias) y[i] = raised(value + bias[i], least);
      else y[i] = raised(value, least);
    }
  }

  REEL_VECTOR_CLONES static void columns(const T* x, std::int64_t rows, std::int64_t width, const T* mean,
                                         const T* scale, const T* shift, T least, T* y) {
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t at = r * width;
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) y[at + j] = raised((x[at + j] - mean[j]) * scale[j] + shift[j], least);
    }
  }

  /// Computes n elements of y piece by piece: `fill(first, count, to)`. Non-temporal stores prefetch `next` meanwhile.
  template <class Fill> void write(T* to, std::int64_t n, const T* next, Fill&& fill) const {
    if (non_temporal) non_temporal_pieces(to, n, fill, std::array{PrefetchedInput{next, sizeof(T)}});
    else fill(std::int64_t{0}, n, to);
  }

  /// Statistic i of a layer norm: one run, with a weight for each element.
  void row(std::int64_t i, const T* next) const {
    write(y + i * layout.depth, layout.depth, next, [&](std::int64_t first, std::int64_t n, T* to) {
      const T* from = x + i * layout.depth + first;
      const std::int64_t channel = i % layout.groups * layout.depth + first;
      const T mean = params.mean_of(i), rstd = params.rstd[i];
      if (params.weight) {
        const T* weight = params.weight + channel;
        if (params.bias) weighted_run<true>(from, n, mean, rstd, weight, params.bias + channel, least, to);
        else weighted_run<false>(from, n, mean, rstd, weight, nullptr, least, to);
        return;
      }
      run(from, n, mean, rstd, T(0), -std::numeric_limits<T>::infinity(), to);
      for (std::int64_t j = 0; params.bias && j < n; ++j) to[j] += params.bias[channel + j];
      for (std::int64_t j = 0; j < n; ++j) to[j] = raised(to[j], least);
    });
  }

  /// Run i, with one weight for all its elements.
  void channel_run(std::int64_t i) const {
    const std::int64_t channel = layout.channel_of(i), statistic = layout.statistic_of(i);
    const T* from = x + i * layout.inner;
    write(y + i * layout.inner, layout.inner, from, [&](std::int64_t first, std::int64_t n, T* to) {
      run(from + first, n, params.mean[statistic], params.scale(statistic, channel), params.shift(channel), least, to);
    });
  }

  void statistics(std::int64_t begin, std::int64_t end) const {
    for (std::int64_t i = begin; i < end; ++i) {
      if (layout.inner == 1) {
        row(i, x + (i + 1) * layout.depth);  // prefetch the next row: this one is in the cache
        continue;
      }
      for (std::int64_t r = 0; r < layout.rows; ++r) {
        for (std::int64_t d = 0; d < layout.depth; ++d) channel_run(layout.run_of(i, r, d));
      }
    }
  }

  void by_runs() const {
    const std::int64_t runs =
        layout.inner == 1 ? layout.statistics() : layout.samples * layout.rows * layout.channels();
    const std::int64_t n = layout.inner == 1 ? layout.depth : layout.inner;
    parallel_for(runs, std::max<std::int64_t>(1, kGrain / n), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) layout.inner == 1 ? row(i, x + i * layout.depth) : channel_run(i);
      non_temporal_fence();
    });
  }

  void by_columns() const {
    const std::int64_t width = layout.width();
    typename NormParameters<T>::Columns each(layout);
    for (std::int64_t sample = 0; sample < layout.samples; ++sample) {
      params.fill(each, sample);
      parallel_for(layout.rows, std::max<std::int64_t>(1, kGrain / width), [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t at = (sample * layout.rows + begin) * width;
        columns(x + at, end - begin, width, each.mean.data(), each.scale.data(), each.shift.data(), least, y + at);
      });
    }
  }
};

}  // namespace

void normalization::norm_apply(const NormApplyArgs& args, std::int64_t begin, std::int64_t end) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { Apply<T>(args).statistics(begin, end); });
}

void norm_apply(const NormApplyArgs& args) {
  const NormLayout& l = args.layout;
  if (l.samples * l.rows * l.width() == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    const Apply<T> apply(args);
    if (in_runs(l)) apply.by_runs();
    else apply.by_columns();
  });
}

}  // namespace reel::kernels::cpu
