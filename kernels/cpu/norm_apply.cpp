#include <vector>

#include <reel/kernels/cpu/norm_tiles.h>
#include <reel/kernels/cpu/stream.h>

namespace reel::kernels::cpu {
namespace {

template <class T> struct Apply {
  const NormLayout l;
  const T* x;
  const T* mean;
  const T* rstd;
  const T* weight;
  const T* bias;
  T* y;

  T weight_of(std::int64_t channel) const { return weight ? weight[channel] : T(1); }
  T bias_of(std::int64_t channel) const { return bias ? bias[channel] : T(0); }

  REEL_VECTOR_CLONES static void run(const T* x, std::int64_t n, T mean, T scale, T shift, T* y) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * scale + shift;
  }

  REEL_VECTOR_CLONES static void weighted_run(const T* x, std::int64_t n, T mean, T rstd, const T* weight,
                                              const T* bias, T* y) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * rstd * weight[i] + bias[i];
  }

  REEL_VECTOR_CLONES static void columns(const T* x, std::int64_t rows, std::int64_t width, const T* mean,
                                         const T* scale, const T* shift, T* y) {
    for (std::int64_t r = 0; r < rows; ++r) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) y[r * width + j] = (x[r * width + j] - mean[j]) * scale[j] + shift[j];
    }
  }

  /// n elements from `first` on of statistic i, each with its own weight.
  void row_part(std::int64_t i, std::int64_t first, std::int64_t n, T* to) const {
    const T* from = x + i * l.depth + first;
    const std::int64_t channel = i % l.groups * l.depth + first;
    if (weight && bias) return weighted_run(from, n, mean[i], rstd[i], weight + channel, bias + channel, to);
    run(from, n, mean[i], rstd[i], T(0), to);
    for (std::int64_t j = 0; weight && j < n; ++j) to[j] *= weight[channel + j];
    for (std::int64_t j = 0; bias && j < n; ++j) to[j] += bias[channel + j];
  }

  /// Layer norm: each sample is a run, each element has its own weight.
  void by_rows() const {
    const std::int64_t n = l.depth;
    const bool streamed = is_streamed<T>(l.statistics() * n);
    parallel_for(l.statistics(), std::max<std::int64_t>(1, kGrain / n), [&](std::int64_t begin, std::int64_t end) {
      if (streamed) {
        for (std::int64_t i = begin; i < end; ++i) {
          stream_pieces(y + i * n, n,
                        [&](std::int64_t first, std::int64_t count, T* to) { row_part(i, first, count, to); });
        }
      } else {
        for (std::int64_t i = begin; i < end; ++i) row_part(i, 0, n, y + i * n);
      }
    });
  }

  /// Each channel of each row is a run with one weight.
  void by_runs() const {
    const std::int64_t channels = l.channels(), n = l.inner;
    parallel_for(l.samples * l.rows * channels, std::max<std::int64_t>(1, kGrain / n),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     const std::int64_t channel = i % channels;
                     const std::int64_t s = i / channels / l.rows * l.groups + channel / l.depth;
                     run(x + i * n, n, mean[s], rstd[s] * weight_of(channel), bias_of(channel), y + i * n);
                   }
                 });
  }

  void by_columns() const {
    const std::int64_t width = l.width(), run = l.depth * l.inner;
    const std::int64_t grain = std::max<std::int64_t>(1, kGrain / width);
    std::vector<T> means(static_cast<std::size_t>(width)), scales(means), shifts(means);
    for (std::int64_t sample = 0; sample < l.samples; ++sample) {
      for (std::int64_t j = 0; j < width; ++j) {
        const std::int64_t s = sample * l.groups + j / run, channel = j / l.inner;
        const auto at = static_cast<std::size_t>(j);
        means[at] = mean[s];
        scales[at] = rstd[s] * weight_of(channel);
        shifts[at] = bias_of(channel);
      }
      parallel_for(l.rows, grain, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t offset = (sample * l.rows + begin) * width;
        columns(x + offset, end - begin, width, means.data(), scales.data(), shifts.data(), y + offset);
      });
    }
  }
};

}  // namespace

void norm_apply(const NormApplyArgs& args) {
  const NormLayout& l = args.layout;
  if (l.samples * l.rows * l.width() == 0) return;
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    const Apply<T> apply{l,
                         static_cast<const T*>(args.x),
                         static_cast<const T*>(args.mean),
                         static_cast<const T*>(args.rstd),
                         static_cast<const T*>(args.weight),
                         static_cast<const T*>(args.bias),
                         static_cast<T*>(args.y)};
    if (l.rows == 1 && l.inner == 1) apply.by_rows();
    else if (l.inner >= kShortRun) apply.by_runs();
    else apply.by_columns();
  });
}

}  // namespace reel::kernels::cpu
