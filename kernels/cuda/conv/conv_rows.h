#pragma once

#include <cstdint>

#include <reel/kernels/conv.h>

/// Moving the windows of images into the rows of a matrix and back: what turns a convolution into a product.
namespace reel::kernels::cuda {

/// A range of lines of the output, counted through all samples, of one group.
struct ConvChunk {
  std::int64_t group, line, lines;
};

/// rows [lines * out_width, KH, KW, C / groups] = the windows of x.
void windows_to_rows(DType dtype, const Conv2dShape& shape, const ConvChunk& chunk, const void* x, void* rows);

/// The transpose: x_grad += what the rows hold of each pixel, for the samples that the chunk's lines belong to.
void add_rows_to_windows(DType dtype, const Conv2dShape& shape, const ConvChunk& chunk, const void* rows, void* x_grad);

/// The weight [O, C / groups, KH, KW] in the order of the rows, [O, KH, KW, C / groups], or back.
void weight_to_rows(DType dtype, const Conv2dShape& shape, const void* weight, void* rows);
void rows_to_weight(DType dtype, const Conv2dShape& shape, const void* rows, void* weight);

}  // namespace reel::kernels::cuda
