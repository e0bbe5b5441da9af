#pragma once

namespace reel {

/// The number of threads that an operation may use: by default OMP_NUM_THREADS, or else all processors that the process
/// may run on, or as many as its cgroup's (container's) quota of CPU time pays for. It applies to Reel only and leaves
/// OpenMP's own settings alone. A ValueError below 1.
///
/// Where the system starts fewer threads (a limit on processes, no memory for stacks) it becomes half of those, for all
/// threads; setting it again tries again. In the child of a process that has computed on several it begins as 1.
void set_num_threads(int threads);
int num_threads();

/// Limits the operations of the calling thread to `threads` threads for a scope, whatever `set_num_threads` says.
class [[nodiscard]] ThreadLimit {
 public:
  /// The limit holds until the object is destroyed. A ValueError below 1.
  explicit ThreadLimit(int threads);
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  int former_;
};

/// With true, results do not depend on the number of threads at all. Reel's own kernels are always independent of it;
/// this setting also splits the work of oneDNN and BLAS (weight gradients, long products) into fixed pieces, at some
/// cost.
void set_deterministic(bool deterministic);
bool deterministic();

}  // namespace reel
