#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>

/// Windows of images as columns and back.
namespace reel::kernels {

struct Im2colShape {
  std::int64_t batch, channels, height, width;  // the image
  std::int64_t kernel_height, kernel_width;
  std::int64_t out_height, out_width;  // windows
  std::int64_t stride_h, stride_w, dilation_h, dilation_w, pad_h, pad_w;
};

/// Images [N, C, H, W] and columns [N, C, KH, KW, OH, OW], both row-major.
struct Im2colArgs {
  DType dtype;
  Im2colShape shape;
  const void* image;
  void* columns;
};

struct Col2imArgs {
  DType dtype;
  Im2colShape shape;
  const void* columns;
  void* image;
};

namespace cpu {
void im2col(const Im2colArgs& args);
void col2im(const Col2imArgs& args);
}  // namespace cpu
namespace cuda {
void im2col(const Im2colArgs& args);
void col2im(const Col2imArgs& args);
}  // namespace cuda

inline constexpr KernelTable<void(const Im2colArgs&)> im2col{&cpu::im2col, &cuda::im2col};
/// Overlapping columns are added.
inline constexpr KernelTable<void(const Col2imArgs&)> col2im{&cpu::col2im, &cuda::col2im};

}  // namespace reel::kernels
