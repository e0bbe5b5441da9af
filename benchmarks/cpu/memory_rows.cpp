// What streams memory: elementwise operations, reductions, a transposition. Results are fresh each time.

#include "work.h"

namespace bench {
namespace {

/// `n` x `n` numbers; their size is in the names.
void add_square_rows(Rows& rows, const std::string& label, std::int64_t n) {
  const double once = kFloat * static_cast<double>(n) * static_cast<double>(n);
  // `streams`: how many operands of the full size are read and written once.
  const auto add = [&](const std::string& name, double streams, const Inputs& inputs, const Function& f) {
    rows.push_back({.name = name + ", " + label, .group = "memory", .bytes = streams * once, .variants = one_way([=] {
                                                                                               return forward(inputs(),
                                                                                                              f);
                                                                                             })});
  };
  const lib::Shape square{n, n}, row{n};
  const Inputs one = normal({square}), two = normal({square, square}), affine = normal({square, row, row});
  add("add", 3, two, [](const Tensors& in) { return in[0] + in[1]; });
  add("relu", 2, one, [](const Tensors& in) { return lib::relu(in[0]); });
  add("exp", 2, one, [](const Tensors& in) { return lib::exp(in[0]); });
  add("sigmoid", 2, one, [](const Tensors& in) { return lib::sigmoid(in[0]); });
  add("tanh", 2, one, [](const Tensors& in) { return lib::tanh(in[0]); });
  add("gelu", 2, one, [](const Tensors& in) { return lib::gelu(in[0]); });
  add("softmax", 2, one, [](const Tensors& in) { return lib::softmax(in[0], 1); });
  add("layer_norm", 2, affine, [](const Tensors& in) { return lib::layer_norm(in[0], in[1], in[2]); });
  add("sum", 1, one, [](const Tensors& in) { return lib::sum(in[0]); });
  add("sum over dim 0", 1, one, [](const Tensors& in) { return lib::sum_over(in[0], 0); });
  add("sum over dim 1", 1, one, [](const Tensors& in) { return lib::sum_over(in[0], 1); });
  add("transposed copy", 2, one, [](const Tensors& in) { return in[0].t().contiguous(); });
}

}  // namespace

void add_memory_rows(Rows& rows, Sizes sizes) {
  add_square_rows(rows, "64 MB", sizes(4096, 24));
  add_square_rows(rows, "1 MB", sizes(512, 16));
}

}  // namespace bench
