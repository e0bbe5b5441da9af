// Matrix products: squares, and those of an MLP's linear layers.

#include "work.h"

namespace bench {
namespace {

/// x [batch, in] -> [batch, out], and the products of its backward.
void add_linear(Rows& rows, Sizes sizes, std::int64_t batch, std::int64_t in, std::int64_t out, bool first) {
  const std::string layer =
      "linear " + std::to_string(in) + "->" + std::to_string(out) + ", batch " + std::to_string(batch);
  const double operations = 2.0 * static_cast<double>(batch * in * out);
  batch = sizes(batch, 2), in = sizes(in, 12), out = sizes(out, 10);
  const auto add = [&](const std::string& what, const Inputs& inputs, const Function& f) {
    rows.push_back({.name = layer + ", " + what, .group = "product", .operations = operations, .variants = one_way([=] {
                                                                                                 return forward(
                                                                                                     inputs(), f);
                                                                                               })});
  };
  const lib::Shape x{batch, in}, weight{out, in}, y{batch, out};
  add("forward", normal({x, weight}), [](const Tensors& t) { return lib::matmul(t[0], t[1].t()); });
  if (!first) add("input gradient", normal({y, weight}), [](const Tensors& t) { return lib::matmul(t[0], t[1]); });
  add("weight gradient", normal({y, x}), [](const Tensors& t) { return lib::matmul(t[0].t(), t[1]); });
}

}  // namespace

void add_product_rows(Rows& rows, Sizes sizes) {
  for (const std::int64_t n : {64, 128, 256, 512, 1024, 2048}) {
    const std::int64_t size = sizes(n, 16);
    const auto full = static_cast<double>(n);
    rows.push_back({.name = "matmul " + std::to_string(n),
                    .group = "product",
                    .operations = 2 * full * full * full,
                    .variants = one_way([=] {
                      return forward(normal({{size, size}, {size, size}})(),
                                     [](const Tensors& in) { return lib::matmul(in[0], in[1]); });
                    })});
  }
  for (const std::int64_t batch : {64, 256}) {
    add_linear(rows, sizes, batch, 784, 500, true);
    add_linear(rows, sizes, batch, 500, 10, false);
  }
}

}  // namespace bench
