#pragma once

#include <omp.h>

#include <algorithm>

#include <reel/kernels/startable_threads.h>
#include <reel/kernels/threads.h>

/// What choices of algorithms need to know of oneDNN, without its headers.
namespace reel::kernels::cpu {

struct OneDnnSupport {
  bool available = false;  // whether the build has it
  bool avx512 = false;     // whether it uses AVX-512, for which it has products of its own
  bool bf16 = false;  // whether it multiplies bf16 by AVX512_BF16 or AMX; elsewhere it emulates that, slower than f32
};

/// What oneDNN does on this processor, or would do if it were told to use less ($ONEDNN_MAX_CPU_ISA).
const OneDnnSupport& onednn_support();

/// How many threads a call of oneDNN may use here, at most as many as OpenMP is sure to give: 1 inside a parallel
/// region, and where no region may be parallel (OMP_MAX_ACTIVE_LEVELS=0).
inline int onednn_threads() {
  if (omp_in_parallel() || omp_get_max_active_levels() < 1) return 1;
  const int threads = std::min(num_threads(), omp_get_thread_limit());
  return threads > 1 ? startable_threads(threads) : 1;
}

}  // namespace reel::kernels::cpu
