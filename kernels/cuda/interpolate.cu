// Resizing of images and its gradient on the GPU. Each thread computes one element, or one vector of neighbouring
// channels; a first kernel stores the taps of every row and column.

#include <reel/kernels/interpolate.h>

#include <reel/kernels/cuda/images.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

/// InterpolationTaps in the kernel's types.
template <class T, class Int> struct Taps {
  Int low, high;
  T high_weight;

  /// The weight of input position `p`.
  __device__ T weight(Int p) const { return (low == p ? T(1) - high_weight : T(0)) + (high == p ? high_weight : T(0)); }
};

/// One axis of the images.
template <class T, class Int> struct Axis {
  std::int64_t in, out;
  Taps<T, Int>* taps;  // [out]
  Int* starts;         // [in + 1]: the first output position whose `low` is not below this input position

  /// The output positions that use input position `p`: [first(p), end(p)).
  __device__ Int first(Int p, bool bilinear) const { return starts[bilinear && p > 0 ? p - 1 : p]; }
  __device__ Int end(Int p) const { return starts[p + 1]; }
};

template <class T, class Int> __global__ void __launch_bounds__(kThreads)
    find_taps(InterpolateArgs args, Axis<T, Int> rows, Axis<T, Int> columns) {
  const Axis<T, Int> axis = blockIdx.y == 0 ? rows : columns;
  const auto i = thread_position<std::int64_t>();
  if (i >= axis.out) return;
  const InterpolationTaps taps = interpolation_taps(args, i, axis.in, axis.out);
  axis.taps[i] = {static_cast<Int>(taps.low), static_cast<Int>(taps.high), static_cast<T>(taps.high_weight)};
  const std::int64_t before = i == 0 ? -1 : interpolation_taps(args, i - 1, axis.in, axis.out).low;
  for (std::int64_t p = before + 1; p <= taps.low; ++p) axis.starts[p] = static_cast<Int>(i);
  if (i + 1 < axis.out) return;
  for (std::int64_t p = taps.low + 1; p <= axis.in; ++p) axis.starts[p] = static_cast<Int>(axis.out);
}

template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    interpolate_pixels(Images<Int> in, Images<Int> out, Int n, bool bilinear_mode, Axis<T, Int> rows,
                       Axis<T, Int> columns, const Vector<T, N>* x, Vector<T, N>* y) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto at = out.position(i);
  const Taps<T, Int> row = rows.taps[at.row], column = columns.taps[at.column];
  const Vector<T, N> upper_left = x[in.at(at.image, row.low, column.low, at.k)];
  if (!bilinear_mode) {
    y[i] = upper_left;
    return;
  }
  const Vector<T, N> upper_right = x[in.at(at.image, row.low, column.high, at.k)];
  const Vector<T, N> lower_left = x[in.at(at.image, row.high, column.low, at.k)];
  const Vector<T, N> lower_right = x[in.at(at.image, row.high, column.high, at.k)];
  Vector<T, N> result;
  for (int k = 0; k < N; ++k) {
    result.value[k] = bilinear(upper_left.value[k], upper_right.value[k], lower_left.value[k], lower_right.value[k],
                               column.high_weight, row.high_weight);
  }
  y[i] = result;
}

/// Each input pixel gathers its share of the gradients of the output pixels that use it. The sums of lines are added up
/// in f64.
template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    gather_gradients(Images<Int> in, Images<Int> out, Int n, bool bilinear_mode, Axis<T, Int> rows,
                     Axis<T, Int> columns, const Vector<T, N>* y_grad, Vector<T, N>* x_grad) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto at = in.position(i);
  const Int bottom = rows.end(at.row);
  const Int left = columns.first(at.column, bilinear_mode), right = columns.end(at.column);
  Vector<double, N> sum = {};
  for (Int row = rows.first(at.row, bilinear_mode); row < bottom; ++row) {
    const T row_weight = rows.taps[row].weight(at.row);
    Vector<T, N> line = {};
#pragma unroll 2
    for (Int column = left; column < right; ++column) {
      const T weight = row_weight * columns.taps[column].weight(at.column);
      const Vector<T, N> grad = y_grad[out.at(at.image, row, column, at.k)];
      for (int k = 0; k < N; ++k) line.value[k] += weight == T(0) ? T(0) : weight * grad.value[k];
    }
    for (int k = 0; k < N; ++k) sum.value[k] += static_cast<double>(line.value[k]);
  }
  Vector<T, N> result;
  for (int k = 0; k < N; ++k) result.value[k] = static_cast<T>(sum.value[k]);
  x_grad[i] = result;
}

/// Launches `find_taps` for both axes and calls `f.template operator()<T, N, Int>(in, out, rows, columns)`.
template <class F> void with_axes(const InterpolateArgs& args, F&& f) {
  const std::int64_t elements = args.images * args.depth;
  const std::int64_t in = elements * args.height * args.width, out = elements * args.out_height * args.out_width;
  if (in == 0 || out == 0) return;
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    with_vectors<T>(args.depth, {args.from, args.to}, [&]<int N>() {
      with_positions(std::max(in, out), [&]<class Int>() {
        const Scratch<Taps<T, Int>> taps(args.out_height + args.out_width);
        const Scratch<Int> starts(args.height + args.width + 2);
        const Axis<T, Int> rows{args.height, args.out_height, taps.data(), starts.data()};
        const Axis<T, Int> columns{args.width, args.out_width, taps.data() + args.out_height,
                                   starts.data() + args.height + 1};
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
    launch(interpolate_pixels<T, N, Int>, blocks_for(n, kThreads), kThreads, 0, in, out, static_cast<Int>(n),
           args.bilinear, rows, columns, static_cast<const Vector<T, N>*>(args.from),
           static_cast<Vector<T, N>*>(args.to));
  });
}

void interpolate_grad(const InterpolateArgs& args) {
  with_axes(args, [&]<class T, int N, class Int>(const Images<Int>& in, const Images<Int>& out,
                                                 const Axis<T, Int>& rows, const Axis<T, Int>& columns) {
    const std::int64_t n = args.images * args.height * args.width * args.depth / N;
    launch(gather_gradients<T, N, Int>, blocks_for(n, kThreads), kThreads, 0, in, out, static_cast<Int>(n),
           args.bilinear, rows, columns, static_cast<const Vector<T, N>*>(args.from),
           static_cast<Vector<T, N>*>(args.to));
  });
}

}  // namespace reel::kernels::cuda
