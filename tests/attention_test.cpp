// Scaled dot-product attention against its formula in f64, made of plain operations.

#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/checkpoint.h>
#include <reel/autograd/tape/autocast.h>
#include <reel/kernels/threads.h>
#include <reel/reel.h>

using namespace reel;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

Tensor random(const Shape& shape, std::uint64_t seed, DType dtype = DType::f64) {
  Generator generator(seed);
  return randn(shape, {.dtype = DType::f64}, generator).to(dtype);
}

Tensor wide(const Tensor& x) { return x.detach().to(DType::f64); }

/// The mask that leaves query i the keys 0 to i.
Tensor causal_mask(std::int64_t queries, std::int64_t keys) { return tril(ones({queries, keys}, DType::boolean)); }

/// softmax(query key^T scale + mask) factors value in f64.
Tensor formula(const Tensor& query, const Tensor& key, const Tensor& value, const AttentionOptions& options = {},
               const Tensor& factors = {}) {
  const auto width = static_cast<double>(query.size(-1));
  Tensor scores = matmul(query, transpose(key, -2, -1)) * options.scale.value_or(1 / std::sqrt(width));
  Tensor mask = options.is_causal ? causal_mask(query.size(-2), key.size(-2)) : options.attn_mask;
  if (mask.defined()) scores = mask.dtype() == DType::boolean ? where(mask, scores, -kInfinity) : scores + mask;
  Tensor weights = softmax(scores, -1);
  if (factors.defined()) weights = weights * factors;
  return matmul(weights, value);
}

/// The largest error, as a part of the largest number that is expected.
double error(const Tensor& got, const Tensor& expected) {
  REQUIRE(got.shape() == expected.shape());
  if (got.numel() == 0) return 0;
  const double largest = amax(abs(wide(expected))).item<double>();
  return amax(abs(wide(got) - wide(expected))).item<double>() /
         std::max(largest, 1.0);  // what is 0 because terms cancel has their errors
}

/// Rounding errors of sums in a dtype, and of a result.
double tolerance(DType dtype) {
  return dtype == DType::f64 ? 1e-13 : dtype == DType::f32 ? 3e-6 : dtype == DType::f16 ? 1e-3 : 8e-3;
}

Tensors operands(const Shape& query, const Shape& key, const Shape& value, DType dtype = DType::f64) {
  Tensors all{random(query, 1, dtype), random(key, 2, dtype), random(value, 3, dtype)};
  for (Tensor& x : all) x.requires_grad_();
  return all;
}

/// The result and its gradients by the operands, for a gradient that is always the same.
Tensors both_ways(const Tensors& in, const std::function<Tensor(const Tensors&)>& f, bool recorded = false) {
  const Tensor y = f(in);
  Tensors out = grad({y}, in, {.grad_outputs = {random(y.shape(), 9, y.dtype())}, .create_graph = recorded});
  out.push_back(y);
  return out;
}

std::function<Tensor(const Tensors&)> attention(const AttentionOptions& options = {}) {
  return [options](const Tensors& in) {
    AttentionOptions all = options;
    if (in.size() > 3) all.attn_mask = in[3];
    return scaled_dot_product_attention(in[0], in[1], in[2], all);
  };
}

std::function<Tensor(const Tensors&)> formulas(const AttentionOptions& options = {}, const Tensor& factors = {}) {
  return [=](const Tensors& in) {
    AttentionOptions all = options;
    if (in.size() > 3) all.attn_mask = in[3];
    return formula(in[0], in[1], in[2], all, factors);
  };
}

/// Attention of these operands, in their dtype, gives the formula's values and gradients.
void check_formula(const Tensors& in, const AttentionOptions& options = {}, const Tensor& factors = {}) {
  Tensors exact;
  for (const Tensor& x : in) exact.push_back(wide(x).requires_grad_());
  const Tensors got = both_ways(in, attention(options)), expected = both_ways(exact, formulas(options, factors));
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    CHECK(got[i].dtype() == in[0].dtype());
    CHECK(error(got[i], expected[i]) < 4 * tolerance(in[0].dtype()));
  }
}

bool same(const Tensors& a, const Tensors& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!equal(a[i], b[i])) return false;
  }
  return a.size() == b.size();
}

struct OwnSeed {  // other tests may draw before and after
  PhiloxState former = default_generator().state();
  explicit OwnSeed(std::uint64_t seed) { manual_seed(seed); }
  ~OwnSeed() { default_generator().set_state(former); }
};

}  // namespace

TEST_CASE("attention is its formula, whatever the sizes are to the tiles'") {
  for (const std::int64_t queries : {1, 56, 57, 225}) {
    for (const std::int64_t keys : {1, 33, 128, 129}) {
      CAPTURE(queries);
      CAPTURE(keys);
      for (const bool causal : {false, true}) {
        check_formula(operands({queries, 5}, {keys, 5}, {keys, 7}, DType::f32), {.is_causal = causal});
      }
    }
  }
  for (const std::int64_t width : {1, 16, 31, 32, 64, 65, 129}) {
    CAPTURE(width);
    check_formula(operands({2, 9, width}, {2, 17, width}, {2, 17, 130 - width}));
    check_formula(operands({2, 9, width}, {2, 17, width}, {2, 17, 130 - width}, DType::f32), {.is_causal = true});
  }
}

TEST_CASE("causal attention of fewer queries than keys: no row sees the later tiles") {
  // 32 and 16 columns fill the sums of a tile's gradients to the end, which is where a tile of no keys may write.
  for (const std::int64_t queries : {120, 125, 127}) {
    CAPTURE(queries);
    check_formula(operands({queries, 32}, {300, 32}, {300, 32}, DType::f16), {.is_causal = true});
    check_formula(operands({queries, 32}, {300, 32}, {300, 32}, DType::f32), {.is_causal = true});
    check_formula(operands({queries, 16}, {300, 16}, {300, 16}), {.is_causal = true});
  }
}

TEST_CASE("attention: heads, masks, groups and scales are the formula's") {
  for (const DType dtype : {DType::f64, DType::f32}) {
    Tensors in = operands({2, 3, 60, 4}, {2, 3, 135, 4}, {2, 3, 135, 4}, dtype);
    check_formula(in, {.scale = 0.3});
    check_formula(in, {.attn_mask = random({2, 1, 60, 135}, 5) > -1});
    in.push_back(random({3, 60, 135}, 5, dtype).requires_grad_());
    check_formula(in);
    in.back() = random({2, 1, 1, 135}, 5, dtype).requires_grad_();
    check_formula(in);
  }
  const Tensors in = operands({2, 6, 9, 4}, {2, 2, 7, 4}, {2, 2, 7, 5});
  const auto repeated = [](const Tensors& x) {
    const auto repeat = [](const Tensor& heads) {  // each three times
      return flatten(stack({heads, heads, heads}, 2), 1, 2);
    };
    return formula(x[0], repeat(x[1]), repeat(x[2]));
  };
  const Tensors got = both_ways(in, attention({.enable_gqa = true})), expected = both_ways(in, repeated);
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(error(got[i], expected[i]) < 1e-13);
}

TEST_CASE("attention takes and returns heads that lie within the rows of a projection") {
  const auto split = [](const Tensor& x) { return transpose(reshape(x, {2, 60, 3, 4}), 1, 2); };
  const Tensor x = random({2, 60, 12}, 1), y = random({2, 60, 12}, 2), z = random({2, 60, 12}, 3);
  const Tensor out = scaled_dot_product_attention(split(x), split(y), split(z), {.is_causal = true});
  CHECK(error(out, formula(split(x), split(y), split(z), {.is_causal = true})) < 1e-13);
  CHECK(transpose(out, 1, 2).is_contiguous());
  Tensors in{split(x), split(y), split(z)};
  for (Tensor& part : in) part = part.detach().requires_grad_();
  check_formula(in, {.is_causal = true});
}

TEST_CASE("attention of half floats is rounded once") {
  for (const DType dtype : {DType::f16, DType::bf16}) {
    Tensors in = operands({2, 60, 20}, {2, 131, 20}, {2, 131, 9}, dtype);
    check_formula(in, {.is_causal = true});
    in.push_back(random({60, 131}, 5, dtype).requires_grad_());
    check_formula(in);
    const Tensor y = attention()(in), exact = formulas()({wide(in[0]), wide(in[1]), wide(in[2]), wide(in[3])});
    const Tensor off = y.detach().to(DType::f64) - exact.to(dtype).to(DType::f64);
    CHECK((off == 0).mean().item<double>() > 0.99);  // f32 sums seldom round to another neighbour
  }
}

TEST_CASE("attention: weights of large products neither overflow nor vanish") {
  Tensors in = operands({60, 8}, {140, 8}, {140, 3}, DType::f32);
  for (const double size : {1e2, 1e4}) {
    const Tensors large{(in[0] * size).detach().requires_grad_(), in[1], in[2]};
    Tensors exact;
    for (const Tensor& x : large) exact.push_back(wide(x));
    CHECK(error(attention()(large), formulas()(exact)) < size * 1e-6);
  }
  const Tensor huge = full({2, 1}, 1e30), key = tensor({{1e8F}, {-1e8F}, {1.0F}}),
               value = tensor({{1.0F}, {2.0F}, {3.0F}});
  const Tensor weights_of_one = scaled_dot_product_attention(huge, key, value, {.scale = 1e-3});
  CHECK(weights_of_one.to_vector<float>() == std::vector<float>{1, 1});
  // A mask far below the products, but finite, excludes nothing by itself.
  const Tensor low = full({4, 3}, -1e9, DType::f64), k = random({3, 2}, 2), v = random({3, 2}, 3);
  const Tensor got = scaled_dot_product_attention(zeros({4, 2}, DType::f64), k, v, {.attn_mask = low});
  CHECK(error(got, expand(mean(v, {0}, true), {4, 2})) < 1e-13);
}

TEST_CASE("a query that sees no key gives zeros, and gradients of zeros") {
  for (const bool added : {false, true}) {
    Tensors in = operands({3, 2}, {130, 2}, {130, 2});
    const Tensor seen = tensor({{true}, {false}, {true}});
    AttentionOptions options{.attn_mask = seen};
    if (added) options.attn_mask = where(seen, zeros({3, 1}, DType::f64), -kInfinity);
    const Tensors got = both_ways(in, attention(options));
    const Tensors rest{index_select(in[0], 0, tensor({0, 2})), in[1], in[2]};
    CHECK(error(index_select(got[3], 0, tensor({0, 2})), formulas()(rest)) < 1e-13);
    CHECK(got[3][1].to_vector<double>() == std::vector<double>{0, 0});
    CHECK(got[0][1].to_vector<double>() == std::vector<double>{0, 0});
    for (const Tensor& x : got) CHECK(all(abs(x) < kInfinity).item<bool>());
  }
  const Tensor nothing = scaled_dot_product_attention(ones({2, 3}), ones({0, 3}), ones({0, 4}));
  CHECK(nothing.to_vector<float>() == std::vector<float>(8, 0.0F));
}

TEST_CASE("NaN and infinity show in attention where they are seen") {
  const auto nans = [](const Tensor& x) { return (x != x).to_vector<bool>(); };
  const Tensor q = random({4, 2}, 1), k = random({4, 2}, 2), v = random({4, 2}, 3);
  const auto with = [](const Tensor& x, double value) {
    Tensor y = x.clone();
    y[2][0] = value;
    return y;
  };
  const std::vector<bool> all_rows(8, true), later{false, false, false, false, true, true, true, true};
  const AttentionOptions causal{.is_causal = true};
  for (const double value : {kNan, kInfinity, -kInfinity}) {
    CAPTURE(value);
    for (const AttentionOptions& options : {AttentionOptions{}, causal}) {
      CHECK(nans(scaled_dot_product_attention(q, with(k, value), v, options)) ==
            nans(formula(q, with(k, value), v, options)));
      CHECK(nans(scaled_dot_product_attention(with(q, value), k, v, options)) ==
            nans(formula(with(q, value), k, v, options)));
    }
    const Tensor y = scaled_dot_product_attention(q, k, with(v, value));
    const double shown = y[3][0].item<double>();
    CHECK((std::isnan(value) ? std::isnan(shown) : shown == value));
    CHECK(error(select(y, 1, 1), select(formula(q, k, v), 1, 1)) < 1e-13);
  }
  CHECK(nans(scaled_dot_product_attention(q, with(k, kNan), v)) == all_rows);
  CHECK(nans(scaled_dot_product_attention(q, with(k, kNan), v, causal)) == later);
  const Tensor added = with(zeros({4, 4}, DType::f64), kInfinity);  // an infinite weight among others
  CHECK(nans(scaled_dot_product_attention(q, k, v, {.attn_mask = added})) ==
        std::vector<bool>{false, false, false, false, true, true, false, false});
  Tensors in = operands({4, 2}, {4, 2}, {4, 2});
  in[1] = with(in[1].detach(), kNan).requires_grad_();
  for (const Tensor& gradient : grad({attention()(in).sum()}, in)) CHECK(any(gradient != gradient).item<bool>());
}

TEST_CASE("dropout of attention is that of dropout on the weights, both ways") {
  const OwnSeed seed(5);
  for (const double p : {0.0, 0.3, 0.9, 1.0}) {
    CAPTURE(p);
    const PhiloxState state = default_generator().state();
    const Tensor factors = dropout(ones({2, 3, 61, 131}, DType::f64), p);
    const auto seeded = [&](const Tensors& in) {
      default_generator().set_state(state);
      return attention({.dropout_p = p})(in);
    };
    const Tensors in = operands({2, 3, 61, 4}, {2, 3, 131, 4}, {2, 3, 131, 5});
    const Tensors expected = both_ways(in, formulas({}, factors));
    for (const bool recorded : {false, true}) {
      const Tensors got = both_ways(in, seeded, recorded);
      for (std::size_t i = 0; i < got.size(); ++i) CHECK(error(got[i], expected[i]) < 1e-12);
    }
    CHECK(default_generator().state().offset == state.offset + (p > 0));
    Tensors single;
    for (const Tensor& x : in) single.push_back(x.detach().to(DType::f32).requires_grad_());
    const Tensors got = both_ways(single, seeded);
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(error(got[i], expected[i]) < 1e-5);
  }
}

TEST_CASE("what memory held before does not show in attention's gradients") {
  const auto leave_nan = [] {
    Tensors freed;
    for (std::int64_t n = 512; n <= 8192; n += 512) freed.insert(freed.end(), 4, full({n}, kNan));
  };
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensors in = operands({57, 4}, {57, 4}, {57, 5}, dtype);  // tiles whose last keys no row sees
    leave_nan();
    for (const Tensor& x : both_ways(in, attention({.dropout_p = 0.3, .is_causal = true}))) {
      CHECK(all(abs(x) < kInfinity).item<bool>());
    }
  }
}

TEST_CASE("attention drops the share of weights that it is asked to, and others in the next call") {
  const OwnSeed seed(6);
  const Tensor q = zeros({300, 1}), k = zeros({300, 1}), v = eye(300);  // the result is the weights
  const Tensor weights = scaled_dot_product_attention(q, k, v, {.dropout_p = 0.25}) * 300;
  const double kept = (weights > 0).mean().item<double>();
  CHECK(std::abs(kept - 0.75) < 5 * std::sqrt(0.75 * 0.25 / 90000));
  CHECK(amax(weights).item<double>() == doctest::Approx(1 / 0.75));
  CHECK_FALSE(equal(weights, scaled_dot_product_attention(q, k, v, {.dropout_p = 0.25}) * 300));
}

TEST_CASE("a checkpoint drops the same weights again") {
  const Tensors in = operands({2, 9, 4}, {2, 7, 4}, {2, 7, 4});
  const auto run = [&](bool checkpointed) {
    const OwnSeed seed(7);
    const auto f = [&](const Tensor& query) { return attention({.dropout_p = 0.5})({query, in[1], in[2]}); };
    return grad({(checkpointed ? checkpoint(f, in[0]) : f(in[0])).sum()}, in);
  };
  CHECK(same(run(true), run(false)));
}

TEST_CASE("the recorded gradient of attention is the fused one") {
  for (const bool rounded : {false, true}) {
    const AutocastGuard guard(rounded ? DType::bf16 : DType::f32);
    Tensors in = operands({2, 60, 8}, {2, 131, 8}, {2, 131, 3}, DType::f32);
    in.push_back(where(random({60, 131}, 5) > -1, random({60, 131}, 6), -kInfinity).to(DType::f32).requires_grad_());
    const Tensors fused = both_ways(in, attention()), recorded = both_ways(in, attention(), true);
    for (std::size_t i = 0; i < fused.size(); ++i) CHECK(error(fused[i], recorded[i]) < 1e-5);
    CHECK(recorded[0].requires_grad());
  }
  const Tensors half = operands({5, 8}, {7, 8}, {7, 3}, DType::bf16);
  const Tensors recorded = both_ways(half, attention(), true), fused = both_ways(half, attention());
  for (std::size_t i = 0; i < fused.size(); ++i) CHECK(error(fused[i], recorded[i]) < 2e-2);
}

TEST_CASE("autocast rounds query, key and value") {
  const Tensors in = operands({2, 60, 8}, {2, 131, 8}, {2, 131, 3}, DType::f32);
  Tensors rounded;
  for (const Tensor& x : in) rounded.push_back(x.detach().to(DType::bf16).to(DType::f64).requires_grad_());
  const Tensors expected = both_ways(rounded, formulas());
  const Tensors got = autocast(DType::bf16, [&] { return both_ways(in, attention()); });
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(error(got[i], expected[i]) < 1e-5);
  CHECK(error(attention()(in), expected[3]) > 1e-4);
}

TEST_CASE("attention gives the same bits on any number of threads") {
  const int threads = num_threads();
  Tensors in = operands({2, 3, 300, 8}, {2, 3, 300, 8}, {2, 3, 300, 8}, DType::f32);
  in.push_back(random({300, 300}, 5, DType::f32).requires_grad_());
  const auto run = [&](int n) {
    const OwnSeed seed(8);
    set_num_threads(n);
    return both_ways(in, attention({.dropout_p = 0.1}));
  };
  const Tensors one = run(1);
  for (const int n : {2, 3}) CHECK(same(run(n), one));
  set_num_threads(threads);
}

TEST_CASE("the memory of attention grows with the number of positions, not with its square") {
  const ThreadLimit limit(1);  // of several, the scratch may lie in memory at the same time or not
  const auto peak = [](std::int64_t positions) {
    const Tensors in = operands({2, positions, 16}, {2, positions, 16}, {2, positions, 16}, DType::f32);
    const bool gpu = in[0].device().is_cuda();
    const std::size_t before = gpu ? cuda::memory_allocated() : memory_allocated();
    gpu ? cuda::reset_peak_memory() : reset_peak_memory();
    attention({.dropout_p = 0.1, .is_causal = true})(in).sum().backward();
    return (gpu ? cuda::max_memory_allocated() : max_memory_allocated()) - before;
  };
  peak(64);  // what the first call makes
  const auto rows = static_cast<double>(sizeof(float) * 2 * 16);
  const double more = static_cast<double>(peak(640)) - static_cast<double>(peak(320));
  CHECK(more < 16 * rows * 320);  // one [L, L] matrix a head alone would be 60 times the rows of a tensor
}
