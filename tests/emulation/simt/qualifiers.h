#pragma once

/// The words that nvcc adds to the language. A block runs on one thread at a time, so that `static` makes an array that
/// its threads share, and that AddressSanitizer watches.

#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __constant__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(n) alignas(n)
