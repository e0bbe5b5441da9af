#pragma once

#include <cstdint>

#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/norm.h>

namespace reel::kernels::cpu {

/// What a normalisation does to its elements, (x - mean) * scale + shift: the same numbers in both directions.
template <class T> struct NormParameters {
  NormLayout l;
  const T* mean;
  const T* rstd;
  const T* weight;  // or null: 1
  const T* bias;    // or null: 0

  /// Of the arguments of `norm_apply` or `norm_grad`.
  template <class Args> explicit NormParameters(const Args& args)
      : l(args.layout),
        mean(static_cast<const T*>(args.mean)),
        rstd(static_cast<const T*>(args.rstd)),
        weight(static_cast<const T*>(args.weight)),
        bias(static_cast<const T*>(args.bias)) {}

  T weight_of(std::int64_t channel) const { return weight ? weight[channel] : T(1); }
  T scale(std::int64_t statistic, std::int64_t channel) const { return rstd[statistic] * weight_of(channel); }
  T shift(std::int64_t channel) const { return bias ? bias[channel] : T(0); }

  /// The same for each of `l.width()` columns.
  struct Columns {
    LineVector<T> mean, scale, shift;

    explicit Columns(const NormLayout& l) : mean(static_cast<std::size_t>(l.width())), scale(mean), shift(mean) {}
  };
  void fill(Columns& columns, std::int64_t sample) const {
    for (std::int64_t j = 0; j < l.width(); ++j) {
      const std::int64_t channel = j / l.inner, statistic = sample * l.groups + channel / l.depth;
      const auto at = static_cast<std::size_t>(j);
      columns.mean[at] = mean[statistic];
      columns.scale[at] = scale(statistic, channel);
      columns.shift[at] = shift(channel);
    }
  }
};

}  // namespace reel::kernels::cpu
