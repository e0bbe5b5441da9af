// What all calls of LAPACK and BLAS for batches of matrices share: threads, sizes, the end of the program.

#include <omp.h>

#include <algorithm>
#include <limits>

#include <reel/kernels/cpu/library_uses.h>
#include <reel/kernels/cpu/linalg/batches.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/startable_threads.h>
#include <reel/kernels/threads.h>
#include <reel/tensor/core/error.h>
#include <reel/tensor/core/fork.h>

namespace reel::kernels::cpu::linalg {
namespace {

constexpr std::int64_t kThreadsFrom = 256;  // smaller matrices are factored faster by one thread

/// The threads that the library may use, of the calling thread alone, for a scope.
class LibraryThreads {
 public:
  explicit LibraryThreads(int threads) : former_(omp_get_max_threads()) {
    if (threads != former_) omp_set_num_threads(threads);
  }
  ~LibraryThreads() { omp_set_num_threads(former_); }
  LibraryThreads(const LibraryThreads&) = delete;
  LibraryThreads& operator=(const LibraryThreads&) = delete;

 private:
  int former_;
};

// OpenBLAS frees its buffers when the program ends, after all static objects are destroyed.
constinit LibraryUses uses;
const reel::detail::ForkHook fork_hook(nullptr, []() noexcept { uses.forget(); });

/// Runs before the destructors of the libraries that this one needs.
[[gnu::destructor]] void end_uses() { uses.close(); }

}  // namespace

int to_int(std::int64_t n) {
  if (n > std::numeric_limits<int>::max()) {
    throw ShapeError("linalg: a matrix is too large for LAPACK's 32-bit sizes");
  }
  return static_cast<int>(n);
}

void for_matrices(std::int64_t batch, std::int64_t n, const std::function<void(std::int64_t, std::int64_t)>& body) {
  const LibraryUse use(uses);
  if (!use) throw Error("linalg: expected a call before the program ends, got one while it destroys its objects");
  const bool alone = batch == 1 && n >= kThreadsFrom && !deterministic() && !omp_in_parallel();
  const int threads = alone ? startable_threads(num_threads()) : 1;
  parallel_for(batch, std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, n * n * n)),
               [&](std::int64_t begin, std::int64_t end) {
                 const LibraryThreads limit(threads);
                 body(begin, end);
               });
}

}  // namespace reel::kernels::cpu::linalg
