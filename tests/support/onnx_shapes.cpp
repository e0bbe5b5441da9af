// ONNX's operators that make, cut, join and rearrange.

#include <algorithm>
#include <cmath>
#include <optional>

#include <reel/ops/ops.h>

#include "support/onnx.h"

namespace reel::testing::onnx {
namespace {

using Integers = std::vector<std::int64_t>;

Integers integers_of(const Tensor& x) { return x.to_vector<std::int64_t>(); }

Tensor constant(const Call& call) {
  if (call.has("value")) return call.attributes.at("value").tensor;
  if (call.has("value_int")) return tensor(call.integer("value_int", 0));
  if (call.has("value_ints")) return tensor(call.integers("value_ints"));
  if (call.has("value_float")) return tensor(call.number("value_float", 0));
  throw LeftOut("a constant of another kind");
}

Tensor constant_of_shape(const Call& call) {
  const Shape shape(integers_of(call[0]));
  if (!call.has("value")) return zeros(shape);
  const Tensor& value = call.attributes.at("value").tensor;
  return full(shape, value[0].item_scalar(), value.options());
}

Tensor range(const Call& call) {
  return arange(call[0].item_scalar(), call[1].item_scalar(), call[2].item_scalar(), call[0].options());
}

Tensor eye_like(const Call& call) {
  const std::int64_t rows = call[0].size(0), columns = call[0].size(1), k = call.integer("k", 0);
  TensorOptions options = call[0].options();
  if (call.has("dtype")) options.dtype = dtype_of_number(call.integer("dtype", 1));
  if (k == 0) return eye(rows, columns, options);
  const Tensor indices = arange(columns).unsqueeze(0) - arange(rows).unsqueeze(1);
  return (indices == k).to(options.dtype);
}

Tensor shape_of(const Call& call) {
  const Integers sizes = call[0].shape().to_vector();
  const std::int64_t rank = call[0].dim();
  const auto limited = [&](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + rank : i, 0, rank); };
  const std::int64_t start = limited(call.integer("start", 0)), end = limited(call.integer("end", rank));
  return tensor(Integers(sizes.begin() + start, sizes.begin() + std::max(start, end)));
}

Tensor reshaped(const Call& call) {
  Integers shape = integers_of(call[1]);
  const bool kept = !call.integer("allowzero", 0);  // a size of 0 means that of the input
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && kept) shape[i] = call[0].size(static_cast<std::int64_t>(i));
  }
  return call[0].reshape(shape);
}

Tensor flattened(const Call& call) {
  const std::int64_t axis = from_front(call.integer("axis", 1), call[0]);
  std::int64_t rows = 1;
  for (std::int64_t i = 0; i < axis; ++i) rows *= call[0].size(i);
  return call[0].reshape({rows, rows ? call[0].numel() / rows : 0});
}

Tensor squeezed(const Call& call) {
  Integers axes = call.integers(1, "axes");
  if (axes.empty()) return squeeze(call[0]);
  for (std::int64_t& axis : axes) axis = from_front(axis, call[0]);
  std::sort(axes.rbegin(), axes.rend());
  Tensor x = call[0];
  for (std::int64_t axis : axes) x = squeeze(x, axis);
  return x;
}

Tensor unsqueezed(const Call& call) {
  Integers axes = call.integers(1, "axes");
  const std::int64_t rank = call[0].dim() + static_cast<std::int64_t>(axes.size());
  for (std::int64_t& axis : axes) axis = axis < 0 ? axis + rank : axis;
  std::sort(axes.begin(), axes.end());
  Tensor x = call[0];
  for (std::int64_t axis : axes) x = unsqueeze(x, axis);
  return x;
}

Tensor transposed(const Call& call) {
  Integers order(static_cast<std::size_t>(call[0].dim()));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(order.size() - 1 - i);
  return permute(call[0], call.integers("perm", order));
}

/// Both shapes broadcast: a size of 1 keeps that of the input.
Tensor expanded_to(const Call& call) {
  Integers wanted = integers_of(call[1]), sizes = call[0].shape().to_vector();
  const std::size_t rank = std::max(wanted.size(), sizes.size());
  wanted.insert(wanted.begin(), rank - wanted.size(), 1);
  sizes.insert(sizes.begin(), rank - sizes.size(), 1);
  for (std::size_t i = 0; i < rank; ++i) wanted[i] = wanted[i] == 1 ? sizes[i] : wanted[i];
  return expand(call[0], wanted);
}

/// A negative step goes backwards, as Python's: a slice of the flipped dimension.
Tensor sliced(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t end, std::int64_t step) {
  const std::int64_t n = x.size(axis);
  if (step > 0) return slice(x, axis, start, end, step);
  const std::int64_t first = std::clamp<std::int64_t>(start < 0 ? start + n : start, -1, n - 1);
  const std::int64_t last = std::clamp<std::int64_t>(end < 0 ? end + n : end, -1, n - 1);
  return slice(flip(x, {axis}), axis, n - 1 - first, n - 1 - last, -step);
}

Tensor slices(const Call& call) {
  const Integers starts = call.integers(1, "starts"), ends = call.integers(2, "ends");
  Integers axes = call.integers(3, "axes"), steps = call[4].defined() ? integers_of(call[4]) : Integers();
  if (steps.empty()) steps.assign(starts.size(), 1);
  for (std::size_t i = axes.size(); i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  Tensor x = call[0];
  for (std::size_t i = 0; i < starts.size(); ++i) x = sliced(x, axes[i], starts[i], ends[i], steps[i]);
  return x;
}

Tensors parts(const Call& call) {
  const std::int64_t axis = call.integer("axis", 0), size = call[0].size(axis);
  const Integers sizes = call.integers(1, "split");
  if (!sizes.empty()) return split(call[0], sizes, axis);
  const std::int64_t count = call.integer("num_outputs", static_cast<std::int64_t>(call.outputs));
  return split(call[0], std::max<std::int64_t>(1, (size + count - 1) / count), axis);
}

/// ONNX's mode DCR has a pixel's channels outermost, Reel's shuffles, as CRD, innermost.
Tensor outermost(const Tensor& x, std::int64_t blocks) {
  return x.reshape({x.size(0), blocks, x.size(1) / blocks, x.size(2), x.size(3)}).transpose(1, 2).reshape(x.shape());
}

Tensor depth_to_space(const Call& call) {
  const std::int64_t r = call.integer("blocksize", 1);
  return pixel_shuffle(call.text("mode", "DCR") == "CRD" ? call[0] : outermost(call[0], r * r), r);
}

Tensor space_to_depth(const Call& call) {
  const std::int64_t r = call.integer("blocksize", 1);
  const Tensor y = pixel_unshuffle(call[0], r);
  return call.text("mode", "DCR") == "CRD" ? y : outermost(y, y.size(1) / (r * r));
}

Tensor triangle(const Call& call) {
  const std::int64_t k = call[1].defined() ? call[1].item<std::int64_t>() : 0;
  return call.integer("upper", 1) ? triu(call[0], k) : tril(call[0], k);
}

/// {axis, before, after} of each padded axis.
std::vector<std::array<std::int64_t, 3>> amounts(const Call& call) {
  const Integers pads = call.integers(1, "pads");
  Integers axes = call[3].defined() ? integers_of(call[3]) : Integers();
  const std::size_t count = pads.size() / 2;
  for (std::size_t i = axes.size(); i < count; ++i) axes.push_back(static_cast<std::int64_t>(i));
  std::vector<std::array<std::int64_t, 3>> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back({from_front(axes[i], call[0]), pads[i], pads[i + count]});
  return all;
}

/// One axis after the other, as the last one, which is what the modes but `constant` take of any rank.
Tensor padded(const Call& call) {
  static const std::map<std::string, PadMode> modes{{"constant", PadMode::constant},
                                                    {"edge", PadMode::replicate},
                                                    {"reflect", PadMode::reflect},
                                                    {"wrap", PadMode::circular}};
  const PadMode mode = modes.at(call.text("mode", "constant"));
  const Scalar value = call[2].defined() ? call[2].reshape({1})[0].item_scalar() : Scalar(0);
  Tensor x = call[0];
  for (const auto& [axis, before, after] : amounts(call)) {
    if (mode == PadMode::circular && (before > x.size(axis) || after > x.size(axis))) {
      throw LeftOut("wraps round more than once");
    }
    x = movedim(pad(movedim(x, {axis}, {-1}), {before, after}, mode, value), {-1}, {axis});
  }
  return x;
}

Tensor centred(const Call& call) {
  const Integers wanted = integers_of(call[1]);
  Integers axes = call.integers("axes");
  for (std::size_t i = axes.size(); i < wanted.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  Tensor x = call[0];
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::int64_t axis = from_front(axes[i], x), missing = wanted[i] - x.size(axis);
    const std::int64_t before = missing >= 0 ? missing / 2 : -(-missing / 2);
    x = movedim(pad(movedim(x, {axis}, {-1}), {before, missing - before}), {-1}, {axis});
  }
  return x;
}

/// The first elements of each sequence of a batch, in reverse order.
Tensor reversed_sequences(const Call& call) {
  const std::int64_t time = call.integer("time_axis", 0), batch = call.integer("batch_axis", 1);
  const Integers lengths = integers_of(call[1]);
  Tensors rows = unbind(call[0], batch);
  const std::int64_t axis = time > batch ? time - 1 : time;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int64_t rest = rows[i].size(axis) - lengths[i];
    rows[i] = cat({flip(rows[i].narrow(axis, 0, lengths[i]), {axis}), rows[i].narrow(axis, lengths[i], rest)}, axis);
  }
  return stack(rows, batch);
}

}  // namespace

void add_shapes(Operators& table) {
  table["Split"] = parts;
  add(table, {{"CenterCropPad", centred},
              {"Concat", [](const Call& call) { return cat(call.inputs, call.integer("axis", 0)); }},
              {"Constant", constant},
              {"ConstantOfShape", constant_of_shape},
              {"DepthToSpace", depth_to_space},
              {"Expand", expanded_to},
              {"EyeLike", eye_like},
              {"Flatten", flattened},
              {"Pad", padded},
              {"Range", range},
              {"Reshape", reshaped},
              {"ReverseSequence", reversed_sequences},
              {"Shape", shape_of},
              {"Size", [](const Call& call) { return tensor(call[0].numel()); }},
              {"Slice", slices},
              {"SpaceToDepth", space_to_depth},
              {"Squeeze", squeezed},
              {"Tile", [](const Call& call) { return tile(call[0], integers_of(call[1])); }},
              {"Transpose", transposed},
              {"Trilu", triangle},
              {"Unsqueeze", unsqueezed}});
}

}  // namespace reel::testing::onnx
