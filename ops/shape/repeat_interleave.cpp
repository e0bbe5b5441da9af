// Elements repeated, each in its place or all, and reversed: repeat_interleave, tile, fliplr, flipud.

#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/indexing.h>
#include <reel/ops/reduction.h>
#include <reel/ops/selection.h>
#include <reel/ops/sorted.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

constexpr std::string_view kName = "repeat_interleave";

/// x as one with the dimension to repeat, and that dimension.
std::pair<Tensor, int> along(const Tensor& x, std::optional<std::int64_t> dim) {
  check_defined(kName, x);
  if (dim) wrap_dim(kName, *dim, x.dim());
  if (!dim || x.dim() == 0) return {reshape(x, {-1}), 0};
  return {x, wrap_dim(kName, *dim, x.dim())};
}

}  // namespace

Tensor repeat_interleave(const Tensor& input, std::int64_t repeats, std::optional<std::int64_t> dim) {
  const auto [x, d] = along(input, dim);
  check_at_least(kName, "repeats", repeats, 0);
  Shape repeated = x.shape(), merged = x.shape();
  repeated.insert(d + 1, repeats);
  merged[d] = checked_mul(merged[d], repeats);
  return reshape(expand(unsqueeze(x, d + 1), repeated), merged);
}

Tensor repeat_interleave(const Tensor& input, const Tensor& repeats, std::optional<std::int64_t> dim) {
  const auto [x, d] = along(input, dim);
  const std::int64_t n = x.size(d);
  const Tensor given = index_tensor(kName, x, repeats);
  check<ShapeError>(given.dim() <= 1 && (given.numel() == n || given.numel() == 1),
                    "{}: expected a number for each of {} slices, or one, got shape {}", kName, n, given.shape());
  const Tensor counts = expand(reshape(given, {-1}), {n});
  check<ValueError>(all(counts >= 0).item<bool>(), "{}: expected repeats of at least 0, got a negative one", kName);
  const Tensor ends = cumsum(counts, 0);
  check<ValueError>(all(ends >= 0).item<bool>(), "{}: expected repeats whose sum 64 bits hold, got a larger one",
                    kName);
  const std::int64_t total = n > 0 ? ends[n - 1].item<std::int64_t>() : 0;
  const Tensor places = arange(0, total, 1, ends.options());
  return take_slices(x, d, searchsorted(ends, places, false, true));
}

Tensor tile(const Tensor& x, const Dims& repeats) {
  check_defined("tile", x);
  Dims all = repeats;
  while (all.size() < x.dim()) all.insert(0, 1);
  return repeat(x, all);
}

Tensor fliplr(const Tensor& x) {
  check_defined("fliplr", x);
  check<ShapeError>(x.dim() >= 2, "fliplr: expected at least 2 dimensions, got shape {}", x.shape());
  return flip(x, {1});
}

Tensor flipud(const Tensor& x) {
  check_defined("flipud", x);
  check<ShapeError>(x.dim() >= 1, "flipud: expected at least 1 dimension, got shape {}", x.shape());
  return flip(x, {0});
}

}  // namespace reel
