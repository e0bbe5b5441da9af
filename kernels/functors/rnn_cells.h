#pragma once

#include <reel/kernels/functors/activations.h>
#include <reel/kernels/functors/functions.h>

/// What a step of each kind of recurrent network computes for one hidden unit, after its matrix products, and its
/// gradient. `x` and `s` are what the input and the state before contribute to the sums of the gates.
namespace reel::kernels {

/// The state of a unit, or its gradient: the output h and the cell state c, which only an LSTM has.
template <class T> struct UnitState { T h, c; };

/// An LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000). Its gates are i, f, g and o:
/// c' = f c + i g, h' = o tanh(c'). It keeps the gates.
struct LstmCell {
  static constexpr int gates = 4;  // sums of a unit
  static constexpr int saved = 4;  // values of a unit that the gradient needs
  static constexpr bool has_c = true;
  static constexpr bool carries_h = false;     // whether h' depends on h not only through the sums
  static constexpr bool needs_output = false;  // whether the gradient needs h'
  static constexpr bool splits_sums = false;   // whether the gradients of x and s differ

  template <class T> REEL_HD static UnitState<T> step(const T* x, const T* s, UnitState<T> before, T* kept) {
    const Sigmoid sigmoid;
    kept[0] = sigmoid(x[0] + s[0]);
    kept[1] = sigmoid(x[1] + s[1]);
    kept[2] = math::tanh(x[2] + s[2]);
    kept[3] = sigmoid(x[3] + s[3]);
    const T c = kept[1] * before.c + kept[0] * kept[2];
    return {kept[3] * math::tanh(c), c};
  }

  /// From the gradient of the state after a step, that of the state before it, as far as it does not pass the sums.
  template <class T> REEL_HD static UnitState<T> grad(const T* kept, UnitState<T> before, T /*output*/,
                                                      UnitState<T> grad, T* grad_x, T* /*grad_s*/) {
    const SigmoidGrad sigmoid;
    const TanhGrad tanh;
    const T i = kept[0], f = kept[1], g = kept[2], o = kept[3];
    const T tanh_c = math::tanh(f * before.c + i * g), grad_c = grad.c + tanh(grad.h * o, tanh_c);
    grad_x[0] = sigmoid(grad_c * g, i);
    grad_x[1] = sigmoid(grad_c * before.c, f);
    grad_x[2] = tanh(grad_c * i, g);
    grad_x[3] = sigmoid(grad.h * tanh_c, o);
    return {T(0), grad_c * f};
  }
};

/// A GRU (Cho et al. 2014) with the reset gate behind the product, as in cuDNN. Its gates are r, z and n, where
/// n = tanh(x_n + r s_n): h' = n + z (h - n). It keeps the gates and s_n.
struct GruCell {
  static constexpr int gates = 3, saved = 4;
  static constexpr bool has_c = false, carries_h = true, needs_output = false, splits_sums = true;

  template <class T> REEL_HD static UnitState<T> step(const T* x, const T* s, UnitState<T> before, T* kept) {
    const Sigmoid sigmoid;
    kept[0] = sigmoid(x[0] + s[0]);
    kept[1] = sigmoid(x[1] + s[1]);
    kept[2] = math::tanh(x[2] + kept[0] * s[2]);
    kept[3] = s[2];
    return {kept[2] + kept[1] * (before.h - kept[2]), T(0)};
  }

  template <class T> REEL_HD static UnitState<T> grad(const T* kept, UnitState<T> before, T /*output*/,
                                                      UnitState<T> grad, T* grad_x, T* grad_s) {
    const SigmoidGrad sigmoid;
    const TanhGrad tanh;
    const T r = kept[0], z = kept[1], n = kept[2];
    const T grad_n = tanh(grad.h * (T(1) - z), n);
    grad_x[0] = grad_s[0] = sigmoid(grad_n * kept[3], r);
    grad_x[1] = grad_s[1] = sigmoid(grad.h * (before.h - n), z);
    grad_x[2] = grad_n;
    grad_s[2] = grad_n * r;
    return {grad.h * z, T(0)};
  }
};

/// A network of Elman's: h' is an activation of the sum. Its slope follows from h'.
template <class Activation, class ActivationGrad> struct ElmanCell {
  static constexpr int gates = 1, saved = 0;
  static constexpr bool has_c = false, carries_h = false, needs_output = true, splits_sums = false;

  template <class T> REEL_HD static UnitState<T> step(const T* x, const T* s, UnitState<T> /*before*/, T* /*kept*/) {
    return {Activation()(x[0] + s[0]), T(0)};
  }

  template <class T> REEL_HD static UnitState<T> grad(const T* /*kept*/, UnitState<T> /*before*/, T output,
                                                      UnitState<T> grad, T* grad_x, T* /*grad_s*/) {
    grad_x[0] = ActivationGrad()(grad.h, output);
    return {T(0), T(0)};
  }
};

using TanhCell = ElmanCell<Tanh, TanhGrad>;
using ReluCell = ElmanCell<Relu, ReluGrad>;

/// The kinds of recurrent networks.
enum class RnnKind { lstm, gru, tanh, relu };

/// Calls `f.template operator()<Cell>()` with the kind's cell.
template <class F> decltype(auto) with_cell(RnnKind kind, F&& f) {
  switch (kind) {
    case RnnKind::lstm:
      return f.template operator()<LstmCell>();
    case RnnKind::gru:
      return f.template operator()<GruCell>();
    case RnnKind::tanh:
      return f.template operator()<TanhCell>();
    case RnnKind::relu:
      break;
  }
  return f.template operator()<ReluCell>();
}

}  // namespace reel::kernels
