#include <reel/ops/product.h>

#include <reel/kernels/gemm.h>
#include <reel/ops/checks.h>
#include <reel/ops/elementwise.h>

namespace reel {
namespace {

struct Factor {
  Tensor tensor;
  kernels::MatrixLayout layout;  // of each of its matrices
};

/// `x` itself where a kernel can take its matrices as they lie, else a copy.
Factor make_factor(const Tensor& x) {
  const int row = x.dim() - 2, col = x.dim() - 1;
  const auto layout_of = [&](const Tensor& t) {
    return kernels::matrix_layout(t.shape()[row], t.shape()[col], t.strides()[row], t.strides()[col]);
  };
  if (const auto layout = layout_of(x)) return {x, *layout};
  const Tensor copy = empty(x.shape(), {.dtype = x.dtype(), .device = x.device()});
  copy.copy_(x);
  return {copy, *layout_of(copy)};
}

Dims batch_dims(const Dims& dims) {
  Dims batch = dims;
  batch.erase(batch.size() - 1);
  batch.erase(batch.size() - 1);
  return batch;
}

/// Many products with the same B whose A and C follow each other in memory are one taller product.
void fold_batch(kernels::GemmArgs& args) {
  if (args.batch == 1 || args.b.batch_stride != 0 || args.a.layout.transposed) return;
  if (args.m == 1 && args.a.batch_stride >= args.k) args.a.layout.ld = args.a.batch_stride;
  if (args.a.batch_stride != args.m * args.a.layout.ld || args.c_batch_stride != args.m * args.ldc) return;
  args.m *= args.batch;
  args.batch = 1;
}

}  // namespace

Tensor product(const Tensor& a, const Tensor& b, const Tensor& bias) {
  const int rank = a.dim();
  Shape shape = a.shape();
  shape[rank - 1] = b.shape()[rank - 1];
  const Tensor out = empty(shape, {.dtype = a.dtype(), .device = a.device()});
  if (out.numel() == 0) return out;
  const Factor x = make_factor(a), y = make_factor(b);
  const Tensor row = bias.defined() ? bias.contiguous() : bias;

  kernels::GemmArgs args;
  args.dtype = a.dtype();
  args.m = shape[rank - 2];
  args.n = shape[rank - 1];
  args.k = a.shape()[rank - 1];
  args.ldc = args.n;
  args.bias = row.defined() ? row.data() : nullptr;

  // The batch dimensions, merged as far as their strides allow; the kernel takes the innermost.
  kernels::StridedLoop<3> loop;
  const Strides c_strides = batch_dims(out.strides()), a_strides = batch_dims(x.tensor.strides()),
                b_strides = batch_dims(y.tensor.strides());
  build_loop<3>(batch_dims(shape), {&c_strides, &a_strides, &b_strides}, loop);
  const auto inner = static_cast<std::size_t>(loop.rank - 1);
  args.batch = loop.sizes[inner];
  args.c_batch_stride = loop.strides[0][inner];
  args.a = {nullptr, x.layout, loop.strides[1][inner]};
  args.b = {nullptr, y.layout, loop.strides[2][inner]};
  fold_batch(args);

  const auto size = static_cast<std::int64_t>(size_of(a.dtype()));
  const std::int64_t calls = loop.numel() / loop.sizes[inner];
  for (std::int64_t call = 0; call < calls; ++call) {
    std::array<std::int64_t, 3> offset{};
    std::int64_t rest = call;
    for (std::size_t d = inner; d-- > 0; rest /= loop.sizes[d]) {
      for (std::size_t k = 0; k < 3; ++k) offset[k] += rest % loop.sizes[d] * loop.strides[k][d];
    }
    args.c = static_cast<char*>(out.data()) + offset[0] * size;
    args.a.data = static_cast<const char*>(x.tensor.data()) + offset[1] * size;
    args.b.data = static_cast<const char*>(y.tensor.data()) + offset[2] * size;
    kernels::gemm[a.device()](args);
  }
  return out;
}

void check_factors(std::string_view op, const Tensor& a, const Tensor& b) {
  check_defined(op, a);
  check_defined(op, b);
  check_same_dtype(op, a, b);
  check_dtype(op, a, kNumericAndHalf);
  check_same_device(op, a, b);
}

}  // namespace reel
