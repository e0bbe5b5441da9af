// How many threads operations use, and threads that the system does not start.

#include <dlfcn.h>
#include <omp.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <thread>

#include <reel/kernels/available_cpus.h>
#include <reel/reel.h>

#include "work.h"

namespace {

// What pthread_create has started and may start.
std::atomic<int> created{0}, alive{0}, most_alive{std::numeric_limits<int>::max()};
std::atomic<std::size_t> least_stack{std::numeric_limits<std::size_t>::max()}, largest_stack{0};

void note_stack(const pthread_attr_t* attributes) {
  pthread_attr_t defaults;
  std::size_t bytes = 0;
  if (!attributes) pthread_getattr_default_np(&defaults);
  pthread_attr_getstacksize(attributes ? attributes : &defaults, &bytes);
  if (!attributes) pthread_attr_destroy(&defaults);
  least_stack = std::min(least_stack.load(), bytes);
  largest_stack = std::max(largest_stack.load(), bytes);
}

struct Start {
  void* (*run)(void*);
  void* argument;
};

void* run_and_count(void* start) {
  struct Count {
    ~Count() { --alive; }  // also where the thread ends in pthread_exit
  };
  const Count count;
  const Start copy = *std::unique_ptr<Start>(static_cast<Start*>(start));
  return copy.run(copy.argument);
}

}  // namespace

/// Stands in for the C library's, for all libraries of the program: no more than `most_alive` threads at a time.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) noexcept {
  using Create = int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static Create* const create = reinterpret_cast<Create*>(dlsym(RTLD_NEXT, "pthread_create"));
  if (++alive > most_alive) {
    --alive;
    return EAGAIN;
  }
  auto* start = new Start{run, argument};
  const int failure = create(thread, attributes, &run_and_count, start);
  if (failure) {
    delete start;
    --alive;
  } else {
    ++created;
    note_stack(attributes);
  }
  return failure;
}

namespace process {
namespace {

using reel::num_threads;
using reel::set_num_threads;

/// How many threads libraries started before main, as a BLAS may.
const int alive_before_main = alive;

/// Lets so many threads live at the same time, besides main's and those.
void allow(int threads) { most_alive = alive_before_main + threads; }

/// Says that a mode cannot run here.
int skipped(const char* why) {
  std::fprintf(stderr, "skipped: %s\n", why);
  return 0;
}

/// OMP_NUM_THREADS, or what the process may keep busy.
int number_by_default() {
  if (const char* wanted = std::getenv("OMP_NUM_THREADS")) {
    require(num_threads() == std::atoi(wanted), "OMP_NUM_THREADS");
    unsetenv("OMP_NUM_THREADS");
    start_anew();
  }
  require(num_threads() == reel::kernels::available_cpus(), "the processors that are available");
  return 0;
}

int number_of_openmp() {
  setenv("OMP_NUM_THREADS", "2", 1);
  omp_set_num_threads(3);
  require(num_threads() == 3, "what the program has told OpenMP before");
  return 0;
}

/// Twice as many threads are tried as are needed, once.
int trials() {
#if !defined(__clang__)  // LLVM's pool may have a thread more
  set_num_threads(4);
  const int before = created;
  pointwise();
  require(created - before == 2 * 3 + 3, "the threads that are tried, and those of the pool");
  for (int i = 0; i < 50; ++i) pointwise();
  require(created - before == 2 * 3 + 3, "no further threads");
#endif
  return 0;
}

int trials_have_the_stacks_of_the_pool() {
  if (!std::getenv("OMP_STACKSIZE")) {
    setenv("OMP_STACKSIZE", " 24 m ", 1);
    start_anew();
  }
  least_stack = std::numeric_limits<std::size_t>::max();
  set_num_threads(4);
  pointwise();
  require(least_stack == largest_stack, "the stacks of the threads that are tried");
  return 0;
}

/// One pool serves Reel, oneDNN and BLAS.
int one_pool() {
  if (has_foreign_threads()) return skipped("a library has threads of its own");
  set_num_threads(3);
  for (int i = 0; i < 3; ++i) {
    everything();
    pointwise();
    wait_until([] { return tasks() == 3; });  // others may leave just now
  }
  return 0;
}

int few_threads_start() {
  allow(4);
  set_num_threads(8);
  everything();
  require(num_threads() == 3, "as many threads as started");
  {
    const reel::ThreadLimit limit(6);
    everything();
  }
  allow(10);
  set_num_threads(8);  // tries again
  everything();
  // 6, or fewer on a busy machine, where threads of the former pool that end still count.
  require(num_threads() > 3 && num_threads() <= 6, "more threads later");
  return 0;
}

int no_thread_starts() {
  allow(0);
  set_num_threads(8);
  everything();
  require(num_threads() == 1, "no thread but its own");
  return 0;
}

/// The pool of a second thread finds that the first one's has taken what there was.
int second_pool() {
  allow(6);
  set_num_threads(4);
  everything();
  pointwise();  // on all of them
  require(num_threads() == 4, "the threads of the first pool");
  std::thread(everything).join();
  require(num_threads() <= 2, "the threads that were left");  // 2, or 1 where threads that end still count
  everything();
  return 0;
}

/// The pool that a fork has ended finds that fewer threads start than before.
int fewer_after_a_fork() {
  set_num_threads(4);
  pointwise();
  in_child(pointwise);
  allow(2);
  everything();
  require(num_threads() <= 2, "the threads after a fork");  // as above
  return 0;
}

int oneDNN_comes_first() {
  allow(2);
  set_num_threads(8);
  convolution(4);
  big_product();
  require(num_threads() == 2, "the threads of a convolution");
  return 0;
}

int no_memory_for_stacks() {
  if (std::getenv("OMP_STACKSIZE")) {
    unsetenv("OMP_STACKSIZE");
    start_anew();
  }
  constexpr std::size_t stack = 8 << 20;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  require(pthread_attr_setstacksize(&attributes, stack) == 0 && pthread_setattr_default_np(&attributes) == 0, "stacks");
  set_num_threads(1);
  pointwise();  // what it takes of memory is kept
  set_num_threads(64);
  rlim_t pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    require(std::fscanf(file, "%lu", &pages) == 1, "statm");
    std::fclose(file);
  }
  rlimit limit{};
  require(getrlimit(RLIMIT_AS, &limit) == 0, "getrlimit");
  limit.rlim_cur = std::min(limit.rlim_max, pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + 5 * stack);
  require(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit");
  pointwise();
  require(num_threads() < 64, "as many threads as there are stacks for");
  return 0;
}

/// A limit on the processes of a user, which the superuser does not have.
int no_more_processes() {
  rlimit limit{};
  require(getrlimit(RLIMIT_NPROC, &limit) == 0, "getrlimit");
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4);
  require(setrlimit(RLIMIT_NPROC, &limit) == 0, "setrlimit");
  // A user who has no other processes.
  if (geteuid() != 0 || setuid(40'000 + static_cast<uid_t>(getpid()) % 20'000) != 0) {
    return skipped("only the superuser can become a user without processes");
  }
  set_num_threads(16);
  everything();
  require(num_threads() == 2, "half as many threads as processes");
  std::thread([] { everything(); }).join();
  return 0;
}

}  // namespace

std::span<const Mode> thread_modes() {
  static constexpr Mode modes[] = {
      {"number_by_default", number_by_default},
      {"number_of_openmp", number_of_openmp},
      {"trials", trials},
      {"trials_have_the_stacks_of_the_pool", trials_have_the_stacks_of_the_pool},
      {"one_pool", one_pool},
      {"few_threads_start", few_threads_start},
      {"no_thread_starts", no_thread_starts},
      {"second_pool", second_pool},
      {"fewer_after_a_fork", fewer_after_a_fork},
      {"oneDNN_comes_first", oneDNN_comes_first},
      {"no_memory_for_stacks", no_memory_for_stacks},
      {"no_more_processes", no_more_processes},
  };
  return modes;
}

}  // namespace process
