// Local response normalisation on the GPU, with one thread per element or per vector of the inner dimension.

#include <reel/kernels/response_norm.h>

#include <limits>

#include <reel/kernels/cuda/images.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

/// Memory [blocks, channels, inner] of vectors, and the constants of the formula.
template <class T, class Int> struct Channels {
  Divisor<Int> channels, inner;
  Int before, after;  // channels of a window on either side of its centre
  T k, alpha_over_size, beta, factor;
  bool three_quarters;
  WideResponse wide;

  Channels(const ResponseNormArgs& args, int vector)
      : channels(args.channels),
        inner(args.inner / vector),
        before(static_cast<Int>(std::min(args.size / 2, args.channels))),
        after(static_cast<Int>(std::min((args.size - 1) / 2, args.channels))),
        k(static_cast<T>(args.k)),
        alpha_over_size(static_cast<T>(args.alpha / static_cast<double>(args.size))),
        beta(static_cast<T>(args.beta)),
        factor(2 * alpha_over_size * static_cast<T>(args.beta)),
        three_quarters(args.beta == 0.75),
        wide{args.channels, before, after, args.alpha / static_cast<double>(args.size), args.beta, args.k} {}

  __device__ Int channel_of(Int i) const { return i / inner % channels; }

  /// Calls `body(neighbour)` for the elements from `first` channels before element i to `last` channels after it.
  template <class F> __device__ void for_window(Int i, Int first, Int last, F body) const {
    const Int channel = channel_of(i), behind = channels - 1 - channel;
    const Int from = channel < first ? -channel : -first, to = behind < last ? behind : last;
#pragma unroll 1
    for (Int c = from; c <= to; ++c) body(i + c * inner);
  }

  /// s of element i.
  template <int N> __device__ Vector<T, N> scale(const Vector<T, N>* x, Int i) const {
    Vector<T, N> sum = {};
    for_window(i, before, after, [&](Int neighbour) {
      const Vector<T, N> value = x[neighbour];
      for (int e = 0; e < N; ++e) sum.value[e] += value.value[e] * value.value[e];
    });
    for (int e = 0; e < N; ++e) sum.value[e] = k + alpha_over_size * sum.value[e];
    return sum;
  }

  __device__ T power(T s) const {
    if (needs_wide_response(s)) return std::numeric_limits<T>::quiet_NaN();
    return three_quarters ? inverse_three_quarters_power(s) : math::pow(s, -beta);
  }

  /// The channels of part e of the vector i.
  template <int N> __device__ auto column_of(const Vector<T, N>* v, Int i, int e) const {
    const Int first = i - channel_of(i) * inner;
    return [=, *this](std::int64_t c) { return static_cast<double>(v[first + static_cast<Int>(c) * inner].value[e]); };
  }
};

template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    normalize(Channels<T, Int> l, Int n, const Vector<T, N>* x, Vector<T, N>* y) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const Vector<T, N> s = l.scale(x, i);
  Vector<T, N> out = x[i];
  for (int e = 0; e < N; ++e) {
    out.value[e] *= l.power(s.value[e]);
    if (needs_wide_response(s.value[e])) {
      out.value[e] = static_cast<T>(l.wide.y(l.channel_of(i), l.column_of(x, i, e)));
    }
  }
  y[i] = out;
}

/// powers = s^-beta, products = grad * x * s^(-beta - 1).
template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    find_products(Channels<T, Int> l, Int n, const Vector<T, N>* x, const Vector<T, N>* grad, Vector<T, N>* powers,
                  Vector<T, N>* products) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const Vector<T, N> s = l.scale(x, i), value = x[i], g = grad[i];
  Vector<T, N> power, product;
  for (int e = 0; e < N; ++e) {
    power.value[e] = l.power(s.value[e]);
    product.value[e] = g.value[e] * value.value[e] * power.value[e] / s.value[e];
  }
  powers[i] = power;
  products[i] = product;
}

template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    combine(Channels<T, Int> l, Int n, const Vector<T, N>* x, const Vector<T, N>* grad, const Vector<T, N>* powers,
            const Vector<T, N>* products, Vector<T, N>* x_grad) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  Vector<T, N> sum = {};
  l.for_window(i, l.after, l.before, [&](Int neighbour) {  // the transposed window
    const Vector<T, N> product = products[neighbour];
    for (int e = 0; e < N; ++e) sum.value[e] += product.value[e];
  });
  const Vector<T, N> value = x[i], g = grad[i], power = powers[i];
  Vector<T, N> out;
  for (int e = 0; e < N; ++e) {
    out.value[e] = g.value[e] * power.value[e] - l.factor * value.value[e] * sum.value[e];
    if (std::is_same_v<T, float> && out.value[e] != out.value[e]) {
      out.value[e] = static_cast<T>(l.wide.x_grad(l.channel_of(i), l.column_of(x, i, e), l.column_of(grad, i, e)));
    }
  }
  x_grad[i] = out;
}

/// Calls `f.template operator()<T, N, Int>(channels, n)` with the number n of vectors.
template <class F> void with_channels(const ResponseNormArgs& args, F&& f) {
  const std::int64_t n = args.blocks * args.channels * args.inner;
  if (n == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    with_vectors<T>(args.inner, {args.x, args.grad, args.out}, [&]<int N>() {
      with_positions(n, [&]<class Int>() {
        f.template operator()<T, N, Int>(Channels<T, Int>(args, N), static_cast<Int>(n / N));
      });
    });
  });
}

}  // namespace

void response_norm(const ResponseNormArgs& args) {
  with_channels(args, [&]<class T, int N, class Int>(const Channels<T, Int>& channels, Int n) {
    launch(normalize<T, N, Int>, blocks_for(n, kThreads), kThreads, 0, channels, n,
           static_cast<const Vector<T, N>*>(args.x), static_cast<Vector<T, N>*>(args.out));
  });
}

void response_norm_grad(const ResponseNormArgs& args) {
  with_channels(args, [&]<class T, int N, class Int>(const Channels<T, Int>& channels, Int n) {
    const auto* x = static_cast<const Vector<T, N>*>(args.x);
    const auto* grad = static_cast<const Vector<T, N>*>(args.grad);
    const Scratch<Vector<T, N>> powers(n), products(n);
    launch(find_products<T, N, Int>, blocks_for(n, kThreads), kThreads, 0, channels, n, x, grad, powers.data(),
           products.data());
    launch(combine<T, N, Int>, blocks_for(n, kThreads), kThreads, 0, channels, n, x, grad, powers.data(),
           products.data(), static_cast<Vector<T, N>*>(args.out));
  });
}

}  // namespace reel::kernels::cuda
