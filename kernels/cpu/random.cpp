#include <reel/kernels/random.h>

#include <cmath>
#include <numbers>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {
namespace {

/// Calls `fill(counter, first, count)` for every counter: elements first .. first + count - 1 come from it.
template <class F> void for_each_counter(std::int64_t n, std::int64_t per_counter, F&& fill) {
  const std::int64_t counters = (n + per_counter - 1) / per_counter;
  parallel_for(counters, kGrain / 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) {
      const std::int64_t first = c * per_counter;
      fill(c, first, std::min(per_counter, n - first));
    }
  });
}

void uniform(const RandomArgs& args, float* out) {
  const auto low = static_cast<float>(args.low), width = static_cast<float>(args.high - args.low);
  for_each_counter(args.n, 4, [&](std::int64_t c, std::int64_t first, std::int64_t count) {
    const Philox random(args.state, static_cast<std::uint64_t>(c));
    for (std::int64_t i = 0; i < count; ++i) out[first + i] = low + width * uniform_f32(random.word[i]);
  });
}

void uniform(const RandomArgs& args, double* out) {
  for_each_counter(args.n, 2, [&](std::int64_t c, std::int64_t first, std::int64_t count) {
    const Philox random(args.state, static_cast<std::uint64_t>(c));
    for (std::int64_t i = 0; i < count; ++i) {
      out[first + i] = args.low + (args.high - args.low) * uniform_f64(random.word[2 * i], random.word[2 * i + 1]);
    }
  });
}

/// Box and Muller's pairs of normals. The radius takes 1 - u, which is never 0.
template <class T> void normal(const RandomArgs& args, T* out) {
  constexpr std::int64_t per_counter = std::is_same_v<T, float> ? 4 : 2;
  for_each_counter(args.n, per_counter, [&](std::int64_t c, std::int64_t first, std::int64_t count) {
    const Philox random(args.state, static_cast<std::uint64_t>(c));
    T values[per_counter];
    for (std::int64_t pair = 0; pair < per_counter / 2; ++pair) {
      T u, v;
      if constexpr (std::is_same_v<T, float>) {
        u = uniform_f32(random.word[2 * pair]);
        v = uniform_f32(random.word[2 * pair + 1]);
      } else {
        u = uniform_f64(random.word[0], random.word[1]);
        v = uniform_f64(random.word[2], random.word[3]);
      }
      const T radius = std::sqrt(T(-2) * std::log(T(1) - u));
      const T angle = T(2) * std::numbers::pi_v<T> * v;
      values[2 * pair] = radius * std::cos(angle);
      values[2 * pair + 1] = radius * std::sin(angle);
    }
    for (std::int64_t i = 0; i < count; ++i) {
      out[first + i] = static_cast<T>(args.low) + static_cast<T>(args.high) * values[i];
    }
  });
}

/// The upper half of a 64-bit random number times the range (Lemire 2019, without the rejection: the bias is below
/// range / 2^64).
template <class T> void integer(const RandomArgs& args, T* out) {
  for_each_counter(args.n, 2, [&](std::int64_t c, std::int64_t first, std::int64_t count) {
    const Philox random(args.state, static_cast<std::uint64_t>(c));
    for (std::int64_t i = 0; i < count; ++i) {
      const std::uint64_t bits = std::uint64_t{random.word[2 * i]} << 32 | random.word[2 * i + 1];
      __extension__ using Wide = unsigned __int128;
      const auto drawn = static_cast<std::uint64_t>(static_cast<Wide>(bits) * args.range >> 64);
      out[first + i] = static_cast<T>(static_cast<std::int64_t>(static_cast<std::uint64_t>(args.first) + drawn));
    }
  });
}

}  // namespace

void random(const RandomArgs& args) {
  switch (args.distribution) {
    case Distribution::uniform:
      return dispatch<kFloating>(args.dtype, [&]<class T>() { uniform(args, static_cast<T*>(args.data)); });
    case Distribution::normal:
      return dispatch<kFloating>(args.dtype, [&]<class T>() { normal(args, static_cast<T*>(args.data)); });
    case Distribution::integer:
      return dispatch<kNumeric>(args.dtype, [&]<class T>() { integer(args, static_cast<T*>(args.data)); });
  }
}

}  // namespace reel::kernels::cpu
