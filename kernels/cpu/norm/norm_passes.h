#pragma once

#include <cstdint>

#include <reel/kernels/norm.h>

/// The two halves of `norm_forward`: as a whole, or in layouts whose statistics lie in runs (`in_runs`) for those from
/// `begin` to `end`, in the calling thread; what `norm_apply` writes may then be on its way (`finish_stream`).
namespace reel::kernels::cpu {

void norm_moments(const NormMomentsArgs& args);
void norm_moments(const NormMomentsArgs& args, std::int64_t begin, std::int64_t end);
void norm_apply(const NormApplyArgs& args, std::int64_t begin, std::int64_t end);

}  // namespace reel::kernels::cpu
