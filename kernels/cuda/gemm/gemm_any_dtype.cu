// Products by the textbook's loops.

#include <reel/kernels/cuda/gemm/gemm_any_dtype.h>

#include <reel/kernels/copy.h>
#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/functors/pointwise.h>

namespace reel::kernels::cuda::product {
namespace {

/// A factor's elements, wherever they lie.
template <class T> struct Matrix {
  const T* data;
  std::int64_t batch_step, row_step, column_step;

  explicit Matrix(const GemmOperand& operand)
      : data(static_cast<const T*>(operand.data)),
        batch_step(operand.batch_stride),
        row_step(operand.layout.transposed ? 1 : operand.layout.ld),
        column_step(operand.layout.transposed ? operand.layout.ld : 1) {}
};

/// C's elements in row-major order.
template <class T> struct Result {
  T* data;
  std::int64_t count, batch_step, row_step;
  Divisor<std::int64_t> rows, columns;
  const T* bias;
  bool accumulate;

  explicit Result(const GemmArgs& args)
      : data(static_cast<T*>(args.c)),
        count(args.batch * args.m * args.n),
        batch_step(args.c_batch_stride),
        row_step(args.ldc),
        rows(args.m),
        columns(args.n),
        bias(static_cast<const T*>(args.bias)),
        accumulate(args.accumulate) {}
};

template <class F, class T> __global__ void multiply(Matrix<F> a, Matrix<F> b, Result<T> c, std::int64_t k) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= c.count) return;
  const std::int64_t line = i / c.columns, column = i % c.columns, batch = line / c.rows, row = line % c.rows;
  const F* x = a.data + batch * a.batch_step + row * a.row_step;
  const F* y = b.data + batch * b.batch_step + column * b.column_step;
  T* out = c.data + batch * c.batch_step + row * c.row_step + column;
  using Sum = std::conditional_t<kHalf.contains(dtype_of<T>), float, T>;
  const auto wide = [](auto value) { return convert<Sum>(value); };
  Sum sum = c.accumulate ? wide(*out) : Sum(0);
  if (c.bias) sum = plus(sum, wide(c.bias[column]));
  for (std::int64_t p = 0; p < k; ++p) sum = plus(sum, times(wide(x[p * a.column_step]), wide(y[p * b.row_step])));
  *out = convert<T>(sum);
}

/// Factors of type F, results of type T.
template <class F, class T> void multiply_all(const GemmArgs& args) {
  const Result<T> c(args);
  launch(multiply<F, T>, blocks_for(c.count, kThreads), kThreads, 0, Matrix<F>(args.a), Matrix<F>(args.b), c, args.k);
}

}  // namespace

void gemm_any_dtype(const GemmArgs& args) {
  if (args.factors != args.dtype) return multiply_all<BFloat16, float>(args);
  dispatch<kNumeric>(args.dtype, [&]<class T>() { multiply_all<T, T>(args); });
}

void start_with_bias(const GemmArgs& args) {
  GemmArgs start = args;
  start.k = 0;
  gemm_any_dtype(start);
}

}  // namespace reel::kernels::cuda::product
