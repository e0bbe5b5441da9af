// Products through oneDNN.

#include <algorithm>
#include <atomic>

#include <reel/kernels/cpu/gemm/gemm_algorithms.h>
#include <reel/kernels/cpu/onednn.h>

namespace reel::kernels::cpu::product {
namespace {

using dnnl::memory;

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

void run_matmul(onednn::Use& use, const GemmArgs& args, int threads) {
  static auto* cache = new onednn::PrimitiveCache<12, Product>;
  const std::int64_t flags = (args.a.layout.transposed ? 1 : 0) | (args.b.layout.transposed ? 2 : 0) |
                             (args.bias ? 4 : 0) | (args.accumulate ? 8 : 0) | (args.factors == DType::bf16 ? 16 : 0) |
                             (args.dtype == DType::bf16 ? 32 : 0);
  const auto product = cache->get(use, "gemm",
                                  {args.batch, args.m, args.n, args.k, args.a.layout.ld, args.b.layout.ld, args.ldc,
                                   args.a.batch_stride, args.b.batch_stride, args.c_batch_stride, flags},
                                  threads, [&] { return Product(args, threads); });
  if (!product->optimised) return run_without_onednn(args);
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

/// A product of one batch.
void run_sgemm(onednn::Use& use, const GemmArgs& args, int threads) {
  // The first calls generate code, for each way in which a product may be computed.
  static std::atomic<int> calls{0};
  if (calls.load(std::memory_order_relaxed) < 256 && calls.fetch_add(1) < 256) use.makes_new();
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

}  // namespace

void run_onednn_matmul(const GemmArgs& args, int threads) {
  onednn::Use use;  // one for all blocks: threads that begin and end uses wait for one another
  if (!use) return run_without_onednn(args);
  if (deterministic()) {
    for_each_block(args, [&](const GemmArgs& block) { run_matmul(use, block, 1); });
  } else if (args.a.batch_stride == 0 && args.b.batch_stride == 0) {  // oneDNN broadcasts only one of the two
    for (std::int64_t i = 0; i < args.batch; ++i) run_matmul(use, block_of(args, i, 0, args.m, 0, args.n), threads);
  } else {
    run_matmul(use, args, threads);
  }
}

void run_onednn_sgemm(const GemmArgs& args, int threads) {
  onednn::Use use;
  if (!use) return run_without_onednn(args);
  if (args.batch > 1 || deterministic()) {
    for_each_block(args, [&](const GemmArgs& block) { run_sgemm(use, block, 1); });
  } else {
    run_sgemm(use, args, threads);
  }
}

}  // namespace reel::kernels::cpu::product
