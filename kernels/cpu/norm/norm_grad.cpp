// The gradients of normalisation on the CPU.

#include <algorithm>
#include <vector>

#include <reel/kernels/cpu/norm/norm_grad_loops.h>
#include <reel/kernels/cpu/norm/norm_parameters.h>
#include <reel/kernels/cpu/norm/norm_tiles.h>
#include <reel/kernels/cpu/scratch.h>

namespace reel::kernels::cpu {
namespace {

using namespace normalization;

template <class T> struct Grad {
  using Loops = NormGradLoops<T>;
  using Columns = typename NormParameters<T>::Columns;

  const NormLayout layout;
  const NormParameters<T> params;
  const T* grad;
  const T* x;
  T* x_grad;
  T* weight_grad;
  T* bias_grad;

  explicit Grad(const NormGradArgs& args)
      : layout(args.layout),
        params(args),
        grad(static_cast<const T*>(args.grad)),
        x(static_cast<const T*>(args.x)),
        x_grad(static_cast<T*>(args.x_grad)),
        weight_grad(static_cast<T*>(args.weight_grad)),
        bias_grad(static_cast<T*>(args.bias_grad)) {}

  /// Calls `body.template operator()<scaled>()`.
  template <class Body> static void with_scale(bool scaled, Body&& body) {
    if (scaled) body.template operator()<true>();
    else body.template operator()<false>();
  }

  NormGradCoefficients<T> coefficients(std::int64_t statistic, double sum, double product) const {
    return NormGradCoefficients<T>::rounded(
        {sum, product, static_cast<double>(params.rstd[statistic]), params.rest(statistic), layout.count()});
  }

  // --- layer norm: one pass over memory

  /// Without weight and bias.
  void by_plain_rows() const {
    const std::int64_t n = layout.depth;
    parallel_for(layout.statistics(), std::max<std::int64_t>(1, kGrain / n), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        with_scale(params.deviation_scale(i) != T(1), [&]<bool kScaled>() { plain_row<kScaled>(i); });
      }
    });
  }
  template <bool kScaled> void plain_row(std::int64_t i) const {
    const std::int64_t n = layout.depth;
    const T mean = params.mean_of(i), rstd = params.rstd[i], deviation_scale = params.deviation_scale(i);
    double sum = 0, product = 0;
    for (std::int64_t at = i * n; at < (i + 1) * n; at += kTile) {
      Loops::template run_sums<false, kScaled>(grad + at, x + at, std::min(kTile, (i + 1) * n - at), mean, T(1), T(0),
                                               deviation_scale, &sum, &product);
    }
    const NormGradCoefficients<T> c = coefficients(i, params.mean ? sum : 0, product);
    Loops::template run<false, kScaled>(grad + i * n, x + i * n, n, mean, rstd, T(0), deviation_scale, c.slope,
                                        c.offset, x_grad + i * n);
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

  /// The rows of N samples from `first` on. Adds to `sums`, those for weight and then those for bias.
  template <int N> void rows_of_samples(std::int64_t first, const T* weights, T* sums) const {
    const std::int64_t n = layout.width();
    for (std::int64_t g = 0; g < layout.groups; ++g) {
      const std::int64_t offset = g * layout.depth, at = first * n + offset;
      typename Loops::template RowParameters<N> rows;
      for (int r = 0; r < N; ++r) {
        prefetch_for_writing(x_grad + at + r * n, layout.depth);
        const std::int64_t i = (first + r) * layout.groups + g;
        double sum = 0, product = 0;
        with_scale(params.deviation_scale(i) != T(1), [&]<bool kScaled>() {
          for (std::int64_t j = 0; j < layout.depth; j += kTile) {
            Loops::template weighted_sums<kScaled>(grad + at + r * n + j, x + at + r * n + j, weights + offset + j,
                                                   std::min(kTile, layout.depth - j), params.mean_of(i),
                                                   params.deviation_scale(i), &sum, &product);
          }
        });
        const double rstd = static_cast<double>(params.rstd[i]);
        const NormGradCoefficients<double> c(params.mean ? sum : 0, product * params.rest(i), rstd, 1, layout.count());
        rows.mean[r] = params.mean_of(i);
        rows.rstd[r] = params.rstd[i];
        rows.slope[r] = static_cast<T>(c.slope);
        rows.offset[r] = static_cast<T>(c.offset);
      }
      Loops::template weighted_rows<N>(grad + at, x + at, weights + offset, layout.depth, n, rows, x_grad + at,
                                       sums + offset, sums + n + offset);
    }
  }

  void by_rows() const {
    if (!params.weight && !weight_grad && !bias_grad) return by_plain_rows();
    constexpr std::int64_t flush = 64;  // rows that are summed in T
    const std::int64_t n = layout.width();
    const auto width = static_cast<std::size_t>(n);
    const std::int64_t piece =
        std::max<std::int64_t>((layout.samples + 31) / 32, std::max<std::int64_t>(1, kGrain / n));
    const auto pieces = static_cast<std::size_t>((layout.samples + piece - 1) / piece);
    LineVector<double> sums(2 * pieces * width);
    const LineVector<T> ones(params.weight ? 0 : width, T(1));
    const T* weights = params.weight ? params.weight : ones.data();
    parallel_for(layout.samples, piece, [&](std::int64_t begin, std::int64_t end) {
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

  // --- other layouts: sums of each channel, then x_grad

  struct Sums {
    std::vector<double> grad, product;  // [samples, channels], as in `run_sums`

    explicit Sums(const NormLayout& layout)
        : grad(static_cast<std::size_t>(layout.samples * layout.channels())), product(grad.size()) {}
  };

  /// Sums channel i % channels of sample i / channels, whose elements lie in runs.
  template <bool kRelu> void sum_channel(std::int64_t i, Sums& sums) const {
    const std::int64_t channel = i % layout.channels(),
                       statistic = i / layout.channels() * layout.groups + channel / layout.depth;
    const T scale = params.scale(statistic, channel), shift = params.shift(channel);
    const T deviation_scale = params.deviation_scale(statistic);
    const auto slot = static_cast<std::size_t>(i);
    with_scale(deviation_scale != T(1), [&]<bool kScaled>() {
      for (std::int64_t r = 0; r < layout.rows; ++r) {
        const std::int64_t at = layout.run_of(statistic, r, channel % layout.depth) * layout.inner;
        for (std::int64_t first = 0; first < layout.inner; first += kTile) {
          Loops::template run_sums<kRelu, kScaled>(grad + at + first, x + at + first,
                                                   std::min(kTile, layout.inner - first), params.mean[statistic], scale,
                                                   shift, deviation_scale, &sums.grad[slot], &sums.product[slot]);
        }
      }
    });
  }

  /// Fills in the scale of each column; returns whether any is not 1.
  bool fill_deviation_scales(std::int64_t sample, LineVector<T>& scales) const {
    const std::int64_t run_length = layout.depth * layout.inner;
    bool scaled = false;
    for (std::int64_t j = 0; j < layout.width(); ++j) {
      const T scale = params.deviation_scale(sample * layout.groups + j / run_length);
      scales[static_cast<std::size_t>(j)] = scale;
      scaled = scaled || scale != T(1);
    }
    return scaled;
  }

  template <bool kRelu> void sum_columns(Sums& sums) const {
    const ColumnTiles tiles(layout.rows, layout.width());
    const auto width = static_cast<std::size_t>(tiles.width), pieces = static_cast<std::size_t>(tiles.pieces);
    LineVector<double> grads(pieces * width), products(pieces * width);
    Columns each(layout);
    LineVector<T> deviation_scale(width);
    for (std::int64_t sample = 0; sample < layout.samples; ++sample) {
      params.fill(each, sample);
      const bool scaled = fill_deviation_scales(sample, deviation_scale);
      std::fill(grads.begin(), grads.end(), 0.0);
      std::fill(products.begin(), products.end(), 0.0);
      tiles.for_each(1, [&](std::int64_t, std::int64_t piece, std::int64_t column, std::int64_t count,
                            std::int64_t first, std::int64_t end) {
        const auto slot = static_cast<std::size_t>(piece * tiles.width + column);
        for (std::int64_t r = first; r < end; r += tiles.tile_rows) {
          const std::int64_t at = (sample * layout.rows + r) * tiles.width + column;
          with_scale(scaled, [&]<bool kScaled>() {
            Loops::template tile_sums<kRelu, kScaled>(
                grad + at, x + at, tiles.width, std::min(tiles.tile_rows, end - r), count, each.mean.data() + column,
                each.scale.data() + column, each.shift.data() + column, deviation_scale.data() + column, &grads[slot],
                &products[slot]);
          });
        }
      });
      for (std::size_t piece = 0; piece < pieces; ++piece) {
        for (std::size_t j = 0; j < width; ++j) {
          const auto slot =
              static_cast<std::size_t>(sample * layout.channels()) + j / static_cast<std::size_t>(layout.inner);
          sums.grad[slot] += grads[piece * width + j];
          sums.product[slot] += products[piece * width + j];
        }
      }
    }
  }

  void weight_and_bias(const Sums& sums) const {
    for (std::int64_t channel = 0; channel < layout.channels(); ++channel) {
      double w = 0, b = 0;
      for (std::int64_t sample = 0; sample < layout.samples; ++sample) {
        const auto slot = static_cast<std::size_t>(sample * layout.channels() + channel);
        w += sums.product[slot] * params.rest(sample * layout.groups + channel / layout.depth);
        b += sums.grad[slot];
      }
      if (weight_grad) weight_grad[channel] = static_cast<T>(w);
      if (bias_grad) bias_grad[channel] = static_cast<T>(b);
    }
  }

  NormGradCoefficients<T> coefficients_of(std::int64_t statistic, const Sums& sums) const {
    double sum = 0, product = 0;
    for (std::int64_t d = 0; d < layout.depth; ++d) {
      const std::int64_t channel = statistic % layout.groups * layout.depth + d;
      const auto slot = static_cast<std::size_t>(statistic / layout.groups * layout.channels() + channel);
      sum += static_cast<double>(params.weight_of(channel)) * sums.grad[slot];
      product += static_cast<double>(params.weight_of(channel)) * sums.product[slot];
    }
    return coefficients(statistic, sum, product);
  }

  /// Computes x_grad of run i.
  template <bool kRelu> void apply_run(std::int64_t i, const NormGradCoefficients<T>& c) const {
    const std::int64_t channel = layout.channel_of(i), statistic = layout.statistic_of(i), at = i * layout.inner;
    const T deviation_scale = params.deviation_scale(statistic);
    with_scale(deviation_scale != T(1), [&]<bool kScaled>() {
      Loops::template run<kRelu, kScaled>(grad + at, x + at, layout.inner, params.mean[statistic],
                                          params.scale(statistic, channel), params.shift(channel), deviation_scale,
                                          c.slope, c.offset, x_grad + at);
    });
  }

  template <bool kRelu> void by_runs(Sums& sums) const {
    if (one_by_one(layout, 2 * sizeof(T))) {
      parallel_for(layout.statistics(), statistics_grain(layout), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          for (std::int64_t d = 0; d < layout.depth; ++d) sum_channel<kRelu>(i * layout.depth + d, sums);
          const NormGradCoefficients<T> c = coefficients_of(i, sums);
          for (std::int64_t r = 0; r < layout.rows; ++r) {
            for (std::int64_t d = 0; d < layout.depth; ++d) apply_run<kRelu>(layout.run_of(i, r, d), c);
          }
        }
      });
      return;
    }
    parallel_for(layout.samples * layout.channels(), std::max<std::int64_t>(1, kGrain / (layout.rows * layout.inner)),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) sum_channel<kRelu>(i, sums);
                 });
    const std::vector<NormGradCoefficients<T>> coefficients = all_coefficients(sums);
    parallel_for(layout.samples * layout.rows * layout.channels(), std::max<std::int64_t>(1, kGrain / layout.inner),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     apply_run<kRelu>(i, coefficients[static_cast<std::size_t>(layout.statistic_of(i))]);
                   }
                 });
  }

  std::vector<NormGradCoefficients<T>> all_coefficients(const Sums& sums) const {
    std::vector<NormGradCoefficients<T>> coefficients;
    coefficients.reserve(static_cast<std::size_t>(layout.statistics()));
    for (std::int64_t i = 0; i < layout.statistics(); ++i) coefficients.push_back(coefficients_of(i, sums));
    return coefficients;
  }

  template <bool kRelu> void by_columns(Sums& sums) const {
    sum_columns<kRelu>(sums);
    const std::vector<NormGradCoefficients<T>> coefficients = all_coefficients(sums);
    const std::int64_t width = layout.width(), run_length = layout.depth * layout.inner;
    Columns each(layout);
    LineVector<T> slope(static_cast<std::size_t>(width)), offset(slope), deviation_scale(slope);
    for (std::int64_t sample = 0; sample < layout.samples; ++sample) {
      params.fill(each, sample);
      const bool scaled = fill_deviation_scales(sample, deviation_scale);
      for (std::int64_t j = 0; j < width; ++j) {
        const NormGradCoefficients<T>& c =
            coefficients[static_cast<std::size_t>(sample * layout.groups + j / run_length)];
        slope[static_cast<std::size_t>(j)] = c.slope;
        offset[static_cast<std::size_t>(j)] = c.offset;
      }
      parallel_for(layout.rows, std::max<std::int64_t>(1, kGrain / width), [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t at = (sample * layout.rows + begin) * width;
        with_scale(scaled, [&]<bool kScaled>() {
          Loops::template columns<kRelu, kScaled>(grad + at, x + at, end - begin, width, each.mean.data(),
                                                  each.scale.data(), each.shift.data(), deviation_scale.data(),
                                                  slope.data(), offset.data(), x_grad + at);
        });
      });
    }
  }

  template <bool kRelu> void by_channels() const {
    Sums sums(layout);
    if (in_runs(layout)) by_runs<kRelu>(sums);
    else by_columns<kRelu>(sums);
    weight_and_bias(sums);
  }
};

}  // namespace

void norm_grad(const NormGradArgs& args) {
  const NormLayout& l = args.layout;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
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
