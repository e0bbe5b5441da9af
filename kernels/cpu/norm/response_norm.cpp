// Local response normalisation on the CPU.

#include <reel/kernels/response_norm.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/vector_math.h>

namespace reel::kernels::cpu {
namespace {

/// Processes one block [channels, inner] of n elements at a time. The neighbours of element i are i + k * inner, where
/// that is inside the block.
template <class T> struct ResponseNorm {
  const ResponseNormArgs& args;
  const std::int64_t n = args.channels * args.inner;
  const std::int64_t before = args.size / 2, after = (args.size - 1) / 2;
  const T scale = static_cast<T>(args.alpha / static_cast<double>(args.size));

  REEL_VECTOR_CLONES static void add_squares(const T* x, std::int64_t n, T* sum) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) sum[i] += x[i] * x[i];
  }

  REEL_VECTOR_CLONES static void add(const T* x, std::int64_t n, T* sum) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) sum[i] += x[i];
  }

  static constexpr T not_a_number = std::numeric_limits<T>::quiet_NaN();

  /// Replaces sum by s = k + scale * sum, and computes power = s^-beta. Returns how many elements need f64.
  REEL_VECTOR_CLONES static int powers(T* sum, std::int64_t n, T k, T scale, T beta, T* power) {
    int wide = 0;
#pragma omp simd reduction(+ : wide)
    for (std::int64_t i = 0; i < n; ++i) {
      sum[i] = k + scale * sum[i];
      const T value = math::pow(sum[i], -beta);
      power[i] = needs_wide_response(sum[i]) ? not_a_number : value;
      wide += needs_wide_response(sum[i]);
    }
    return wide;
  }

  /// The same for beta = 3/4.
  REEL_VECTOR_CLONES static int powers_of_three_quarters(T* sum, std::int64_t n, T k, T scale, T* power) {
    int wide = 0;
#pragma omp simd reduction(+ : wide)
    for (std::int64_t i = 0; i < n; ++i) {
      sum[i] = k + scale * sum[i];
      const T value = inverse_three_quarters_power(sum[i]);
      power[i] = needs_wide_response(sum[i]) ? not_a_number : value;
      wide += needs_wide_response(sum[i]);
    }
    return wide;
  }

  int powers_of(T* sum, T* power) const {
    const T k = static_cast<T>(args.k);
    if (args.beta == 0.75) return powers_of_three_quarters(sum, n, k, scale, power);
    return powers(sum, n, k, scale, static_cast<T>(args.beta), power);
  }

  /// Replaces the results that are NaN by `element(response, channel, column)`.
  template <class Element> void widen(T* out, Element element) const {
    const WideResponse response{args.channels, before, after, args.alpha / static_cast<double>(args.size),
                                args.beta,     args.k};
    for (std::int64_t i = 0; i < n; ++i) {
      if (std::isnan(out[i])) out[i] = static_cast<T>(element(response, i / args.inner, i % args.inner));
    }
  }
  /// The channels of a column of a block.
  auto column_of(const T* block, std::int64_t column) const {
    return
        [block, column, inner = args.inner](std::int64_t c) { return static_cast<double>(block[c * inner + column]); };
  }

  REEL_VECTOR_CLONES static void multiply(const T* x, const T* power, std::int64_t n, T* y) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] * power[i];
  }

  /// Replaces s by grad * x * s^(-beta - 1).
  REEL_VECTOR_CLONES static void products(const T* x, const T* grad, const T* power, std::int64_t n, T* s) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) s[i] = grad[i] * x[i] * power[i] / s[i];
  }

  REEL_VECTOR_CLONES static void finish_grad(const T* x, const T* grad, const T* power, const T* window, std::int64_t n,
                                             T factor, T* out) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] = grad[i] * power[i] - factor * x[i] * window[i];
  }

  /// sum[i] = the sum over the channels from c - first to c + last of `add_run`'s terms, where c is the channel of i.
  template <class Add> void window(const T* x, std::int64_t first, std::int64_t last, T* sum, Add add_run) const {
    std::fill_n(sum, n, T(0));
    for (std::int64_t c = -first; c <= last; ++c) {
      const std::int64_t shift = c * args.inner, from = std::max<std::int64_t>(0, -shift), to = std::min(n, n - shift);
      if (from < to) add_run(x + from + shift, to - from, sum + from);
    }
  }

  template <class Body> void for_each_block(Body&& body) const {
    parallel_for(args.blocks, std::max<std::int64_t>(1, kGrain / 4 / n), [&](std::int64_t begin, std::int64_t end) {
      const Scratch<T> scratch(3 * n);
      for (std::int64_t block = begin; block < end; ++block) body(block * n, scratch.data());
    });
  }

  void forward() const {
    const T* x = static_cast<const T*>(args.x);
    T* y = static_cast<T*>(args.out);
    for_each_block([&](std::int64_t at, T* sum) {
      window(x + at, before, after, sum, add_squares);
      T* power = sum + n;
      const bool wide = powers_of(sum, power) > 0;
      multiply(x + at, power, n, y + at);
      if (!wide) return;
      widen(y + at, [&](const WideResponse& response, std::int64_t channel, std::int64_t column) {
        return response.y(channel, column_of(x + at, column));
      });
    });
  }

  void backward() const {
    const T* x = static_cast<const T*>(args.x);
    const T* grad = static_cast<const T*>(args.grad);
    T* out = static_cast<T*>(args.out);
    for_each_block([&](std::int64_t at, T* product) {
      T* power = product + n;
      T* sum = power + n;
      window(x + at, before, after, product, add_squares);
      const bool wide = powers_of(product, power) > 0;
      products(x + at, grad + at, power, n, product);
      window(product, after, before, sum, add);  // the transposed window
      finish_grad(x + at, grad + at, power, sum, n, 2 * scale * static_cast<T>(args.beta), out + at);
      if (!wide) return;
      widen(out + at, [&](const WideResponse& response, std::int64_t channel, std::int64_t column) {
        return response.x_grad(channel, column_of(x + at, column), column_of(grad + at, column));
      });
    });
  }
};

}  // namespace

void response_norm(const ResponseNormArgs& args) {
  if (args.blocks * args.channels * args.inner == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { ResponseNorm<T>{args}.forward(); });
}

void response_norm_grad(const ResponseNormArgs& args) {
  if (args.blocks * args.channels * args.inner == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { ResponseNorm<T>{args}.backward(); });
}

}  // namespace reel::kernels::cpu
