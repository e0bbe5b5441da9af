#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

/// The algorithms of convolutions, products and reductions, and a way to see which of them run.
namespace reel {

/// How a convolution, or one of its gradients, is computed.
enum class ConvAlgorithm : std::uint8_t {
  winograd,  // Winograd's minimal filtering, for 3x3 and 5x5 weights (CPU)
  onednn,    // a primitive of oneDNN (CPU)
  cudnn,     // a plan of cuDNN (CUDA)
  planes,    // tap by tap along rows of pixels, for one channel (CPU)
  im2col,    // windows copied into rows, and matrix products; with 1x1 weights the product alone
  upcast,    // half floats converted to f32, and another of these algorithms
};

/// How a matrix product is computed.
enum class GemmAlgorithm : std::uint8_t {
  loops,          // the textbook's loops: integers, and forms that no library takes
  matrix_vector,  // a vector times a matrix, or the other way round (CPU)
  blas,           // one-threaded calls of BLAS, on pieces that the shape alone determines (CPU)
  blas_uncut,     // one call of BLAS on the calling thread (CPU)
  onednn_matmul,  // oneDNN's matmul primitive (CPU)
  onednn_sgemm,   // oneDNN's dnnl_sgemm, which packs both factors (CPU)
  cublaslt,       // cuBLASLt (CUDA)
  long_sums,      // pieces of the sums by another of these algorithms, added up in f64 (CPU)
  upcast,         // half floats converted to f32, and another of these algorithms (CPU)
};

/// How a block [outer, n, inner] is reduced over its middle dimension: rows where inner is 1, else columns; split where
/// a row or column is cut into pieces whose partial results meet in a second stage.
enum class ReduceAlgorithm : std::uint8_t { rows, split_rows, columns, split_columns };

/// The algorithm's name as above, such as "winograd".
std::string_view to_string(ConvAlgorithm algorithm);
std::string_view to_string(GemmAlgorithm algorithm);
std::string_view to_string(ReduceAlgorithm algorithm);

/// A convolution, product or reduction, and the algorithm that was chosen for it.
struct AlgorithmChoice {
  std::string_view op;         // "conv2d", "conv2d_input_grad", "conv2d_weight_grad", so of conv3d, "gemm", "reduce"
  std::string problem;         // dtype and sizes: "f32 2x64x16x16 * 64x64x3x3", "bf16 64x784 * 784x500"
  std::string_view algorithm;  // "winograd"
};

/// A function that is told of a choice; it must not throw.
using AlgorithmListener = void (*)(const AlgorithmChoice&);

/// Has `listener` called with every choice, on the thread that makes it and just before the algorithm runs; null, which
/// is the default, turns this off. What an algorithm runs inside, such as the products of im2col, follows it. Where a
/// library turns out to have no kernel for a problem, or Winograd's operands to hold what is not for it
/// (`set_winograd`), a second choice says what takes its place, and where REEL_CUDNN_BENCHMARK is set, what is timed is
/// announced as well. Concerns the whole program; the listener may be called by several threads at once.
///
///     set_algorithm_listener([](const AlgorithmChoice& choice) {
///       std::cerr << choice.op << ' ' << choice.problem << ": " << choice.algorithm << '\n';
///     });
void set_algorithm_listener(AlgorithmListener listener);
/// What was set.
AlgorithmListener algorithm_listener();

namespace detail {
inline constinit std::atomic<AlgorithmListener> algorithm_listener{nullptr};
}

}  // namespace reel
