// Signals of the operating system as errors of a kernel.

#include "simt/fault.h"

#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "sanitizer.h"
#include "simt/fiber.h"

namespace emulation {
namespace {

constexpr std::array<int, 3> kSignals{SIGSEGV, SIGBUS, SIGFPE};

void (*stop_function)(const std::string&);
pthread_t kernel_thread;
alignas(16) std::array<std::byte, 64 * 1024> signal_stack;  // a thread may have used up its own

std::string describe(int signal, const void* address) {
  if (signal == SIGFPE) return "an integer was divided by zero";
  if (fiber::is_overflow(address)) return "the thread needs more stack than there is";
  char text[64];
  std::snprintf(text, sizeof text, "an access to %p, where there is no memory", address);
  return text;
}

void handle(int signal, siginfo_t* info, void*) {
  if (pthread_equal(pthread_self(), kernel_thread)) stop_function(describe(signal, info->si_addr));
  ::signal(signal, SIG_DFL);  // not the kernel's: it happens again, and ends the program
}

}  // namespace

FaultHandler::FaultHandler(void (*stop)(const std::string&)) {
  if (sanitizer::kAny) return;
  stop_function = stop;
  kernel_thread = pthread_self();
  stack_t stack{};
  stack.ss_sp = signal_stack.data();
  stack.ss_size = signal_stack.size();
  sigaltstack(&stack, &old_stack_);
  struct sigaction action {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;  // `stop` never returns to unblock the signal
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &old_actions_[i]);
}

FaultHandler::~FaultHandler() {
  if (sanitizer::kAny) return;
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &old_actions_[i], nullptr);
  sigaltstack(&old_stack_, nullptr);
}

}  // namespace emulation
