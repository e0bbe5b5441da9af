// Matrix products off the tape: operands are brought into a layout that the kernel takes, and batches are merged.

#include <reel/ops/internal/matrix_product.h>

#include <optional>

#include <reel/autograd/tape/autocast.h>
#include <reel/kernels/gemm.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/factors.h>
#include <reel/ops/internal/layout.h>

namespace reel::detail {
namespace {

/// The matrices of `x` as the kernel takes them: x itself if its layout allows, else a copy; rounded under autocast.
class Factor {
 public:
  explicit Factor(const Tensor& x) : tensor_(&x) {
    const auto found = layout_of(x);
    const bool rounds = Autocast::dtype() != DType::f32 && x.dtype() == DType::f32;
    if (found && !rounds) layout_ = *found;
    else if (rounds && Autocast::dtype() == DType::f16 && x.device().is_cpu()) round_in_f32();
    else copy(rounds ? Autocast::dtype() : x.dtype(), found && is_dense(x));
  }
  Factor(const Factor&) = delete;
  Factor& operator=(const Factor&) = delete;

  const Tensor& tensor() const { return *tensor_; }
  kernels::GemmOperand operand(std::int64_t batch_stride) const {
    return {.data = tensor_->data(), .layout = layout_, .batch_stride = batch_stride};
  }

 private:
  [[gnu::noinline]] void copy(DType dtype, bool same_layout) {
    const Tensor& x = *tensor_;
    copy_ = empty_strided(x.shape(), same_layout ? x.strides() : contiguous_strides(x.shape()), dtype, x.device());
    copy_.copy_(x);
    tensor_ = &copy_;
    layout_ = *layout_of(copy_);
  }

  /// The numbers of f16 in f32, which CPUs multiply faster.
  [[gnu::noinline]] void round_in_f32() {
    copy_ = rounded_factor(*tensor_).contiguous();
    tensor_ = &copy_;
    layout_ = *layout_of(copy_);
  }

  static std::optional<kernels::MatrixLayout> layout_of(const Tensor& x) {
    const int row = x.dim() - 2, col = x.dim() - 1;
    return kernels::matrix_layout(x.shape()[row], x.shape()[col], x.strides()[row], x.strides()[col]);
  }

  Tensor copy_;
  const Tensor* tensor_;
  kernels::MatrixLayout layout_;
};

Dims batch_dims(const Dims& dims) {
  Dims batch = dims;
  batch.erase(batch.size() - 1);
  batch.erase(batch.size() - 1);
  return batch;
}

/// Makes products with the same B, whose A and C follow each other in memory, one taller product.
void fold_batch(kernels::GemmArgs& args) {
  if (args.batch == 1 || args.b.batch_stride != 0 || args.a.layout.transposed) return;
  if (args.m == 1 && args.a.batch_stride >= args.k) args.a.layout.ld = args.a.batch_stride;
  if (args.a.batch_stride != args.m * args.a.layout.ld || args.c_batch_stride != args.m * args.ldc) return;
  args.m *= args.batch;
  args.batch = 1;
}

/// The products of all batches. The batch dimensions are merged as far as their strides allow; the kernel runs over
/// the innermost, a loop over the others.
void multiply_batches(kernels::GemmArgs args, const Tensor& out, const Factor& x, const Factor& y) {
  kernels::StridedLoop<3> loop;
  const Strides c_strides = batch_dims(out.strides()), a_strides = batch_dims(x.tensor().strides()),
                b_strides = batch_dims(y.tensor().strides());
  build_loop<3>(batch_dims(out.shape()), {&c_strides, &a_strides, &b_strides}, loop);
  const auto inner = static_cast<std::size_t>(loop.rank - 1);
  args.batch = loop.sizes[inner];
  args.c_batch_stride = loop.strides[0][inner];
  args.a = x.operand(loop.strides[1][inner]);
  args.b = y.operand(loop.strides[2][inner]);
  fold_batch(args);

  const auto size = static_cast<std::int64_t>(size_of(args.dtype));
  const auto factor_size = static_cast<std::int64_t>(size_of(args.factors));
  const std::int64_t calls = loop.numel() / loop.sizes[inner];
  for (std::int64_t call = 0; call < calls; ++call) {
    std::array<std::int64_t, 3> offset{};
    std::int64_t rest = call;
    for (std::size_t d = inner; d-- > 0; rest /= loop.sizes[d]) {
      for (std::size_t k = 0; k < 3; ++k) offset[k] += rest % loop.sizes[d] * loop.strides[k][d];
    }
    args.c = static_cast<char*>(out.data()) + offset[0] * size;
    args.a.data = static_cast<const char*>(x.tensor().data()) + offset[1] * factor_size;
    args.b.data = static_cast<const char*>(y.tensor().data()) + offset[2] * factor_size;
    kernels::gemm[out.device()](args);
  }
}

}  // namespace

Tensor matrix_product(const Tensor& a, const Tensor& b, const Tensor& bias) {
  const int rank = a.dim();
  Shape shape = a.shape();
  shape[rank - 1] = b.shape()[rank - 1];
  const DType dtype = a.dtype() == b.dtype() ? a.dtype() : DType::f32;  // mixed: one was rounded before
  Tensor out = empty(shape, {.dtype = dtype, .device = a.device()});
  if (out.numel() == 0) return out;
  const Factor x(a), y(b);
  const Tensor row = contiguous_if_defined(bias);

  kernels::GemmArgs args{};
  args.dtype = dtype;
  args.factors = x.tensor().dtype();
  args.m = shape[rank - 2];
  args.n = shape[rank - 1];
  args.k = a.shape()[rank - 1];
  args.ldc = args.n;
  args.bias = data_or_null(row);
  if (rank > 2) {
    multiply_batches(args, out, x, y);
  } else {
    args.a = x.operand(0);
    args.b = y.operand(0);
    args.c = out.data();
    kernels::gemm[a.device()](args);
  }
  return out;
}

void check_factors(std::string_view op, const Tensor& a, const Tensor& b) {
  check_defined(op, a, "the first operand");
  check_defined(op, b, "the second operand");
  check_same_dtype(op, a, b);
  check_dtype(op, a, kNumeric);
  check_same_device(op, a, b);
}

}  // namespace reel::detail
