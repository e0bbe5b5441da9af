#pragma once

#include <cmath>

/// The mathematical functions of the scalar functors. With g++ and glibc on x86-64 they carry an attribute that lets a
/// `#pragma omp simd` loop call glibc's vector versions (libmvec, at most 4 ulp), some 0.2 ns an element instead of 9,
/// without intrinsics or -ffast-math. Vector body and scalar tail may differ in the last bit.
#if defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__) && defined(__x86_64__) && defined(__GLIBC__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__) /* under ASan the clones only cost time */
#if __GLIBC_PREREQ(2, 35)
#define REEL_VECTOR_MATH 1
#endif
#endif

#ifdef REEL_VECTOR_MATH
/// Compiles a leaf function for each x86-64 level and chooses when the program is loaded, so one binary is fast
/// everywhere. (Clang rejects it on templates; under ThreadSanitizer such programs crash before main.)
#define REEL_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), noinline))

// What glibc's headers declare only under -ffast-math.
#define REEL_SIMD __attribute__((simd("notinbranch")))
extern "C" {
REEL_SIMD float expf(float) noexcept;
REEL_SIMD float expm1f(float) noexcept;
REEL_SIMD float logf(float) noexcept;
REEL_SIMD float log1pf(float) noexcept;
REEL_SIMD float log2f(float) noexcept;
REEL_SIMD float sinf(float) noexcept;
REEL_SIMD float cosf(float) noexcept;
REEL_SIMD float tanf(float) noexcept;
REEL_SIMD float asinf(float) noexcept;
REEL_SIMD float acosf(float) noexcept;
REEL_SIMD float atanf(float) noexcept;
REEL_SIMD float sinhf(float) noexcept;
REEL_SIMD float coshf(float) noexcept;
REEL_SIMD float tanhf(float) noexcept;
REEL_SIMD float erff(float) noexcept;
REEL_SIMD float erfcf(float) noexcept;
REEL_SIMD float powf(float, float) noexcept;
REEL_SIMD float atan2f(float, float) noexcept;
REEL_SIMD double exp(double) noexcept;
REEL_SIMD double expm1(double) noexcept;
REEL_SIMD double log(double) noexcept;
REEL_SIMD double log1p(double) noexcept;
REEL_SIMD double log2(double) noexcept;
REEL_SIMD double sin(double) noexcept;
REEL_SIMD double cos(double) noexcept;
REEL_SIMD double tan(double) noexcept;
REEL_SIMD double asin(double) noexcept;
REEL_SIMD double acos(double) noexcept;
REEL_SIMD double atan(double) noexcept;
REEL_SIMD double sinh(double) noexcept;
REEL_SIMD double cosh(double) noexcept;
REEL_SIMD double tanh(double) noexcept;
REEL_SIMD double erf(double) noexcept;
REEL_SIMD double erfc(double) noexcept;
REEL_SIMD double pow(double, double) noexcept;
REEL_SIMD double atan2(double, double) noexcept;
}
#undef REEL_SIMD
#else
#define REEL_VECTOR_CLONES
#endif

namespace reel::kernels {

/// Whether the clones that run here have 32 registers of 512 bits, for loops that keep their sums in registers.
inline bool has_wide_vectors() {
#ifdef REEL_VECTOR_MATH
  static const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
  return wide;
#else
  return false;
#endif
}

}  // namespace reel::kernels

#include <reel/kernels/exponential.h>
#include <reel/tensor/core/host_device.h>

namespace reel::kernels::math {

// One name for f32 and f64, bound to the C functions that have vector versions, or to a better one.
#ifdef __CUDACC__
REEL_HD inline float exp(float x) { return ::expf(x); }
#else
inline float exp(float x) { return full_exp(x); }
#endif
REEL_HD inline double exp(double x) { return ::exp(x); }
REEL_HD inline float expm1(float x) { return ::expm1f(x); }
REEL_HD inline double expm1(double x) { return ::expm1(x); }
REEL_HD inline float log(float x) { return ::logf(x); }
REEL_HD inline double log(double x) { return ::log(x); }
REEL_HD inline float log1p(float x) { return ::log1pf(x); }
REEL_HD inline double log1p(double x) { return ::log1p(x); }
REEL_HD inline float log2(float x) { return ::log2f(x); }
REEL_HD inline double log2(double x) { return ::log2(x); }
REEL_HD inline float sin(float x) { return ::sinf(x); }
REEL_HD inline double sin(double x) { return ::sin(x); }
REEL_HD inline float cos(float x) { return ::cosf(x); }
REEL_HD inline double cos(double x) { return ::cos(x); }
REEL_HD inline float tan(float x) { return ::tanf(x); }
REEL_HD inline double tan(double x) { return ::tan(x); }
REEL_HD inline float asin(float x) { return ::asinf(x); }
REEL_HD inline double asin(double x) { return ::asin(x); }
REEL_HD inline float acos(float x) { return ::acosf(x); }
REEL_HD inline double acos(double x) { return ::acos(x); }
REEL_HD inline float atan(float x) { return ::atanf(x); }
REEL_HD inline double atan(double x) { return ::atan(x); }
REEL_HD inline float sinh(float x) { return ::sinhf(x); }
REEL_HD inline double sinh(double x) { return ::sinh(x); }
REEL_HD inline float cosh(float x) { return ::coshf(x); }
REEL_HD inline double cosh(double x) { return ::cosh(x); }
#ifdef __CUDACC__
REEL_HD inline float tanh(float x) { return ::tanhf(x); }
#else
inline float tanh(float x) { return full_tanh(x); }
#endif
REEL_HD inline double tanh(double x) { return ::tanh(x); }
REEL_HD inline float erf(float x) { return ::erff(x); }
REEL_HD inline double erf(double x) { return ::erf(x); }
REEL_HD inline float erfc(float x) { return ::erfcf(x); }
REEL_HD inline double erfc(double x) { return ::erfc(x); }
REEL_HD inline float pow(float x, float y) { return ::powf(x, y); }
REEL_HD inline double pow(double x, double y) { return ::pow(x, y); }
REEL_HD inline float atan2(float y, float x) { return ::atan2f(y, x); }
REEL_HD inline double atan2(double y, double x) { return ::atan2(y, x); }
REEL_HD inline float sqrt(float x) { return ::sqrtf(x); }
REEL_HD inline double sqrt(double x) { return ::sqrt(x); }
REEL_HD inline float fabs(float x) { return ::fabsf(x); }
REEL_HD inline double fabs(double x) { return ::fabs(x); }
REEL_HD inline float floor(float x) { return ::floorf(x); }
REEL_HD inline double floor(double x) { return ::floor(x); }
REEL_HD inline float ceil(float x) { return ::ceilf(x); }
REEL_HD inline double ceil(double x) { return ::ceil(x); }
/// Halves to even, as PyTorch and IEEE 754 have it.
REEL_HD inline float nearbyint(float x) { return ::nearbyintf(x); }
REEL_HD inline double nearbyint(double x) { return ::nearbyint(x); }
REEL_HD inline float fmod(float x, float y) { return ::fmodf(x, y); }
REEL_HD inline double fmod(double x, double y) { return ::fmod(x, y); }
/// x * y + z, rounded once.
REEL_HD inline float fma(float x, float y, float z) { return ::fmaf(x, y, z); }
REEL_HD inline double fma(double x, double y, double z) { return ::fma(x, y, z); }

}  // namespace reel::kernels::math
