// Products of half floats in f32.

#include <utility>

#include <reel/kernels/copy.h>
#include <reel/kernels/cpu/gemm/gemm_algorithms.h>
#include <reel/kernels/cpu/scratch.h>

namespace reel::kernels::cpu::product {
namespace {

/// Row-major matrices in memory.
struct Matrices {
  DType dtype;
  const void* data;
  std::int64_t batch_stride, ld;
};

void convert_all(std::int64_t batch, std::int64_t rows, std::int64_t cols, const Matrices& from, const Matrices& to) {
  if (from.ld == cols && to.ld == cols) cols *= std::exchange(rows, 1);
  CopyArgs args{
      .to = to.dtype, .from = from.dtype, .loop = {}, .destination = const_cast<void*>(to.data), .source = from.data};
  args.loop.rank = 3;
  args.loop.sizes = {batch, rows, cols};
  args.loop.strides[0] = {to.batch_stride, to.ld, 1};
  args.loop.strides[1] = {from.batch_stride, from.ld, 1};
  copy(args);
}

/// A factor in f32.
struct Factor {
  Scratch<float> memory;
  GemmOperand operand;

  Factor(DType dtype, const GemmOperand& x, std::int64_t batch, std::int64_t rows, std::int64_t cols)
      : memory((x.batch_stride ? batch : 1) * rows * cols), operand(x) {
    if (x.layout.transposed) std::swap(rows, cols);  // row-major then
    operand.data = memory.data();
    operand.layout.ld = std::max<std::int64_t>(cols, 1);
    if (x.batch_stride) operand.batch_stride = rows * cols;
    convert_all(x.batch_stride ? batch : 1, rows, cols, {dtype, x.data, x.batch_stride, x.layout.ld},
                {DType::f32, memory.data(), rows * cols, cols});
  }
};

}  // namespace

void run_upcast(const GemmArgs& args) {
  const Factor a(args.factors, args.a, args.batch, args.m, args.k), b(args.factors, args.b, args.batch, args.k, args.n);
  GemmArgs wide = args;
  wide.dtype = wide.factors = DType::f32;
  wide.a = a.operand;
  wide.b = b.operand;
  if (args.dtype == DType::f32) return gemm(wide);
  const Scratch<float> c(args.batch * args.m * args.n), bias(args.bias ? args.n : 0);
  const Matrices half_c{args.dtype, args.c, args.c_batch_stride, args.ldc};
  const Matrices wide_c{DType::f32, c.data(), args.m * args.n, args.n};
  wide.c = c.data();
  wide.ldc = args.n;
  wide.c_batch_stride = args.m * args.n;
  if (args.bias) {
    convert_all(1, 1, args.n, {args.dtype, args.bias, 0, args.n}, {DType::f32, bias.data(), 0, args.n});
    wide.bias = bias.data();
  }
  if (args.accumulate) convert_all(args.batch, args.m, args.n, half_c, wide_c);
  gemm(wide);
  convert_all(args.batch, args.m, args.n, wide_c, half_c);
}

}  // namespace reel::kernels::cpu::product
