// Calls of oneDNN and BLAS at the end of a program. Both free what they need then, whatever still runs; the library
// registers that it waits for them.

#include <dlfcn.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>

#include <reel/reel.h>

#include "work.h"

namespace {

std::atomic<bool> no_onednn{false}, no_blas{false};  // calls end the process with 1
std::atomic<bool> lingers{false};                    // calls take half a second, then end the process with 0
std::atomic<bool> stuck{false};                      // calls never end
std::atomic<int> inside{0};                          // those that do one or the other
std::atomic<int> sleeps{0};                          // of a thread that waits for those that never end

// Whatever is registered for the end of the program takes its time, and others wait meanwhile, as for the C
// library's lock, which a fork does not take either.
std::atomic<bool> registers_slowly{false};
std::mutex registration;

void call_of(const std::atomic<bool>& forbidden) {
  if (forbidden) std::_Exit(1);
  if (lingers) {
    ++inside;
    usleep(500'000);
    std::_Exit(0);
  }
  if (stuck) {
    ++inside;
    for (;;) pause();
  }
}

/// The library's own function.
template <class Function> Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

// These stand in for the libraries' functions.
extern "C" {

int __cxa_atexit(void (*run)(void*), void* argument, void* library) noexcept {
  static auto* const real = next<int(void (*)(void*), void*, void*)>("__cxa_atexit");
  if (!registers_slowly) return real(run, argument, library);
  const std::scoped_lock lock(registration);
  usleep(300);
  return real(run, argument, library);
}

int nanosleep(const timespec* time, timespec* rest) {
  static auto* const real = next<int(const timespec*, timespec*)>("nanosleep");
  if (stuck && ++sleeps > 12'000) std::_Exit(1);
  return real(time, rest);
}

int dnnl_primitive_execute(const void* primitive, void* stream, int count, const void* arguments) {
  call_of(no_onednn);
  static auto* const real = next<decltype(dnnl_primitive_execute)>("dnnl_primitive_execute");
  return real(primitive, stream, count, arguments);
}

int dnnl_sgemm(char transa, char transb, std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const float* a,
               std::int64_t lda, const float* b, std::int64_t ldb, float beta, float* c, std::int64_t ldc) {
  call_of(no_onednn);
  static auto* const real = next<decltype(dnnl_sgemm)>("dnnl_sgemm");
  return real(transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void sgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k, const float* alpha,
            const float* a, const int* lda, const float* b, const int* ldb, const float* beta, float* c,
            const int* ldc) {
  call_of(no_blas);
  static auto* const real = next<decltype(sgemm_)>("sgemm_");
  real(transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void dgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k, const double* alpha,
            const double* a, const int* lda, const double* b, const int* ldb, const double* beta, double* c,
            const int* ldc) {
  call_of(no_blas);
  static auto* const real = next<decltype(dgemm_)>("dgemm_");
  real(transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
}

namespace process {
namespace {

// Of the products here, `product_f64` calls BLAS, `small_product` oneDNN if there is one.

/// main returns amid a call, whose end makes the process end with 0.
template <void (*Work)()> int end_waits() {
  lingers = true;
  compute_for_ever<Work>();
  wait_until([] { return inside >= 1; });
  return 1;
}

/// The end takes ten seconds in all, that is as many thousand sleeps, however many primitives oneDNN has made and in
/// however many libraries calls never end.
int end_gives_up() {
  for (int i = 0; i < 20; ++i) new_shapes();
  stuck = true;
  compute_for_ever<small_product>();
  wait_until([] { return inside >= 1; });
  compute_for_ever<product_f64>();
  wait_until([] { return inside >= 2; });
  return 0;
}

int static_computes_without_onednn() {
  static const AtEnd end{[] {
    no_onednn = true;
    everything();
  }};
  everything();
  return 0;
}

int fork_while_others_register() {
  everything();
  new_shapes();
  registers_slowly = true;
  const Busy busy(new_shapes, 2);
  for (int i = 0; i < 10; ++i) {
    in_child([] {
      new_shapes();
      new_shapes();
    });
  }
  return 0;
}

/// Calls `f` when the program ends, after all destructors: a file is flushed.
void call_at_the_very_end(void (*f)()) {
  const auto call = [](void* function, const char*, std::size_t n) {
    reinterpret_cast<void (*)()>(function)();
    return static_cast<ssize_t>(n);
  };
  std::FILE* file = fopencookie(reinterpret_cast<void*>(f), "w", {.read = {}, .write = call, .seek = {}, .close = {}});
  require(file && std::fputs("x", file) >= 0, "a file");
}

/// The thread that ends the program multiplies.
int last_computes_without_blas() {
  call_at_the_very_end([] {
    no_blas = true;
    small_product();
    product_f64();
    backward();
  });
  everything();
  return 0;
}

/// So do other threads.
int others_compute_without_blas() {
  call_at_the_very_end([] {
    no_blas = true;
    const int before = rounds;
    wait_until([&] { return rounds >= before + 2; });
  });
  compute_for_ever<product_f64>();
  wait_until([] { return rounds >= 3; });
  return 0;
}

}  // namespace

std::span<const Mode> library_modes() {
  static constexpr Mode modes[] = {
      {"end_waits_for_a_product", end_waits<small_product>},
      {"end_waits_for_a_product_f64", end_waits<product_f64>},
      {"end_gives_up", end_gives_up},
      {"fork_while_others_register", fork_while_others_register},
      {"static_computes_without_onednn", static_computes_without_onednn},
      {"last_computes_without_blas", last_computes_without_blas},
      {"others_compute_without_blas", others_compute_without_blas},
  };
  return modes;
}

}  // namespace process
