// Resizing of images. A thread has an element, or neighbouring channels, of the result; which positions it mixes, a
// kernel before has written down for each line and column.

#include <reel/kernels/interpolate.h>

#include <reel/kernels/cuda/images.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

template <class T, class Int> struct Tap {
  Int low, high;
  T share;  // of high

  /// The share of position `p`.
  __device__ T weight(Int p) const { return (low == p ? T(1) - share : T(0)) + (high == p ? share : T(0)); }
};

/// What happens along one axis of the images.
template <class T, class Int> struct Axis {
  std::int64_t in, out;
  Tap<T, Int>* taps;  // [out]
  Int* starts;        // [in + 1]: the first output position whose `low` is not below this input position

  /// The output positions that mix input position `p`: [first(p), end(p)).
  __device__ Int first(Int p, bool bilinear) const { return starts[bilinear && p > 0 ? p - 1 : p]; }
  __device__ Int end(Int p) const { return starts[p + 1]; }
};

template <class T, class Int> __global__ void __launch_bounds__(kThreads)
    find_taps(InterpolateArgs args, Axis<T, Int> rows, Axis<T, Int> columns) {
  const Axis<T, Int> axis = blockIdx.y == 0 ? rows : columns;
  const auto i = thread_position<std::int64_t>();
  if (i >= axis.out) return;
  const Mix mix = mix_of(args, i, axis.in, axis.out);
  axis.taps[i] = {static_cast<Int>(mix.low), static_cast<Int>(mix.high), static_cast<T>(mix.share)};
  const std::int64_t before = i == 0 ? -1 : mix_of(args, i - 1, axis.in, axis.out).low;
  for (std::int64_t p = before + 1; p <= mix.low; ++p) axis.starts[p] = static_cast<Int>(i);
  if (i + 1 < axis.out) return;
  for (std::int64_t p = mix.low + 1; p <= axis.in; ++p) axis.starts[p] = static_cast<Int>(axis.out);
}

template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    mix_pixels(Images<Int> in, Images<Int> out, Int n, bool bilinear_mode, Axis<T, Int> rows, Axis<T, Int> columns,
               const Vector<T, N>* x, Vector<T, N>* y) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto at = out.position(i);
  const Tap<T, Int> row = rows.taps[at.row], column = columns.taps[at.column];
  const Vector<T, N> upper_left = x[in.at(at.image, row.low, column.low, at.k)];
  if (!bilinear_mode) {
    y[i] = upper_left;
    return;
  }
  const Vector<T, N> upper_right = x[in.at(at.image, row.low, column.high, at.k)];
  const Vector<T, N> lower_left = x[in.at(at.image, row.high, column.low, at.k)];
  const Vector<T, N> lower_right = x[in.at(at.image, row.high, column.high, at.k)];
  Vector<T, N> mixed;
  for (int k = 0; k < N; ++k) {
    mixed.value[k] = bilinear(upper_left.value[k], upper_right.value[k], lower_left.value[k], lower_right.value[k],
                              column.share, row.share);
  }
  y[i] = mixed;
}

/// Each pixel collects its share of the gradients of those that it was mixed into.
template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    collect_pixels(Images<Int> in, Images<Int> out, Int n, bool bilinear_mode, Axis<T, Int> rows, Axis<T, Int> columns,
                   const Vector<T, N>* y_grad, Vector<T, N>* x_grad) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto at = in.position(i);
  const Int bottom = rows.end(at.row);
  const Int left = columns.first(at.column, bilinear_mode), right = columns.end(at.column);
  Vector<T, N> sum = {};
  for (Int row = rows.first(at.row, bilinear_mode); row < bottom; ++row) {
    const T row_share = rows.taps[row].weight(at.row);
#pragma unroll 2
    for (Int column = left; column < right; ++column) {
      const T share = row_share * columns.taps[column].weight(at.column);
      const Vector<T, N> grad = y_grad[out.at(at.image, row, column, at.k)];
      for (int k = 0; k < N; ++k) sum.value[k] += share * grad.value[k];
    }
  }
  x_grad[i] = sum;
}

/// Fills in the axes and calls `f.template operator()<T, N, Int>(in, out, rows, columns)`.
template <class F> void with_axes(const InterpolateArgs& args, F&& f) {
  const std::int64_t elements = args.images * args.depth;
  const std::int64_t in = elements * args.height * args.width, out = elements * args.out_height * args.out_width;
  if (in == 0 || out == 0) return;
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    with_vectors<T>(args.depth, {args.from, args.to}, [&]<int N>() {
      with_positions(std::max(in, out), [&]<class Int>() {
        const Scratch<Tap<T, Int>> taps(args.out_height + args.out_width);
        const Scratch<Int> starts(args.height + args.width + 2);
        const Axis<T, Int> rows{args.height, args.out_height, taps.get(), starts.get()};
        const Axis<T, Int> columns{args.width, args.out_width, taps.get() + args.out_height,
                                   starts.get() + args.height + 1};
        launch(find_taps<T, Int>, dim3(blocks_for(std::max(args.out_height, args.out_width), kThreads), 2), kThreads, 0,
               args, rows, columns);
        f.template operator()<T, N, Int>(Images<Int>(args.height, args.width, args.depth / N),
                                         Images<Int>(args.out_height, args.out_width, args.depth / N), rows, columns);
      });
    });
  });
}

}  // namespace

void interpolate(const InterpolateArgs& args) {
  with_axes(args, [&]<class T, int N, class Int>(const Images<Int>& in, const Images<Int>& out,
                                                 const Axis<T, Int>& rows, const Axis<T, Int>& columns) {
    const std::int64_t n = args.images * args.out_height * args.out_width * args.depth / N;
    launch(mix_pixels<T, N, Int>, blocks_for(n, kThreads), kThreads, 0, in, out, static_cast<Int>(n), args.bilinear,
           rows, columns, static_cast<const Vector<T, N>*>(args.from), static_cast<Vector<T, N>*>(args.to));
  });
}

void interpolate_grad(const InterpolateArgs& args) {
  with_axes(args, [&]<class T, int N, class Int>(const Images<Int>& in, const Images<Int>& out,
                                                 const Axis<T, Int>& rows, const Axis<T, Int>& columns) {
    const std::int64_t n = args.images * args.height * args.width * args.depth / N;
    launch(collect_pixels<T, N, Int>, blocks_for(n, kThreads), kThreads, 0, in, out, static_cast<Int>(n), args.bilinear,
           rows, columns, static_cast<const Vector<T, N>*>(args.from), static_cast<Vector<T, N>*>(args.to));
  });
}

}  // namespace reel::kernels::cuda
