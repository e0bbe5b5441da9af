#pragma once

#include <string_view>

#include <reel/kernels/reduce.h>
#include <reel/ops/internal/checks.h>
#include <reel/tensor/tensor.h>

/// Runs a reducer (`kernels/reduce.h`) over any dimensions of any tensor.
namespace reel::detail {

/// The set of dimensions to reduce; no dimensions means all. A dimension given twice is a ShapeError.
struct ReducedDims {
  ReducedDims(std::string_view op, const Dims& dims, int rank);

  bool contains(int d) const { return mask >> d & 1u; }
  /// The dimensions in order.
  Dims list(int rank) const;
  /// The result's shape.
  Shape shape(const Shape& from, bool keepdim) const;
  /// How many elements each result is made of.
  std::int64_t count(const Shape& from) const;
  /// The result with the reduced dimensions, if they are missing, as size 1, so that it broadcasts with the input.
  Tensor restore(const Tensor& result, const Shape& from) const;

  unsigned mask = 0;
};

/// A tensor as the block that a reduction kernel takes.
struct ReduceBlock {
  Tensor data;      // the tensor or a copy whose memory has the form [outer, n, inner]
  Shape shape;      // of the result
  Strides strides;  // of the result, so that its memory is [outer, inner]
  std::int64_t outer = 1, n = 1, inner = 1;

  /// An uninitialised result.
  Tensor result(DType dtype) const { return empty_strided(shape, strides, dtype, data.device()); }
};

ReduceBlock make_reduce_block(const Tensor& x, const ReducedDims& dims, bool keepdim);

/// x reduced by a kernel to a new tensor of dtype `to`, off the tape.
[[gnu::always_inline]] inline Tensor reduce(const kernels::KernelTable<void(const kernels::ReduceArgs&)>& kernel,
                                            const Tensor& x, DType to, const ReducedDims& dims, bool keepdim) {
  const ReduceBlock block = make_reduce_block(x, dims, keepdim);
  const Tensor out = block.result(to);
  kernel[x.device()]({.dtype = x.dtype(),
                      .data = block.data.data(),
                      .out = out.data(),
                      .outer = block.outer,
                      .n = block.n,
                      .inner = block.inner});
  return out;
}

/// x reduced by R, off the tape.
template <class R> Tensor reduce(std::string_view op, const Tensor& x, const ReducedDims& dims, bool keepdim) {
  check_dtype(op, x, R::dtypes);
  const DType to = dispatch<R::dtypes>(x.dtype(), []<class T>() { return dtype_of<typename R::template Result<T>>; });
  return reduce(kernels::reduce<R>, x, to, dims, keepdim);
}

}  // namespace reel::detail
