// Images and volumes read at positions between their pixels, on the CPU, and the gradients.

#include <reel/kernels/grid_sample.h>

#include <algorithm>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {
namespace {

/// All channels of one position.
template <class T> REEL_VECTOR_CLONES void read_position(const GridTaps<T>& taps, const GridLayout& layout,
                                                         std::int64_t channels, const T* x, T* out) {
  const auto read = [&](std::int64_t from_step, std::int64_t to_step) __attribute__((always_inline)) {
    for (std::int64_t c = 0; c < channels; ++c) out[c * to_step] = 0;
    for (int k = 0; k < taps.count; ++k) {
      const T* from = x + taps.offset[k] * layout.pixel;
      const T weight = taps.weight[k];
#pragma omp simd
      for (std::int64_t c = 0; c < channels; ++c) out[c * to_step] += weight * from[c * from_step];
    }
  };
  if (layout.channel == 1) read(1, 1);
  else read(layout.channel, layout.out_channel);
}

template <class T> void forward(const GridSampleArgs& args) {
  const GridLayout layout(args);
  const auto *x = static_cast<const T*>(args.x), *grid = static_cast<const T*>(args.grid);
  T* out = static_cast<T*>(args.out);
  parallel_for(args.batch * args.positions, std::max<std::int64_t>(1, kGrain / 16 / args.channels),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t n = i / args.positions, at = i % args.positions;
                   read_position(grid_taps<false>(args, grid + i * args.axes), layout, args.channels,
                                 x + n * layout.pixels * args.channels,
                                 out + n * args.channels * args.positions + at * layout.position);
                 }
               });
}

/// The gradients of one position: its share of the pixels' gradient (unless that is null), and of each tap the product
/// of pixel and gradient.
template <class T> REEL_VECTOR_CLONES void spread_position(const GridTaps<T>& taps, const GridLayout& layout,
                                                           std::int64_t channels, const T* x, const T* y_grad,
                                                           T* x_grad, T* products) {
  for (int k = 0; k < taps.count; ++k) {
    const std::int64_t pixel = taps.offset[k] * layout.pixel;
    const T* from = x + pixel;
    T product = 0;
#pragma omp simd reduction(+ : product)
    for (std::int64_t c = 0; c < channels; ++c) product += from[c * layout.channel] * y_grad[c * layout.out_channel];
    products[k] = product;
    if (!x_grad) continue;
    const T weight = taps.weight[k];
    T* to = x_grad + pixel;
#pragma omp simd
    for (std::int64_t c = 0; c < channels; ++c) to[c * layout.channel] += weight * y_grad[c * layout.out_channel];
  }
}

/// One thread has a whole sample, since neighbouring positions add to the same pixels.
template <class T> void backward(const GridSampleGradArgs& args) {
  const GridSampleArgs& f = args.forward;
  const GridLayout layout(f);
  const std::int64_t size = layout.pixels * f.channels;
  parallel_for(f.batch, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      const T* grid = static_cast<const T*>(f.grid) + n * f.positions * f.axes;
      const T* y_grad = static_cast<const T*>(args.y_grad) + n * f.channels * f.positions;
      T* x_grad = args.x_grad ? static_cast<T*>(args.x_grad) + n * size : nullptr;
      T* grid_grad = args.grid_grad ? static_cast<T*>(args.grid_grad) + n * f.positions * f.axes : nullptr;
      if (x_grad) std::fill_n(x_grad, size, T(0));
      for (std::int64_t at = 0; at < f.positions; ++at) {
        const GridTaps<T> taps = grid_taps<true>(f, grid + at * f.axes);
        T products[16];
        spread_position(taps, layout, f.channels, static_cast<const T*>(f.x) + n * size, y_grad + at * layout.position,
                        x_grad, products);
        for (int a = 0; grid_grad && a < f.axes; ++a) {
          T sum = 0;
          for (int k = 0; k < taps.count; ++k) sum += taps.slope[a][k] * products[k];
          grid_grad[at * f.axes + a] = sum;
        }
      }
    }
  });
}

}  // namespace

void grid_sample(const GridSampleArgs& args) {
  if (args.batch * args.positions * args.channels == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { forward<T>(args); });
}

void grid_sample_grad(const GridSampleGradArgs& args) {
  dispatch<kWideFloating>(args.forward.dtype, [&]<class T>() { backward<T>(args); });
}

}  // namespace reel::kernels::cpu
