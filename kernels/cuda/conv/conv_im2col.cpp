// Convolutions on the GPU through im2col.

#include <reel/kernels/conv_im2col.h>

#include <reel/kernels/cuda/conv/conv_algorithms.h>
#include <reel/kernels/cuda/conv/conv_rows.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda::convolution {
namespace {

struct Backend {
  using Memory = Scratch<char>;
  static constexpr auto gemm = &cuda::gemm;
  static constexpr auto copy = &cuda::copy;
  static constexpr auto windows_to_rows = &convolution::windows_to_rows;
  static constexpr auto add_rows_to_windows = &convolution::add_rows_to_windows;

  static void clear(DType dtype, void* data, std::int64_t count) {
    FillArgs args{.dtype = dtype, .loop = {}, .data = data, .value = 0};
    args.loop.rank = 1;
    args.loop.sizes[0] = count;
    args.loop.strides[0][0] = 1;
    fill(args);
  }

  /// What stays in the second-level cache.
  static std::int64_t chunk_elements(const ConvShape&, DType rows) {
    return (16 << 20) / static_cast<std::int64_t>(size_of(rows));
  }
};

}  // namespace

void run_im2col(const ConvArgs& args) { kernels::run_im2col<Backend>(args); }
void run_im2col(const ConvInputGradArgs& args) { kernels::run_im2col<Backend>(args); }
void run_im2col(const ConvWeightGradArgs& args) { kernels::run_im2col<Backend>(args); }

}  // namespace reel::kernels::cuda::convolution
