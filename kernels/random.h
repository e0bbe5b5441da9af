#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include <reel/kernels/table.h>
#include <reel/kernels/vector_math.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/generator.h>
#include <reel/tensor/core/host_device.h>

namespace reel::kernels {

/// One round of Philox 4x32 on a counter's four words.
REEL_HD inline void philox_round(std::uint32_t& w0, std::uint32_t& w1, std::uint32_t& w2, std::uint32_t& w3,
                                 std::uint32_t key0, std::uint32_t key1) {
  const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * w0;
  const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * w2;
  w0 = static_cast<std::uint32_t>(product1 >> 32) ^ w1 ^ key0;
  w2 = static_cast<std::uint32_t>(product0 >> 32) ^ w3 ^ key1;
  w1 = static_cast<std::uint32_t>(product1);
  w3 = static_cast<std::uint32_t>(product0);
}

inline constexpr int kPhiloxRounds = 10;
inline constexpr std::uint32_t kPhiloxStep0 = 0x9E3779B9u,
                               kPhiloxStep1 = 0xBB67AE85u;  // the key grows by these after each round

/// Four random 32-bit numbers: Philox 4x32-10, for the counter (index, offset) and the key `seed`.
struct Philox {
  std::uint32_t word[4];

  REEL_HD Philox(PhiloxState state, std::uint64_t index) {
    std::uint32_t key0 = static_cast<std::uint32_t>(state.seed), key1 = static_cast<std::uint32_t>(state.seed >> 32);
    word[0] = static_cast<std::uint32_t>(index);
    word[1] = static_cast<std::uint32_t>(index >> 32);
    word[2] = static_cast<std::uint32_t>(state.offset);
    word[3] = static_cast<std::uint32_t>(state.offset >> 32);
    for (int round = 0; round < kPhiloxRounds; ++round) {
      philox_round(word[0], word[1], word[2], word[3], key0, key1);
      key0 += kPhiloxStep0;
      key1 += kPhiloxStep1;
    }
  }
};

/// Uniform in [0, 1), from 24 bits (f32) or 53 bits (f64). Element i of a draw uses counter i / 4 and word i % 4 in
/// f32, counter i / 2 and a pair of words in f64.
REEL_HD inline float uniform_f32(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }
REEL_HD inline double uniform_f64(std::uint32_t high, std::uint32_t low) {
  return static_cast<double>((std::uint64_t{high} << 32 | low) >> 11) * 0x1p-53;
}

/// Maps u in [0, 1) to [low, high). Rounded once, so that every device has the same bits; where that gives `high`, the
/// result is the largest number below it.
template <class T> struct UniformScale {
  T low, width, largest;

  UniformScale(double from, double to) : low(static_cast<T>(from)), width(static_cast<T>(to - from)) {
    const T high = static_cast<T>(to);
    largest = low < high ? std::nextafter(high, low) : low;
  }
  REEL_HD T operator()(T u) const {
    const T x = math::fma(width, u, low);
    return x < largest ? x : largest;
  }
};

/// Box-Muller: radius * cos(angle) and radius * sin(angle) are two independent standard normals, if radius and angle
/// come from two uniform numbers u in [0, 1). The radius takes 1 - u, which is never 0.
template <class T> REEL_HD T normal_radius(T u) { return math::sqrt(T(-2) * math::log(T(1) - u)); }
template <class T> REEL_HD T normal_angle(T u) { return T(2) * std::numbers::pi_v<T> * u; }

/// An integer in [0, range): the upper half of a 64-bit random number times the range (Lemire 2019, without rejection:
/// the bias is below range / 2^64).
REEL_HD inline std::uint64_t integer_below(std::uint64_t range, std::uint32_t high, std::uint32_t low) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(std::uint64_t{high} << 32 | low) * range >> 64);
}

/// The state of a draw. A captured graph replays the same arguments but must draw other numbers: it reads seed and
/// offset from GPU memory, where they are refreshed before each replay.
struct DrawState {
  PhiloxState state;
  const std::uint64_t* replayed = nullptr;  // seed and offset in GPU memory, or null

  REEL_HD PhiloxState current() const {
    if (replayed) return {replayed[0], replayed[1]};
    return state;
  }
};

enum class Distribution : std::uint8_t { uniform, normal, integer };

/// Fills n contiguous elements: uniform in [low, high), normal with mean `low` and standard deviation `high`, or
/// integers in [first, first + range).
struct RandomArgs {
  Distribution distribution;
  DType dtype;
  void* data;
  std::int64_t n;
  DrawState state;
  double low = 0, high = 1;
  std::int64_t first = 0;
  std::uint64_t range = 0;
};

namespace cpu {
void random(const RandomArgs& args);
}
namespace cuda {
void random(const RandomArgs& args);
}

inline constexpr KernelTable<void(const RandomArgs&)> random{&cpu::random, &cuda::random};

}  // namespace reel::kernels
