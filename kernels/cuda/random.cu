// Random numbers on the GPU: the same as on the CPU, whatever the grid.

#include <reel/kernels/random.h>

#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/vector.h>

namespace reel::kernels::cuda {
namespace {

/// The i-th uniform number in [0, 1) of a counter: one for each word in f32, one for each pair of words in f64.
template <class T> __device__ T uniform_of(const Philox& random, int i) {
  if constexpr (std::is_same_v<T, float>) return uniform_f32(random.word[i]);
  else return uniform_f64(random.word[2 * i], random.word[2 * i + 1]);
}

// The distributions: each makes `count` elements of a counter's words.

template <class T> struct Uniform {
  static constexpr int count = kPerAccess<T>;
  UniformScale<T> scale;

  explicit Uniform(const RandomArgs& args) : scale(args.low, args.high) {}
  __device__ void draw(const Philox& random, T* out) const {
    for (int i = 0; i < count; ++i) out[i] = scale(uniform_of<T>(random, i));
  }
};

template <class T> struct Normal {
  static constexpr int count = kPerAccess<T>;
  T mean, deviation;

  explicit Normal(const RandomArgs& args) : mean(static_cast<T>(args.low)), deviation(static_cast<T>(args.high)) {}
  __device__ void draw(const Philox& random, T* out) const {
    for (int i = 0; i < count; i += 2) {
      const T radius = deviation * normal_radius(uniform_of<T>(random, i));
      const T angle = normal_angle(uniform_of<T>(random, i + 1));
      out[i] = mean + radius * math::cos(angle);
      out[i + 1] = mean + radius * math::sin(angle);
    }
  }
};

template <class T> struct Integer {
  static constexpr int count = 2;
  std::uint64_t first, range;

  explicit Integer(const RandomArgs& args) : first(static_cast<std::uint64_t>(args.first)), range(args.range) {}
  __device__ void draw(const Philox& random, T* out) const {
    for (int i = 0; i < count; ++i) {
      const std::uint64_t drawn = integer_below(range, random.word[2 * i], random.word[2 * i + 1]);
      out[i] = static_cast<T>(static_cast<std::int64_t>(first + drawn));
    }
  }
};

/// One Philox counter per thread.
template <class F, class T> __global__ void __launch_bounds__(kThreads)
    fill_random(F f, DrawState state, T* out, std::int64_t n, bool aligned) {
  const std::int64_t counter = thread_position<std::int64_t>();
  const std::int64_t at = counter * F::count;
  if (at >= n) return;
  Vector<T, F::count> drawn;
  f.draw(Philox(state.current(), static_cast<std::uint64_t>(counter)), drawn.value);
  if (aligned && at + F::count <= n) {
    *reinterpret_cast<Vector<T, F::count>*>(out + at) = drawn;
  } else {
    for (int i = 0; i < F::count && at + i < n; ++i) out[at + i] = drawn.value[i];
  }
}

template <class F, class T> void fill(const RandomArgs& args) {
  launch(fill_random<F, T>, blocks_for(args.n, F::count * kThreads), kThreads, 0, F(args), args.state,
         static_cast<T*>(args.data), args.n, is_aligned(args.data));
}

}  // namespace

void random(const RandomArgs& args) {
  if (args.n == 0) return;
  switch (args.distribution) {
    case Distribution::uniform:
      return dispatch<kWideFloating>(args.dtype, [&]<class T>() { fill<Uniform<T>, T>(args); });
    case Distribution::normal:
      return dispatch<kWideFloating>(args.dtype, [&]<class T>() { fill<Normal<T>, T>(args); });
    case Distribution::integer:
      return dispatch<kWideNumeric>(args.dtype, [&]<class T>() { fill<Integer<T>, T>(args); });
  }
}

}  // namespace reel::kernels::cuda
