#pragma once

#include <utility>

#include <reel/tensor/core/dtype.h>

namespace reel {

/// The dtype that products and convolutions round f32 factors to; each thread has its own setting.
///
/// Under `bf16` they round both factors of f32 tensors to bf16, sum in f32 and return f32: on processors with
/// AVX512_BF16 or AMX, and on GPUs, several times faster, with errors of up to 2^-8 of each factor. Under `f16` errors
/// are up to 2^-11, but factors, gradients among them, beyond 65504 are infinite and below 6e-8 zero: train with
/// `optim::GradScaler`. It is meant for GPUs; CPUs convert the factors back. That concerns
/// matmul, bmm, addmm, linear, einsum, attention, recurrent networks, convolutions and transposed convolutions, and
/// whatever is made of them; not outer, which is elementwise. Everything else, parameters and gradients included, stays
/// f32, as do tensors of other dtypes. An operation's backward, and gradients of gradients, round as its forward did,
/// wherever and on whatever thread backward is called.
class Autocast {
 public:
  /// bf16 or f16, or f32 where nothing is rounded; `set` changes that and returns the former value. A DTypeError for
  /// others.
  static DType dtype() { return dtype_; }
  static DType set(DType dtype) {
    if (dtype != DType::f32 && !kHalf.contains(dtype)) fail(dtype);
    return std::exchange(dtype_, dtype);
  }

 private:
  [[noreturn]] static void fail(DType dtype);

  // Initial-exec: access takes one instruction instead of a call.
  [[gnu::tls_model("initial-exec")]] static inline constinit thread_local DType dtype_ = DType::f32;
};

/// Sets what this thread rounds to for a scope: bf16, f16, or f32 for a part of such a scope that is to be exact.
class [[nodiscard]] AutocastGuard {
 public:
  /// Until the guard dies.
  explicit AutocastGuard(DType dtype) : former_(Autocast::set(dtype)) {}
  ~AutocastGuard() { Autocast::set(former_); }
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  DType former_;
};

/// `autocast(DType::bf16, [&] { ... })` runs a function under such a guard and returns its result.
template <class F> decltype(auto) autocast(DType dtype, F&& f) {
  const AutocastGuard guard(dtype);
  return std::forward<F>(f)();
}

}  // namespace reel
