// Distinct elements or slices: unique, unique_consecutive.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/indexing.h>
#include <reel/ops/reduction.h>
#include <reel/ops/sorted.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

struct Wanted {
  bool inverse, counts;
};
using Distinct = std::tuple<Tensor, Tensor, Tensor>;

/// Rows to tell apart, [n, m], in an order that puts equal ones side by side.
struct Rows {
  Tensor sorted;  // the rows in that order
  Tensor order;   // [n], where each of them came from; undefined if they are in their own order
};

/// The first of each run of equal rows, which run each row belongs to (in its own order), and how long the runs are.
Distinct distinct_rows(const Rows& rows, Wanted wanted) {
  const Tensor& x = rows.sorted;
  const std::int64_t n = x.size(0);
  const TensorOptions positions{.dtype = DType::i64, .device = x.device()};
  const Tensor changes = n > 1 ? any(narrow(x, 0, 1, n - 1) != narrow(x, 0, 0, n - 1), {1})
                               : empty({0}, {.dtype = DType::boolean, .device = x.device()});
  const Tensor first = ones({n > 0 ? 1 : 0}, {.dtype = DType::boolean, .device = x.device()});
  const Tensor begins = n > 0 ? cat({first, changes}) : first;
  const Tensor starts = reshape(nonzero(begins), {-1});
  Tensor inverse, counts;
  if (wanted.inverse) {
    const Tensor run = cumsum(begins, 0) - 1;
    inverse = rows.order.defined() ? scatter(zeros({n}, positions), 0, rows.order, run) : run;
  }
  if (wanted.counts) {
    const Tensor ends =
        starts.numel() > 0 ? cat({narrow(starts, 0, 1, starts.numel() - 1), full({1}, n, positions)}) : starts;
    counts = ends - starts;
  }
  return {take_slices(x, 0, starts), inverse, counts};
}

/// The slices of a dimension as rows, and the way back.
struct Slices {
  Shape shape;  // of x with the dimension in front
  int dim;

  Slices(std::string_view op, const Tensor& x, std::int64_t d) : dim(wrap_dim(op, d, x.dim())) {
    check<ShapeError>(x.dim() > 0, "{}: expected a tensor with dimensions, got one of rank 0", op);
    shape = movedim(x, {dim}, {0}).shape();
  }
  Tensor rows(const Tensor& x) const {
    std::int64_t width = 1;
    for (int i = 1; i < shape.size(); ++i) width *= shape[i];
    return reshape(movedim(x, {dim}, {0}), {shape[0], width});
  }
  Tensor restore(const Tensor& rows) const {
    Shape moved = shape;
    moved[0] = rows.size(0);
    return movedim(reshape(rows, moved), {0}, {dim}).contiguous();
  }
};

/// Rows in lexicographic order: sorted by the last column first, each time keeping the order of equals.
Rows sorted_rows(const Tensor& x) {
  Tensor order = arange(0, x.size(0), 1, {.dtype = DType::i64, .device = x.device()});
  for (std::int64_t column = x.size(1) - 1; column >= 0; --column) {
    order = take_slices(order, 0, argsort(take_slices(select(x, 1, column), 0, order)));
  }
  return {take_slices(x, 0, order), order};
}

}  // namespace

Distinct unique(const Tensor& input, bool, bool return_inverse, bool return_counts, std::optional<std::int64_t> dim) {
  check_dtype("unique", input, kNumericAndBool);
  const NoGradGuard guard;
  const Tensor x = input.detach();
  const Wanted wanted{return_inverse, return_counts};
  if (dim) {
    const Slices slices("unique", x, *dim);
    auto [values, inverse, counts] = distinct_rows(sorted_rows(slices.rows(x)), wanted);
    return {slices.restore(values), inverse, counts};
  }
  const auto [sorted, order] = sort(reshape(x, {-1}));
  auto [values, inverse, counts] = distinct_rows({unsqueeze(sorted, 1), order}, wanted);
  return {squeeze(values, 1), inverse.defined() ? reshape(inverse, x.shape()) : inverse, counts};
}

Distinct unique_consecutive(const Tensor& input, bool return_inverse, bool return_counts,
                            std::optional<std::int64_t> dim) {
  check_dtype("unique_consecutive", input, kNumericAndBool);
  const NoGradGuard guard;
  const Tensor x = input.detach();
  const Wanted wanted{return_inverse, return_counts};
  if (dim) {
    const Slices slices("unique_consecutive", x, *dim);
    auto [values, inverse, counts] = distinct_rows({slices.rows(x), {}}, wanted);
    return {slices.restore(values), inverse, counts};
  }
  auto [values, inverse, counts] = distinct_rows({reshape(x, {-1, 1}), {}}, wanted);
  return {squeeze(values, 1), inverse.defined() ? reshape(inverse, x.shape()) : inverse, counts};
}

}  // namespace reel
