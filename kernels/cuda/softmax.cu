// Softmax, log-softmax and their gradients on the GPU.

#include <reel/kernels/softmax.h>

#include <reel/kernels/cuda/dim_reduction.h>
#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/online_logsumexp.h>

namespace reel::kernels::cuda {
namespace {

template <class T> constexpr T kInfinity = std::numeric_limits<T>::infinity();

/// Rows that stay in registers, N elements per thread.
template <class T, int V, int N> __global__ void __launch_bounds__(kSliceThreads, 1)
    softmax_rows(const T* x, T* out, std::int64_t outer, int n, bool log, bool aligned) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  const int first = static_cast<int>(threadIdx.x) * V, end = row < outer ? n : 0;
  const int step = static_cast<int>(blockDim.x) * V;
  T value[N];
  load_row<V>(x + row * n, first, end, step, aligned, -kInfinity<T>, value);
  T largest = value[0];
  for (int k = 1; k < N; ++k) largest = Larger{}(value[k], largest);
  largest = row_reduce(largest, -kInfinity<T>, Larger{});
  T sum = 0;
  for (int k = 0; k < N; ++k) {
    const T exponent = value[k] - largest, e = math::exp(exponent);
    value[k] = log ? exponent : e;
    sum += e;
  }
  sum = row_reduce(sum, T(0), Plus{});
  const T log_sum = math::log(sum), factor = 1 / sum;
  for (int k = 0; k < N; ++k) value[k] = log ? value[k] - log_sum : value[k] * factor;
  store_row<V>(out + row * n, first, end, step, aligned, value);
}

template <class T, int V, int N> __global__ void __launch_bounds__(kSliceThreads, 1)
    softmax_grad_rows(const T* grad, const T* y, T* grad_x, std::int64_t outer, int n, bool log, bool aligned) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  const int first = static_cast<int>(threadIdx.x) * V, end = row < outer ? n : 0;
  const int step = static_cast<int>(blockDim.x) * V;
  T g[N], value[N];
  load_row<V>(grad + row * n, first, end, step, aligned, T(0), g);
  load_row<V>(y + row * n, first, end, step, aligned, T(0), value);
  T total = 0;
  for (int k = 0; k < N; ++k) total += log ? g[k] : g[k] * value[k];
  total = row_reduce(total, T(0), Plus{});
  for (int k = 0; k < N; ++k) g[k] = log ? g[k] - math::exp(value[k]) * total : value[k] * (g[k] - total);
  store_row<V>(grad_x + row * n, first, end, step, aligned, g);
}

/// A column and its threads. A row that is too long for registers counts as a column, too.
struct Column {
  std::int64_t first, end, inner;  // the offset of the column, and its length, 0 beyond the last column

  __device__ Column(std::int64_t columns, std::int64_t n, const Divisor<std::int64_t>& divisor) : inner(divisor) {
    const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    first = column / divisor * n * inner + column % divisor;
    end = column < columns ? n : 0;
  }
  /// Calls `body(i)` with the first position of each chunk of this thread.
  template <class Body> __device__ void for_each_chunk(Body&& body) const {
    for (std::int64_t i = threadIdx.y; i < end; i += kUnroll * blockDim.y) body(i);
  }
  template <class T> __device__ void load(const T* x, std::int64_t i, T fill, T (&chunk)[kUnroll]) const {
    load_column(x + first, i, end, blockDim.y, inner, fill, chunk);
  }
  template <class T> __device__ void store(T* x, std::int64_t i, const T (&chunk)[kUnroll]) const {
    store_column(x + first, i, end, blockDim.y, inner, chunk);
  }
};

/// Two passes over each column, the second mostly from a cache.
template <class T> __global__ void __launch_bounds__(kSliceThreads, 1)
    softmax_columns(const T* x, T* out, std::int64_t columns, std::int64_t n, Divisor<std::int64_t> inner, bool log) {
  const Column column(columns, n, inner);
  auto sum = OnlineLogSumExp<T>::none();
  column.for_each_chunk([&](std::int64_t i) {
    T chunk[kUnroll];
    column.load(x, i, -kInfinity<T>, chunk);
    sum = sum.with(chunk);
  });
  sum = column_reduce(sum, [](auto a, auto b) { return OnlineLogSumExp<T>::combine(a, b); }).unclamped();
  const T total = static_cast<T>(sum.sum), log_sum = math::log(total), factor = 1 / total;
  column.for_each_chunk([&](std::int64_t i) {
    T chunk[kUnroll];
    column.load(x, i, T(0), chunk);
    for (T& value : chunk) value = log ? value - sum.max - log_sum : math::exp(value - sum.max) * factor;
    column.store(out, i, chunk);
  });
}

template <class T> __global__ void __launch_bounds__(kSliceThreads, 1)
    softmax_grad_columns(const T* grad, const T* y, T* grad_x, std::int64_t columns, std::int64_t n,
                         Divisor<std::int64_t> inner, bool log) {
  const Column column(columns, n, inner);
  double sum = 0;
  column.for_each_chunk([&](std::int64_t i) {
    T g[kUnroll], value[kUnroll], part = 0;
    column.load(grad, i, T(0), g);
    if (!log) column.load(y, i, T(0), value);
    for (int k = 0; k < kUnroll; ++k) part += log ? g[k] : g[k] * value[k];
    sum += static_cast<double>(part);
  });
  const T total = static_cast<T>(column_reduce(sum, Plus{}));
  column.for_each_chunk([&](std::int64_t i) {
    T g[kUnroll], value[kUnroll];
    column.load(grad, i, T(0), g);
    column.load(y, i, T(0), value);
    for (int k = 0; k < kUnroll; ++k) {
      g[k] = log ? g[k] - math::exp(value[k]) * total : value[k] * (g[k] - total);
    }
    column.store(grad_x, i, g);
  });
}

/// How many 16-byte vectors of each operand a thread holds in registers.
constexpr int kForwardAccesses = 8, kGradAccesses = 4;

template <class T, int Most> bool fits_registers(std::int64_t n, std::int64_t inner) {
  return inner == 1 && n <= std::int64_t{Most} * kSliceThreads * kPerAccess<T>;
}

/// Calls `f.template operator()<V, N>(block)` for rows of n elements of T: V elements per access and N per thread, at
/// most `Most` vectors. N is chosen so that one warp holds a row if it can.
template <class T, int Most, class F> void with_row_shape(std::int64_t outer, std::int64_t n, F&& f) {
  constexpr int vector = kPerAccess<T>;
  const std::int64_t accesses = (n + vector - 1) / vector;
  const bool whole = outer == 1 || n % vector == 0;  // every row begins on a vector boundary
  const auto run = [&]<int Accesses>() {
    unsigned width = 1;
    while (width * Accesses < accesses) width *= 2;
    if (whole) f.template operator()<vector, vector * Accesses>(row_block(width));
    else f.template operator()<1, vector * Accesses>(row_block(width));
  };
  if (accesses <= 2 * kWarp) run.template operator()<2>();
  else if (accesses <= 4 * kWarp) run.template operator()<4>();
  else run.template operator()<Most>();
}

/// The block for columns and for rows that are too long for registers.
dim3 long_block(std::int64_t outer, std::int64_t n, std::int64_t inner) {
  return inner == 1 ? dim3(1, kSliceThreads) : column_block(outer * inner, n);
}

}  // namespace

void softmax(const SoftmaxArgs& args) {
  const std::int64_t columns = args.outer * args.inner;
  if (columns * args.n == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    const T* x = static_cast<const T*>(args.x);
    T* out = static_cast<T*>(args.out);
    if (fits_registers<T, kForwardAccesses>(args.n, args.inner)) {
      with_row_shape<T, kForwardAccesses>(args.outer, args.n, [&]<int V, int N>(dim3 block) {
        launch(softmax_rows<T, V, N>, blocks_for(args.outer, block.y), block, 0, x, out, args.outer,
               static_cast<int>(args.n), args.log, is_aligned(x) && is_aligned(out));
      });
    } else {
      const dim3 block = long_block(args.outer, args.n, args.inner);
      launch(softmax_columns<T>, blocks_for(columns, block.x), block, column_shared<OnlineLogSumExp<T>>(block), x, out,
             columns, args.n, Divisor<std::int64_t>(args.inner), args.log);
    }
  });
}

void softmax_grad(const SoftmaxGradArgs& args) {
  const std::int64_t columns = args.outer * args.inner;
  if (columns * args.n == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    const T* grad = static_cast<const T*>(args.grad);
    const T* y = static_cast<const T*>(args.y);
    T* grad_x = static_cast<T*>(args.grad_x);
    if (fits_registers<T, kGradAccesses>(args.n, args.inner)) {
      with_row_shape<T, kGradAccesses>(args.outer, args.n, [&]<int V, int N>(dim3 block) {
        launch(softmax_grad_rows<T, V, N>, blocks_for(args.outer, block.y), block, 0, grad, y, grad_x, args.outer,
               static_cast<int>(args.n), args.log, is_aligned(grad) && is_aligned(y) && is_aligned(grad_x));
      });
    } else {
      const dim3 block = long_block(args.outer, args.n, args.inner);
      launch(softmax_grad_columns<T>, blocks_for(columns, block.x), block, column_shared<double>(block), grad, y,
             grad_x, columns, args.n, Divisor<std::int64_t>(args.inner), args.log);
    }
  });
}

}  // namespace reel::kernels::cuda
