#pragma once

#include <cstdint>

#include <reel/kernels/norm.h>

/// The two steps of `norm_forward`. Those with a range process the statistics [begin, end) in the calling thread, in
/// layouts whose statistics lie in runs (`in_runs`); the stores of `norm_apply` may then be incomplete until
/// `non_temporal_fence`.
namespace reel::kernels::cpu::normalization {

void norm_moments(const NormMomentsArgs& args);
void norm_moments(const NormMomentsArgs& args, std::int64_t begin, std::int64_t end);
void norm_apply(const NormApplyArgs& args, std::int64_t begin, std::int64_t end);

}  // namespace reel::kernels::cpu::normalization
