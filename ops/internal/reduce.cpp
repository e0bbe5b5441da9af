// Reductions over any dimensions, brought into the [outer, n, inner] form that kernels take.

#include <reel/ops/internal/reduce.h>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/view.h>

namespace reel::detail {

ReducedDims::ReducedDims(std::string_view op, const Dims& dims, int rank) {
  if (dims.empty()) mask = (1u << rank) - 1;
  for (std::int64_t dim : dims) {
    const unsigned bit = 1u << wrap_dim(op, dim, rank);
    check<ShapeError>(!(mask & bit), "{}: expected each dimension once, got {}", op, dims);
    mask |= bit;
  }
  if (rank == 0) mask = 0;
}

Dims ReducedDims::list(int rank) const {
  Dims out;
  for (int d = 0; d < rank; ++d) {
    if (contains(d)) out.push_back(d);
  }
  return out;
}

Shape ReducedDims::shape(const Shape& from, bool keepdim) const {
  Shape out;
  for (int d = 0; d < from.size(); ++d) {
    if (!contains(d)) out.push_back(from[d]);
    else if (keepdim) out.push_back(1);
  }
  return out;
}

std::int64_t ReducedDims::count(const Shape& from) const {
  std::int64_t n = 1;
  for (int d = 0; d < from.size(); ++d) n *= contains(d) ? from[d] : 1;
  return n;
}

Tensor ReducedDims::restore(const Tensor& result, const Shape& from) const {
  return result.dim() == from.size() ? result : reshape(result, shape(from, true));
}

namespace {

/// The order of the dimensions in memory, outermost first.
Dims memory_order(const Tensor& x) {
  Dims order;
  for (int d = 0; d < x.dim(); ++d) {
    int at = order.size();
    while (at > 0 && x.strides()[static_cast<int>(order[at - 1])] < x.strides()[d]) --at;
    order.insert(at, d);
  }
  return order;
}

/// Whether the dimensions in this order form [kept, reduced, kept]; if so sets the sizes of the block.
bool fits_block(const Tensor& x, const ReducedDims& dims, const Dims& order, ReduceBlock& block) {
  int stage = 0;  // 0: outer, 1: reduced, 2: inner
  for (std::int64_t dim : order) {
    const int d = static_cast<int>(dim);
    if (x.shape()[d] == 1) continue;
    const bool reduced = dims.contains(d);
    if (stage == 0 && reduced) stage = 1;
    else if (stage == 1 && !reduced) stage = 2;
    else if (stage == 2 && reduced) return false;
    (stage == 0 ? block.outer : stage == 1 ? block.n : block.inner) *= x.shape()[d];
  }
  if (stage == 0) {  // nothing is reduced: rows of one element
    block.n = block.inner = 1;
  }
  return true;
}

/// Dense strides for the result, in the order in which the input lies in memory.
Strides result_strides(const Tensor& x, const ReducedDims& dims, const Dims& order, bool keepdim) {
  Strides all = Dims::filled(x.dim(), 1);
  std::int64_t step = 1;
  for (int i = order.size() - 1; i >= 0; --i) {
    const int d = static_cast<int>(order[i]);
    all[d] = step;
    if (!dims.contains(d)) step *= std::max<std::int64_t>(x.shape()[d], 1);
  }
  if (keepdim) return all;
  Strides strides;
  for (int d = 0; d < x.dim(); ++d) {
    if (!dims.contains(d)) strides.push_back(all[d]);
  }
  return strides;
}

}  // namespace

ReduceBlock make_reduce_block(const Tensor& x, const ReducedDims& dims, bool keepdim) {
  ReduceBlock block;
  block.shape = dims.shape(x.shape(), keepdim);
  const Dims order = memory_order(x);
  if (is_dense(x.shape(), x.strides()) && x.numel() > 0 && fits_block(x, dims, order, block)) {
    block.data = x;
    block.strides = result_strides(x, dims, order, keepdim);
    return block;
  }
  // Anything else is copied, the kept dimensions in front, so that each reduction is over a row.
  Dims kept_first;
  for (int pass = 0; pass < 2; ++pass) {
    for (int d = 0; d < x.dim(); ++d) {
      if (dims.contains(d) == (pass == 1)) kept_first.push_back(d);
    }
  }
  const NoGradGuard guard;
  block.data = permute(x, kept_first).contiguous();
  block.n = dims.count(x.shape());
  block.inner = 1;
  block.outer = numel(block.shape);
  block.strides = contiguous_strides(block.shape);
  return block;
}

}  // namespace reel::detail
