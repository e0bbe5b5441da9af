#pragma once

/// Marks the functors that both the CPU's and the GPU's loops call.
#ifdef __CUDACC__
#define REEL_HD __host__ __device__
#else
#define REEL_HD
#endif
