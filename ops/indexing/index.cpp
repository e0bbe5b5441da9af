// Indexing by tensors of positions: index, index_put.

#include <algorithm>

#include <reel/kernels/indexing.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/indexing.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/cuda_graph.h>
#include <reel/tensor/core/cuda_stream.h>

namespace reel {
using namespace detail;
namespace {

/// Row-major positions in the indexed dimensions, from checked ones in each of them.
Tensor linear_positions(const Shape& sizes, const Tensors& indices, const Shape& common) {
  kernels::LinearIndexArgs args{};
  Tensors rows;
  for (const Tensor& index : indices) {
    rows.push_back(index.detach().expand(common).contiguous());
    args.index[static_cast<std::size_t>(args.count)] = rows.back().data_ptr<std::int64_t>();
    args.sizes[static_cast<std::size_t>(args.count)] = sizes[args.count];
    ++args.count;
  }
  const Tensor out = empty({numel(common)}, {.dtype = DType::i64, .device = indices[0].device()});
  args.n = out.numel();
  args.out = out.data_ptr<std::int64_t>();
  if (args.n > 0) kernels::linear_index[out.device()](args);
  return out;
}

}  // namespace

IndexPlan detail::plan_index(std::string_view op, const Tensor& x, const Tensors& indices) {
  check_defined(op, x);
  check<IndexError>(indices.size() <= static_cast<std::size_t>(x.dim()),
                    "{}: expected at most {} indices for shape {}, got {}", op, x.dim(), x.shape(), indices.size());
  Dims indexed, others;
  Shape sizes, common;
  Tensors used;
  int first = -1, last = -1;  // how many other dimensions come before the first and the last index of rank 1 or more
  for (int d = 0; d < x.dim(); ++d) {
    const auto i = static_cast<std::size_t>(d);
    if (i >= indices.size() || !indices[i].defined()) {
      others.push_back(d);
      continue;
    }
    const Tensor index = index_tensor(op, x, indices[i]);
    check_positions(op, index, d, x.shape()[d], true);
    common = broadcast_shapes(op, common, index.shape());
    indexed.push_back(d);
    sizes.push_back(x.shape()[d]);
    used.push_back(index);
    if (index.dim() == 0) continue;
    last = others.size();
    if (first < 0) first = last;
  }
  check<ValueError>(!indexed.empty(), "{}: expected at least one index, got none", op);

  IndexPlan plan{};
  plan.first = first < 0 ? static_cast<int>(indexed[0]) : first == last ? first : 0;
  plan.order = others;
  for (int i = 0; i < indexed.size(); ++i) plan.order.insert(plan.first + i, indexed[i]);
  if (std::is_sorted(plan.order.begin(), plan.order.end())) plan.order = {};
  plan.positions = linear_positions(sizes, used, common);
  for (int i = 0; i < others.size(); ++i) {
    if (i == plan.first) break;
    plan.flat.push_back(x.shape()[static_cast<int>(others[i])]);
  }
  plan.values = plan.result = plan.flat;
  plan.flat.push_back(numel(sizes));
  plan.values.push_back(plan.positions.numel());
  for (std::int64_t size : common) plan.result.push_back(size);
  for (int i = plan.first; i < others.size(); ++i) {
    const std::int64_t size = x.shape()[static_cast<int>(others[i])];
    for (Shape* shape : {&plan.flat, &plan.values, &plan.result}) shape->push_back(size);
  }
  return plan;
}

Tensor detail::IndexPlan::flatten(const Tensor& x) const {
  return reshape(order.empty() ? x : permute(x, order), flat);
}

Tensor detail::IndexPlan::slices(std::string_view op, const Tensor& x, const Tensor& source) const {
  check_same_dtype(op, x, source);
  check_same_device(op, x, source);
  check<ShapeError>(broadcast_shapes(op, result, source.shape()) == result,
                    "{}: expected values that broadcast to {}, got shape {}", op, result, source.shape());
  return reshape(expand(source, result), values);
}

Tensor index(const Tensor& x, const Tensors& indices) {
  const IndexPlan plan = plan_index("index", x, indices);
  return reshape(take_slices(plan.flatten(x), plan.first, plan.positions), plan.result);
}

Tensor index_put(const Tensor& x, const Tensors& indices, const Tensor& values, bool accumulate) {
  const IndexPlan plan = plan_index("index_put", x, indices);
  const Tensor slices = plan.slices("index_put", x, values);
  const Tensor out = put_slices(plan.flatten(x), plan.flat, plan.first, plan.positions, slices, accumulate);
  if (plan.order.empty()) return reshape(out, x.shape());
  Shape ordered = x.shape();
  Dims inverse = plan.order;
  for (int d = 0; d < plan.order.size(); ++d) {
    ordered[d] = x.shape()[static_cast<int>(plan.order[d])];
    inverse[static_cast<int>(plan.order[d])] = d;
  }
  return permute(reshape(out, ordered), inverse);
}

void detail::index_put_in_place(const Tensor& x, const Tensors& indices, const Tensor& values) {
  const IndexPlan plan = plan_index("index_put_", x, indices);
  // Waits for the GPU's range check: a wrong position must not leave x half changed.
  if (x.device().is_cuda() && !cuda::is_capturing()) cuda::Stream::current().synchronize();
  Tensor slices = plan.slices("index_put_", x, values);
  if (slices.impl()->storage == x.impl()->storage) slices = slices.clone();
  const Tensor flat = plan.flatten(x);  // a view where the strides allow one
  put_slices_into(flat, plan.first, plan.positions, slices, false);
  x.bump_version();
  if (flat.impl()->storage == x.impl()->storage) return;
  const Tensor ordered = plan.order.empty() ? x : permute(x, plan.order);
  ordered.copy_(flat.view(ordered.shape()));
}

}  // namespace reel
