// The members Tensor::index and Tensor::index_put_, which take integers, slices, None, ellipses, tensors and masks.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/indexing.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// The view that integers, slices, None and the ellipsis select, and the tensors that index its dimensions.
struct Selection {
  Tensor view;
  Tensors tensors;  // undefined for a dimension that is taken whole; empty if all are
};

/// How many dimensions of the tensor an entry indexes.
int named_dims(const Index& entry) {
  if (std::holds_alternative<NoneIndex>(entry.value()) || std::holds_alternative<EllipsisIndex>(entry.value()))
    return 0;
  if (const auto* tensor = std::get_if<std::shared_ptr<const Tensor>>(&entry.value())) {
    return (*tensor)->dtype() == DType::boolean ? (*tensor)->dim() : 1;
  }
  return 1;
}

void add_positions(Selection& selection, int dim, const Tensor& positions) {
  selection.tensors.resize(static_cast<std::size_t>(dim) + 1);
  selection.tensors.back() = positions;
}

/// Indexes the dimensions of a mask by the positions where it is true; returns how many dimensions it has. A mask of
/// rank 0 is that of a new dimension of size 1.
int add_mask(std::string_view op, Selection& selection, int dim, const Tensor& given) {
  const Tensor mask = given.dim() == 0 ? unsqueeze(given, 0) : given;
  if (given.dim() == 0) selection.view = unsqueeze(selection.view, dim);
  const Shape& shape = selection.view.shape();
  bool fits = true;
  for (int d = 0; fits && d < mask.dim(); ++d) fits = mask.shape()[d] == shape[dim + d];
  check<IndexError>(fits, "{}: expected a mask that fits shape {} from dimension {} on, got shape {}", op, shape, dim,
                    mask.shape());
  check_same_device(op, selection.view, mask);
  const Tensor positions = nonzero(mask);
  for (int d = 0; d < mask.dim(); ++d) add_positions(selection, dim + d, positions.select(1, d));
  return mask.dim();
}

Selection select_entries(std::string_view op, const Tensor& x, std::span<const Index> entries) {
  int named = 0, ellipses = 0;
  for (const Index& entry : entries) {
    named += named_dims(entry);
    ellipses += std::holds_alternative<EllipsisIndex>(entry.value());
  }
  check<IndexError>(named <= x.dim(), "{}: expected at most {} indices for shape {}, got {}", op, x.dim(), x.shape(),
                    named);
  check<IndexError>(ellipses <= 1, "{}: expected at most one ellipsis, got {}", op, ellipses);

  Selection selection{x, {}};
  int dim = 0;
  for (const Index& entry : entries) {
    const Index::Value& value = entry.value();
    if (const auto* position = std::get_if<std::int64_t>(&value)) {
      selection.view = select(selection.view, dim, *position);
    } else if (const auto* range = std::get_if<Slice>(&value)) {
      selection.view = slice(selection.view, dim++, range->start, range->end, range->step);
    } else if (std::holds_alternative<NoneIndex>(value)) {
      selection.view = unsqueeze(selection.view, dim++);
    } else if (std::holds_alternative<EllipsisIndex>(value)) {
      dim += x.dim() - named;
    } else {
      const Tensor& tensor = *std::get<std::shared_ptr<const Tensor>>(value);
      if (tensor.dtype() == DType::boolean) dim += add_mask(op, selection, dim, tensor);
      else add_positions(selection, dim++, tensor);
    }
  }
  return selection;
}

}  // namespace

Tensor TensorMethods::index(std::span<const Index> indices) const {
  const Selection selection = select_entries("index", self(), indices);
  return selection.tensors.empty() ? selection.view : reel::index(selection.view, selection.tensors);
}

Tensor TensorMethods::index(std::initializer_list<Index> indices) const {
  return index(std::span(indices.begin(), indices.size()));
}

const Tensor& TensorMethods::index_put_(std::initializer_list<Index> indices, const Tensor& value) const {
  const Tensor& x = self();
  check_in_place("index_put_", x);
  check_unrecorded_operand("index_put_", value);
  const NoGradGuard guard;
  const Selection selection = select_entries("index_put_", x, {indices.begin(), indices.size()});
  if (selection.tensors.empty()) selection.view.copy_(value);
  else index_put_in_place(selection.view, selection.tensors, value);
  return x;
}

const Tensor& TensorMethods::index_put_(std::initializer_list<Index> indices, Scalar value) const {
  check_scalar("index_put_", value, self().dtype());
  return index_put_(indices, full({}, value, self().options()));
}

}  // namespace reel
