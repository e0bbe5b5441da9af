// Normalisation by the tensor's own statistics on the CPU.

#include <algorithm>

#include <reel/kernels/cpu/non_temporal_stores.h>
#include <reel/kernels/cpu/norm/norm_forward_steps.h>
#include <reel/kernels/cpu/norm/norm_tiles.h>

namespace reel::kernels::cpu {

using namespace normalization;

void norm_forward(const NormForwardArgs& args) {
  const NormLayout& l = args.apply.layout;
  if (l.statistics() * l.count() == 0) return;
  if (!in_runs(l) || !one_by_one(l, size_of(args.apply.dtype))) {
    norm_moments(args.moments);
    norm_apply(args.apply);
    return;
  }
  // Several short rows at a time, as many as stay in the first-level cache.
  const std::int64_t step = std::max<std::int64_t>(1, kTile / 2 / l.count());
  parallel_for(l.statistics(), statistics_grain(l), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; i += step) {
      norm_moments(args.moments, i, std::min(end, i + step));
      norm_apply(args.apply, i, std::min(end, i + step));
    }
    non_temporal_fence();
  });
}

}  // namespace reel::kernels::cpu
