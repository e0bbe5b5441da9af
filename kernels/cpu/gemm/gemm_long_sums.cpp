// Products with long sums, whose pieces are added up in f64.

#include <reel/kernels/cpu/gemm/gemm_algorithms.h>
#include <reel/kernels/cpu/scratch.h>

namespace reel::kernels::cpu::product {
namespace {

/// `count` terms of the sums of a product, from `first` on.
GemmArgs some_terms(const GemmArgs& args, std::int64_t first, std::int64_t count) {
  const auto skip = [&](GemmOperand& x, std::int64_t step) {
    x.data = static_cast<const char*>(x.data) + first * step * static_cast<std::int64_t>(size_of(args.factors));
  };
  GemmArgs piece = args;
  skip(piece.a, args.a.layout.transposed ? args.a.layout.ld : 1);
  skip(piece.b, args.b.layout.transposed ? 1 : args.b.layout.ld);
  piece.k = count;
  piece.bias = nullptr;
  piece.accumulate = false;
  return piece;
}

/// A product of one batch.
void run_one(const GemmArgs& args) {
  const Scratch<float> part(args.m * args.n);
  LineVector<double> total(static_cast<std::size_t>(args.m * args.n));
  const auto for_rows = [&](auto&& body) {
    parallel_for(args.m, std::max<std::int64_t>(1, kGrain / args.n), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) body(r, total.data() + r * args.n);
    });
  };
  for (std::int64_t first = 0; first < args.k; first += kLongestSum) {
    GemmArgs piece = some_terms(args, first, std::min(kLongestSum, args.k - first));
    piece.c = part.data();
    piece.ldc = args.n;
    gemm(piece);
    for_rows([&](std::int64_t r, double* sums) {
      for (std::int64_t j = 0; j < args.n; ++j) sums[j] += static_cast<double>(part.data()[r * args.n + j]);
    });
  }
  const float* bias = static_cast<const float*>(args.bias);
  for_rows([&](std::int64_t r, const double* sums) {
    float* c = static_cast<float*>(args.c) + r * args.ldc;
    for (std::int64_t j = 0; j < args.n; ++j) {
      c[j] = static_cast<float>(sums[j] + static_cast<double>((args.accumulate ? c[j] : 0) + (bias ? bias[j] : 0)));
    }
  });
}

// Results of so few columns (or rows) are computed one column after the other: on some processors oneDNN adds all
// terms of such an element up in one number, the products with vectors in many.
constexpr std::int64_t kFew = 4;

}  // namespace

void run_long_sums(const GemmArgs& args) {
  const std::int64_t columns = args.n <= kFew ? 1 : args.n, rows = columns > 1 && args.m <= kFew ? 1 : args.m;
  for (std::int64_t i = 0; i < args.batch; ++i) {
    for (std::int64_t r = 0; r < args.m; r += rows) {
      for (std::int64_t j = 0; j < args.n; j += columns) run_one(block_of(args, i, r, rows, j, columns));
    }
  }
}

}  // namespace reel::kernels::cpu::product
