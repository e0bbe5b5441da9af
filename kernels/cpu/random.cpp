// Random numbers on the CPU, blocks of Philox counters at a time.

#include <reel/kernels/random.h>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/philox_block.h>

namespace reel::kernels::cpu {
namespace {

constexpr std::int64_t kBlock = kPhiloxBlock;

/// Elements per counter: one for each word in f32, one for each pair of words otherwise.
template <class T> constexpr std::int64_t kPerCounter = std::is_same_v<T, float> ? 4 : 2;

template <class T> T uniform_of(const PhiloxWords& words, std::int64_t c, std::int64_t i) {
  if constexpr (std::is_same_v<T, float>) return uniform_f32(words.word[i][c]);
  else return uniform_f64(words.word[2 * i][c], words.word[2 * i + 1][c]);
}

template <class T> struct Uniform {
  UniformScale<T> scale;

  explicit Uniform(const RandomArgs& args) : scale(args.low, args.high) {}

  REEL_VECTOR_CLONES static void fill(Uniform f, const PhiloxWords& words, T* out) {
#pragma omp simd
    for (std::int64_t c = 0; c < kBlock; ++c) {
      for (std::int64_t i = 0; i < kPerCounter<T>; ++i) {
        out[c * kPerCounter<T> + i] = f.scale(uniform_of<T>(words, c, i));
      }
    }
  }
};

template <class T> struct Normal {
  T mean, deviation;

  explicit Normal(const RandomArgs& args) : mean(static_cast<T>(args.low)), deviation(static_cast<T>(args.high)) {}

  REEL_VECTOR_CLONES static void fill(Normal f, const PhiloxWords& words, T* out) {
    T radius[kBlock], angle[kBlock];
    for (std::int64_t i = 0; i < kPerCounter<T>; i += 2) {
#pragma omp simd
      for (std::int64_t c = 0; c < kBlock; ++c) {
        radius[c] = f.deviation * normal_radius(uniform_of<T>(words, c, i));
        angle[c] = normal_angle(uniform_of<T>(words, c, i + 1));
      }
      // In one loop the compiler would merge the two into sincos, which has no vector version.
#pragma omp simd
      for (std::int64_t c = 0; c < kBlock; ++c) out[c * kPerCounter<T> + i] = f.mean + radius[c] * math::cos(angle[c]);
#pragma omp simd
      for (std::int64_t c = 0; c < kBlock; ++c) {
        out[c * kPerCounter<T> + i + 1] = f.mean + radius[c] * math::sin(angle[c]);
      }
    }
  }
};

template <class T> struct Integer {
  std::uint64_t first, range;

  explicit Integer(const RandomArgs& args) : first(static_cast<std::uint64_t>(args.first)), range(args.range) {}

  static void fill(Integer f, const PhiloxWords& words, T* out) {
    for (std::int64_t c = 0; c < kBlock; ++c) {
      for (std::int64_t i = 0; i < 2; ++i) {
        const std::uint64_t drawn = integer_below(f.range, words.word[2 * i][c], words.word[2 * i + 1][c]);
        out[2 * c + i] = static_cast<T>(static_cast<std::int64_t>(f.first + drawn));
      }
    }
  }
};

/// Always whole blocks, the last one through a buffer: vector and scalar versions of a function may differ in the last
/// bit, but an element must have the same bits however many are drawn.
template <class F, class T> void fill_blocks(const RandomArgs& args, std::int64_t per_counter) {
  const F f(args);
  T* out = static_cast<T*>(args.data);
  const std::int64_t size = kBlock * per_counter, blocks = (args.n + size - 1) / size;
  parallel_for(blocks, 32, [&](std::int64_t begin, std::int64_t end) {
    PhiloxWords words;
    for (std::int64_t b = begin; b < end; ++b) {
      draw_block(args.state.current(), static_cast<std::uint64_t>(b * kBlock), words);
      if ((b + 1) * size <= args.n) {
        F::fill(f, words, out + b * size);
      } else {
        T buffer[4 * kBlock];
        F::fill(f, words, buffer);
        std::copy_n(buffer, args.n - b * size, out + b * size);
      }
    }
  });
}

}  // namespace

void random(const RandomArgs& args) {
  switch (args.distribution) {
    case Distribution::uniform:
      return dispatch<kWideFloating>(args.dtype, [&]<class T>() { fill_blocks<Uniform<T>, T>(args, kPerCounter<T>); });
    case Distribution::normal:
      return dispatch<kWideFloating>(args.dtype, [&]<class T>() { fill_blocks<Normal<T>, T>(args, kPerCounter<T>); });
    case Distribution::integer:
      return dispatch<kWideNumeric>(args.dtype, [&]<class T>() { fill_blocks<Integer<T>, T>(args, 2); });
  }
}

}  // namespace reel::kernels::cpu
