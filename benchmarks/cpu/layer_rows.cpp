// Norms, pooling, losses and the like, forward and backward.

#include "work.h"

namespace bench {

void add_layer_rows(Rows& rows, Sizes sizes) {
  const auto name_of = [](const std::string& name) { return name + ", both ways"; };

  const lib::Shape matrix{sizes(2048, 8), sizes(1024, 16)}, row{matrix[1]};
  const double once = kFloat * static_cast<double>(matrix[0] * matrix[1]);
  const auto add = [&](const std::string& name, double bytes, const Inputs& inputs, const Function& f) {
    rows.push_back({.name = name_of(name), .group = "layer", .bytes = bytes, .variants = one_way([=] {
                                                                               return both_ways(inputs(), f);
                                                                             })});
  };
  const Inputs one = [=] { return Tensors{lib::leaf(lib::randn(matrix))}; };
  // Forward the input and the output; backward the output's gradient, what is saved, and the input's gradient.
  add("softmax, 2048x1024", 5 * once, one, [](const Tensors& in) { return lib::softmax(in[0], 1); });
  add(
      "layer_norm, 2048x1024", 5 * once,
      [=] {
        return Tensors{lib::leaf(lib::randn(matrix)), lib::leaf(lib::randn(row)), lib::leaf(lib::randn(row))};
      },
      [](const Tensors& in) { return lib::layer_norm(in[0], in[1], in[2]); });
  add(
      "rms_norm, 2048x1024", 5 * once,
      [=] {
        return Tensors{lib::leaf(lib::randn(matrix)), lib::leaf(lib::randn(row))};
      },
      [](const Tensors& in) { return lib::rms_norm(in[0], in[1]); });
  add("gelu, 2048x1024", 5 * once, one, [](const Tensors& in) { return lib::gelu(in[0]); });
  add("dropout, 2048x1024", 4 * once, one, [](const Tensors& in) { return lib::dropout(in[0], 0.5, true); });

  // The logits twice, for the loss and for its gradient.
  const lib::Shape logits{sizes(4096, 8), sizes(1000, 10)};
  add(
      "cross_entropy, 4096x1000", 3 * kFloat * static_cast<double>(logits[0] * logits[1]),
      [=] {
        return Tensors{lib::leaf(lib::randn(logits)), lib::labels(logits[1], logits[0])};
      },
      [](const Tensors& in) { return lib::cross_entropy(in[0], in[1]); });

  const lib::Shape images{sizes(32, 2), sizes(64, 4), sizes(32, 6), sizes(32, 6)}, channels{images[1]};
  const double all = kFloat * static_cast<double>(images[0] * images[1] * images[2] * images[3]);
  rows.push_back({.name = name_of("max_pool2d, 32x64x32x32"),
                  .group = "layer",
                  .bytes = 2.5 * all,
                  .variants = each_layout([=](lib::Layout layout) {
                    return both_ways({lib::leaf(lib::images(images, layout))},
                                     [](const Tensors& in) { return lib::max_pool2d(in[0], 2); });
                  })});
  // The input twice, since the statistics come first; back both that and the gradient twice.
  const auto add_norm = [&](const std::string& name, const Function& f) {
    const auto variants = each_layout([=](lib::Layout layout) {
      const Tensors in{lib::leaf(lib::images(images, layout)), lib::leaf(lib::randn(channels)),
                       lib::leaf(lib::randn(channels))};
      return both_ways(in, f);
    });
    rows.push_back({.name = name_of(name), .group = "layer", .bytes = 8 * all, .variants = variants});
  };
  add_norm("batch_norm, 32x64x32x32", [](const Tensors& in) { return lib::batch_norm(in[0], in[1], in[2]); });
  add_norm("batch_norm and relu, 32x64x32x32",
           [](const Tensors& in) { return lib::batch_norm_relu(in[0], in[1], in[2]); });
}

}  // namespace bench
