// Images and volumes read at positions between their pixels, on the GPU, and the gradients.

#include <reel/kernels/grid_sample.h>

#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

/// A thread computes all channels of a position.
template <class T> __global__ void __launch_bounds__(kThreads)
    read_positions(GridSampleArgs args, Divisor<std::int64_t> positions, const T* x, const T* grid, T* out) {
  const auto i = thread_position<std::int64_t>();
  if (i >= args.batch * args.positions) return;
  const std::int64_t n = i / positions, at = i - n * args.positions;
  const GridLayout layout(args);
  const GridTaps<T> taps = grid_taps<false>(args, grid + i * args.axes);
  x += n * layout.pixels * args.channels;
  out += n * args.channels * args.positions + at * layout.position;
#pragma unroll 1
  for (std::int64_t c = 0; c < args.channels; ++c) {
    T sum = 0;
    for (int k = 0; k < taps.count; ++k) sum += taps.weight[k] * x[taps.offset[k] * layout.pixel + c * layout.channel];
    out[c * layout.out_channel] = sum;
  }
}

/// A thread has a position.
template <class T> __global__ void __launch_bounds__(kThreads)
    differentiate_positions(GridSampleArgs args, Divisor<std::int64_t> positions, const T* x, const T* grid,
                            const T* y_grad, T* grid_grad) {
  const auto i = thread_position<std::int64_t>();
  if (i >= args.batch * args.positions) return;
  const std::int64_t n = i / positions, at = i - n * args.positions;
  const GridLayout layout(args);
  const GridTaps<T> taps = grid_taps<true>(args, grid + i * args.axes);
  x += n * layout.pixels * args.channels;
  y_grad += n * args.channels * args.positions + at * layout.position;
  T sum[3] = {0, 0, 0};
#pragma unroll 1
  for (int k = 0; k < taps.count; ++k) {
    T product = 0;
    for (std::int64_t c = 0; c < args.channels; ++c) {
      product += x[taps.offset[k] * layout.pixel + c * layout.channel] * y_grad[c * layout.out_channel];
    }
    for (int a = 0; a < 3; ++a) sum[a] += taps.slope[a][k] * product;
  }
  for (int a = 0; a < args.axes; ++a) grid_grad[i * args.axes + a] = sum[a];
}

/// A thread has a channel of a sample and adds up all positions in order, so that the sums are always the same.
template <class T> __global__ void __launch_bounds__(kThreads)
    spread_channels(GridSampleArgs args, Divisor<std::int64_t> channels, const T* grid, const T* y_grad, T* x_grad) {
  const auto i = thread_position<std::int64_t>();
  if (i >= args.batch * args.channels) return;
  const std::int64_t n = i / channels, c = i - n * args.channels;
  const GridLayout layout(args);
  x_grad += n * layout.pixels * args.channels + c * layout.channel;
  y_grad += n * args.channels * args.positions + c * layout.out_channel;
  grid += n * args.positions * args.axes;
#pragma unroll 1
  for (std::int64_t p = 0; p < layout.pixels; ++p) x_grad[p * layout.pixel] = 0;
#pragma unroll 1
  for (std::int64_t at = 0; at < args.positions; ++at) {
    const GridTaps<T> taps = grid_taps<false>(args, grid + at * args.axes);
    const T grad = y_grad[at * layout.position];
    for (int k = 0; k < taps.count; ++k) x_grad[taps.offset[k] * layout.pixel] += taps.weight[k] * grad;
  }
}

}  // namespace

void grid_sample(const GridSampleArgs& args) {
  const std::int64_t threads = args.batch * args.positions;
  if (threads * args.channels == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    launch(read_positions<T>, blocks_for(threads, kThreads), kThreads, 0, args, Divisor<std::int64_t>(args.positions),
           static_cast<const T*>(args.x), static_cast<const T*>(args.grid), static_cast<T*>(args.out));
  });
}

void grid_sample_grad(const GridSampleGradArgs& args) {
  const GridSampleArgs& f = args.forward;
  dispatch<kWideFloating>(f.dtype, [&]<class T>() {
    const auto *x = static_cast<const T*>(f.x), *grid = static_cast<const T*>(f.grid);
    const T* y_grad = static_cast<const T*>(args.y_grad);
    const std::int64_t planes = f.batch * f.channels, places = f.batch * f.positions;
    if (args.x_grad && planes > 0) {
      launch(spread_channels<T>, blocks_for(planes, kThreads), kThreads, 0, f, Divisor<std::int64_t>(f.channels), grid,
             y_grad, static_cast<T*>(args.x_grad));
    }
    if (args.grid_grad && places > 0) {
      launch(differentiate_positions<T>, blocks_for(places, kThreads), kThreads, 0, f,
             Divisor<std::int64_t>(f.positions), x, grid, y_grad, static_cast<T*>(args.grid_grad));
    }
  });
}

}  // namespace reel::kernels::cuda
