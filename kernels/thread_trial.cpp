// Threads that are started to see whether they can be.

#include <reel/kernels/thread_trial.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <new>

namespace reel::kernels {
namespace {

struct Thread {
  const std::atomic<bool>* over = nullptr;
  std::atomic<pid_t> id{0};
  pthread_t handle{};
};

void* wait_for_end(void* argument) {
  auto& self = *static_cast<Thread*>(argument);
  self.id = gettid();
  self.over->wait(false);
  return nullptr;
}

}  // namespace

std::size_t stack_size_of(const char* value) {
  while (std::isspace(static_cast<unsigned char>(*value))) ++value;
  if (!std::isdigit(static_cast<unsigned char>(*value))) return 0;
  char* unit = nullptr;
  const std::size_t number = std::strtoull(value, &unit, 10);
  while (std::isspace(static_cast<unsigned char>(*unit))) ++unit;
  switch (std::toupper(static_cast<unsigned char>(*unit))) {
    case 'B':
      return number;
    case '\0':
    case 'K':
      return number << 10;
    case 'M':
      return number << 20;
    case 'G':
      return number << 30;
    default:
      return 0;
  }
}

int start_at_once(int count) {
  const std::unique_ptr<Thread[]> threads(new (std::nothrow) Thread[static_cast<std::size_t>(count)]);
  if (!threads) return 0;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  // A size that is too small has no effect, here and in OpenMP.
  if (const char* size = std::getenv("OMP_STACKSIZE")) pthread_attr_setstacksize(&attributes, stack_size_of(size));
  std::atomic<bool> over{false};
  int started = 0;
  for (; started < count; ++started) {
    Thread& thread = threads[static_cast<std::size_t>(started)];
    thread.over = &over;
    if (pthread_create(&thread.handle, &attributes, &wait_for_end, &thread) != 0) break;
  }
  pthread_attr_destroy(&attributes);
  over = true;
  over.notify_all();
  for (int i = 0; i < started; ++i) pthread_join(threads[static_cast<std::size_t>(i)].handle, nullptr);
  // The system counts a thread a little longer than join waits for it.
  for (int i = 0; i < started; ++i) {
    const pid_t id = threads[static_cast<std::size_t>(i)].id;
    for (int tries = 0; tries < 1000 && tgkill(getpid(), id, 0) == 0; ++tries) sched_yield();
  }
  return started;
}

}  // namespace reel::kernels
