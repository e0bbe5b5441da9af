// Gradients through a normalisation.

#include <algorithm>
#include <utility>
#include <vector>

#include <reel/kernels/cpu/lanes.h>
#include <reel/kernels/cpu/norm/norm_parameters.h>
#include <reel/kernels/cpu/norm/norm_tiles.h>
#include <reel/kernels/cpu/scratch.h>

namespace reel::kernels::cpu {
namespace {

template <class T> struct Grad {
  using Columns = typename NormParameters<T>::Columns;

  const NormLayout l;
  const NormParameters<T> p;
  const T* grad;
  const T* x;
  T* x_grad;
  T* weight_grad;
  T* bias_grad;

  explicit Grad(const NormGradArgs& args)
      : l(args.layout),
        p(args),
        grad(static_cast<const T*>(args.grad)),
        x(static_cast<const T*>(args.x)),
        x_grad(static_cast<T*>(args.x_grad)),
        weight_grad(static_cast<T*>(args.weight_grad)),
        bias_grad(static_cast<T*>(args.bias_grad)) {}

  /// What a ReLU behind the normalisation passes on of a gradient: nothing, where `Apply` found nothing positive.
  template <bool kRelu> static T passed(T grad, T d, T scale, T shift) {
    if constexpr (kRelu) return d * scale + shift > T(0) ? grad : T(0);
    else return grad;
  }

  static constexpr int lanes = 64;

  /// The sums of grad and of grad * (x - mean).
  template <bool kRelu> REEL_VECTOR_CLONES static void run_sums(const T* grad, const T* x, std::int64_t n, T mean,
                                                                T scale, T shift, double* sum, double* product) {
    T g[lanes], p[lanes];
    clear_lanes(g);
    clear_lanes(p);
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
#pragma omp simd
      for (int j = 0; j < lanes; ++j) {
        const T d = x[i + j] - mean, value = passed<kRelu>(grad[i + j], d, scale, shift);
        g[j] += value;
        p[j] += value * d;
      }
    }
    for (int j = 0; i + j < n; ++j) {
      const T d = x[i + j] - mean, value = passed<kRelu>(grad[i + j], d, scale, shift);
      g[j] += value;
      p[j] += value * d;
    }
    *sum += static_cast<double>(sum_lanes(g));
    *product += static_cast<double>(sum_lanes(p));
  }

  /// The same, with a weight for each element.
  REEL_VECTOR_CLONES static void weighted_sums(const T* grad, const T* x, const T* weight, std::int64_t n, T mean,
                                               double* sum, double* product) {
    T g[lanes], p[lanes];
    clear_lanes(g);
    clear_lanes(p);
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
#pragma omp simd
      for (int j = 0; j < lanes; ++j) {
        const T w = weight[i + j] * grad[i + j];
        g[j] += w;
        p[j] += w * (x[i + j] - mean);
      }
    }
    for (int j = 0; i + j < n; ++j) {
      const T w = weight[i + j] * grad[i + j];
      g[j] += w;
      p[j] += w * (x[i + j] - mean);
    }
    *sum += static_cast<double>(sum_lanes(g));
    *product += static_cast<double>(sum_lanes(p));
  }

  /// The same for each column of a tile, with a mean for each column.
  template <bool kRelu> REEL_VECTOR_CLONES static void tile_sums(const T* grad, const T* x, std::int64_t stride,
                                                                 std::int64_t rows, std::int64_t columns, const T* mean,
                                                                 const T* scale, const T* shift, double* sum,
                                                                 double* product) {
    alignas(64) T g[kStrip], p[kStrip];
    for (std::int64_t j = 0; j < columns; ++j) g[j] = p[j] = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
#pragma omp simd
      for (std::int64_t j = 0; j < columns; ++j) {
        const T d = x[r * stride + j] - mean[j], value = passed<kRelu>(grad[r * stride + j], d, scale[j], shift[j]);
        g[j] += value;
        p[j] += value * d;
      }
    }
#pragma omp simd
    for (std::int64_t j = 0; j < columns; ++j) {
      sum[j] += static_cast<double>(g[j]);
      product[j] += static_cast<double>(p[j]);
    }
  }

  template <bool kRelu> REEL_VECTOR_CLONES static void run(const T* grad, const T* x, std::int64_t n, T mean, T scale,
                                                           T shift, T b, T c, T* out) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      const T d = x[i] - mean;
      out[i] = scale * passed<kRelu>(grad[i], d, scale, shift) + (b * d + c);
    }
  }

  template <bool kRelu> REEL_VECTOR_CLONES static void columns(const T* grad, const T* x, std::int64_t rows,
                                                               std::int64_t width, const T* mean, const T* scale,
                                                               const T* shift, const T* b, const T* c, T* out) {
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t at = r * width;
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        const T d = x[at + j] - mean[j];
        out[at + j] = scale[j] * passed<kRelu>(grad[at + j], d, scale[j], shift[j]) + (b[j] * d + c[j]);
      }
    }
  }

  /// What the rows of layer norm that are worked on together differ in.
  template <int N> struct RowNumbers { T mean[N], rstd[N], slope[N], offset[N]; };

  /// N rows of layer norm, `stride` apart: their x_grad, and their part in those of weight and bias. One row at a time
  /// would store three times an element.
  template <int N> REEL_VECTOR_CLONES static void weighted_rows(const T* grad, const T* x, const T* weight,
                                                                std::int64_t n, std::int64_t stride,
                                                                const RowNumbers<N>& rows, T* out, T* weight_sum,
                                                                T* bias_sum) {
    [&]<int... R>(std::integer_sequence<int, R...>) __attribute__((always_inline)) {
      const T mean[N] = {rows.mean[R]...}, rstd[N] = {rows.rstd[R]...};
      const T slope[N] = {rows.slope[R]...}, offset[N] = {rows.offset[R]...};
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) {
        const T g[N] = {grad[R * stride + i]...}, d[N] = {(x[R * stride + i] - mean[R])...};
        weight_sum[i] += (... + (g[R] * (d[R] * rstd[R])));
        bias_sum[i] += (... + g[R]);
        ((out[R * stride + i] = rstd[R] * (weight[i] * g[R]) + (slope[R] * d[R] + offset[R])), ...);
      }
    }
    (std::make_integer_sequence<int, N>());
  }

  // --- layer norm: one reading of memory

  /// Without weights, and without gradients of them.
  void by_plain_rows() const {
    const std::int64_t n = l.depth;
    parallel_for(l.statistics(), std::max<std::int64_t>(1, kGrain / n), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        double m1 = 0, m2 = 0;
        for (std::int64_t at = i * n; at < (i + 1) * n; at += kTile) {
          run_sums<false>(grad + at, x + at, std::min(kTile, (i + 1) * n - at), p.mean[i], T(1), T(0), &m1, &m2);
        }
        const NormGradLine<double> line(m1, m2, static_cast<double>(p.rstd[i]), l.count());
        run<false>(grad + i * n, x + i * n, n, p.mean[i], p.rstd[i], T(0), static_cast<T>(line.slope),
                   static_cast<T>(line.offset), x_grad + i * n);
      }
    });
  }

  REEL_VECTOR_CLONES static void add(const double* from, std::int64_t n, double* to) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) to[i] += from[i];
  }
  REEL_VECTOR_CLONES static void add_and_clear(T* from, std::int64_t n, double* to) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      to[i] += static_cast<double>(from[i]);
      from[i] = 0;
    }
  }

  /// The rows of N samples from `first` on; the sums for weight and bias are added to `sums`.
  template <int N> void rows_of_samples(std::int64_t first, const T* weights, T* sums) const {
    const std::int64_t n = l.width();
    for (std::int64_t g = 0; g < l.groups; ++g) {
      const std::int64_t offset = g * l.depth, at = first * n + offset;
      RowNumbers<N> rows;
      for (int r = 0; r < N; ++r) {
        prefetch_for_writing(x_grad + at + r * n, l.depth);
        const std::int64_t i = (first + r) * l.groups + g;
        double m1 = 0, m2 = 0;
        for (std::int64_t j = 0; j < l.depth; j += kTile) {
          weighted_sums(grad + at + r * n + j, x + at + r * n + j, weights + offset + j, std::min(kTile, l.depth - j),
                        p.mean[i], &m1, &m2);
        }
        const NormGradLine<double> line(m1, m2, static_cast<double>(p.rstd[i]), l.count());
        rows.mean[r] = p.mean[i];
        rows.rstd[r] = p.rstd[i];
        rows.slope[r] = static_cast<T>(line.slope);
        rows.offset[r] = static_cast<T>(line.offset);
      }
      weighted_rows<N>(grad + at, x + at, weights + offset, l.depth, n, rows, x_grad + at, sums + offset,
                       sums + n + offset);
    }
  }

  void by_rows() const {
    if (!p.weight && !weight_grad && !bias_grad) return by_plain_rows();
    constexpr std::int64_t flush = 64;  // rows whose sums are in T
    const std::int64_t n = l.width();
    const auto width = static_cast<std::size_t>(n);
    const std::int64_t piece = std::max<std::int64_t>((l.samples + 31) / 32, std::max<std::int64_t>(1, kGrain / n));
    const auto pieces = static_cast<std::size_t>((l.samples + piece - 1) / piece);
    LineVector<double> sums(2 * pieces * width);
    const LineVector<T> ones(p.weight ? 0 : width, T(1));
    const T* weights = p.weight ? p.weight : ones.data();
    parallel_for(l.samples, piece, [&](std::int64_t begin, std::int64_t end) {
      LineVector<T> tile(2 * width);
      double* sum = sums.data() + static_cast<std::size_t>(begin / piece) * 2 * width;
      for (std::int64_t s = begin; s < end;) {
        const std::int64_t block_end = std::min(end, s + flush);
        for (; s + 2 <= block_end; s += 2) rows_of_samples<2>(s, weights, tile.data());
        for (; s < block_end; ++s) rows_of_samples<1>(s, weights, tile.data());
        add_and_clear(tile.data(), 2 * n, sum);
      }
    });
    for (std::size_t k = 1; k < pieces; ++k) add(sums.data() + 2 * k * width, 2 * n, sums.data());
    if (weight_grad) std::transform(sums.data(), sums.data() + n, weight_grad, [](double w) { return T(w); });
    if (bias_grad) std::transform(sums.data() + n, sums.data() + 2 * n, bias_grad, [](double b) { return T(b); });
  }

  // --- the others: sums for each channel, then x_grad

  struct Sums {
    std::vector<double> grad, product;  // [samples, channels]: of grad, of grad * (x - mean)

    explicit Sums(const NormLayout& l)
        : grad(static_cast<std::size_t>(l.samples * l.channels())), product(grad.size()) {}
  };

  /// Channel i % channels of sample i / channels, whose elements lie in runs.
  template <bool kRelu> void sum_channel(std::int64_t i, Sums& sums) const {
    const std::int64_t channel = i % l.channels(), statistic = i / l.channels() * l.groups + channel / l.depth;
    const T scale = p.scale(statistic, channel), shift = p.shift(channel);
    const auto slot = static_cast<std::size_t>(i);
    for (std::int64_t r = 0; r < l.rows; ++r) {
      const std::int64_t at = l.run_of(statistic, r, channel % l.depth) * l.inner;
      for (std::int64_t first = 0; first < l.inner; first += kTile) {
        run_sums<kRelu>(grad + at + first, x + at + first, std::min(kTile, l.inner - first), p.mean[statistic], scale,
                        shift, &sums.grad[slot], &sums.product[slot]);
      }
    }
  }

  template <bool kRelu> void sum_columns(Sums& sums) const {
    const ColumnTiles tiles(l.rows, l.width());
    const auto width = static_cast<std::size_t>(tiles.width), pieces = static_cast<std::size_t>(tiles.pieces);
    LineVector<double> grads(pieces * width), products(pieces * width);
    Columns each(l);
    for (std::int64_t sample = 0; sample < l.samples; ++sample) {
      p.fill(each, sample);
      std::fill(grads.begin(), grads.end(), 0.0);
      std::fill(products.begin(), products.end(), 0.0);
      tiles.for_each(1, [&](std::int64_t, std::int64_t piece, std::int64_t column, std::int64_t count,
                            std::int64_t first, std::int64_t end) {
        const auto slot = static_cast<std::size_t>(piece * tiles.width + column);
        for (std::int64_t r = first; r < end; r += tiles.tile_rows) {
          const std::int64_t at = (sample * l.rows + r) * tiles.width + column;
          tile_sums<kRelu>(grad + at, x + at, tiles.width, std::min(tiles.tile_rows, end - r), count,
                           each.mean.data() + column, each.scale.data() + column, each.shift.data() + column,
                           &grads[slot], &products[slot]);
        }
      });
      for (std::size_t piece = 0; piece < pieces; ++piece) {
        for (std::size_t j = 0; j < width; ++j) {
          const auto slot = static_cast<std::size_t>(sample * l.channels()) + j / static_cast<std::size_t>(l.inner);
          sums.grad[slot] += grads[piece * width + j];
          sums.product[slot] += products[piece * width + j];
        }
      }
    }
  }

  void weight_and_bias(const Sums& sums) const {
    for (std::int64_t channel = 0; channel < l.channels(); ++channel) {
      double w = 0, b = 0;
      for (std::int64_t sample = 0; sample < l.samples; ++sample) {
        const auto slot = static_cast<std::size_t>(sample * l.channels() + channel);
        w += sums.product[slot] * static_cast<double>(p.rstd[sample * l.groups + channel / l.depth]);
        b += sums.grad[slot];
      }
      if (weight_grad) weight_grad[channel] = static_cast<T>(w);
      if (bias_grad) bias_grad[channel] = static_cast<T>(b);
    }
  }

  NormGradLine<T> line_of(std::int64_t statistic, const Sums& sums) const {
    double m1 = 0, m2 = 0;
    for (std::int64_t d = 0; d < l.depth; ++d) {
      const std::int64_t channel = statistic % l.groups * l.depth + d;
      const auto slot = static_cast<std::size_t>(statistic / l.groups * l.channels() + channel);
      m1 += static_cast<double>(p.weight_of(channel)) * sums.grad[slot];
      m2 += static_cast<double>(p.weight_of(channel)) * sums.product[slot];
    }
    return NormGradLine<T>::rounded({m1, m2, static_cast<double>(p.rstd[statistic]), l.count()});
  }

  /// The x_grad of the i-th run in memory.
  template <bool kRelu> void apply_run(std::int64_t i, const NormGradLine<T>& line) const {
    const std::int64_t channel = l.channel_of(i), statistic = l.statistic_of(i), at = i * l.inner;
    run<kRelu>(grad + at, x + at, l.inner, p.mean[statistic], p.scale(statistic, channel), p.shift(channel), line.slope,
               line.offset, x_grad + at);
  }

  template <bool kRelu> void by_runs(Sums& sums) const {
    if (one_by_one(l, 2 * sizeof(T))) {
      parallel_for(l.statistics(), statistics_grain(l), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          for (std::int64_t d = 0; d < l.depth; ++d) sum_channel<kRelu>(i * l.depth + d, sums);
          const NormGradLine<T> line = line_of(i, sums);
          for (std::int64_t r = 0; r < l.rows; ++r) {
            for (std::int64_t d = 0; d < l.depth; ++d) apply_run<kRelu>(l.run_of(i, r, d), line);
          }
        }
      });
      return;
    }
    parallel_for(l.samples * l.channels(), std::max<std::int64_t>(1, kGrain / (l.rows * l.inner)),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) sum_channel<kRelu>(i, sums);
                 });
    const std::vector<NormGradLine<T>> lines = all_lines(sums);
    parallel_for(l.samples * l.rows * l.channels(), std::max<std::int64_t>(1, kGrain / l.inner),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     apply_run<kRelu>(i, lines[static_cast<std::size_t>(l.statistic_of(i))]);
                   }
                 });
  }

  std::vector<NormGradLine<T>> all_lines(const Sums& sums) const {
    std::vector<NormGradLine<T>> lines;
    lines.reserve(static_cast<std::size_t>(l.statistics()));
    for (std::int64_t i = 0; i < l.statistics(); ++i) lines.push_back(line_of(i, sums));
    return lines;
  }

  template <bool kRelu> void by_columns(Sums& sums) const {
    sum_columns<kRelu>(sums);
    const std::vector<NormGradLine<T>> lines = all_lines(sums);
    const std::int64_t width = l.width(), run_length = l.depth * l.inner;
    Columns each(l);
    LineVector<T> b(static_cast<std::size_t>(width)), c(b);
    for (std::int64_t sample = 0; sample < l.samples; ++sample) {
      p.fill(each, sample);
      for (std::int64_t j = 0; j < width; ++j) {
        const NormGradLine<T>& line = lines[static_cast<std::size_t>(sample * l.groups + j / run_length)];
        b[static_cast<std::size_t>(j)] = line.slope;
        c[static_cast<std::size_t>(j)] = line.offset;
      }
      parallel_for(l.rows, std::max<std::int64_t>(1, kGrain / width), [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t at = (sample * l.rows + begin) * width;
        columns<kRelu>(grad + at, x + at, end - begin, width, each.mean.data(), each.scale.data(), each.shift.data(),
                       b.data(), c.data(), x_grad + at);
      });
    }
  }

  template <bool kRelu> void by_channels() const {
    Sums sums(l);
    if (in_runs(l)) by_runs<kRelu>(sums);
    else by_columns<kRelu>(sums);
    weight_and_bias(sums);
  }
};

}  // namespace

void norm_grad(const NormGradArgs& args) {
  const NormLayout& l = args.layout;
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    const Grad<T> grad(args);
    if (l.samples * l.rows * l.width() == 0) {
      for (std::int64_t c = 0; c < l.channels(); ++c) {
        if (args.weight_grad) grad.weight_grad[c] = T(0);
        if (args.bias_grad) grad.bias_grad[c] = T(0);
      }
    } else if (l.rows == 1 && l.inner == 1) {
      grad.by_rows();
    } else {
      args.relu ? grad.template by_channels<true>() : grad.template by_channels<false>();
    }
  });
}

}  // namespace reel::kernels::cpu
