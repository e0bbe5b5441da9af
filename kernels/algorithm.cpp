// The names of algorithms, and what the algorithm listener is told.

#include <reel/kernels/algorithm.h>

#include <reel/kernels/announce.h>

namespace reel {

std::string_view to_string(ConvAlgorithm algorithm) {
  switch (algorithm) {
    case ConvAlgorithm::winograd:
      return "winograd";
    case ConvAlgorithm::onednn:
      return "onednn";
    case ConvAlgorithm::cudnn:
      return "cudnn";
    case ConvAlgorithm::planes:
      return "planes";
    case ConvAlgorithm::im2col:
      return "im2col";
    case ConvAlgorithm::upcast:
      return "upcast";
  }
  return "";
}

std::string_view to_string(GemmAlgorithm algorithm) {
  switch (algorithm) {
    case GemmAlgorithm::loops:
      return "loops";
    case GemmAlgorithm::matrix_vector:
      return "matrix_vector";
    case GemmAlgorithm::blas:
      return "blas";
    case GemmAlgorithm::blas_uncut:
      return "blas_uncut";
    case GemmAlgorithm::onednn_matmul:
      return "onednn_matmul";
    case GemmAlgorithm::onednn_sgemm:
      return "onednn_sgemm";
    case GemmAlgorithm::cublaslt:
      return "cublaslt";
    case GemmAlgorithm::long_sums:
      return "long_sums";
    case GemmAlgorithm::upcast:
      return "upcast";
  }
  return "";
}

std::string_view to_string(ReduceAlgorithm algorithm) {
  switch (algorithm) {
    case ReduceAlgorithm::rows:
      return "rows";
    case ReduceAlgorithm::split_rows:
      return "split_rows";
    case ReduceAlgorithm::columns:
      return "columns";
    case ReduceAlgorithm::split_columns:
      return "split_columns";
  }
  return "";
}

void set_algorithm_listener(AlgorithmListener listener) { detail::algorithm_listener = listener; }
AlgorithmListener algorithm_listener() { return detail::algorithm_listener; }

namespace kernels {
namespace {

/// "64x64x3x3".
template <class... Size> std::string sizes(std::int64_t first, Size... rest) {
  return (std::to_string(first) + ... + ("x" + std::to_string(rest)));
}

void tell(std::string_view op, DType dtype, const std::string& problem, std::string_view algorithm) {
  // It may have been turned off since the kernel looked.
  if (const AlgorithmListener listener = algorithm_listener()) {
    listener({op, std::string(to_string(dtype)) + " " + problem, algorithm});
  }
}

}  // namespace

void detail::tell_listener(ConvOp op, DType factors, const ConvShape& s, ConvAlgorithm algorithm) {
  const auto depth = [&](std::int64_t size) { return s.is_flat() ? "" : "x" + std::to_string(size); };
  const std::string x = sizes(s.batch, s.channels) + depth(s.depth) + "x" + sizes(s.height, s.width);
  const std::string weight =
      sizes(s.out_channels, s.group_channels()) + depth(s.kernel_depth) + "x" + sizes(s.kernel_height, s.kernel_width);
  tell(to_string(op, s), factors, x + " * " + weight, to_string(algorithm));
}

void detail::tell_listener(const GemmArgs& args, GemmAlgorithm algorithm) {
  const std::string batch = args.batch == 1 ? "" : std::to_string(args.batch) + "x";
  tell("gemm", args.factors, batch + sizes(args.m, args.k) + " * " + batch + sizes(args.k, args.n),
       to_string(algorithm));
}

void detail::tell_listener(DType dtype, std::int64_t outer, std::int64_t n, std::int64_t inner,
                           ReduceAlgorithm algorithm) {
  tell("reduce", dtype, sizes(outer, n, inner), to_string(algorithm));
}

}  // namespace kernels
}  // namespace reel
