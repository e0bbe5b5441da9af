#pragma once

#include <string_view>

#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

/// Images without a batch: [C, H, W] where operations work on [N, C, H, W].
namespace reel::detail {

/// `f(x)` for an x of rank `rank`. One without a batch, of one dimension less, is a batch of one for `f`. Throws a
/// ShapeError for any other rank.
template <class F> Tensor over_batch(std::string_view op, const Tensor& x, int rank, F&& f) {
  check_defined(op, x);
  if (x.dim() == rank) return f(x);
  check<ShapeError>(x.dim() == rank - 1,
                    "{}: expected an input of rank {}, or {} without a batch, got shape {}; unsqueeze adds a dimension",
                    op, rank, rank - 1, x.shape());
  return squeeze(f(unsqueeze(x, 0)), 0);
}

}  // namespace reel::detail
