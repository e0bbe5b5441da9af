// What streams memory once: the copy that gives the peak, elementwise operations, reductions, a transposition.

#include "row.h"

namespace reel::bench {
namespace {

constexpr double kFloat = sizeof(float);

/// A size to measure at; "64 MiB" is that of one operand.
struct Extent {
  std::string label;
  std::int64_t rows, columns;
  double elements() const { return static_cast<double>(rows) * static_cast<double>(columns); }
};

/// `streams`: how many operands are read and written once, in f32.
Row row(Sizes sizes, std::string group, const std::string& name, const Extent& extent, double streams,
        const Inputs& inputs, const Function& f) {
  const double bytes = streams * kFloat * extent.elements();
  return {.name = name + ", " + extent.label, .group = std::move(group), .bytes = bytes, .prepare = [=] {
            return forward(sizes.sets(bytes), inputs, f);
          }};
}

void add_elementwise(Rows& rows, Sizes sizes, const Extent& extent) {
  const Shape shape{extent.rows, extent.columns};
  const auto add = [&](const std::string& name, double streams, const Inputs& inputs, const Function& f) {
    rows.push_back(row(sizes, "elementwise", name, extent, streams, inputs, f));
  };
  const Inputs one = normal({shape}), two = normal({shape, shape}), and_row = normal({shape, {shape[1]}});
  const Inputs choice = [=] { return Tensors{randn(shape) > 0, randn(shape), randn(shape)}; };
  add("add", 3, two, [](const Tensors& in) { return in[0] + in[1]; });
  add("relu", 2, one, [](const Tensors& in) { return relu(in[0]); });
  add("exp", 2, one, [](const Tensors& in) { return exp(in[0]); });
  add("sigmoid", 2, one, [](const Tensors& in) { return sigmoid(in[0]); });
  add("tanh", 2, one, [](const Tensors& in) { return tanh(in[0]); });
  add("gelu", 2, one, [](const Tensors& in) { return gelu(in[0]); });
  add("add a row", 2, and_row, [](const Tensors& in) { return in[0] + in[1]; });
  add("where", 3.25, choice, [](const Tensors& in) { return where(in[0], in[1], in[2]); });
}

void add_reductions(Rows& rows, Sizes sizes, const Extent& extent) {
  const Shape shape{extent.rows, extent.columns};
  const auto add = [&](const std::string& name, const Function& f) {
    rows.push_back(row(sizes, "reduction", name, extent, 1, normal({shape}), f));
  };
  add("sum", [](const Tensors& in) { return sum(in[0]); });
  add("sum of columns", [](const Tensors& in) { return sum(in[0], {0}); });
  add("sum of rows", [](const Tensors& in) { return sum(in[0], {1}); });
}

}  // namespace

void add_memory_rows(Rows& rows, Sizes sizes) {
  const Extent extents[] = {{"64 MiB", sizes(16 << 10, 8), sizes(1024, 32)},
                            {"256 MiB", sizes(64 << 10, 16), sizes(1024, 32)}};
  for (const Extent& extent : extents) add_elementwise(rows, sizes, extent);
  for (const Extent& extent : extents) add_reductions(rows, sizes, extent);
  const Extent square{"4096x4096", sizes(4096, 48), sizes(4096, 48)};
  const Inputs matrix = normal({{square.rows, square.columns}});
  rows.push_back(row(sizes, "copy", "transposed copy", square, 2, matrix,
                     [](const Tensors& in) { return in[0].t().contiguous(); }));
}

void add_ceiling_rows(Rows& rows, Sizes sizes) {
  const std::int64_t count = sizes(256 << 20, 1 << 10);
  rows.push_back(row(sizes, "ceiling", "copy", {"1 GiB", 1, count}, 2, normal({{count}}),
                     [](const Tensors& in) { return in[0].clone(); }));
  for (const Precision& precision : {kIeee, kTf32, kBf16}) {
    rows.push_back(product_row("product 8192", "ceiling", precision, sizes(8192, 32)));
  }
}

}  // namespace reel::bench
