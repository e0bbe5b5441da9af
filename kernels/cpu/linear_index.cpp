// Conversions between coordinates and linear indices on the CPU.

#include <reel/kernels/indexing.h>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {

void linear_index(const LinearIndexArgs& args) {
  parallel_for(args.n, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.out[i] = linear_index_at(args, i);
  });
}

void unravel_index(const std::int64_t* positions, std::int64_t n, const Shape& shape, std::int64_t* out) {
  const int rank = shape.size();
  parallel_for(n, kGrain / 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      std::int64_t rest = positions[i];
      for (int d = rank - 1; d >= 0; --d) {
        out[i * rank + d] = rest % shape[d];
        rest /= shape[d];
      }
    }
  });
}

}  // namespace reel::kernels::cpu
