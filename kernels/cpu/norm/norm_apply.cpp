// The normalisation by given statistics.

#include <array>
#include <limits>

#include <reel/kernels/cpu/norm/norm_parameters.h>
#include <reel/kernels/cpu/norm/norm_passes.h>
#include <reel/kernels/cpu/norm/norm_tiles.h>
#include <reel/kernels/cpu/streaming_stores.h>

namespace reel::kernels::cpu {
namespace {

template <class T> struct Apply {
  const NormLayout l;
  const NormParameters<T> p;
  const T* x;
  const T least;  // what y is raised to: 0 with a ReLU, else -inf
  T* y;
  const bool streamed;

  explicit Apply(const NormApplyArgs& args)
      : l(args.layout),
        p(args),
        x(static_cast<const T*>(args.x)),
        least(args.relu ? T(0) : -std::numeric_limits<T>::infinity()),
        y(static_cast<T*>(args.y)),
        streamed(is_streamed<T>(l.samples * l.rows * l.width())) {}

  /// NaN stays.
  static T raised(T value, T least) { return value < least ? least : value; }

  REEL_VECTOR_CLONES static void run(const T* x, std::int64_t n, T mean, T scale, T shift, T least, T* y) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] = raised((x[i] - mean) * scale + shift, least);
  }

  REEL_VECTOR_CLONES static void weighted_run(const T* x, std::int64_t n, T mean, T rstd, const T* weight,
                                              const T* bias, T least, T* y) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] = raised((x[i] - mean) * rstd * weight[i] + bias[i], least);
  }

  REEL_VECTOR_CLONES static void columns(const T* x, std::int64_t rows, std::int64_t width, const T* mean,
                                         const T* scale, const T* shift, T least, T* y) {
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t at = r * width;
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) y[at + j] = raised((x[at + j] - mean[j]) * scale[j] + shift[j], least);
    }
  }

  /// Computes n elements of y, one piece after the other: `fill(first, count, to)`. While they are streamed, those at
  /// `soon` are fetched.
  template <class Fill> void write(T* to, std::int64_t n, const T* soon, Fill&& fill) const {
    if (streamed) stream_pieces(to, n, fill, std::array{StreamInput{soon, sizeof(T)}});
    else fill(std::int64_t{0}, n, to);
  }

  /// Statistic i of a layer norm: a run whose elements have weights of their own.
  void row(std::int64_t i, const T* soon) const {
    write(y + i * l.depth, l.depth, soon, [&](std::int64_t first, std::int64_t n, T* to) {
      const T* from = x + i * l.depth + first;
      const std::int64_t channel = i % l.groups * l.depth + first;
      if (p.weight && p.bias) {
        weighted_run(from, n, p.mean[i], p.rstd[i], p.weight + channel, p.bias + channel, least, to);
      } else {
        run(from, n, p.mean[i], p.rstd[i], T(0), -std::numeric_limits<T>::infinity(), to);
        for (std::int64_t j = 0; p.weight && j < n; ++j) to[j] *= p.weight[channel + j];
        for (std::int64_t j = 0; p.bias && j < n; ++j) to[j] += p.bias[channel + j];
        for (std::int64_t j = 0; j < n; ++j) to[j] = raised(to[j], least);
      }
    });
  }

  /// The i-th run in memory, which has one weight.
  void channel_run(std::int64_t i) const {
    const std::int64_t channel = l.channel_of(i), statistic = l.statistic_of(i);
    const T* from = x + i * l.inner;
    write(y + i * l.inner, l.inner, from, [&](std::int64_t first, std::int64_t n, T* to) {
      run(from + first, n, p.mean[statistic], p.scale(statistic, channel), p.shift(channel), least, to);
    });
  }

  void statistics(std::int64_t begin, std::int64_t end) const {
    for (std::int64_t i = begin; i < end; ++i) {
      if (l.inner == 1) {
        row(i, x + (i + 1) * l.depth);  // its own elements are in the cache, where the statistic was computed
        continue;
      }
      for (std::int64_t r = 0; r < l.rows; ++r) {
        for (std::int64_t d = 0; d < l.depth; ++d) channel_run(l.run_of(i, r, d));
      }
    }
  }

  void by_runs() const {
    const std::int64_t runs = l.inner == 1 ? l.statistics() : l.samples * l.rows * l.channels();
    const std::int64_t n = l.inner == 1 ? l.depth : l.inner;
    parallel_for(runs, std::max<std::int64_t>(1, kGrain / n), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) l.inner == 1 ? row(i, x + i * l.depth) : channel_run(i);
      finish_stream();
    });
  }

  void by_columns() const {
    const std::int64_t width = l.width();
    typename NormParameters<T>::Columns each(l);
    for (std::int64_t sample = 0; sample < l.samples; ++sample) {
      p.fill(each, sample);
      parallel_for(l.rows, std::max<std::int64_t>(1, kGrain / width), [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t at = (sample * l.rows + begin) * width;
        columns(x + at, end - begin, width, each.mean.data(), each.scale.data(), each.shift.data(), least, y + at);
      });
    }
  }
};

}  // namespace

void norm_apply(const NormApplyArgs& args, std::int64_t begin, std::int64_t end) {
  dispatch<kFloating>(args.dtype, [&]<class T>() { Apply<T>(args).statistics(begin, end); });
}

void norm_apply(const NormApplyArgs& args) {
  const NormLayout& l = args.layout;
  if (l.samples * l.rows * l.width() == 0) return;
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    const Apply<T> apply(args);
    if (in_runs(l)) apply.by_runs();
    else apply.by_columns();
  });
}

}  // namespace reel::kernels::cpu
