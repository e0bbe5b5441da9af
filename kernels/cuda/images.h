#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/vector.h>

/// Images in memory, for kernels with one thread per element or per vector of neighbouring elements.
namespace reel::kernels::cuda {

/// Images [count, height, width, depth] of vectors. With channels-last memory depth counts the channels; otherwise
/// every channel is an image of depth 1.
template <class Int> struct Images {
  Divisor<Int> height, width, depth;

  Images(std::int64_t image_height, std::int64_t image_width, std::int64_t image_depth)
      : height(image_height), width(image_width), depth(image_depth) {}

  struct Position {
    Int image, row, column, k;
  };
  /// The coordinates of vector i.
  __device__ Position position(Int i) const {
    const Int pixel = i / depth, line = pixel / width, image = line / height;
    return {image, line - image * height, pixel - line * width, i - pixel * depth};
  }
  /// The index of a vector.
  __device__ Int at(Int image, Int row, Int column, Int k) const {
    return ((image * height + row) * width + column) * depth + k;
  }
};

/// Calls `f.template operator()<N>()` with the number of elements of T per thread: a whole vector if the pointers are
/// aligned and `length`, the number of contiguous elements, is a multiple of the vector; else 1.
template <class T, class F> void with_vectors(std::int64_t length, std::initializer_list<const void*> pointers, F&& f) {
  const bool aligned = std::all_of(pointers.begin(), pointers.end(), [](const void* p) { return is_aligned(p); });
  if (aligned && length % kPerAccess<T> == 0) f.template operator()<kPerAccess<T>>();
  else f.template operator()<1>();
}

}  // namespace reel::kernels::cuda
