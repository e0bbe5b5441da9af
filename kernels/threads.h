#pragma once

namespace reel {

/// How many threads an operation may use. The default is OMP_NUM_THREADS, or else all cores. Concerns Reel alone:
/// OpenMP's own settings stay as they are.
void set_num_threads(int threads);
int num_threads();

/// Limits the operations of the calling thread to `threads` for a scope, whatever `set_num_threads` says.
class [[nodiscard]] ThreadLimit {
 public:
  /// Until the object dies.
  explicit ThreadLimit(int threads);
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  int former_;
};

/// With true, results do not depend on the number of threads at all. Reel's own kernels never do; this also cuts the
/// work of the libraries below (weight gradients, long products) into fixed pieces, at some cost.
void set_deterministic(bool deterministic);
bool deterministic();

}  // namespace reel
