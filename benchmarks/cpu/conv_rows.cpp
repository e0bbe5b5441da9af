// The convolutions of the networks whose steps are measured, each direction on its own.

#include <algorithm>

#include "work.h"

namespace bench {
namespace {

struct Layer {
  std::string network;
  std::int64_t batch, in, out, kernel, stride, size;
};

const std::vector<Layer>& layers() {
  static const std::vector<Layer> all{
      {"CNN", 64, 1, 32, 5, 1, 28},       {"CNN", 64, 32, 64, 5, 1, 14},     {"ResNet", 32, 3, 64, 3, 1, 32},
      {"ResNet", 32, 64, 64, 3, 1, 32},   {"ResNet", 32, 64, 128, 3, 2, 32}, {"ResNet", 32, 64, 128, 1, 2, 32},
      {"ResNet", 32, 128, 128, 3, 1, 16}, {"ResNet", 32, 256, 256, 3, 1, 8}, {"ResNet", 32, 512, 512, 3, 1, 4},
      {"VGG", 2, 3, 64, 3, 1, 224},       {"VGG", 2, 64, 128, 3, 1, 112},    {"VGG", 2, 128, 256, 3, 1, 56},
      {"VGG", 2, 256, 256, 3, 1, 56},     {"VGG", 2, 256, 512, 3, 1, 28},    {"VGG", 2, 512, 512, 3, 1, 28},
      {"VGG", 2, 512, 512, 3, 1, 14}};
  return all;
}

/// "conv 3x3 64->64, 32x64x32x32 (ResNet)": the kernel, the channels, the images.
std::string name_of(const Layer& l) {
  const auto text = [](std::int64_t n) { return std::to_string(n); };
  return "conv " + text(l.kernel) + "x" + text(l.kernel) + (l.stride > 1 ? " stride " + text(l.stride) : "") + " " +
         text(l.in) + "->" + text(l.out) + ", " + text(l.batch) + "x" + text(l.in) + "x" + text(l.size) + "x" +
         text(l.size) + " (" + l.network + ")";
}

void add_layer(Rows& rows, Sizes sizes, const Layer& l) {
  const std::int64_t in = sizes(l.in, std::min<std::int64_t>(l.in, 4)), out = sizes(l.out, 4);
  const std::int64_t batch = sizes(l.batch, 2), size = sizes(l.size, 6), padding = l.kernel / 2;
  const std::int64_t out_size = (size - 1) / l.stride + 1;
  const lib::Shape x{batch, in, size, size}, weight{out, in, l.kernel, l.kernel}, y{batch, out, out_size, out_size};
  const lib::Convolution conv(x, weight, l.stride, padding);
  const double operations = 2.0 * static_cast<double>(batch * out * out_size * out_size * in * l.kernel * l.kernel);
  const auto add = [&](const std::string& direction, const auto& f) {
    rows.push_back({.name = name_of(l) + ", " + direction,
                    .group = "convolution",
                    .operations = operations,
                    .variants = each_layout([=](lib::Layout layout) {
                      const Tensors all{lib::images(x, layout), lib::kernels(weight, layout), lib::images(y, layout)};
                      return forward(all, [=](const Tensors& t) { return f(conv, t); });
                    })});
  };
  using lib::Convolution;
  add("forward", [](const Convolution& c, const Tensors& t) { return c.forward(t[0], t[1]); });
  if (l.in > 3) {  // else the images themselves, which need no gradient
    add("input gradient", [](const Convolution& c, const Tensors& t) { return c.input_grad(t[2], t[0], t[1]); });
  }
  add("weight gradient", [](const Convolution& c, const Tensors& t) { return c.weight_grad(t[2], t[0], t[1]); });
}

/// Volumes, in row-major memory.
void add_volume(Rows& rows, Sizes sizes) {
  const std::int64_t batch = sizes(4, 2), in = sizes(16, 2), out = sizes(32, 3), depth = sizes(16, 3),
                     side = sizes(32, 4);
  const double operations = 2.0 * static_cast<double>(batch * out * depth * side * side * in * 27);
  rows.push_back({.name = "conv3d 3x3x3 16->32, 4x16x16x32x32, both ways",
                  .group = "convolution",
                  .operations = 3 * operations,
                  .variants = one_way([=] {
                    return both_ways({lib::leaf(lib::randn({batch, in, depth, side, side})),
                                      lib::leaf(lib::randn({out, in, 3, 3, 3}))},
                                     [](const Tensors& t) { return lib::conv3d(t[0], t[1]); });
                  })});
}

}  // namespace

void add_conv_rows(Rows& rows, Sizes sizes) {
  for (const Layer& layer : layers()) add_layer(rows, sizes, layer);
  add_volume(rows, sizes);
}

}  // namespace bench
