#pragma once

#if !(defined(__x86_64__) || defined(__aarch64__)) || defined(EMULATION_USE_UCONTEXT)
#define EMULATION_UCONTEXT 1
#include <ucontext.h>
#endif

/// Stacks of their own for the threads of a block, between which one thread of the operating system switches. The
/// functions are for one caller at a time; whoever calls them holds a lock.
namespace emulation::fiber {

struct Stack;

/// Where code goes on that has stopped running.
struct Context {
  Stack* stack = nullptr;  // null: that of the operating system's thread
#ifdef EMULATION_UCONTEXT
  ucontext_t registers;
#else
  void* stack_pointer = nullptr;  // the registers lie there
#endif
  void* sanitizer = nullptr;  // what AddressSanitizer keeps for a stack
};

/// Runs `entry`, which never returns, on a stack from the pool. Comes back when somebody switches to `here`.
void start(Context& here, void (*entry)());

/// Goes on at `there`. Comes back when somebody switches to `here`.
void switch_to(Context& here, Context& there);

/// Ends the running fiber: gives its stack back and goes on at `there`.
[[noreturn]] void finish(Context& there);

/// Gives the stack of a fiber back that will never go on. Nothing on it is destroyed.
void abandon(Context& context);

/// Whether `address` lies right below a stack: its fiber needed more than there is.
bool is_overflow(const void* address);

}  // namespace emulation::fiber
