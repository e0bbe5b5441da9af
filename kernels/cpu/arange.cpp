#include <reel/kernels/arange.h>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {

void sequence(const SequenceArgs& args) {
  dispatch<kNumeric>(args.dtype, [&]<class T>() {
    T* data = static_cast<T*>(args.data);
    parallel_for(args.n, kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) data[i] = sequence_element<T>(args, i);
    });
  });
}

}  // namespace reel::kernels::cpu
