// Binary search of many values on the CPU.

#include <reel/kernels/searchsorted.h>

#include <algorithm>
#include <bit>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {

void searchsorted(const SearchArgs& args) {
  const std::int64_t steps = std::bit_width(static_cast<std::uint64_t>(args.n)) + 1;
  dispatch<kAnyDType>(args.dtype, [&]<class T>() {
    const T* sequence = static_cast<const T*>(args.sequence);
    const T* values = static_cast<const T*>(args.values);
    parallel_for(args.rows * args.m, std::max<std::int64_t>(1, kGrain / steps),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     const T* row = args.one_sequence ? sequence : sequence + i / args.m * args.n;
                     args.out[i] = count_before(row, args.n, values[i], args.right);
                   }
                 });
  });
}

}  // namespace reel::kernels::cpu
