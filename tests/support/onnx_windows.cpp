// ONNX's convolutions and pooling.

#include <algorithm>
#include <limits>

#include <reel/ops/ops.h>

#include "support/onnx.h"

namespace reel::testing::onnx {
namespace {

using Integers = std::vector<std::int64_t>;

Size2d size2(const Integers& n) { return {n[0], n[1]}; }
Size3d size3(const Integers& n) { return {n[0], n[1], n[2]}; }

/// How windows lie along each spatial axis.
struct Windows {
  Integers kernel, stride, dilation, before, after;

  std::size_t rank() const { return kernel.size(); }
  std::int64_t extent(std::size_t d) const { return dilation[d] * (kernel[d] - 1) + 1; }
  /// Whether Reel's operations take the padding: the same on both sides, and of pooling at most half the kernel.
  bool symmetric(bool pooling) const {
    for (std::size_t d = 0; d < rank(); ++d) {
      if (before[d] != after[d] || (pooling && 2 * before[d] > kernel[d])) return false;
    }
    return true;
  }
  bool dilated() const { return dilation != Integers(rank(), 1); }
};

Windows windows(const Call& call, const Integers& kernel) {
  const Tensor& x = call[0];
  const std::size_t rank = kernel.size();
  Windows w{.kernel = kernel,
            .stride = call.integers("strides", Integers(rank, 1)),
            .dilation = call.integers("dilations", Integers(rank, 1)),
            .before = Integers(rank, 0),
            .after = Integers(rank, 0)};
  const Integers pads = call.integers("pads", Integers(2 * rank, 0));
  const std::string automatic = call.text("auto_pad", "NOTSET");
  for (std::size_t d = 0; d < rank; ++d) {
    if (automatic == "NOTSET") {
      w.before[d] = pads[d], w.after[d] = pads[d + rank];
    } else if (automatic != "VALID") {
      const std::int64_t size = x.size(static_cast<std::int64_t>(d) + 2), out = (size + w.stride[d] - 1) / w.stride[d];
      const std::int64_t all = std::max<std::int64_t>(0, (out - 1) * w.stride[d] + w.extent(d) - size);
      w.before[d] = automatic == "SAME_UPPER" ? all / 2 : all - all / 2;
      w.after[d] = all - w.before[d];
    }
  }
  return w;
}

Integers kernel_of(const Tensor& weight) {
  const Integers shape = weight.shape().to_vector();
  return {shape.begin() + 2, shape.end()};
}

/// Pads what the operation itself does not, and tells the windows.
Tensor padded(const Tensor& x, Windows& w, Scalar value, bool pooling) {
  if (w.symmetric(pooling)) return x;
  Integers amounts;
  for (std::size_t d = w.rank(); d-- > 0;) amounts.insert(amounts.end(), {w.before[d], w.after[d]});
  w.before.assign(w.rank(), 0), w.after.assign(w.rank(), 0);
  return pad(x, amounts, PadMode::constant, value);
}

Tensor convolved(const Call& call) {
  Windows w = windows(call, call.integers("kernel_shape", kernel_of(call[1])));
  const Tensor x = padded(call[0], w, 0, false);
  const std::int64_t groups = call.integer("group", 1);
  const auto& p = w.before;
  switch (w.rank()) {
    case 1:
      return conv1d(x, call[1], call[2],
                    {.stride = w.stride[0], .padding = p[0], .dilation = w.dilation[0], .groups = groups});
    case 2:
      return conv2d(x, call[1], call[2],
                    {.stride = size2(w.stride), .padding = size2(p), .dilation = size2(w.dilation), .groups = groups});
    default:
      return conv3d(x, call[1], call[2],
                    {.stride = size3(w.stride), .padding = size3(p), .dilation = size3(w.dilation), .groups = groups});
  }
}

Tensor transposed(const Call& call, const Windows& w, const Integers& output_padding) {
  const Tensor &x = call[0], &weight = call[1], &bias = call[2];
  const std::int64_t groups = call.integer("group", 1);
  switch (w.rank()) {
    case 1:
      return conv_transpose1d(
          x, weight, bias,
          {.stride = w.stride[0], .output_padding = output_padding[0], .groups = groups, .dilation = w.dilation[0]});
    case 2:
      return conv_transpose2d(x, weight, bias,
                              {.stride = size2(w.stride),
                               .output_padding = size2(output_padding),
                               .groups = groups,
                               .dilation = size2(w.dilation)});
    default:
      return conv_transpose3d(x, weight, bias,
                              {.stride = size3(w.stride),
                               .output_padding = size3(output_padding),
                               .groups = groups,
                               .dilation = size3(w.dilation)});
  }
}

/// The whole result, from which ONNX's padding cuts off both sides.
Tensor convolved_transposed(const Call& call) {
  const Windows w = windows(call, call.integers("kernel_shape", kernel_of(call[1])));
  const Integers extra = call.integers("output_padding", Integers(w.rank(), 0));
  Tensor y = transposed(call, w, extra);
  Integers amounts, wanted = call.integers("output_shape");
  const std::string automatic = call.text("auto_pad", "NOTSET");
  for (std::size_t d = w.rank(); d-- > 0;) {
    const auto axis = static_cast<std::int64_t>(d) + 2;
    std::int64_t before = w.before[d], after = w.after[d];
    if (automatic != "NOTSET" || !wanted.empty()) {
      const std::int64_t all = y.size(axis) - (wanted.empty() ? call[0].size(axis) * w.stride[d] : wanted[d]);
      if (automatic != "NOTSET") before = automatic == "SAME_UPPER" ? all / 2 : all - all / 2;
      after = all - before;
    }
    amounts.insert(amounts.end(), {-before, -after});
  }
  return pad(y, amounts);
}

Tensor with_state(const Call& call) {
  const Tensor &x = call[0], &weight = call[1];
  const std::int64_t before = weight.size(2) - 1;
  const Tensor state = call[3].defined() ? call[3] : zeros({x.size(0), x.size(1), before}, x.options());
  return cat({state, x}, 2);
}

/// Also the last inputs, which the next call goes on with.
Tensors causal(const Call& call) {
  const Tensor x = with_state(call);
  const std::int64_t before = call[1].size(2) - 1;
  const Tensor y = conv1d(x, call[1], call[2], {.groups = x.size(1)});
  const bool activated = call.text("activation", "none") != "none";
  return {activated ? silu(y) : y, x.narrow(2, x.size(2) - before, before)};
}

std::tuple<Tensor, Tensor> maxima(const Tensor& x, const Windows& w, bool ceil_mode) {
  const auto& p = w.before;
  switch (w.rank()) {
    case 1:
      return max_pool1d_with_indices(
          x, w.kernel[0], {.stride = w.stride[0], .padding = p[0], .dilation = w.dilation[0], .ceil_mode = ceil_mode});
    case 2:
      return max_pool2d_with_indices(
          x, size2(w.kernel),
          {.stride = size2(w.stride), .padding = size2(p), .dilation = size2(w.dilation), .ceil_mode = ceil_mode});
    default:
      return max_pool3d_with_indices(
          x, size3(w.kernel),
          {.stride = size3(w.stride), .padding = size3(p), .dilation = size3(w.dilation), .ceil_mode = ceil_mode});
  }
}

/// ONNX counts positions through the whole tensor; the planes are column by column if `storage_order` is 1.
Tensors max_pooled(const Call& call) {
  if (!is_floating(call[0].dtype())) throw LeftOut("pooling of integers");
  Windows w = windows(call, call.integers("kernel_shape"));
  const Tensor x = padded(call[0], w, -std::numeric_limits<double>::infinity(), true);
  const auto [y, places] = maxima(x, w, call.integer("ceil_mode", 0));
  if (call.outputs == 1) return {y};
  if (x.shape() != call[0].shape()) throw LeftOut("positions of maxima where the padding differs between sides");
  Tensor indices = places;
  const std::int64_t planes = x.size(0) * x.size(1), size = x.numel() / planes;
  if (call.integer("storage_order", 0)) {
    const std::int64_t height = x.size(2), width = x.size(3);
    indices = places % width * height + floor_divide(places, width);
  }
  const Tensor first = arange(planes).reshape({x.size(0), x.size(1), 1}) * size;
  return {y, (indices.flatten(2) + first).reshape(indices.shape())};
}

Tensor means(const Tensor& x, const Windows& w, bool ceil_mode, bool count_include_pad) {
  const auto& p = w.before;
  switch (w.rank()) {
    case 1:
      return avg_pool1d(
          x, w.kernel[0],
          {.stride = w.stride[0], .padding = p[0], .ceil_mode = ceil_mode, .count_include_pad = count_include_pad});
    case 2:
      return avg_pool2d(x, size2(w.kernel),
                        {.stride = size2(w.stride),
                         .padding = size2(p),
                         .ceil_mode = ceil_mode,
                         .count_include_pad = count_include_pad});
    default:
      return avg_pool3d(x, size3(w.kernel),
                        {.stride = size3(w.stride),
                         .padding = size3(p),
                         .ceil_mode = ceil_mode,
                         .count_include_pad = count_include_pad});
  }
}

Tensor average_pooled(const Call& call) {
  Windows w = windows(call, call.integers("kernel_shape"));
  if (w.dilated()) throw LeftOut("dilation of average pooling");
  const bool ceil_mode = call.integer("ceil_mode", 0), include = call.integer("count_include_pad", 0);
  if (w.symmetric(true)) return means(call[0], w, ceil_mode, include);
  Windows same = w;
  const Tensor y = means(padded(call[0], w, 0, true), w, ceil_mode, true);
  if (include) return y;
  return y / means(padded(ones_like(call[0]), same, 0, true), w, ceil_mode, true);  // of those that are no padding
}

Tensor lp_pooled(const Call& call) {
  Windows w = windows(call, call.integers("kernel_shape"));
  if (w.dilated()) throw LeftOut("dilation of lp_pool");
  if (w.rank() == 3) throw LeftOut("lp_pool of volumes");
  Integers amounts;
  for (std::size_t d = w.rank(); d-- > 0;) amounts.insert(amounts.end(), {w.before[d], w.after[d]});
  const Tensor x = pad(abs(call[0]), amounts);  // PyTorch's, and Reel's, keeps the sign of odd powers
  const double p = call.number("p", 2);
  const bool ceil_mode = call.integer("ceil_mode", 0);
  if (w.rank() == 1) return lp_pool1d(x, p, w.kernel[0], {.stride = w.stride[0], .ceil_mode = ceil_mode});
  return lp_pool2d(x, p, size2(w.kernel), {.stride = size2(w.stride), .ceil_mode = ceil_mode});
}

/// A larger result has its planes in the corner.
Tensor unpooled(const Call& call) {
  const Windows w = windows(call, call.integers("kernel_shape"));
  Shape shape = call[0].shape();
  std::int64_t size = 1;
  for (std::size_t d = 0; d < w.rank(); ++d) {
    std::int64_t& n = shape[static_cast<int>(d) + 2];
    n = (n - 1) * w.stride[d] - w.before[d] - w.after[d] + w.kernel[d];
    size *= n;
  }
  const Tensor y =
      max_unpool2d(call[0], call[1] % size, size2(w.kernel), {.stride = size2(w.stride), .padding = size2(w.before)});
  if (!call[2].defined()) return y;
  const Integers wanted = call[2].to_vector<std::int64_t>();
  return pad(y, {0, wanted[3] - y.size(3), 0, wanted[2] - y.size(2)});
}

Tensor columns_to_image(const Call& call) {
  const Integers image = call[1].to_vector<std::int64_t>(), block = call[2].to_vector<std::int64_t>();
  if (image.size() != 2) throw LeftOut("col2im of volumes");
  const Integers pads = call.integers("pads", {0, 0, 0, 0}), dilations = call.integers("dilations", {1, 1}),
                 strides = call.integers("strides", {1, 1});
  if (pads[0] != pads[2] || pads[1] != pads[3]) throw LeftOut("col2im with padding that differs between sides");
  return col2im(call[0], size2(image), size2(block),
                {.dilation = size2(dilations), .padding = size2({pads[0], pads[1]}), .stride = size2(strides)});
}

Tensor global(const Call& call, bool largest) {
  switch (call[0].dim()) {
    case 3:
      return largest ? adaptive_max_pool1d(call[0], 1) : adaptive_avg_pool1d(call[0], 1);
    case 4:
      return largest ? adaptive_max_pool2d(call[0], 1) : adaptive_avg_pool2d(call[0], 1);
    default:
      return largest ? adaptive_max_pool3d(call[0], 1) : adaptive_avg_pool3d(call[0], 1);
  }
}

}  // namespace

void add_windows(Operators& table) {
  table["CausalConvWithState"] = causal;
  table["MaxPool"] = max_pooled;
  add(table, {{"AveragePool", average_pooled},
              {"Col2Im", columns_to_image},
              {"Conv", convolved},
              {"ConvTranspose", convolved_transposed},
              {"GlobalAveragePool", [](const Call& call) { return global(call, false); }},
              {"GlobalMaxPool", [](const Call& call) { return global(call, true); }},
              {"LpPool", lp_pooled},
              {"MaxUnpool", unpooled}});
}

}  // namespace reel::testing::onnx
