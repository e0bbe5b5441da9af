#include <reel/kernels/dropout.h>

#include <array>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {
namespace {

/// Random words are made for this many counters at a time: each step of Philox is then one loop over vector registers.
constexpr std::int64_t kCounters = 64;
constexpr std::int64_t kBlock = 4 * kCounters;

/// word[4 * c + w] = word w of Philox(state, first + c): the same numbers as `Philox`, a block at a time.
REEL_VECTOR_CLONES void philox_block(PhiloxState state, std::uint64_t first, std::uint32_t* word) {
  const auto seed0 = static_cast<std::uint32_t>(state.seed), seed1 = static_cast<std::uint32_t>(state.seed >> 32);
  const auto offset0 = static_cast<std::uint32_t>(state.offset);
  const auto offset1 = static_cast<std::uint32_t>(state.offset >> 32);
#pragma omp simd
  for (std::int64_t c = 0; c < kCounters; ++c) {
    const std::uint64_t index = first + static_cast<std::uint64_t>(c);
    std::uint32_t w0 = static_cast<std::uint32_t>(index), w1 = static_cast<std::uint32_t>(index >> 32);
    std::uint32_t w2 = offset0, w3 = offset1, key0 = seed0, key1 = seed1;
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * w0, product1 = std::uint64_t{0xCD9E8D57u} * w2;
      w0 = static_cast<std::uint32_t>(product1 >> 32) ^ w1 ^ key0;
      w2 = static_cast<std::uint32_t>(product0 >> 32) ^ w3 ^ key1;
      w1 = static_cast<std::uint32_t>(product1);
      w3 = static_cast<std::uint32_t>(product0);
      key0 += 0x9E3779B9u;
      key1 += 0xBB67AE85u;
    }
    word[4 * c] = w0;
    word[4 * c + 1] = w1;
    word[4 * c + 2] = w2;
    word[4 * c + 3] = w3;
  }
}

template <class T> struct Mask {
  REEL_VECTOR_CLONES static void apply(const T* x, const std::uint32_t* word, std::uint32_t threshold, T scale,
                                       std::int64_t n, T* out) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] = x[i] * (word[i] < threshold ? T(0) : scale);
  }
  REEL_VECTOR_CLONES static void store(const std::uint32_t* word, std::uint32_t threshold, T scale, std::int64_t n,
                                       T* out) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] = word[i] < threshold ? T(0) : scale;
  }
};

}  // namespace

void dropout(const DropoutArgs& args) {
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    const T* x = static_cast<const T*>(args.x);
    T* out = static_cast<T*>(args.out);
    const T scale = static_cast<T>(args.scale);
    static_assert(kGrain / 4 % kBlock == 0);
    parallel_for(args.n, kGrain / 4, [&](std::int64_t begin, std::int64_t end) {
      alignas(64) std::array<std::uint32_t, kBlock> word;
      for (std::int64_t i = begin; i < end; i += kBlock) {
        philox_block(args.state, static_cast<std::uint64_t>(i) / 4, word.data());
        const std::int64_t n = std::min(kBlock, end - i);
        if (x) Mask<T>::apply(x + i, word.data(), args.threshold, scale, n, out + i);
        else Mask<T>::store(word.data(), args.threshold, scale, n, out + i);
      }
    });
  });
}

}  // namespace reel::kernels::cpu
