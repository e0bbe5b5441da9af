#pragma once

#include <type_traits>

#include <reel/kernels/copy.h>
#include <reel/kernels/gemm.h>
#include <reel/kernels/lstm.h>

/// An LSTM's steps one after the other, of some of the samples, from the kernels of a backend. `Backend` has
///
/// - Memory(n): n bytes at `data()` for the time of a call,
/// - gemm, copy, lstm_cell, lstm_cell_grad: its kernels.
namespace reel::kernels {

/// Finds and multiplies the part that some samples have of tensors [steps, batch, ...]. Args are LstmArgs or
/// LstmGradArgs.
template <class Backend, class Args> class LstmSamples {
 public:
  LstmSamples(const Args& args, std::int64_t first, std::int64_t samples)
      : args_(args),
        first_(first),
        samples_(samples),
        rounded_(rounds() ? samples * 4 * args.hidden * static_cast<std::int64_t>(size_of(args.factors)) : 0) {}

  /// The samples' rows at a step of a tensor with `width` elements a row; null if the tensor is.
  template <class T> T* at(T* tensor, std::int64_t step, std::int64_t width) const {
    using Byte = std::conditional_t<std::is_const_v<T>, const char, char>;
    const std::int64_t element = (step * args_.batch + first_) * width;
    return tensor ? static_cast<Byte*>(tensor) + element * static_cast<std::int64_t>(size_of(args_.dtype)) : nullptr;
  }

  /// out [samples, n] = rows [samples, k] times the weight, [k, n] in that layout.
  void multiply(const void* rows, std::int64_t k, MatrixLayout weight, std::int64_t n, void* out) const {
    if (rounds()) {
      CopyArgs rounding{
          .to = args_.factors, .from = args_.dtype, .loop = {}, .destination = rounded_.data(), .source = rows};
      rounding.loop.rank = 1;
      rounding.loop.sizes[0] = samples_ * k;
      rounding.loop.strides[0][0] = rounding.loop.strides[1][0] = 1;
      Backend::copy(rounding);
      rows = rounded_.data();
    }
    Backend::gemm({.dtype = args_.dtype,
                   .factors = args_.factors,
                   .m = samples_,
                   .n = n,
                   .k = k,
                   .a = {rows, {false, k}},
                   .b = {args_.weight, weight},
                   .c = out,
                   .ldc = n});
  }

 private:
  bool rounds() const { return args_.factors != args_.dtype; }

  const Args& args_;
  std::int64_t first_, samples_;
  typename Backend::Memory rounded_;  // a product's other factor
};

/// The samples from `first` on.
template <class Backend> void run_lstm(const LstmArgs& args, std::int64_t first, std::int64_t samples) {
  const std::int64_t hidden = args.hidden;
  const LstmSamples<Backend, LstmArgs> s(args, first, samples);
  const typename Backend::Memory h_gates(samples * 4 * hidden * static_cast<std::int64_t>(size_of(args.dtype)));
  for (std::int64_t t = 0; t < args.steps; ++t) {
    const void* h = t > 0 ? s.at(args.h, t - 1, hidden) : s.at(args.h0, 0, hidden);
    if (h) s.multiply(h, hidden, {true, hidden}, 4 * hidden, h_gates.data());
    Backend::lstm_cell({.dtype = args.dtype,
                        .batch = samples,
                        .hidden = hidden,
                        .x_gates = s.at(args.x_gates, t, 4 * hidden),
                        .h_gates = h ? h_gates.data() : nullptr,
                        .c = t > 0 ? s.at(args.c, t - 1, hidden) : s.at(args.c0, 0, hidden),
                        .gates = s.at(args.gates, args.keeps_gates ? t : 0, 4 * hidden),
                        .next = s.at(args.c, t, hidden),
                        .h = s.at(args.h, t, hidden)});
  }
}

template <class Backend> void run_lstm_grad(const LstmGradArgs& args, std::int64_t first, std::int64_t samples) {
  const std::int64_t hidden = args.hidden;
  const LstmSamples<Backend, LstmGradArgs> s(args, first, samples);
  void *grad_last_h = s.at(args.grad_h0, 0, hidden), *grad_last_c = s.at(args.grad_c0, 0, hidden);
  for (std::int64_t t = args.steps; t-- > 0;) {  // a state's gradient is that of its output and that from the next step
    const bool last = t + 1 == args.steps;
    void* grad_gates = s.at(args.grad_gates, t, 4 * hidden);
    Backend::lstm_cell_grad({.dtype = args.dtype,
                             .batch = samples,
                             .hidden = hidden,
                             .grad_h = s.at(args.grad_h, t, hidden),
                             .more_grad_h = last ? nullptr : grad_last_h,
                             .grad_next = s.at(args.grad_c, t, hidden),
                             .more_grad_next = last ? nullptr : grad_last_c,
                             .gates = s.at(args.gates, t, 4 * hidden),
                             .c = t > 0 ? s.at(args.c, t - 1, hidden) : s.at(args.c0, 0, hidden),
                             .next = s.at(args.c, t, hidden),
                             .grad_gates = grad_gates,
                             .grad_c = grad_last_c});
    if (t > 0 || args.wants_h0) s.multiply(grad_gates, 4 * hidden, {false, hidden}, hidden, grad_last_h);
  }
}

}  // namespace reel::kernels
