#pragma once

#include <reel/tensor/tensor.h>

/// How tensors lie in memory, as kernels take them. Dense is what has neither gaps nor overlaps, whatever the order of
/// its dimensions. Images [N, C, ...] come in two dense layouts: row-major and channels-last.
namespace reel::detail {

/// The address of the first element; null if x is undefined.
inline const void* data_or_null(const Tensor& x) { return x.defined() ? x.data() : nullptr; }

/// x row-major; an undefined tensor stays undefined.
inline Tensor contiguous_if_defined(const Tensor& x) { return x.defined() ? x.contiguous() : x; }

inline bool is_dense(const Tensor& x) { return x.is_contiguous() || reel::is_dense(x.shape(), x.strides()); }

/// x itself if it is dense, else a row-major copy.
inline Tensor dense(const Tensor& x) { return is_dense(x) ? x : x.contiguous(); }

/// The given strides if they are dense, else row-major ones.
inline Strides dense_strides(const Shape& shape, const Strides& strides) {
  return reel::is_dense(shape, strides) ? strides : contiguous_strides(shape);
}
inline Strides dense_strides(const Tensor& x) { return dense_strides(x.shape(), x.strides()); }

/// x itself if it has these strides, else a copy that has; off the tape.
inline Tensor with_strides(const Tensor& x, const Strides& strides) {
  if (same_layout(x.shape(), x.strides(), strides)) return x;
  const Tensor copy = empty_strided(x.shape(), strides, x.dtype(), x.device());
  copy.copy_(x);
  return copy;
}

inline Strides image_strides(const Shape& shape, bool channels_last) {
  return channels_last ? channels_last_strides(shape) : contiguous_strides(shape);
}

/// The strides of a new tensor made from the elements of x: channels-last if x is and is not row-major as well.
inline Strides strides_like(const Shape& shape, const Tensor& x) {
  return image_strides(shape, !x.is_contiguous() && x.is_channels_last() && shape.size() == x.dim());
}

/// An image as kernels take it: x itself if it lies in one of the two layouts, else a row-major copy.
inline Tensor dense_image(const Tensor& x) { return x.is_channels_last() ? x : x.contiguous(); }
/// The image in the layout asked for.
inline Tensor dense_image(const Tensor& x, bool channels_last) {
  return channels_last ? x.channels_last() : x.contiguous();
}

/// Whether kernels take a dense image as channels-last. One with a single pixel lies in both layouts. It counts as
/// channels-last, as the results of convolutions are, so that what is made of it has the layout of the images around.
inline bool is_channels_last_image(const Tensor& x) {
  return !x.is_contiguous() || (x.is_channels_last() && x.shape()[1] > 1);
}

/// An uninitialised image.
inline Tensor empty_image(const Shape& shape, bool channels_last, const TensorOptions& options) {
  return empty_strided(shape, image_strides(shape, channels_last), options.dtype, options.device);
}

}  // namespace reel::detail
