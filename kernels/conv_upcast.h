#pragma once

#include <cstdint>

#include <reel/kernels/conv.h>
#include <reel/kernels/copy.h>

/// Convolutions of half floats in f32, for where no kernel takes them.
namespace reel::kernels {

/// Half floats converted to f32, or room for f32 results that are rounded to half floats in the end. `Memory(n)` holds
/// n floats where `copy` works.
template <class Memory, void (*copy)(const CopyArgs&)> class Upcast {
 public:
  Upcast(DType half, const void* data, std::int64_t count) : half_(half), count_(count), memory_(count) {
    if (data) convert_to(DType::f32, memory_.data(), half, data);
  }

  float* data() const { return memory_.data(); }
  void round_to(void* out) const { convert_to(half_, out, DType::f32, memory_.data()); }

 private:
  void convert_to(DType to, void* destination, DType from, const void* source) const {
    CopyArgs args{.to = to, .from = from, .loop = {}, .destination = destination, .source = source};
    args.loop.rank = 1;
    args.loop.sizes[0] = count_;
    args.loop.strides[0][0] = args.loop.strides[1][0] = 1;
    copy(args);
  }

  DType half_;
  std::int64_t count_;
  Memory memory_;
};

// Each runs `run_f32` on converted factors. Results and a bias that are f32 stay where they are. U is an `Upcast`.

template <class U> void run_upcast(const ConvArgs& args, void (*run_f32)(const ConvArgs&)) {
  const ConvShape& s = args.shape;
  const U x(args.factors, args.x, s.x_size()), weight(args.factors, args.weight, s.weight_size());
  if (args.dtype == DType::f32)
    return run_f32(
        {.dtype = DType::f32, .shape = s, .x = x.data(), .weight = weight.data(), .bias = args.bias, .y = args.y});
  const U bias(args.dtype, args.bias, args.bias ? s.out_channels : 0), y(args.dtype, nullptr, s.y_size());
  run_f32({.dtype = DType::f32,
           .shape = s,
           .x = x.data(),
           .weight = weight.data(),
           .bias = args.bias ? bias.data() : nullptr,
           .y = y.data()});
  y.round_to(args.y);
}

template <class U> void run_upcast(const ConvInputGradArgs& args, void (*run_f32)(const ConvInputGradArgs&)) {
  const ConvShape& s = args.shape;
  const U y_grad(args.factors, args.y_grad, s.y_size()), weight(args.factors, args.weight, s.weight_size());
  if (args.dtype == DType::f32)
    return run_f32(
        {.dtype = DType::f32, .shape = s, .y_grad = y_grad.data(), .weight = weight.data(), .x_grad = args.x_grad});
  const U x_grad(args.dtype, nullptr, s.x_size());
  run_f32({.dtype = DType::f32, .shape = s, .y_grad = y_grad.data(), .weight = weight.data(), .x_grad = x_grad.data()});
  x_grad.round_to(args.x_grad);
}

template <class U> void run_upcast(const ConvWeightGradArgs& args, void (*run_f32)(const ConvWeightGradArgs&)) {
  const ConvShape& s = args.shape;
  const U y_grad(args.factors, args.y_grad, s.y_size()), x(args.factors, args.x, s.x_size());
  if (args.dtype == DType::f32)
    return run_f32(
        {.dtype = DType::f32, .shape = s, .y_grad = y_grad.data(), .x = x.data(), .weight_grad = args.weight_grad});
  const U weight_grad(args.dtype, nullptr, s.weight_size());
  run_f32({.dtype = DType::f32, .shape = s, .y_grad = y_grad.data(), .x = x.data(), .weight_grad = weight_grad.data()});
  weight_grad.round_to(args.weight_grad);
}

}  // namespace reel::kernels
