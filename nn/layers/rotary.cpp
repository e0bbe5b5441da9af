// Rotary position embedding as a layer.

#include <reel/nn/layers/rotary.h>

#include <cmath>

#include <reel/nn/text.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/normalization.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/rotary.h>
#include <reel/ops/view.h>

namespace reel::nn {
using namespace reel::detail;

RotaryEmbedding::RotaryEmbedding(std::int64_t dim, const RotaryEmbeddingOptions& options)
    : interleaved_(options.interleaved) {
  check<ValueError>(dim > 0 && dim % 2 == 0, "RotaryEmbedding: expected an even dim of at least 2, got {}", dim);
  check_at_least("RotaryEmbedding", "max_seq_len", options.max_seq_len, 1);
  check_option("RotaryEmbedding", "base", options.base, kPositive);
  // In f64 until the end: an angle of thousands has no digits of f32 to spare.
  const TensorOptions f64{.dtype = DType::f64};
  const double step = -2 * std::log(options.base) / static_cast<double>(dim);
  const Tensor speeds = exp(arange(0, dim / 2, 1, f64) * step);
  const Tensor angles = arange(0, options.max_seq_len, 1, f64).unsqueeze(1) * speeds;
  cos = register_buffer("cos", reel::cos(angles).to(DType::f32), false);
  sin = register_buffer("sin", reel::sin(angles).to(DType::f32), false);
  set_extra_text(fmt::format("{}, max_seq_len={}, base={}, interleaved={}", dim, options.max_seq_len,
                             text::of(options.base), text::of(options.interleaved)));
}

Tensor RotaryEmbedding::forward(const Tensor& x, std::int64_t offset) const {
  check_defined("RotaryEmbedding", x);
  check<ShapeError>(x.dim() >= 2, "RotaryEmbedding: expected input [..., length, width], got shape {}", x.shape());
  const std::int64_t length = x.size(-2), most = cos.size(0);
  check<IndexError>(offset >= 0 && length <= most - offset,
                    "RotaryEmbedding: expected positions below max_seq_len = {}, got {} from {} on", most, length,
                    offset);
  const auto rows = [&](const Tensor& table) { return narrow(table, 0, offset, length).to(x.dtype()); };
  return rotary_embedding(x, rows(cos), rows(sin), interleaved_);
}

Tensor RotaryEmbedding::forward(const Tensor& x, const Tensor& positions) const {
  check_defined("RotaryEmbedding", x);
  check_defined("RotaryEmbedding", positions, "the positions");
  const auto rows = [&](const Tensor& table) { return embedding(positions, table).to(x.dtype()); };
  return rotary_embedding(x, rows(cos), rows(sin), interleaved_);
}

}  // namespace reel::nn
