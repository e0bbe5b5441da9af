#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/kernels/vector_math.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

// On the GPU loops over taps stay loops: unrolled, their weights would not fit into the registers.
#ifdef __CUDA_ARCH__
#define REEL_ROLLED _Pragma("unroll 1")
#else
#define REEL_ROLLED
#endif

/// Images and volumes read at positions between their pixels.
namespace reel::kernels {

enum class GridMode : std::uint8_t { linear, nearest, cubic };
enum class GridPadding : std::uint8_t { zeros, border, reflection };

/// Samples x [N, C, D, H, W] (an image has depth 1) at `positions` places of each sample: `grid` [N, positions, axes]
/// has 3 axes for volumes, x before y before z from -1 to 1, and 2 for images. Channels lie side by side in memory, in
/// x and in `out` [N, C, positions], or each is a plane of its own.
struct GridSampleArgs {
  DType dtype;
  GridMode mode;
  GridPadding padding;
  bool align_corners, channels_last;
  int axes;
  std::int64_t batch, channels, depth, height, width, positions;
  const void* x;
  const void* grid;
  void* out;
};

/// The gradients of the two inputs of grid_sample.
struct GridSampleGradArgs {
  GridSampleArgs forward;  // without `out`
  const void* y_grad;      // [N, C, positions], as `out`
  void* x_grad;            // as x; null: not wanted
  void* grid_grad;         // as the grid; null: not wanted
};

/// The pixels along one axis that a position reads, their weights, and the derivatives of these by the position. Pixels
/// outside have the index -1.
template <class T> struct AxisTaps {
  int count;
  std::int64_t index[4];
  T weight[4], slope[4];
};

/// A position in pixels, and its derivative by the position that it was made of.
template <class T> struct GridPlace { T at, slope; };

/// Mirrored at the edges of `n` pixels until it lies between them.
template <class T> REEL_HD GridPlace<T> reflected(T at, std::int64_t n, bool align_corners) {
  const T low = align_corners ? T(0) : T(-0.5), span = static_cast<T>(align_corners ? n - 1 : n);
  if (span == T(0)) return {at == at ? T(0) : at, T(0)};
  const T distance = math::fabs(at - low), flips = math::floor(distance / span), rest = distance - flips * span;
  const bool even = flips - 2 * math::floor(flips / 2) == T(0);
  return {(even ? rest : span - rest) + low, even == (at < low) ? T(-1) : T(1)};
}

/// What `padding` makes of a position: within [0, n - 1], unless zeros lie outside. NaN stays.
template <class T> REEL_HD GridPlace<T> padded_place(T at, std::int64_t n, GridPadding padding, bool align_corners) {
  if (padding == GridPadding::zeros) return {at, T(1)};
  GridPlace<T> place{at, T(1)};
  if (padding == GridPadding::reflection) place = reflected(at, n, align_corners);
  const T last = static_cast<T>(n - 1);
  if (place.at <= T(0)) return {T(0), T(0)};
  if (place.at >= last) return {last, T(0)};
  return place;
}

/// A whole position as an index; -1 if it lies outside. NaN reads the first pixel, and its weights are NaN.
template <class T> REEL_HD std::int64_t index_of(T at, std::int64_t n) {
  if (at != at) return 0;
  return at >= T(0) && at < static_cast<T>(n) ? static_cast<std::int64_t>(at) : -1;
}

/// The weights of the four pixels around a position that lies `t` behind the second (Keys 1981, a = -3/4), and their
/// derivatives by t times `scale`.
template <class T> REEL_HD void set_cubic_weights(AxisTaps<T>& taps, T t, T scale) {
  constexpr T a = T(-0.75);
  const T distance[4] = {t + 1, t, 1 - t, 2 - t};
  REEL_ROLLED
  for (int k = 0; k < 4; ++k) {
    const T x = distance[k];
    const bool is_near = k == 1 || k == 2;
    taps.weight[k] = is_near ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
    const T slope = is_near ? (3 * (a + 2) * x - 2 * (a + 3)) * x : (3 * a * x - 10 * a) * x + 8 * a;
    taps.slope[k] = k < 2 ? slope * scale : -slope * scale;
  }
}

/// What position `u` from -1 to 1 reads along an axis of `n` pixels.
template <class T> REEL_HD AxisTaps<T> axis_taps(const GridSampleArgs& args, T u, std::int64_t n) {
  const auto size = static_cast<T>(n);
  const T at = args.align_corners ? (u + 1) / 2 * (size - 1) : ((u + 1) * size - 1) / 2;
  const T scale = (args.align_corners ? size - 1 : size) / 2;
  AxisTaps<T> taps{};
  if (args.mode == GridMode::cubic) {
    const T low = math::floor(at);
    taps.count = 4;
    set_cubic_weights(taps, at - low, scale);
    REEL_ROLLED
    for (int k = 0; k < 4; ++k) {
      const T pixel = low + static_cast<T>(k - 1);
      taps.index[k] = index_of(padded_place(pixel, n, args.padding, args.align_corners).at, n);
    }
    return taps;
  }
  const GridPlace<T> place = padded_place(at, n, args.padding, args.align_corners);
  if (args.mode == GridMode::nearest) {
    taps.count = 1;
    taps.index[0] = index_of(math::nearbyint(place.at), n);
    taps.weight[0] = place.at == place.at ? T(1) : place.at;
    return taps;
  }
  const T low = math::floor(place.at);
  taps.count = 2;
  for (int k = 0; k < 2; ++k) {
    taps.index[k] = index_of(low + static_cast<T>(k), n);
    taps.slope[k] = (k ? scale : -scale) * place.slope;
  }
  taps.weight[1] = place.at - low;
  taps.weight[0] = 1 - taps.weight[1];
  return taps;
}

/// The pixels that a position reads.
template <class T> struct GridTaps {
  int count;
  std::int64_t offset[16];     // in pixels
  T weight[16], slope[3][16];  // by x, y and z
};

/// Those of the position at `grid`, whose axes run x, y, z. Without slopes a weight of 0 is no tap: a pixel that is
/// infinite or NaN does not reach it.
template <bool kSlopes, class T> REEL_HD GridTaps<T> grid_taps(const GridSampleArgs& args, const T* grid) {
  const AxisTaps<T> x = axis_taps(args, grid[0], args.width), y = axis_taps(args, grid[1], args.height);
  const AxisTaps<T> z = args.axes == 3 ? axis_taps(args, grid[2], args.depth) : AxisTaps<T>{1, {0}, {1}, {0}};
  GridTaps<T> taps{};
  REEL_ROLLED
  for (int i = 0; i < z.count; ++i) {
    REEL_ROLLED
    for (int j = 0; j < y.count; ++j) {
      REEL_ROLLED
      for (int k = 0; k < x.count; ++k) {
        const T weight = z.weight[i] * y.weight[j] * x.weight[k];
        if (z.index[i] < 0 || y.index[j] < 0 || x.index[k] < 0 || (!kSlopes && weight == T(0))) continue;
        taps.offset[taps.count] = (z.index[i] * args.height + y.index[j]) * args.width + x.index[k];
        taps.weight[taps.count] = weight;
        if constexpr (kSlopes) {
          taps.slope[0][taps.count] = z.weight[i] * y.weight[j] * x.slope[k];
          taps.slope[1][taps.count] = z.weight[i] * y.slope[j] * x.weight[k];
          taps.slope[2][taps.count] = z.slope[i] * y.weight[j] * x.weight[k];
        }
        ++taps.count;
      }
    }
  }
  return taps;
}

/// How the elements lie in memory.
struct GridLayout {
  std::int64_t pixels;                 // of a plane of x
  std::int64_t pixel, channel;         // from one to the next in x
  std::int64_t position, out_channel;  // in `out`

  REEL_HD explicit GridLayout(const GridSampleArgs& args)
      : pixels(args.depth * args.height * args.width),
        pixel(args.channels_last ? args.channels : 1),
        channel(args.channels_last ? 1 : pixels),
        position(pixel),
        out_channel(args.channels_last ? 1 : args.positions) {}
};

namespace cpu {
void grid_sample(const GridSampleArgs& args);
void grid_sample_grad(const GridSampleGradArgs& args);
}  // namespace cpu
namespace cuda {
void grid_sample(const GridSampleArgs& args);
void grid_sample_grad(const GridSampleGradArgs& args);
}  // namespace cuda

/// Bilinear (or trilinear), nearest (halves to even) and bicubic reading.
inline constexpr KernelTable<void(const GridSampleArgs&)> grid_sample{&cpu::grid_sample, &cuda::grid_sample};
inline constexpr KernelTable<void(const GridSampleGradArgs&)> grid_sample_grad{&cpu::grid_sample_grad,
                                                                               &cuda::grid_sample_grad};

}  // namespace reel::kernels
