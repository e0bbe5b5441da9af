#pragma once

#include <cstdint>

#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/norm.h>

namespace reel::kernels::cpu::normalization {

/// The numbers of y = (x - mean) * scale + shift, which forward and backward share.
template <class T> struct NormParameters {
  NormLayout layout;
  const T* mean;  // or null: 0
  const T* rstd;
  const T* weight;  // or null: 1
  const T* bias;    // or null: 0

  /// From the arguments of `norm_apply` or `norm_grad`.
  template <class Args> explicit NormParameters(const Args& args)
      : layout(args.layout),
        mean(static_cast<const T*>(args.mean)),
        rstd(static_cast<const T*>(args.rstd)),
        weight(static_cast<const T*>(args.weight)),
        bias(static_cast<const T*>(args.bias)) {}

  T mean_of(std::int64_t statistic) const { return mean ? mean[statistic] : T(0); }
  T weight_of(std::int64_t channel) const { return weight ? weight[channel] : T(1); }
  T scale(std::int64_t statistic, std::int64_t channel) const { return rstd[statistic] * weight_of(channel); }
  T shift(std::int64_t channel) const { return bias ? bias[channel] : T(0); }
  T deviation_scale(std::int64_t statistic) const { return kernels::deviation_scale(rstd[statistic]); }
  /// What remains of rstd: (x - mean) * deviation_scale * rest = (x - mean) * rstd.
  double rest(std::int64_t statistic) const {
    return static_cast<double>(rstd[statistic]) / static_cast<double>(deviation_scale(statistic));
  }

  /// mean, scale and shift of each of `layout.width()` columns.
  struct Columns {
    LineVector<T> mean, scale, shift;

    explicit Columns(const NormLayout& l) : mean(static_cast<std::size_t>(l.width())), scale(mean), shift(mean) {}
  };
  void fill(Columns& columns, std::int64_t sample) const {
    for (std::int64_t j = 0; j < layout.width(); ++j) {
      const std::int64_t channel = j / layout.inner, statistic = sample * layout.groups + channel / layout.depth;
      const auto at = static_cast<std::size_t>(j);
      columns.mean[at] = mean[statistic];
      columns.scale[at] = scale(statistic, channel);
      columns.shift[at] = shift(channel);
    }
  }
};

}  // namespace reel::kernels::cpu::normalization
