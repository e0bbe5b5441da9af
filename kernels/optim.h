#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

#include <reel/kernels/table.h>
#include <reel/kernels/vector_math.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

/// One step of an optimizer for a list of parameters, and its formulas for one element, which all devices share. With
/// g = sign * grad + weight_decay * param (unless the decay is decoupled) they are PyTorch's; `sign` is -1 to maximise.
namespace reel::kernels {

/// One parameter: arrays of n contiguous elements in the same order.
struct ParamArrays {
  std::int64_t n;
  void* param;
  const void* grad;
  std::array<void*, 3> buffers;  // what the optimizer keeps for it; null where it does not
};

/// The numbers that change from one step to the next. A recorded step is replayed with the same arguments, so it reads
/// them from the GPU's memory, at `device`, where they are refreshed before each replay.
struct StepNumbers {
  std::array<double, 3> value{};
  const double* device = nullptr;

  REEL_HD double operator[](int i) const { return device ? device[i] : value[static_cast<std::size_t>(i)]; }
};

/// What the steps of all optimizers have: parameters of one dtype that share every number.
struct StepArgs {
  DType dtype;
  std::span<const ParamArrays> params;
  StepNumbers numbers;
  const float* skip;  // on the parameters' device: the step does nothing where it points to another number than 0

  REEL_HD static bool skips(const float* skip) { return skip && *skip != 0; }
};

/// Numbers: the learning rate and the share of g that enters the velocity. Buffers: with momentum the velocity.
struct SgdArgs : StepArgs {
  double sign, weight_decay, momentum;
  bool nesterov;
};

/// Numbers: lr / (1 - beta1^t), 1 / sqrt(1 - beta2^t), and what the parameter is multiplied with before the step (the
/// decoupled decay of AdamW). Buffers: mean, square, and with AMSGrad the largest square so far.
struct AdamArgs : StepArgs {
  double sign, weight_decay, beta1, beta2, eps;
  bool amsgrad;
};

/// Numbers: the learning rate. Buffers: square, mean if centered, velocity with momentum.
struct RmspropArgs : StepArgs {
  double sign, weight_decay, alpha, eps, momentum;
  bool centered;
};

/// Numbers: the learning rate. Buffers: sum.
struct AdagradArgs : StepArgs {
  double sign, weight_decay, eps;
};

namespace cpu {
void sgd(const SgdArgs& args);
void adam(const AdamArgs& args);
void rmsprop(const RmspropArgs& args);
void adagrad(const AdagradArgs& args);
}  // namespace cpu
namespace cuda {
void sgd(const SgdArgs& args);
void adam(const AdamArgs& args);
void rmsprop(const RmspropArgs& args);
void adagrad(const AdagradArgs& args);
}  // namespace cuda

/// v = momentum * v + share * g; param -= lr * v, or with Nesterov lr * (g + momentum * v).
inline constexpr KernelTable<void(const SgdArgs&)> sgd{&cpu::sgd, &cuda::sgd};
/// m = beta1 m + (1 - beta1) g; s = beta2 s + (1 - beta2) g^2;
/// param -= lr / (1 - beta1^t) * m / (sqrt(s / (1 - beta2^t)) + eps).
inline constexpr KernelTable<void(const AdamArgs&)> adam{&cpu::adam, &cuda::adam};
/// s = alpha s + (1 - alpha) g^2; param -= lr * g / (sqrt(s) + eps), centered by the mean's square, with momentum.
inline constexpr KernelTable<void(const RmspropArgs&)> rmsprop{&cpu::rmsprop, &cuda::rmsprop};
/// s += g^2; param -= lr * g / (sqrt(s) + eps).
inline constexpr KernelTable<void(const AdagradArgs&)> adagrad{&cpu::adagrad, &cuda::adagrad};

// --- the formulas, for one element. `Buffers` says which buffers they take. What is the same for every element is
// decided at compile time or is a number (no decay is a decay of 0). `begin` comes before the first element.

template <class T, bool Momentum, bool Nesterov> struct SgdUpdate {
  using Element = T;
  using Buffers = std::make_index_sequence<Momentum ? 1 : 0>;
  T sign, decay, momentum, lr{}, share{};

  explicit SgdUpdate(const SgdArgs& a)
      : sign(static_cast<T>(a.sign)), decay(static_cast<T>(a.weight_decay)), momentum(static_cast<T>(a.momentum)) {}
  REEL_HD void begin(const StepNumbers& numbers) {
    lr = static_cast<T>(numbers[0]);
    share = static_cast<T>(numbers[1]);
  }

  REEL_HD void operator()(T& param, T grad) const { param -= lr * (sign * grad + decay * param); }
  REEL_HD void operator()(T& param, T grad, T& velocity) const {
    const T g = sign * grad + decay * param;
    const T v = momentum * velocity + share * g;
    velocity = v;
    param -= lr * (Nesterov ? g + momentum * v : v);
  }
};

template <class T, bool Amsgrad> struct AdamUpdate {
  using Element = T;
  using Buffers = std::make_index_sequence<Amsgrad ? 3 : 2>;
  T sign, decay, beta1, rest1, beta2, rest2, eps, step{}, scale{}, shrink{};

  explicit AdamUpdate(const AdamArgs& a)
      : sign(static_cast<T>(a.sign)),
        decay(static_cast<T>(a.weight_decay)),
        beta1(static_cast<T>(a.beta1)),
        rest1(static_cast<T>(1 - a.beta1)),
        beta2(static_cast<T>(a.beta2)),
        rest2(static_cast<T>(1 - a.beta2)),
        eps(static_cast<T>(a.eps)) {}
  REEL_HD void begin(const StepNumbers& numbers) {
    step = static_cast<T>(numbers[0]);
    scale = static_cast<T>(numbers[1]);
    shrink = static_cast<T>(numbers[2]);
  }

  template <class... Largest> REEL_HD void operator()(T& param, T grad, T& mean, T& square, Largest&... largest) const {
    const T g = sign * grad + decay * param;
    const T m = beta1 * mean + rest1 * g;
    const T s = beta2 * square + rest2 * g * g;
    mean = m;
    square = s;
    T bound = s;
    ((bound = largest = largest > s ? largest : s), ...);
    param = shrink * param - step * m / (math::sqrt(bound) * scale + eps);
  }
};

template <class T, bool Centered, bool Momentum> struct RmspropUpdate {
  using Element = T;
  using Buffers = std::conditional_t<
      Centered && Momentum, std::index_sequence<0, 1, 2>,
      std::conditional_t<Centered, std::index_sequence<0, 1>,
                         std::conditional_t<Momentum, std::index_sequence<0, 2>, std::index_sequence<0>>>>;
  T sign, decay, alpha, rest, eps, momentum, lr{};

  explicit RmspropUpdate(const RmspropArgs& a)
      : sign(static_cast<T>(a.sign)),
        decay(static_cast<T>(a.weight_decay)),
        alpha(static_cast<T>(a.alpha)),
        rest(static_cast<T>(1 - a.alpha)),
        eps(static_cast<T>(a.eps)),
        momentum(static_cast<T>(a.momentum)) {}
  REEL_HD void begin(const StepNumbers& numbers) { lr = static_cast<T>(numbers[0]); }

  template <class... Others> REEL_HD void operator()(T& param, T grad, T& square, Others&... others) const {
    T* const other[] = {&others..., nullptr};
    const T g = sign * grad + decay * param;
    const T s = alpha * square + rest * g * g;
    square = s;
    T variance = s;
    if constexpr (Centered) {
      T& mean = *other[0];
      const T m = alpha * mean + rest * g;
      mean = m;
      variance = s - m * m;
      variance = variance < T(0) ? T(0) : variance;  // rounding may leave it just below; NaN stays
    }
    T change = g / (math::sqrt(variance) + eps);
    if constexpr (Momentum) {
      T& velocity = *other[Centered ? 1 : 0];
      change += momentum * velocity;
      velocity = change;
    }
    param -= lr * change;
  }
};

template <class T> struct AdagradUpdate {
  using Element = T;
  using Buffers = std::index_sequence<0>;
  T sign, decay, eps, lr{};

  explicit AdagradUpdate(const AdagradArgs& a)
      : sign(static_cast<T>(a.sign)), decay(static_cast<T>(a.weight_decay)), eps(static_cast<T>(a.eps)) {}
  REEL_HD void begin(const StepNumbers& numbers) { lr = static_cast<T>(numbers[0]); }

  REEL_HD void operator()(T& param, T grad, T& sum) const {
    const T g = sign * grad + decay * param;
    const T s = sum + g * g;
    sum = s;
    param -= lr * g / (math::sqrt(s) + eps);
  }
};

// --- what both backends do with a call: `run` gets the functor for its dtype and options.

template <class Run> void with_update(const SgdArgs& a, Run&& run) {
  dispatch<kWideFloating>(a.dtype, [&]<class T>() {
    if (a.momentum == 0) run(SgdUpdate<T, false, false>(a));
    else if (a.nesterov) run(SgdUpdate<T, true, true>(a));
    else run(SgdUpdate<T, true, false>(a));
  });
}

template <class Run> void with_update(const AdamArgs& a, Run&& run) {
  dispatch<kWideFloating>(a.dtype, [&]<class T>() {
    if (a.amsgrad) run(AdamUpdate<T, true>(a));
    else run(AdamUpdate<T, false>(a));
  });
}

template <class Run> void with_update(const RmspropArgs& a, Run&& run) {
  dispatch<kWideFloating>(a.dtype, [&]<class T>() {
    if (a.centered && a.momentum != 0) run(RmspropUpdate<T, true, true>(a));
    else if (a.centered) run(RmspropUpdate<T, true, false>(a));
    else if (a.momentum != 0) run(RmspropUpdate<T, false, true>(a));
    else run(RmspropUpdate<T, false, false>(a));
  });
}

template <class Run> void with_update(const AdagradArgs& a, Run&& run) {
  dispatch<kWideFloating>(a.dtype, [&]<class T>() { run(AdagradUpdate<T>(a)); });
}

}  // namespace reel::kernels
