// Dropout on the CPU: the mask is drawn block by block and never stored.

#include <reel/kernels/dropout.h>

#include <array>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/philox_block.h>
#include <reel/kernels/functors/arithmetic.h>

namespace reel::kernels::cpu {
namespace {

constexpr std::int64_t kBlock = 4 * kPhiloxBlock;

template <class T> struct Mask {
  /// out = 0 or scale for each element of a block.
  REEL_VECTOR_CLONES static void store(const PhiloxWords& words, std::uint32_t threshold, T scale, T* out) {
#pragma omp simd
    for (std::int64_t c = 0; c < kPhiloxBlock; ++c) {
      for (std::int64_t w = 0; w < 4; ++w) out[4 * c + w] = dropout_factor(words.word[w][c], threshold, scale);
    }
  }
  REEL_VECTOR_CLONES static void apply(const T* x, const T* mask, std::int64_t n, T* out) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] = Masked()(x[i], mask[i]);
  }
};

}  // namespace

void dropout(const DropoutArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    const T* x = static_cast<const T*>(args.x);
    T* out = static_cast<T*>(args.out);
    const T scale = static_cast<T>(args.scale);
    static_assert(kGrain / 4 % kBlock == 0);
    parallel_for(args.n, kGrain / 4, [&](std::int64_t begin, std::int64_t end) {
      PhiloxWords words;
      alignas(64) std::array<T, kBlock> mask;
      for (std::int64_t i = begin; i < end; i += kBlock) {
        draw_block(args.state.current(), static_cast<std::uint64_t>(i) / 4, words);
        Mask<T>::store(words, args.threshold, scale, mask.data());
        const std::int64_t n = std::min(kBlock, end - i);
        if (x) Mask<T>::apply(x + i, mask.data(), n, out + i);
        else std::copy_n(mask.data(), n, out + i);
      }
    });
  });
}

}  // namespace reel::kernels::cpu
