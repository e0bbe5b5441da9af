// Evenly spaced numbers on the CPU.

#include <reel/kernels/arange.h>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {

void arange(const ArangeArgs& args) {
  dispatch<kNumeric>(args.dtype, [&]<class T>() {
    T* data = static_cast<T*>(args.data);
    parallel_for(args.n, kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) data[i] = arange_element<T>(args, i);
    });
  });
}

}  // namespace reel::kernels::cpu
