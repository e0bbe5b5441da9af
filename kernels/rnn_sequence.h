#pragma once

#include <algorithm>
#include <numeric>
#include <tuple>
#include <type_traits>
#include <utility>

#include <reel/kernels/copy.h>
#include <reel/kernels/gemm.h>
#include <reel/kernels/rnn.h>

/// The steps of a recurrent network one after the other, of some of the samples, from the kernels of a backend.
/// `Backend` has
///
/// - Memory(n): n bytes at `data()` for the time of a call,
/// - gemm, copy, rnn_cell, rnn_cell_grad: its kernels.
namespace reel::kernels {

/// Consecutive samples.
struct RnnSamples {
  std::int64_t first, count;
  /// How many of them are among the first n.
  std::int64_t among(std::int64_t n) const { return std::clamp<std::int64_t>(n - first, 0, count); }
};

/// Consecutive rows of one step that have a state before, at rows from `before` on, or none: then `before` is -1, and
/// they begin with the first states of the samples from `sample` on.
struct RnnRows {
  std::int64_t row, count, sample, before;
};

/// Calls `f(rows)` for all rows of the samples in the order of the steps, or with `backwards` in the opposite one.
template <class F> void for_each_step(const RnnSteps& steps, RnnSamples samples, bool backwards, F&& f) {
  const std::int64_t* sizes = steps.batch_sizes;
  const bool down = steps.reverse != backwards;
  std::int64_t row = 0;
  if (down) row = std::accumulate(sizes, sizes + steps.steps, row);
  for (std::int64_t i = 0; i < steps.steps; ++i) {
    const std::int64_t t = down ? steps.steps - 1 - i : i, size = sizes[t], former = steps.reverse ? t + 1 : t - 1;
    if (down) row -= size;
    const bool begins = former < 0 || former == steps.steps;
    const std::int64_t all = samples.among(size), going_on = begins ? 0 : samples.among(std::min(size, sizes[former]));
    const std::int64_t before = begins ? -1 : steps.reverse ? row + size : row - sizes[former];
    if (going_on > 0) f(RnnRows{row + samples.first, going_on, samples.first, before + samples.first});
    if (all > going_on) {
      f(RnnRows{row + samples.first + going_on, all - going_on, samples.first + going_on, -1});
    }
    if (!down) row += size;
  }
}

/// Finds and multiplies rows. Args are RnnArgs or RnnGradArgs.
template <class Backend, class Args> class RnnTensors {
 public:
  RnnTensors(const Args& args, RnnSamples samples, std::int64_t gates)
      : args_(args),
        rounded_(rounds() ? samples.count * gates * args.hidden * static_cast<std::int64_t>(size_of(args.factors))
                          : 0) {}

  /// A row of a tensor with `width` values of `hidden` elements a row; null if the tensor is.
  template <class T> T* at(T* tensor, std::int64_t row, std::int64_t width = 1) const {
    using Byte = std::conditional_t<std::is_const_v<T>, const char, char>;
    const std::int64_t element = row * width * args_.hidden;
    return tensor ? static_cast<Byte*>(tensor) + element * static_cast<std::int64_t>(size_of(args_.dtype)) : nullptr;
  }
  /// The states before: those of a former step or the first ones.
  const void* before(const void* states, const void* first, const RnnRows& rows) const {
    return rows.before < 0 ? at(first, rows.sample) : at(states, rows.before);
  }

  /// out [count, n] = rows [count, k] times the weight, [k, n] in that layout; or that is added to `out`.
  void multiply(std::int64_t count, const void* rows, std::int64_t k, MatrixLayout weight, std::int64_t n, void* out,
                bool accumulate = false) const {
    if (rounds()) {
      CopyArgs rounding{
          .to = args_.factors, .from = args_.dtype, .loop = {}, .destination = rounded_.data(), .source = rows};
      rounding.loop.rank = 1;
      rounding.loop.sizes[0] = count * k;
      rounding.loop.strides[0][0] = rounding.loop.strides[1][0] = 1;
      Backend::copy(rounding);
      rows = rounded_.data();
    }
    Backend::gemm({.dtype = args_.dtype,
                   .factors = args_.factors,
                   .m = count,
                   .n = n,
                   .k = k,
                   .a = {rows, {false, k}},
                   .b = {args_.weight, weight},
                   .c = out,
                   .ldc = n,
                   .accumulate = accumulate});
  }

 private:
  bool rounds() const { return args_.factors != args_.dtype; }

  const Args& args_;
  typename Backend::Memory rounded_;  // a product's other factor
};

/// What the loops need to know of a cell.
struct RnnCellForm {
  int gates, kept;
  bool carries_h;
};

inline RnnCellForm form_of(RnnKind kind) {
  return with_cell(kind, []<class Cell>() { return RnnCellForm{Cell::gates, Cell::saved, Cell::carries_h}; });
}

/// The steps of these samples.
template <class Backend> void run_rnn(const RnnArgs& args, RnnSamples samples) {
  const RnnCellForm form = form_of(args.kind);
  const std::int64_t hidden = args.hidden, gates = form.gates;
  const RnnTensors<Backend, RnnArgs> tensors(args, samples, gates);
  const typename Backend::Memory sums(samples.count * gates * hidden * static_cast<std::int64_t>(size_of(args.dtype)));
  for_each_step(args.steps, samples, false, [&](const RnnRows& rows) {
    const void* h = tensors.before(args.h, args.h0, rows);
    if (h) tensors.multiply(rows.count, h, hidden, {true, hidden}, gates * hidden, sums.data());
    Backend::rnn_cell({.kind = args.kind,
                       .dtype = args.dtype,
                       .batch = rows.count,
                       .hidden = hidden,
                       .x = tensors.at(args.x, rows.row, gates),
                       .s = h ? sums.data() : nullptr,
                       .bias = args.bias,
                       .h = h,
                       .c = tensors.before(args.c, args.c0, rows),
                       .kept = tensors.at(args.kept, args.keeps ? rows.row : rows.sample, form.kept),
                       .next_h = tensors.at(args.h, rows.row),
                       .next_c = tensors.at(args.c, rows.row)});
  });
}

template <class Backend> void run_rnn_grad(const RnnGradArgs& args, RnnSamples samples) {
  const RnnCellForm form = form_of(args.kind);
  const std::int64_t hidden = args.hidden, gates = form.gates;
  const RnnTensors<Backend, RnnGradArgs> tensors(args, samples, gates);
  for_each_step(args.steps, samples, true, [&](const RnnRows& rows) {
    void *grad_s = tensors.at(args.grad_s, rows.row, gates), *carried_h = tensors.at(args.grad_h0, rows.sample);
    Backend::rnn_cell_grad({.kind = args.kind,
                            .dtype = args.dtype,
                            .batch = rows.count,
                            .hidden = hidden,
                            .grad_h = tensors.at(args.grad_h, rows.row),
                            .grad_c = tensors.at(args.grad_c, rows.row),
                            .kept = tensors.at(args.kept, rows.row, form.kept),
                            .h = tensors.before(args.h, args.h0, rows),
                            .c = tensors.before(args.c, args.c0, rows),
                            .output = tensors.at(args.h, rows.row),
                            .grad_x = tensors.at(args.grad_x, rows.row, gates),
                            .grad_s = grad_s,
                            .carried_h = carried_h,
                            .carried_c = tensors.at(args.grad_c0, rows.sample)});
    if (rows.before >= 0 || args.wants_h0) {
      tensors.multiply(rows.count, grad_s, gates * hidden, {false, hidden}, hidden, carried_h, form.carries_h);
    }
  });
}

}  // namespace reel::kernels
