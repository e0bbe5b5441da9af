#pragma once

#include <reel/kernels/cuda/images.h>
#include <reel/kernels/pool.h>

/// The images and windows of pooling, as kernels need them.
namespace reel::kernels::cuda::pooling {

template <class Int> struct PoolWindows {
  using Axis = PoolAxisOf<Int, Divisor<Int>>;

  Images<Int> in, out;
  Axis h, w;
  bool count_include_pad;
  Int divisor;

  PoolWindows(const PoolShape& s, int vector)
      : in(s.h.in, s.w.in, depth(s, vector)),
        out(s.h.out, s.w.out, depth(s, vector)),
        h(axis(s.h)),
        w(axis(s.w)),
        count_include_pad(s.count_include_pad),
        divisor(static_cast<Int>(s.divisor)) {}

 private:
  static std::int64_t depth(const PoolShape& s, int vector) { return s.channels_last ? s.channels / vector : 1; }
  static Axis axis(const PoolAxis& a) {
    return {Divisor<Int>(a.in),     Divisor<Int>(a.out),         static_cast<Int>(a.kernel),
            Divisor<Int>(a.stride), static_cast<Int>(a.padding), Divisor<Int>(a.dilation)};
  }
};

/// The numbers of elements of the input and the output.
inline std::int64_t elements_in(const PoolShape& s) { return s.batch * s.channels * s.h.in * s.w.in; }
inline std::int64_t elements_out(const PoolShape& s) { return s.batch * s.channels * s.h.out * s.w.out; }

/// Calls `f.template operator()<N, Int>()` with the number of elements per thread and the type of positions.
template <class T, class F> void with_windows(const PoolShape& s, std::initializer_list<const void*> pointers, F&& f) {
  const auto extent = [](const PoolAxis& a) {  // the largest number in the arithmetic of an axis
    return a.adaptive() ? (a.in + 1) * (a.out + 1) : a.in + 2 * a.padding + a.kernel * a.dilation + a.stride;
  };
  const std::int64_t largest = std::max({elements_in(s), elements_out(s), extent(s.h), extent(s.w), s.divisor});
  with_vectors<T>(s.channels_last ? s.channels : 1, pointers,
                  [&]<int N>() { with_positions(largest, [&]<class Int>() { f.template operator()<N, Int>(); }); });
}

}  // namespace reel::kernels::cuda::pooling
