// Scaled dot-product attention.

#include <reel/ops/attention.h>

#include <cmath>
#include <limits>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/attention.h>
#include <reel/kernels/dropout.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/factors.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/internal/random.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

constexpr std::string_view kName = "scaled_dot_product_attention";

/// What f32 and half floats are summed in.
DType sum_dtype(const Tensor& x) { return x.dtype() == DType::f64 ? DType::f64 : DType::f32; }

/// The operand of a kernel: contiguous rows, of rounded numbers under autocast.
Tensor operand(const Tensor& x) {
  const Tensor rounded = rounded_factor(x).to(x.dtype());
  return rounded.size(-1) == 1 || rounded.strides()[rounded.dim() - 1] == 1 ? rounded : rounded.contiguous();
}

/// The matrices of x, [..., rows, columns], for heads of shape [...]; what x has 1 of is shared.
kernels::HeadMatrices matrices(const Tensor& x, int head_rank) {
  kernels::HeadMatrices out{.data = x.data()};
  const auto stride = [&](int from_end) {
    const int d = x.dim() - from_end;
    return d < 0 || x.shape()[d] == 1 ? 0 : x.strides()[d];
  };
  for (int d = 0; d < head_rank; ++d) out.heads[d] = stride(head_rank - d + 2);
  out.row = stride(2);
  out.column = stride(1);
  return out;
}

/// Dropout of the weights: where its random numbers begin, and how many weights it keeps.
struct WeightDropout {
  double p = 0;
  kernels::DrawState state = {};

  std::uint32_t threshold() const {
    const double words = std::nearbyint(p * 0x1p32);
    return words < 0x1p32 ? static_cast<std::uint32_t>(words) : UINT32_MAX;
  }
  double scale() const { return p < 1 ? 1 / (1 - p) : 0; }
};

/// Everything but the checks: query [..., L, E], key [..., S, E] and value [..., S, V] have the same leading
/// dimensions, the mask, which may be undefined, broadcasts to [..., L, S].
struct Attention {
  static constexpr std::string_view name = kName;
  double scale;
  bool is_causal;
  WeightDropout dropout;

  Tensor forward(Context& ctx, const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& mask) const {
    Shape shape = query.shape(), rows = shape;
    shape[shape.size() - 1] = value.size(-1);
    rows.erase(rows.size() - 1);
    // As the query lies, which often is a view of [N, L, heads, E].
    const Tensor out = shape == query.shape() && is_dense(query) && query.strides().back() == 1
                           ? empty_like(query)
                           : empty(shape, query.options());
    const Tensor log_sums = empty(rows, {.dtype = sum_dtype(query), .device = query.device()});
    const Tensor q = operand(query), k = operand(key), v = operand(value);
    kernels::attention[query.device()](arguments(q, k, v, mask, out, log_sums));
    for (const Tensor& x : {query, key, value, mask, out, log_sums}) ctx.save(x);
    return out;
  }

  Grads<4> backward(const Context& ctx, const Tensor& grad) const {
    return GradMode::enabled() ? recorded_backward(ctx, grad) : fused_backward(ctx, grad);
  }

 private:
  kernels::AttentionArgs arguments(const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& mask,
                                   const Tensor& out, const Tensor& log_sums) const {
    kernels::Heads heads{.rank = query.dim() - 2};
    for (int d = 0; d < heads.rank; ++d) heads.count *= heads.sizes[d] = query.shape()[d];
    return {.dtype = query.dtype(),
            .heads = heads,
            .queries = query.size(-2),
            .keys = key.size(-2),
            .width = query.size(-1),
            .value_width = value.size(-1),
            .query = matrices(query, heads.rank),
            .key = matrices(key, heads.rank),
            .value = matrices(value, heads.rank),
            .mask = mask.defined() ? matrices(mask, heads.rank) : kernels::HeadMatrices{},
            .boolean_mask = mask.defined() && mask.dtype() == DType::boolean,
            .is_causal = is_causal,
            .scale = scale,
            .dropout_threshold = dropout.threshold(),
            .dropout_scale = dropout.scale(),
            .dropout_state = dropout.state,
            .out = matrices(out, heads.rank),
            .log_sums = log_sums.data()};
  }

  Grads<4> fused_backward(const Context& ctx, const Tensor& grad) const {
    const Tensor query = operand(ctx.saved(0)), key = operand(ctx.saved(1)), value = operand(ctx.saved(2));
    const Tensor mask = ctx.saved(3), out = ctx.saved(4), log_sums = ctx.saved(5);
    const Tensor upstream = grad.strides().back() == 1 ? grad : grad.contiguous();
    const auto wanted = [&](std::size_t i, const Tensor& x) { return ctx.needs_grad(i) ? empty_like(x) : Tensor(); };
    const Grads<4> grads{wanted(0, query), wanted(1, key), wanted(2, value),
                         ctx.needs_grad(3) ? zeros(mask.shape(), log_sums.options()) : Tensor()};
    const int rank = query.dim() - 2;
    const auto target = [&](std::size_t i) {
      return grads[i].defined() ? matrices(grads[i], rank) : kernels::HeadMatrices{};
    };
    kernels::attention_grad[out.device()]({.forward = arguments(query, key, value, mask, out, log_sums),
                                           .grad = matrices(upstream, rank),
                                           .query = target(0),
                                           .key = target(1),
                                           .value = target(2),
                                           .mask = target(3)});
    return {grads[0], grads[1], grads[2], grads[3].defined() ? grads[3].to(mask.dtype()) : Tensor()};
  }

  /// The same from recorded operations on all weights, for derivatives of higher order.
  Grads<4> recorded_backward(const Context& ctx, const Tensor& upstream) const {
    const Tensor mask = ctx.saved(3);
    const DType dtype = sum_dtype(upstream);
    const Tensor query = rounded(ctx.saved(0)), key = rounded(ctx.saved(1)), value = rounded(ctx.saved(2));
    const AutocastGuard once(DType::f32);
    const Tensor grad = upstream.to(dtype), weights = softmax_weights(query, key, mask);
    const Tensor kept = dropout.p > 0 ? factors(weights) : Tensor();
    const auto drop = [&](const Tensor& x) { return kept.defined() ? x * kept : x; };
    const auto turned = [](const Tensor& x) { return transpose(x, -2, -1); };
    const Tensor to_weights = drop(matmul(grad, turned(value)));
    const Tensor to_scores = weights * (to_weights - sum(weights * to_weights, {-1}, true));
    Grads<4> grads{matmul(to_scores, key) * scale,
                   matmul(turned(to_scores), query) * scale,
                   matmul(turned(drop(weights)), grad),
                   {}};
    for (Tensor& x : grads) x = x.defined() ? x.to(upstream.dtype()) : x;
    if (ctx.needs_grad(3)) grads[3] = sum_to(to_scores, mask.shape()).to(upstream.dtype());
    return grads;
  }

  /// x as the kernel takes it; the derivative of rounding counts as 1.
  static Tensor rounded(const Tensor& x) {
    if (x.dtype() != DType::f32) return x.to(sum_dtype(x));
    const Tensor values = x.detach(), factor = rounded_factor(values);
    return factor.dtype() == x.dtype() ? x : x + (factor.to(x.dtype()) - values);
  }

  /// The weights before dropout; zeros for a query that sees nothing.
  Tensor softmax_weights(const Tensor& query, const Tensor& key, const Tensor& mask) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    Tensor scores = matmul(query, transpose(key, -2, -1)) * scale;
    if (is_causal) {
      const Tensor seen =
          tril(ones({query.size(-2), key.size(-2)}, {.dtype = DType::boolean, .device = query.device()}));
      scores = where(seen, scores, -infinity);
    }
    if (mask.defined()) {
      scores = mask.dtype() == DType::boolean ? where(mask, scores, -infinity) : scores + mask.to(scores.dtype());
    }
    const Tensor sees_nothing = all(scores == -infinity, {-1}, true);
    return masked_fill(softmax(masked_fill(scores, sees_nothing, 0), -1), sees_nothing, 0);
  }

  /// Dropout's factors of all weights.
  Tensor factors(const Tensor& weights) const {
    const Tensor out = empty(weights.shape(), weights.options());
    kernels::dropout[out.device()]({.dtype = out.dtype(),
                                    .x = nullptr,
                                    .out = out.data(),
                                    .n = out.numel(),
                                    .state = dropout.state,
                                    .threshold = dropout.threshold(),
                                    .scale = dropout.scale()});
    return out;
  }
};

Shape leading(const Tensor& x) { return Shape(std::span(x.shape().begin(), static_cast<std::size_t>(x.dim() - 2))); }

Shape with_matrix(Shape leading, std::int64_t rows, std::int64_t columns) {
  leading.push_back(rows);
  leading.push_back(columns);
  return leading;
}

void check_inputs(const Tensor& query, const Tensor& key, const Tensor& value) {
  check_dtype(kName, query, kFloating);
  check_defined(kName, key, "the key");
  check_defined(kName, value, "the value");
  for (const Tensor& x : {key, value}) {
    check_same_dtype(kName, query, x);
    check_same_device(kName, query, x);
  }
  check<ShapeError>(query.dim() >= 2 && key.dim() >= 2 && value.dim() >= 2,
                    "{}: expected query [..., L, E], key [..., S, E] and value [..., S, V], got shapes {}, {} and {}",
                    kName, query.shape(), key.shape(), value.shape());
  check<ShapeError>(query.size(-1) == key.size(-1),
                    "{}: expected query and key of one width, got shapes {} and {} ({} and {})", kName, query.shape(),
                    key.shape(), query.size(-1), key.size(-1));
  check<ShapeError>(key.size(-2) == value.size(-2),
                    "{}: expected as many keys as values, got shapes {} and {} ({} and {})", kName, key.shape(),
                    value.shape(), key.size(-2), value.size(-2));
}

void check_mask(const Tensor& mask, const Tensor& query, const Shape& weights) {
  check<DTypeError>(mask.dtype() == DType::boolean || mask.dtype() == query.dtype(),
                    "{}: expected attn_mask of dtype bool or the query's, {}, got {}; convert it with to()", kName,
                    query.dtype(), mask.dtype());
  check_same_device(kName, query, mask);
  bool fits = mask.dim() <= weights.size();
  for (int d = 1; fits && d <= mask.dim(); ++d) {
    fits = mask.size(-d) == 1 || mask.size(-d) == weights[weights.size() - d];
  }
  check<ShapeError>(fits, "{}: expected attn_mask that broadcasts to the weights' shape {}, got {}", kName, weights,
                    mask.shape());
}

/// x [..., heads, rows, columns] as [..., heads / times, times, rows, columns].
Tensor split_heads(const Tensor& x, std::int64_t times) {
  Shape shape = x.shape();
  shape[x.dim() - 3] /= times;
  shape.insert(x.dim() - 2, times);
  return reshape(x, shape);
}

/// The common leading dimensions of all three.
Shape common_leading(const Tensor& query, const Tensor& key, const Tensor& value) {
  try {
    return broadcast_shapes(kName, broadcast_shapes(kName, leading(query), leading(key)), leading(value));
  } catch (const ShapeError&) {
    fail<ShapeError>("{}: expected leading dimensions that broadcast together, got shapes {}, {} and {}", kName,
                     query.shape(), key.shape(), value.shape());
  }
}

/// Attention where each head of key and value serves several neighbours of the query's: as many more leading
/// dimensions, along which key and value are broadcast.
Tensor grouped_attention(const Tensor& query, const Tensor& key, const Tensor& value, AttentionOptions options) {
  const bool fits = query.dim() >= 3 && key.dim() >= 3 && value.dim() >= 3 && key.size(-3) == value.size(-3) &&
                    key.size(-3) > 0 && query.size(-3) % key.size(-3) == 0;
  check<ShapeError>(fits,
                    "{}: expected the heads (dimension -3) of key and value to be equal and to divide those of the "
                    "query with enable_gqa, got shapes {}, {} and {}",
                    kName, query.shape(), key.shape(), value.shape());
  options.enable_gqa = false;
  const std::int64_t times = query.size(-3) / key.size(-3);
  if (Tensor& mask = options.attn_mask; mask.defined() && mask.dim() >= 3) {
    check<ShapeError>(mask.size(-3) == 1 || mask.size(-3) == query.size(-3),
                      "{}: expected attn_mask of 1 or the query's {} heads (dimension -3), got shape {}", kName,
                      query.size(-3), mask.shape());
    mask = mask.size(-3) == 1 ? unsqueeze(mask, -3) : split_heads(mask, times);
  }
  const Tensor out =
      scaled_dot_product_attention(split_heads(query, times), unsqueeze(key, -3), unsqueeze(value, -3), options);
  return flatten(out, -4, -3);
}

}  // namespace

Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const AttentionOptions& options) {
  check_inputs(query, key, value);
  if (options.enable_gqa) return grouped_attention(query, key, value, options);
  check_option(kName, "dropout_p", options.dropout_p, kZeroToOne);
  if (options.scale) check_option(kName, "scale", *options.scale, kFinite);
  const Tensor& mask = options.attn_mask;
  check<ValueError>(!options.is_causal || !mask.defined(), "{}: expected attn_mask or is_causal, got both", kName);
  const Shape heads = common_leading(query, key, value);
  if (mask.defined()) check_mask(mask, query, with_matrix(heads, query.size(-2), key.size(-2)));
  WeightDropout dropout{options.dropout_p};
  if (dropout.p > 0) dropout.state = next_draw(default_generator(), query.device());
  const auto width = static_cast<double>(std::max<std::int64_t>(1, query.size(-1)));
  const auto with_heads = [&](const Tensor& x) { return expand(x, with_matrix(heads, x.size(-2), x.size(-1))); };
  return apply(Attention{options.scale.value_or(1 / std::sqrt(width)), options.is_causal, dropout}, with_heads(query),
               with_heads(key), with_heads(value), mask);
}

}  // namespace reel
