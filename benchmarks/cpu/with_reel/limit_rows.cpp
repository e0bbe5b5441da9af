// What the machine allows, in loops that do nothing else, and beside it the rows that should come near it.

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/vector_math.h>
#include <reel/ops/factories.h>

#include "own_rows.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace bench {
namespace {

using reel::Tensor;
using reel::kernels::cpu::parallel_for;

constexpr std::int64_t kPiece = 4096;  // elements, which fit the first-level cache

/// out = a + b, or a, stored past the caches; n is a multiple of 4.
void stream(const float* a, const float* b, float* out, std::int64_t n) {
#ifdef __SSE2__
  for (std::int64_t i = 0; i < n; i += 4) {
    const __m128 value = _mm_loadu_ps(a + i);
    _mm_stream_ps(out + i, b ? _mm_add_ps(value, _mm_loadu_ps(b + i)) : value);
  }
  _mm_sfence();
#else
  for (std::int64_t i = 0; i < n; ++i) out[i] = b ? a[i] + b[i] : a[i];
#endif
}

Row memory_limit(const std::string& name, std::int64_t n, bool two) {
  Row row = limit(name, [=] {
    const Tensor a = reel::ones({n}), b = reel::ones({n}), out = reel::ones({n});
    return Work{[=] {
      parallel_for(n, 16 * kPiece, [&](std::int64_t begin, std::int64_t end) {
        stream(a.data_ptr<float>() + begin, two ? b.data_ptr<float>() + begin : nullptr, out.data_ptr<float>() + begin,
               end - begin);
      });
    }};
  });
  row.bytes = (two ? 3 : 2) * sizeof(float) * static_cast<double>(n);
  return row;
}

// glibc's vector functions.
struct Exp {
  float operator()(float x) const { return ::expf(x); }
};
struct Sigmoid {
  float operator()(float x) const { return 1 / (1 + ::expf(-x)); }
};
struct Tanh {
  float operator()(float x) const { return ::tanhf(x); }
};
struct Gelu {
  float operator()(float x) const { return x * 0.5F * (1 + ::erff(x * 0.70710678F)); }
};

template <class F> REEL_VECTOR_CLONES void map(const float* in, float* out, std::int64_t n, F f) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) out[i] = f(in[i]);
}

/// n evaluations, of the same few numbers.
template <class F> Row math_limit(const std::string& name, std::int64_t n, F f) {
  return limit(name, [=] {
    std::vector<float> in(kPiece);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = 4 * static_cast<float>(i) / kPiece - 2;
    return Work{[=] {
      parallel_for(n, 16 * kPiece, [&](std::int64_t begin, std::int64_t end) {
        float out[kPiece];
        for (std::int64_t i = begin; i < end; i += kPiece) map(in.data(), out, std::min(kPiece, end - i), f);
      });
    }};
  });
}

using Numbers32 [[gnu::vector_size(32)]] = float;  // what a register of AVX2 holds
using Numbers64 [[gnu::vector_size(64)]] = float;  // and of AVX-512

/// `steps` times 8 independent multiplications and additions.
template <class Numbers> REEL_VECTOR_CLONES float multiply_add(std::int64_t steps) {
  Numbers sums[8];  // which differ, or the compiler would compute one
  for (int i = 0; i < 8; ++i) sums[i] = Numbers{} + static_cast<float>(i + 2);
  const Numbers half = Numbers{} + 0.5F;
  for (std::int64_t i = 0; i < steps; ++i) {
#pragma GCC unroll 8
    for (Numbers& sum : sums) sum = sum * half + half;
  }
  for (const Numbers& sum : sums) sums[0] += sum;
  return sums[0][0];
}

Row multiply_add_limit(const std::string& name, std::int64_t chunks) {
  constexpr std::int64_t steps = 10'000;
  const bool wide = reel::kernels::has_wide_vectors();
  Row row = limit(name, [=] {
    return Work{[=] {
      parallel_for(chunks, 1, [&](std::int64_t, std::int64_t) {
        volatile float kept =
            wide ? multiply_add<Numbers64>(steps) : multiply_add<Numbers32>(steps);  // computed, though nobody wants it
        static_cast<void>(kept);
      });
    }};
  });
  row.operations = 2.0 * 8 * (wide ? 16 : 8) * steps * static_cast<double>(chunks);
  return row;
}

}  // namespace

void add_limit_rows(Rows& rows, Sizes sizes) {
  const std::int64_t n = sizes(4096, 24) * sizes(4096, 24);
  const Row copied = memory_limit("one in, one out, 64 MB", n, false);
  const Row added = memory_limit("two in, one out, 64 MB", n, true);
  const Row peak = multiply_add_limit("multiply-add", sizes(40, 2));
  const std::vector<std::pair<std::string, Row>> functions{
      {"exp", math_limit("exp in the cache, 64 MB", n, Exp{})},
      {"sigmoid", math_limit("sigmoid in the cache, 64 MB", n, Sigmoid{})},
      {"tanh", math_limit("tanh in the cache, 64 MB", n, Tanh{})},
      {"gelu", math_limit("gelu in the cache, 64 MB", n, Gelu{})}};

  rows.push_back(share(named(rows, "add, 64 MB", "row"), {added.name}));
  rows.push_back(share(named(rows, "relu, 64 MB", "row"), {copied.name}));
  for (const auto& [name, row] : functions) {
    rows.push_back(share(named(rows, name + ", 64 MB", "row"), {copied.name, row.name}));
    rows.push_back(row);
  }
  for (const std::string name : {"matmul 256", "matmul 512", "matmul 1024", "matmul 2048"}) {
    rows.push_back(share(named(rows, name, "row"), {peak.name}));
  }
  for (const Row& row : {copied, added, peak}) rows.push_back(row);
}

}  // namespace bench
