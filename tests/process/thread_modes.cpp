// Threads that the system does not start.

#include <dlfcn.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <memory>
#include <thread>

#include <reel/reel.h>

#include "modes.h"
#include "work.h"

namespace {

std::atomic<int> alive{0}, most_alive{std::numeric_limits<int>::max()};

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
  }
  return failure;
}

namespace process {
namespace {

using reel::num_threads;
using reel::set_num_threads;

int few_threads_start() {
  most_alive = 4;
  set_num_threads(8);
  everything();
  require(num_threads() == 3, "as many threads as started");
  {
    const reel::ThreadLimit limit(6);
    everything();
  }
  most_alive = 10;
  set_num_threads(8);  // tries again
  everything();
  // 6, or fewer on a busy machine, where threads of the former pool that end still count.
  require(num_threads() > 3 && num_threads() <= 6, "more threads later");
  return 0;
}

int no_thread_starts() {
  most_alive = 0;
  set_num_threads(8);
  everything();
  require(num_threads() == 1, "no thread but its own");
  return 0;
}

/// The pool of a second thread finds that the first one's has taken what there was.
int second_pool() {
  most_alive = 6;
  set_num_threads(4);
  everything();
  pointwise();  // on all of them
  require(num_threads() == 4, "the threads of the first pool");
  std::thread(everything).join();
  require(num_threads() <= 2, "the threads that were left");  // 2, or 1 where threads that end still count
  everything();
  return 0;
}

int oneDNN_comes_first() {
  most_alive = 2;
  set_num_threads(8);
  convolution(4);
  product(1024);
  require(num_threads() == 2, "the threads of a convolution");
  return 0;
}

int no_memory_for_stacks() {
  set_num_threads(1);
  pointwise();  // what it takes of memory is kept
  set_num_threads(64);
  long pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    require(std::fscanf(file, "%ld", &pages) == 1, "statm");
    std::fclose(file);
  }
  const rlim_t stacks = 40u << 20;  // of 8 MiB each
  const rlimit limit{static_cast<rlim_t>(pages) * 4096 + stacks, RLIM_INFINITY};
  require(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit");
  pointwise();
  require(num_threads() < 64, "as many threads as there are stacks for");
  return 0;
}

/// A limit on the processes of a user, which the superuser does not have.
int no_more_processes() {
  if (geteuid() != 0) return 0;
  const rlimit limit{4, 4};
  require(setrlimit(RLIMIT_NPROC, &limit) == 0 && setuid(54321) == 0, "setuid");
  set_num_threads(16);
  everything();
  require(num_threads() == 2, "half as many threads as processes");
  std::thread([] { everything(); }).join();
  return 0;
}

}  // namespace

std::span<const Mode> thread_modes() {
  static constexpr Mode modes[] = {
      {"few_threads_start", few_threads_start},
      {"no_thread_starts", no_thread_starts},
      {"second_pool", second_pool},
      {"oneDNN_comes_first", oneDNN_comes_first},
      {"no_memory_for_stacks", no_memory_for_stacks},
      {"no_more_processes", no_more_processes},
  };
  return modes;
}

}  // namespace process
