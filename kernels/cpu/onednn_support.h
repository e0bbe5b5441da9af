#pragma once

#include <omp.h>

#include <algorithm>

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

/// How many threads a call of oneDNN may use here: 1 inside a parallel region.
inline int onednn_threads() { return omp_in_parallel() ? 1 : std::min(num_threads(), omp_get_thread_limit()); }

}  // namespace reel::kernels::cpu
