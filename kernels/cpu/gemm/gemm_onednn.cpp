// f32 and bf16 products through oneDNN.

#include <algorithm>

#include <reel/kernels/cpu/gemm/gemm_algorithms.h>
#include <reel/kernels/cpu/onednn.h>

namespace reel::kernels::cpu {
namespace {

using dnnl::memory;

/// Up to this many multiplications BLAS is faster: a call of it takes 43 ns, a primitive 0.3 to 0.9 us.
constexpr std::int64_t kSmall = 330'000;
/// The same for dnnl_sgemm, which is called directly where there is no AVX-512.
constexpr std::int64_t kSmallBlasLike = 15'000;
/// The same for bf16, where what is faster is a product in f32 with its conversions.
constexpr std::int64_t kSmallHalf = 10'000;
/// A second thread pays from here on.
constexpr std::int64_t kParallel = 600'000;
/// Where all sizes are at least this, oneDNN's older call, which packs both factors as it goes, is 2 to 12 % faster.
constexpr std::int64_t kLarge = 1024;

/// matmul's operands, [batch, rows, columns].
memory::desc describe(DType dtype, const GemmOperand& x, std::int64_t batch, std::int64_t rows, std::int64_t cols) {
  const auto [transposed, ld] = x.layout;
  const memory::data_type type = onednn::data_type(dtype);
  if (batch == 1) return {{rows, cols}, type, transposed ? memory::dims{1, ld} : memory::dims{ld, 1}};
  const std::int64_t count = x.batch_stride ? batch : 1;
  const std::int64_t step = x.batch_stride ? x.batch_stride : ld * (transposed ? cols : rows);
  return {{count, rows, cols}, type, transposed ? memory::dims{step, 1, ld} : memory::dims{step, ld, 1}};
}

struct Product {
  onednn::Primitive primitive;
  memory::desc a, b, bias, c;
  bool optimised = false;  // false: oneDNN has only its reference loop for this form, or nothing for this processor

  Product(const GemmArgs& args, int threads)
      : a(describe(args.factors, args.a, args.batch, args.m, args.k)),
        b(describe(args.factors, args.b, args.batch, args.k, args.n)),
        c(describe(args.dtype, {nullptr, {false, args.ldc}, args.c_batch_stride}, args.batch, args.m, args.n)) {
    if (args.bias) bias = describe(args.dtype, {nullptr, {false, args.n}, 0}, args.batch == 1 ? 1 : 2, 1, args.n);
    dnnl::primitive_attr attributes = onednn::attributes();
    if (args.accumulate) {
      dnnl::post_ops sum;
      sum.append_sum();
      attributes.set_post_ops(sum);
    }
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::matmul::primitive_desc desc(onednn::engine(), a, b, bias, c, attributes, true);
#else
    const dnnl::matmul::desc operation = args.bias ? dnnl::matmul::desc(a, b, bias, c) : dnnl::matmul::desc(a, b, c);
    const dnnl::matmul::primitive_desc desc(operation, attributes, onednn::engine(), true);
#endif
    optimised = onednn::is_optimised(desc);
    if (optimised) primitive = onednn::Primitive(desc, dnnl::matmul(desc), threads);
  }
};

void run(const GemmArgs& args, int threads) {
  static onednn::PrimitiveCache<12, Product> cache;
  const std::int64_t flags = (args.a.layout.transposed ? 1 : 0) | (args.b.layout.transposed ? 2 : 0) |
                             (args.bias ? 4 : 0) | (args.accumulate ? 8 : 0) | (args.factors == DType::bf16 ? 16 : 0) |
                             (args.dtype == DType::bf16 ? 32 : 0);
  const auto product = cache.get("gemm",
                                 {args.batch, args.m, args.n, args.k, args.a.layout.ld, args.b.layout.ld, args.ldc,
                                  args.a.batch_stride, args.b.batch_stride, args.c_batch_stride, flags},
                                 threads, [&] { return Product(args, threads); });
  if (!product->optimised) return args.factors == DType::bf16 ? gemm_widened(args) : gemm_blas<float>(args);
  if (args.bias) {
    onednn::execute("gemm", product->primitive,
                    {{DNNL_ARG_SRC, product->a, args.a.data},
                     {DNNL_ARG_WEIGHTS, product->b, args.b.data},
                     {DNNL_ARG_BIAS, product->bias, args.bias},
                     {DNNL_ARG_DST, product->c, args.c}});
  } else {
    onednn::execute("gemm", product->primitive,
                    {{DNNL_ARG_SRC, product->a, args.a.data},
                     {DNNL_ARG_WEIGHTS, product->b, args.b.data},
                     {DNNL_ARG_DST, product->c, args.c}});
  }
}

/// An f32 product of one batch through dnnl_sgemm.
void run_blas_like(const GemmArgs& args, int threads) {
  if (args.bias) start_rows<float>(args);
  const auto letter = [](const GemmOperand& x) { return x.layout.transposed ? 'T' : 'N'; };
  try {
    const onednn::ThreadScope scope(threads);
    dnnl::error::wrap_c_api(
        dnnl_sgemm(letter(args.a), letter(args.b), args.m, args.n, args.k, 1, static_cast<const float*>(args.a.data),
                   args.a.layout.ld, static_cast<const float*>(args.b.data), args.b.layout.ld,
                   args.accumulate || args.bias ? 1 : 0, static_cast<float*>(args.c), args.ldc),
        "could not multiply");
  } catch (const dnnl::error&) {
    onednn::rethrow_typed("gemm");
  }
}

std::int64_t work(const GemmArgs& args) { return args.m * args.n * args.k; }

void multiply(const GemmArgs& args) {
  const int threads = work(args) * args.batch < kParallel ? 1 : onednn::available_threads();
  if (deterministic()) {
    for_each_block(args, [](const GemmArgs& block) { run(block, 1); });
  } else if (args.factors == DType::f32 && args.batch == 1 && std::min({args.m, args.n, args.k}) >= kLarge) {
    run_blas_like(args, threads);
  } else if (args.a.batch_stride == 0 && args.b.batch_stride == 0) {  // oneDNN broadcasts only one of the two
    for (std::int64_t i = 0; i < args.batch; ++i) run(gemm_block(args, i, 0, args.m, 0, args.n), threads);
  } else {
    run(args, threads);
  }
}

/// Whether rows that dnnl_sgemm goes down without AVX-512 lie so that the first-level cache keeps few of them: up
/// to 2.5 times slower than OpenBLAS, which copies them first.
bool strides_collide(const GemmArgs& args) {
  constexpr std::int64_t least_rows = 64, stride = 512;
  return args.k >= least_rows && ((args.a.layout.transposed && args.a.layout.ld % stride == 0) ||
                                  (!args.b.layout.transposed && args.b.layout.ld % stride == 0));
}

/// Without AVX-512: there oneDNN's primitive would call dnnl_sgemm as well, and takes 0.3 us to come to it.
/// Not inlined, so that the smallest products do not pay for its stack frame.
[[gnu::noinline]] void multiply_blas_like(const GemmArgs& args) {
  const int threads = work(args) * args.batch < kParallel ? 1 : onednn::available_threads();
  if (strides_collide(args)) {
    if (threads == 1 && !deterministic()) gemm_blas_uncut<float>(args);
    else gemm_blas<float>(args);
  } else if (args.batch > 1 || deterministic()) {
    for_each_block(args, [](const GemmArgs& block) { run_blas_like(block, 1); });
  } else {
    run_blas_like(args, threads);
  }
}

}  // namespace

void gemm_f32(const GemmArgs& args) {
  static const std::int64_t small = onednn::has_avx512() ? kSmall : kSmallBlasLike;
  if (work(args) <= small) gemm_blas<float>(args);
  else if (onednn::has_avx512()) multiply(args);
  else multiply_blas_like(args);
}

void gemm_bf16(const GemmArgs& args) {
  if (work(args) <= kSmallHalf || !onednn::multiplies_bf16()) gemm_widened(args);
  else multiply(args);
}

bool multiplies_bf16() { return onednn::multiplies_bf16(); }

}  // namespace reel::kernels::cpu
