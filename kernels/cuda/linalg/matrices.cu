// What decompositions do beside the libraries' calls.

#include <reel/kernels/cuda/linalg/matrices.h>

#include <limits>
#include <vector>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda::linalg {
namespace {

struct Least {
  __device__ int operator()(int a, int b) const { return a < b ? a : b; }
};

/// The first k > 0 for which `is_it` holds for element k of a matrix's diagonal, 0 if there is none; of one warp.
template <class T, class Predicate> __device__ int first_on_diagonal(const T* a, std::int64_t n, Predicate is_it) {
  constexpr int none = 0x7fffffff;
  int first = none;
  for (std::int64_t k = threadIdx.x; k < n && first == none; k += kWarp) {
    if (is_it(a[k * n + k])) first = static_cast<int>(k + 1);
  }
  first = warp_reduce(first, Least{});
  return first == none ? 0 : first;
}

/// A warp for each matrix.
template <class T> __global__ void __launch_bounds__(kWarp)
    first_not_positive(std::int64_t n, const T* factors, std::int32_t* info) {
  const std::int64_t i = blockIdx.x;
  const int first = first_on_diagonal(factors + i * n * n, n, [](T x) { return !(x > T(0)); });
  if (threadIdx.x == 0 && info[i] == 0) info[i] = first;
}

/// A warp for each matrix. A NaN is no zero: it shows in the results.
template <class T> __global__ void __launch_bounds__(kWarp)
    read_pivots(std::int64_t n, const T* factors, const std::int64_t* pivots, T* parity, std::int32_t* info) {
  const std::int64_t i = blockIdx.x;
  const int first = first_on_diagonal(factors + i * n * n, n, [](T x) { return x == T(0); });
  int exchanges = 0;
  for (std::int64_t k = threadIdx.x; k < n; k += kWarp) exchanges += pivots[i * n + k] != k + 1;
  exchanges = warp_reduce(exchanges, Plus{});
  if (threadIdx.x == 0) {
    info[i] = first;
    parity[i] = exchanges % 2 == 0 ? T(1) : T(-1);
  }
}

template <class T> __global__ void __launch_bounds__(kThreads)
    copy_columns(std::int64_t count, Divisor<std::int64_t> m, Divisor<std::int64_t> columns, std::int64_t n, const T* a,
                 T* q) {
  const auto i = thread_position<std::int64_t>();
  if (i >= count) return;
  const std::int64_t row = i % m, column = i / m % columns, matrix = i / m / columns;
  q[i] = column < n ? a[(matrix * n + column) * m + row] : T(column == row ? 1 : 0);
}

template <class T> __global__ void __launch_bounds__(kThreads)
    find_not_finite(std::int64_t count, Divisor<std::int64_t> m, Divisor<std::int64_t> n, Part part, const T* a,
                    std::int32_t* notes) {
  const auto i = thread_position<std::int64_t>();
  if (i >= count) return;
  const std::int64_t row = i % m, column = i / m % n;
  const bool read = part == Part::all || (part == Part::upper ? row <= column : row >= column);
  if (read && !(a[i] - a[i] == T(0))) notes[i / m / n] = kNotFinite;  // all that write it write the same
}

/// Sets the elements of matrices that are not finite.
template <class T> __global__ void __launch_bounds__(kThreads)
    fill_not_finite(std::int64_t count, Divisor<std::int64_t> elements, const std::int32_t* notes, T value, T* to) {
  const auto i = thread_position<std::int64_t>();
  if (i < count && notes[i / elements] != 0) to[i] = value;
}

template <class T> void fill(std::int64_t batch, std::int64_t elements, const std::int32_t* notes, T value, void* to) {
  const std::int64_t count = batch * elements;
  launch(fill_not_finite<T>, blocks_for(count, kThreads), kThreads, 0, count, Divisor<std::int64_t>(elements), notes,
         value, static_cast<T*>(to));
}

}  // namespace

void find_not_positive(DType dtype, std::int64_t batch, std::int64_t n, const void* factors, std::int32_t* info) {
  dispatch<kWideFloating>(dtype, [&]<class T>() {
    launch(first_not_positive<T>, blocks_for(batch, 1), kWarp, 0, n, static_cast<const T*>(factors), info);
  });
}

void describe_pivots(const LuArgs& args, const std::int64_t* pivots, std::int32_t* info) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    launch(read_pivots<T>, blocks_for(args.batch, 1), kWarp, 0, args.n, static_cast<const T*>(args.a), pivots,
           static_cast<T*>(args.parity), info);
  });
}

void start_q(const QrArgs& args) {
  const std::int64_t count = args.batch * args.m * args.columns;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    launch(copy_columns<T>, blocks_for(count, kThreads), kThreads, 0, count, Divisor<std::int64_t>(args.m),
           Divisor<std::int64_t>(args.columns), args.n, static_cast<const T*>(args.a), static_cast<T*>(args.q));
  });
}

FiniteMatrices::FiniteMatrices(DType dtype, std::int64_t batch) : dtype_(dtype), batch_(batch), notes_(2 * batch) {
  const auto bytes = static_cast<std::size_t>(2 * batch) * sizeof(std::int32_t);
  check_call(cudaMemsetAsync(notes_.data(), 0, bytes, current_stream()), "cudaMemsetAsync");
}

void FiniteMatrices::take_out(void* a, std::int64_t m, std::int64_t n, Part part) {
  const std::int64_t count = batch_ * m * n;
  dispatch<kWideFloating>(dtype_, [&]<class T>() {
    launch(find_not_finite<T>, blocks_for(count, kThreads), kThreads, 0, count, Divisor<std::int64_t>(m),
           Divisor<std::int64_t>(n), part, static_cast<const T*>(a), notes_.data());
    fill(batch_, m * n, notes_.data(), T(0), a);
  });
}

void FiniteMatrices::spoil(void* results, std::int64_t elements) const {
  dispatch<kWideFloating>(
      dtype_, [&]<class T>() { fill(batch_, elements, notes_.data(), std::numeric_limits<T>::quiet_NaN(), results); });
}

void FiniteMatrices::report(std::int32_t* info) const {
  const auto batch = static_cast<std::size_t>(batch_);
  std::vector<std::int32_t> notes(2 * batch);
  read_back(notes.data(), notes_.data(), notes.size() * sizeof(std::int32_t));
  for (std::size_t i = 0; i < batch; ++i) info[i] = notes[i] != 0 ? notes[i] : notes[batch + i];
}

}  // namespace reel::kernels::cuda::linalg
