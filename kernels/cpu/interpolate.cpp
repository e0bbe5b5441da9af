// Resizing of images and its gradient on the CPU.

#include <reel/kernels/interpolate.h>

#include <algorithm>
#include <vector>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/pieces.h>

namespace reel::kernels::cpu {
namespace {

/// The taps of every output position along one axis.
std::vector<InterpolationTaps> axis_taps(const InterpolateArgs& args, std::int64_t size, std::int64_t out_size) {
  std::vector<InterpolationTaps> taps(static_cast<std::size_t>(out_size));
  for (std::int64_t i = 0; i < out_size; ++i) {
    taps[static_cast<std::size_t>(i)] = interpolation_taps(args, i, size, out_size);
  }
  return taps;
}

template <class T> void forward(const InterpolateArgs& args) {
  const T* from = static_cast<const T*>(args.from);
  T* to = static_cast<T*>(args.to);
  const std::vector<InterpolationTaps> rows = axis_taps(args, args.height, args.out_height);
  const std::vector<InterpolationTaps> columns = axis_taps(args, args.width, args.out_width);
  const std::int64_t depth = args.depth, line = args.width * depth, out_line = args.out_width * depth;
  parallel_for(args.images * args.out_height,
               std::max<std::int64_t>(1, kGrain / 4 / std::max<std::int64_t>(out_line, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t r = begin; r < end; ++r) {
                   const InterpolationTaps& row = rows[static_cast<std::size_t>(r % args.out_height)];
                   const T* image = from + r / args.out_height * args.height * line;
                   const T *upper = image + row.low * line, *lower = image + row.high * line;
                   T* out = to + r * out_line;
                   const T v = static_cast<T>(row.high_weight);
                   for (const InterpolationTaps& column : columns) {
                     const std::int64_t left = column.low * depth, right = column.high * depth;
                     const T u = static_cast<T>(column.high_weight);
                     if (!args.bilinear) {
                       std::copy_n(upper + left, depth, out);
                     } else {
                       for (std::int64_t k = 0; k < depth; ++k) {
                         out[k] = bilinear(upper[left + k], upper[right + k], lower[left + k], lower[right + k], u, v);
                       }
                     }
                     out += depth;
                   }
                 }
               });
}

/// Adds the gradient of an image's resized copy to that of the image, in Sum.
template <class T, class Sum>
void add_gradients(const InterpolateArgs& args, const std::vector<InterpolationTaps>& rows,
                   const std::vector<InterpolationTaps>& columns, const T* grad, Sum* image) {
  const std::int64_t depth = args.depth, line = args.width * depth;
  for (const InterpolationTaps& row : rows) {
    Sum *upper = image + row.low * line, *lower = image + row.high * line;
    const T v = static_cast<T>(row.high_weight);
    for (const InterpolationTaps& column : columns) {
      const std::int64_t left = column.low * depth, right = column.high * depth;
      const T u = static_cast<T>(column.high_weight);
      for (std::int64_t k = 0; k < depth; ++k) {
        upper[left + k] += static_cast<Sum>((T(1) - v) * (T(1) - u) * grad[k]);  // all there is in nearest mode
        if (u != T(0)) upper[right + k] += static_cast<Sum>((T(1) - v) * u * grad[k]);
        if (v != T(0)) lower[left + k] += static_cast<Sum>(v * (T(1) - u) * grad[k]);
        if (u != T(0) && v != T(0)) lower[right + k] += static_cast<Sum>(v * u * grad[k]);
      }
      grad += depth;
    }
  }
}

/// One thread has a whole image, since neighbouring outputs add to the same pixels. Where they are very many, they are
/// added up in f64.
template <class T> void backward(const InterpolateArgs& args) {
  const T* from = static_cast<const T*>(args.from);
  T* to = static_cast<T*>(args.to);
  const std::vector<InterpolationTaps> rows = axis_taps(args, args.height, args.out_height);
  const std::vector<InterpolationTaps> columns = axis_taps(args, args.width, args.out_width);
  const std::int64_t size = args.height * args.width * args.depth;
  const std::int64_t out_size = args.out_height * args.out_width * args.depth;
  const bool is_long = out_size > kColumnPiece * size;
  parallel_for(args.images, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> sums(static_cast<std::size_t>(is_long ? size : 0));
    for (std::int64_t i = begin; i < end; ++i) {
      T* image = to + i * size;
      std::fill_n(image, size, T(0));
      if (!is_long) {
        add_gradients(args, rows, columns, from + i * out_size, image);
        continue;
      }
      std::fill(sums.begin(), sums.end(), 0.0);
      add_gradients(args, rows, columns, from + i * out_size, sums.data());
      std::transform(sums.begin(), sums.end(), image, [](double sum) { return static_cast<T>(sum); });
    }
  });
}

}  // namespace

void interpolate(const InterpolateArgs& args) {
  dispatch<kFloating>(args.dtype, [&]<class T>() { forward<T>(args); });
}

void interpolate_grad(const InterpolateArgs& args) {
  dispatch<kFloating>(args.dtype, [&]<class T>() { backward<T>(args); });
}

}  // namespace reel::kernels::cpu
