#pragma once

#include <reel/kernels/conv_im2col.h>

/// Moving the windows of images into the rows of a matrix and back: what turns a convolution into a product.
namespace reel::kernels::cuda::convolution {

/// rows [lines * out_width, KD, KH, KW, C / groups] = the windows of x.
void windows_to_rows(DType dtype, const ConvShape& shape, const ConvChunk& chunk, const void* x, void* rows);

/// The transpose: x_grad += what the rows hold of each pixel, for the samples that the chunk's lines belong to.
void add_rows_to_windows(DType dtype, const ConvShape& shape, const ConvChunk& chunk, const void* rows, void* x_grad);

}  // namespace reel::kernels::cuda::convolution
