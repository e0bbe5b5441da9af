// Stacks, and the switch from one to another.

#include "simt/fiber.h"

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

#include "sanitizer.h"

namespace emulation::fiber {

struct Stack {
  std::byte* begin;  // what lies below it cannot be touched
  std::byte* top;
  void* fiber;  // ThreadSanitizer's
};

namespace {

constexpr std::size_t kGuard = 64 * 1024;        // whole pages of any processor
constexpr std::size_t kStackBytes = 256 * 1024;  // what is never touched takes no memory
// Stacks whose tops were a power of two apart would share a few sets of the cache.
constexpr std::size_t kStagger = 320, kStaggers = 48;

struct Pool {
  std::vector<Stack*> all, free;
};

Pool& pool() {
  static auto* instance = new Pool;  // kernels may still run while static objects are destroyed
  return *instance;
}

Stack* running = nullptr;          // null: that of the operating system's thread
void (*entry_of_new)() = nullptr;  // what `start` starts
struct {                           // the stack of the operating system's thread that runs the fibers
  const void* begin;
  std::size_t bytes;
  void* fiber;
} own;

Stack* take_stack() {
  auto& [all, free] = pool();
  if (!free.empty()) {
    Stack* stack = free.back();
    free.pop_back();
    return stack;
  }
  void* memory =
      mmap(nullptr, kGuard + kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory, kGuard, PROT_NONE) != 0) throw std::bad_alloc();
  std::byte* begin = static_cast<std::byte*>(memory) + kGuard;
  auto* stack = new Stack{begin, begin + kStackBytes - kStagger * (all.size() % kStaggers), nullptr};
  all.push_back(stack);
  return stack;
}

#if defined(EMULATION_UCONTEXT)

void prepare(Context& context, void (*code)()) {
  getcontext(&context.registers);
  context.registers.uc_stack.ss_sp = context.stack->begin;
  context.registers.uc_stack.ss_size = static_cast<std::size_t>(context.stack->top - context.stack->begin);
  context.registers.uc_link = nullptr;
  makecontext(&context.registers, code, 0);
}

void switch_registers(Context& here, Context& there) { swapcontext(&here.registers, &there.registers); }

#elif defined(__x86_64__)

// Pushes the registers that a function must preserve, changes the stack, and pops them there. Every call has its
// return: the processor guesses where they lead.
extern "C" void emulation_switch_stack(void** here, void* there);
asm(R"(
  .text
  .type emulation_switch_stack, @function
emulation_switch_stack:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
  .size emulation_switch_stack, . - emulation_switch_stack
)");

void prepare(Context& context, void (*code)()) {
  constexpr int kRegisters = 6;
  auto* slot = reinterpret_cast<void**>(context.stack->top);
  *--slot = nullptr;  // where `code` would return to; stacks are aligned to 16 bytes before a call
  *--slot = reinterpret_cast<void*>(code);
  for (int i = 0; i < kRegisters; ++i) *--slot = nullptr;
  context.stack_pointer = slot;
}

void switch_registers(Context& here, Context& there) {
  emulation_switch_stack(&here.stack_pointer, there.stack_pointer);
}

#else  // aarch64

extern "C" void emulation_switch_stack(void** here, void* there);
asm(R"(
  .text
  .type emulation_switch_stack, @function
emulation_switch_stack:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
  .size emulation_switch_stack, . - emulation_switch_stack
)");

void prepare(Context& context, void (*code)()) {
  constexpr int kRegisters = 20, kLinkRegister = 11;  // x19 to x30, d8 to d15
  auto* slot = reinterpret_cast<void**>(context.stack->top) - kRegisters;
  for (int i = 0; i < kRegisters; ++i) slot[i] = nullptr;
  slot[kLinkRegister] = reinterpret_cast<void*>(code);
  context.stack_pointer = slot;
}

void switch_registers(Context& here, Context& there) {
  emulation_switch_stack(&here.stack_pointer, there.stack_pointer);
}

#endif

/// `kept` is where AddressSanitizer keeps what belongs to the stack that is left, null if it is left for good.
void change_stack(Context& here, Context& there, void** kept) {
  running = there.stack;
  if (running) {
    sanitizer::before_switch(kept, running->begin, kStackBytes);
    sanitizer::switch_fiber(running->fiber);
  } else {
    sanitizer::before_switch(kept, own.begin, own.bytes);
    sanitizer::switch_fiber(own.fiber);
  }
  switch_registers(here, there);
}

/// The first function on a stack.
void begin() {
  const void* old_begin = nullptr;
  std::size_t old_bytes = 0;
  sanitizer::after_switch(nullptr, &old_begin, &old_bytes);
  if (!own.begin) own.begin = old_begin, own.bytes = old_bytes;
  entry_of_new();
}

}  // namespace

void start(Context& here, void (*entry)()) {
  Context fresh;
  fresh.stack = take_stack();
  fresh.stack->fiber = sanitizer::new_fiber(fresh.stack->fiber);
  prepare(fresh, begin);
  entry_of_new = entry;
  here.stack = running;
  if (!running) own = {nullptr, 0, sanitizer::current_fiber()};  // `begin` learns the rest
  change_stack(here, fresh, &here.sanitizer);
  sanitizer::after_switch(here.sanitizer, nullptr, nullptr);
}

void switch_to(Context& here, Context& there) {
  here.stack = running;
  change_stack(here, there, &here.sanitizer);
  sanitizer::after_switch(here.sanitizer, nullptr, nullptr);
}

void finish(Context& there) {
  static Context ended;            // not on the stack, of which sanitizers let nothing remain
  pool().free.push_back(running);  // nobody takes it before the switch
  // The functions that have called this one never return, so that nothing else takes the poison off their variables.
  constexpr std::size_t kOwnFrames = 512;
  const auto* used = static_cast<const std::byte*>(__builtin_frame_address(0)) - kOwnFrames;
  sanitizer::unpoison(used, static_cast<std::size_t>(running->top - used));
  change_stack(ended, there, nullptr);
  __builtin_unreachable();
}

void abandon(Context& context) {
  if (!context.stack) return;
  sanitizer::unpoison(context.stack->begin, kStackBytes);
  pool().free.push_back(context.stack);
  context.stack = nullptr;
}

bool is_overflow(const void* address) {
  const auto* at = static_cast<const std::byte*>(address);
  for (const Stack* stack : pool().all) {
    if (at >= stack->begin - kGuard && at < stack->begin) return true;
  }
  return false;
}

}  // namespace emulation::fiber
