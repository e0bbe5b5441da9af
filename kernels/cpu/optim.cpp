#include <reel/kernels/optim.h>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/vector_math.h>

namespace reel::kernels::cpu {
namespace {

/// One pass over the memory of all arrays. What is the same for every element is decided at compile time (which arrays
/// there are) or is a number (no decay is a decay of 0).
template <class T> struct Sgd {
  struct Numbers {
    T sign, lr, decay, momentum, share;
    explicit Numbers(const SgdArgs& a)
        : sign(static_cast<T>(a.sign)),
          lr(static_cast<T>(a.lr)),
          decay(static_cast<T>(a.weight_decay)),
          momentum(static_cast<T>(a.momentum)),
          share(static_cast<T>(a.gradient_share)) {}
  };

  REEL_VECTOR_CLONES static void plain(Numbers k, T* param, const T* grad, std::int64_t n) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) param[i] -= k.lr * (k.sign * grad[i] + k.decay * param[i]);
  }
  template <bool Nesterov>
  REEL_VECTOR_CLONES static void momentum(Numbers k, T* param, const T* grad, T* velocity, std::int64_t n) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      const T g = k.sign * grad[i] + k.decay * param[i];
      const T v = k.momentum * velocity[i] + k.share * g;
      velocity[i] = v;
      param[i] -= k.lr * (Nesterov ? g + k.momentum * v : v);
    }
  }
};

template <class T> struct Adam {
  struct Numbers {
    T sign, decay, shrink, beta1, rest1, beta2, rest2, step, scale, eps;
    explicit Numbers(const AdamArgs& a)
        : sign(static_cast<T>(a.sign)),
          decay(static_cast<T>(a.decoupled ? 0 : a.weight_decay)),
          shrink(static_cast<T>(a.decoupled ? 1 - a.lr * a.weight_decay : 1)),
          beta1(static_cast<T>(a.beta1)),
          rest1(static_cast<T>(1 - a.beta1)),
          beta2(static_cast<T>(a.beta2)),
          rest2(static_cast<T>(1 - a.beta2)),
          step(static_cast<T>(a.lr / a.correction1)),
          scale(static_cast<T>(1 / std::sqrt(a.correction2))),
          eps(static_cast<T>(a.eps)) {}
  };

  template <bool Amsgrad> REEL_VECTOR_CLONES static void update(Numbers k, T* param, const T* grad, T* mean, T* square,
                                                                T* largest, std::int64_t n) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      const T g = k.sign * grad[i] + k.decay * param[i];
      const T m = k.beta1 * mean[i] + k.rest1 * g;
      const T s = k.beta2 * square[i] + k.rest2 * g * g;
      mean[i] = m;
      square[i] = s;
      T bound = s;
      if constexpr (Amsgrad) {
        bound = largest[i] > s ? largest[i] : s;
        largest[i] = bound;
      }
      param[i] = k.shrink * param[i] - k.step * m / (math::sqrt(bound) * k.scale + k.eps);
    }
  }
};

template <class T> struct Rmsprop {
  struct Numbers {
    T sign, lr, decay, alpha, rest, eps, momentum;
    explicit Numbers(const RmspropArgs& a)
        : sign(static_cast<T>(a.sign)),
          lr(static_cast<T>(a.lr)),
          decay(static_cast<T>(a.weight_decay)),
          alpha(static_cast<T>(a.alpha)),
          rest(static_cast<T>(1 - a.alpha)),
          eps(static_cast<T>(a.eps)),
          momentum(static_cast<T>(a.momentum)) {}
  };

  template <bool Centered, bool Momentum> REEL_VECTOR_CLONES static void update(Numbers k, T* param, const T* grad,
                                                                                T* square, T* mean, T* velocity,
                                                                                std::int64_t n) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      const T g = k.sign * grad[i] + k.decay * param[i];
      const T s = k.alpha * square[i] + k.rest * g * g;
      square[i] = s;
      T variance = s;
      if constexpr (Centered) {
        const T m = k.alpha * mean[i] + k.rest * g;
        mean[i] = m;
        variance = s - m * m;
        variance = variance > T(0) ? variance : T(0);  // rounding may leave it just below
      }
      T change = g / (math::sqrt(variance) + k.eps);
      if constexpr (Momentum) {
        change += k.momentum * velocity[i];
        velocity[i] = change;
      }
      param[i] -= k.lr * change;
    }
  }
};

template <class T> struct Adagrad {
  REEL_VECTOR_CLONES static void update(T sign, T lr, T decay, T eps, T* param, const T* grad, T* sum, std::int64_t n) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      const T g = sign * grad[i] + decay * param[i];
      const T s = sum[i] + g * g;
      sum[i] = s;
      param[i] -= lr * g / (math::sqrt(s) + eps);
    }
  }
};

/// An array that may be absent, from element `i` on.
template <class T> T* from(void* data, std::int64_t i) { return data ? static_cast<T*>(data) + i : nullptr; }

/// Calls `body(begin, n)` for pieces of the arrays in parallel.
template <class F> void pieces(std::int64_t n, F&& body) {
  parallel_for(n, kGrain, [&](std::int64_t begin, std::int64_t end) { body(begin, end - begin); });
}

}  // namespace

void sgd(const SgdArgs& args) {
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    const typename Sgd<T>::Numbers k(args);
    T* param = static_cast<T*>(args.param);
    const T* grad = static_cast<const T*>(args.grad);
    T* velocity = static_cast<T*>(args.velocity);
    pieces(args.n, [&](std::int64_t at, std::int64_t n) {
      if (!velocity) Sgd<T>::plain(k, param + at, grad + at, n);
      else if (args.nesterov) Sgd<T>::template momentum<true>(k, param + at, grad + at, velocity + at, n);
      else Sgd<T>::template momentum<false>(k, param + at, grad + at, velocity + at, n);
    });
  });
}

void adam(const AdamArgs& args) {
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    const typename Adam<T>::Numbers k(args);
    T* param = static_cast<T*>(args.param);
    const T* grad = static_cast<const T*>(args.grad);
    T *mean = static_cast<T*>(args.mean), *square = static_cast<T*>(args.square);
    const auto update = args.largest ? Adam<T>::template update<true> : Adam<T>::template update<false>;
    pieces(args.n, [&](std::int64_t at, std::int64_t n) {
      update(k, param + at, grad + at, mean + at, square + at, from<T>(args.largest, at), n);
    });
  });
}

void rmsprop(const RmspropArgs& args) {
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    const typename Rmsprop<T>::Numbers k(args);
    T* param = static_cast<T*>(args.param);
    const T* grad = static_cast<const T*>(args.grad);
    T* square = static_cast<T*>(args.square);
    const auto update =
        args.mean
            ? (args.velocity ? Rmsprop<T>::template update<true, true> : Rmsprop<T>::template update<true, false>)
            : (args.velocity ? Rmsprop<T>::template update<false, true> : Rmsprop<T>::template update<false, false>);
    pieces(args.n, [&](std::int64_t at, std::int64_t n) {
      update(k, param + at, grad + at, square + at, from<T>(args.mean, at), from<T>(args.velocity, at), n);
    });
  });
}

void adagrad(const AdagradArgs& args) {
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    T* param = static_cast<T*>(args.param);
    const T* grad = static_cast<const T*>(args.grad);
    T* sum = static_cast<T*>(args.sum);
    pieces(args.n, [&](std::int64_t at, std::int64_t n) {
      Adagrad<T>::update(static_cast<T>(args.sign), static_cast<T>(args.lr), static_cast<T>(args.weight_decay),
                         static_cast<T>(args.eps), param + at, grad + at, sum + at, n);
    });
  });
}

}  // namespace reel::kernels::cpu
