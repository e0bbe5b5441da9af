// ONNX's operators that read and write by position.

#include <numeric>

#include <reel/ops/ops.h>

#include "support/onnx.h"

namespace reel::testing::onnx {
namespace {

/// Negative positions count from the end.
Tensor wrapped(const Tensor& index, std::int64_t size) { return where(index < 0, index + size, index); }

Tensor gathered(const Call& call) {
  Tensors indices(static_cast<std::size_t>(from_front(call.integer("axis", 0), call[0])));
  indices.push_back(call[1]);
  return index(call[0], indices);
}

Tensor gathered_elements(const Call& call) {
  const std::int64_t axis = call.integer("axis", 0);
  return gather(call[0], axis, wrapped(call[1], call[0].size(axis)));
}

/// The first dimensions are batches: their positions are those of the index itself.
Tensor gathered_slices(const Call& call) {
  Tensors indices;
  const int rank = call[1].dim() - 1;
  for (int d = 0; d < call.integer("batch_dims", 0); ++d) {
    Shape shape = Shape::filled(rank, 1);
    shape[d] = call[1].size(d);
    indices.push_back(arange(shape[d]).reshape(shape));
  }
  for (const Tensor& positions : unbind(call[1], -1)) indices.push_back(positions);
  return index(call[0], indices);
}

std::string reduction(const Call& call) {
  static const std::map<std::string, std::string> words{
      {"none", ""}, {"add", "sum"}, {"mul", "prod"}, {"max", "amax"}, {"min", "amin"}};
  return words.at(call.text("reduction", "none"));
}

Tensor scattered_elements(const Call& call) {
  const std::int64_t axis = call.integer("axis", 0);
  const Tensor positions = wrapped(call[1], call[0].size(axis));
  if (reduction(call).empty()) return scatter(call[0], axis, positions, call[2]);
  return scatter_reduce(call[0], axis, positions, call[2], reduction(call));
}

Tensor scattered_slices(const Call& call) {
  const Tensor& x = call[0];
  const Tensors positions = unbind(call[1], -1);
  const std::string how = reduction(call);
  if (how.empty() || how == "sum") return index_put(x, positions, call[2], how == "sum");
  // What has no accumulating form of its own: slices as rows, and their numbers.
  Tensor rows = zeros_like(positions[0]);
  std::int64_t count = 1;
  for (std::size_t d = 0; d < positions.size(); ++d) {
    const std::int64_t size = x.size(static_cast<std::int64_t>(d));
    rows = rows * size + wrapped(positions[d], size);
    count *= size;
  }
  const Tensor table = x.reshape({count, -1}), updates = call[2].reshape({rows.numel(), -1});
  return scatter_reduce(table, 0, rows.reshape({-1, 1}).expand(updates.shape()), updates, how).reshape(x.shape());
}

/// Writes into each sequence of a batch from a position of its own on, beginning anew at the end if `circular`.
Tensor written(const Call& call) {
  const std::int64_t axis = call.integer("axis", -2);
  const Tensor cache = movedim(call[0], {axis}, {1}), update = movedim(call[1], {axis}, {1});
  const std::int64_t batch = cache.size(0);
  Tensor positions = arange(update.size(1)).unsqueeze(0).expand({batch, -1});
  if (call[2].defined()) positions = positions + call[2].unsqueeze(1);
  if (call.text("mode", "linear") == "circular") positions = positions % cache.size(1);
  return movedim(index_put(cache, {arange(batch).unsqueeze(1), positions}, update), {1}, {axis});
}

Tensor compressed(const Call& call) {
  const Tensor x = call.has("axis") ? call[0] : call[0].flatten();
  return index_select(x, call.integer("axis", 0), nonzero(call[1]).flatten());
}

Tensor hot(const Call& call) {
  const std::int64_t depth = call[1].reshape({1}).to(DType::i64).item<std::int64_t>();
  const Tensor labels = wrapped(call[0].to(DType::i64), depth);
  if (any((labels < 0) | (labels >= depth)).item<bool>()) throw LeftOut("labels out of range, an error in Reel");
  const Tensor ones = one_hot(labels, depth);
  const std::int64_t axis = call.integer("axis", -1);
  return where(movedim(ones, {-1}, {axis}) != 0, call[2][1], call[2][0]);
}

Tensors largest(const Call& call) {
  const auto [values, indices] = topk(call[0], call[1].reshape({1}).item<std::int64_t>(), call.integer("axis", -1),
                                      call.integer("largest", 1) != 0);
  return {values, indices};
}

/// Also where each distinct element is first, and, if not sorted, all in the order of these.
Tensors distinct(const Call& call) {
  const auto axis = call.has("axis") ? std::optional(call.integer("axis", 0)) : std::nullopt;
  auto [values, inverse, counts] = unique(call[0], true, true, true, axis);
  inverse = inverse.flatten();
  const std::int64_t n = inverse.numel();
  Tensor first = scatter_reduce(full(counts.shape(), n, DType::i64), 0, inverse, arange(n), "amin");
  if (call.integer("sorted", 1) == 0) {
    const Tensor order = argsort(first);
    values = index_select(values, axis.value_or(0), order);
    inverse = index_select(argsort(order), 0, inverse);
    first = index_select(first, 0, order);
    counts = index_select(counts, 0, order);
  }
  return {values, first, inverse, counts};
}

}  // namespace

void add_indexing(Operators& table) {
  table["TopK"] = largest;
  table["Unique"] = distinct;
  add(table, {{"Compress", compressed},
              {"Gather", gathered},
              {"GatherElements", gathered_elements},
              {"GatherND", gathered_slices},
              {"NonZero", [](const Call& call) { return nonzero(call[0]).t(); }},
              {"OneHot", hot},
              {"Scatter", scattered_elements},
              {"ScatterElements", scattered_elements},
              {"ScatterND", scattered_slices},
              {"TensorScatter", written}});
}

}  // namespace reel::testing::onnx
