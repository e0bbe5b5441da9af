// Products through BLAS.

#include <omp.h>

#include <limits>

#include <reel/kernels/cpu/gemm/gemm_algorithms.h>
#include <reel/kernels/cpu/library_uses.h>
#include <reel/tensor/core/error.h>
#include <reel/tensor/core/fork.h>

// No header is the same for every BLAS, but the Fortran names are.
extern "C" {
void sgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k, const float* alpha,
            const float* a, const int* lda, const float* b, const int* ldb, const float* beta, float* c,
            const int* ldc);
void dgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k, const double* alpha,
            const double* a, const int* lda, const double* b, const int* ldb, const double* beta, double* c,
            const int* ldc);
}

namespace reel::kernels::cpu::product {
namespace {

int to_blas(std::int64_t n) {
  if (n > std::numeric_limits<int>::max()) throw ShapeError("gemm: a matrix is too large for BLAS's 32-bit sizes");
  return static_cast<int>(n);
}

/// BLAS is column-major: it computes C^T = B^T A^T.
template <class T> void call(const GemmArgs& args, std::int64_t first, std::int64_t count, T beta) {
  const MatrixLayout la = args.a.layout, lb = args.b.layout;
  const T* a = static_cast<const T*>(args.a.data) + first * (la.transposed ? la.ld : 1);
  const T* b = static_cast<const T*>(args.b.data) + first * (lb.transposed ? 1 : lb.ld);
  const int m = to_blas(args.m), n = to_blas(args.n), k = to_blas(count);
  const int lda = to_blas(la.ld), ldb = to_blas(lb.ld), ldc = to_blas(args.ldc);
  const char* trans_a = la.transposed ? "T" : "N";
  const char* trans_b = lb.transposed ? "T" : "N";
  const T one = 1;
  T* c = static_cast<T*>(args.c);
  if constexpr (std::is_same_v<T, float>) {
    sgemm_(trans_b, trans_a, &n, &m, &k, &one, b, &ldb, a, &lda, &beta, c, &ldc);
  } else {
    dgemm_(trans_b, trans_a, &n, &m, &k, &one, b, &ldb, a, &lda, &beta, c, &ldc);
  }
}

template <class T> void add_bias(const GemmArgs& args) {
  const T* bias = static_cast<const T*>(args.bias);
  for (std::int64_t r = 0; r < args.m; ++r) {
    T* row = static_cast<T*>(args.c) + r * args.ldc;
    for (std::int64_t j = 0; j < args.n; ++j) row[j] = args.accumulate ? row[j] + bias[j] : bias[j];
  }
}

template <class T> void run_on_one_thread(const GemmArgs& args) {
  constexpr std::int64_t longest = 1 << 30;  // of a sum that one call may take
  const int former = omp_get_max_threads();
  if (former != 1) omp_set_num_threads(1);  // of the calling thread alone
  if (args.bias) add_bias<T>(args);
  for (std::int64_t p = 0; p < args.k; p += longest) {
    call<T>(args, p, std::min(longest, args.k - p), args.accumulate || args.bias || p > 0 ? T(1) : T(0));
  }
  if (former != 1) omp_set_num_threads(former);
}

// OpenBLAS frees its buffers, and forgets its kernels, when the program ends, after all static objects are destroyed.
constinit LibraryUses uses;
const reel::detail::ForkHook fork_hook(nullptr, []() noexcept { uses.forget(); });

/// Runs before the destructors of the libraries that this one needs.
[[gnu::destructor]] void end_uses() { uses.close(); }

/// What threads and destructors that are later still do: products with one row after the other.
template <class T> void run_without_blas(const GemmArgs& args) {
  for (std::int64_t i = 0; i < args.batch; ++i) {
    for (std::int64_t r = 0; r < args.m; ++r) run_matrix_vector<T>(block_of(args, i, r, 1, 0, args.n));
  }
}

/// Before anything is written.
void check_sizes(const GemmArgs& args) {
  to_blas(std::max({args.m, args.n, args.a.layout.ld, args.b.layout.ld, args.ldc}));
}

}  // namespace

template <class T> void run_blas(const GemmArgs& args) {
  check_sizes(args);
  const LibraryUse use(uses);
  if (!use) return run_without_blas<T>(args);
  for_each_block(args, [](const GemmArgs& block) { run_on_one_thread<T>(block); });
}

void run_blas_uncut(const GemmArgs& args) {
  check_sizes(args);
  const LibraryUse use(uses);
  if (!use) return run_without_blas<float>(args);
  for (std::int64_t i = 0; i < args.batch; ++i) run_on_one_thread<float>(block_of(args, i, 0, args.m, 0, args.n));
}

template void run_blas<float>(const GemmArgs&);
template void run_blas<double>(const GemmArgs&);

}  // namespace reel::kernels::cpu::product
