// Products and convolutions.

#include "row.h"

namespace reel::bench {

Row product_row(const std::string& name, std::string group, const Precision& precision, std::int64_t n) {
  const DType dtype = precision.label == kBf16.label ? DType::bf16 : DType::f32;
  const auto size = static_cast<double>(n);
  const Inputs inputs = [=] { return Tensors{randn({n, n}).to(dtype), randn({n, n}).to(dtype)}; };
  const Function product = [](const Tensors& in) { return matmul(in[0], in[1]); };
  return {.name = name + " " + std::string(precision.label),
          .group = std::move(group),
          .precision = precision,
          .operations = 2 * size * size * size,
          .prepare = [=] { return forward(1, inputs, product); }};
}

namespace {

/// Convolution of volumes.
void add_volume_row(Rows& rows, Sizes sizes) {
  const std::int64_t channels = sizes(64, 4), depth = sizes(16, 3), side = sizes(28, 5);
  const Shape volumes{sizes(8, 2), channels, depth, side, side}, kernels{channels, channels, 3, 3, 3};
  const Function f = [](const Tensors& in) { return conv3d(in[0], in[1], {}, {.padding = 1}); };
  rows.push_back(
      {.name = "conv3d 3x3x3, 8x64x16x28x28, both ways",
       .group = "convolution",
       .precision = kTf32,
       .operations = 6.0 * static_cast<double>(numel(volumes)) * static_cast<double>(channels) * 27,
       .prepare = [=] {
         return both_ways(
             1,
             [=] {
               return Tensors{randn(volumes).channels_last().requires_grad_(), randn(kernels).requires_grad_()};
             },
             f);
       }});
}

}  // namespace

void add_product_rows(Rows& rows, Sizes sizes) {
  for (const std::int64_t n : {512, 1024, 2048, 4096}) {
    for (const Precision& precision : {kIeee, kTf32}) {
      rows.push_back(product_row("matmul " + std::to_string(n), "product", precision, sizes(n, 16)));
    }
  }
  // The 3x3 convolutions of ResNet-50.
  struct Layer {
    std::int64_t channels, size;
  };
  for (const Layer layer : {Layer{64, 56}, {128, 28}, {256, 14}, {512, 7}}) {
    const std::int64_t batch = sizes(128, 2), channels = sizes(layer.channels, 4), size = sizes(layer.size, 5);
    const Shape images{batch, channels, size, size}, kernels{channels, channels, 3, 3};
    const double operations = 2.0 * static_cast<double>(numel(images)) * static_cast<double>(channels) * 9;
    const std::string name = "conv 3x3, 128x" + std::to_string(layer.channels) + "x" + std::to_string(layer.size) +
                             "x" + std::to_string(layer.size);
    const Function f = [](const Tensors& in) { return conv2d(in[0], in[1], {}, {.padding = 1}); };
    const auto inputs = [=](bool leaves) {
      return Tensors{randn(images).channels_last().requires_grad_(leaves), randn(kernels).requires_grad_(leaves)};
    };
    rows.push_back({.name = name, .group = "convolution", .precision = kTf32, .operations = operations, .prepare = [=] {
                      return forward(
                          1, [=] { return inputs(false); }, f);
                    }});
    rows.push_back({.name = name + ", both ways",
                    .group = "convolution",
                    .precision = kTf32,
                    .operations = 3 * operations,
                    .prepare = [=] {
                      return both_ways(
                          1, [=] { return inputs(true); }, f);
                    }});
  }
  add_volume_row(rows, sizes);
}

}  // namespace reel::bench
