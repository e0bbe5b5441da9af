// An optimizer's step alone, on parameters with LeNet's shapes.

#include "work.h"

namespace bench {
namespace {

Tensors parameters(Sizes sizes) {
  const std::int64_t inner = sizes(1024, 16);
  const std::vector<lib::Shape> shapes{{32, 1, 5, 5}, {32},    {64, 32, 5, 5}, {64},
                                       {inner, 3136}, {inner}, {10, inner},    {10}};
  Tensors parameters;
  for (const lib::Shape& shape : shapes) {
    parameters.push_back(lib::leaf(lib::randn(shape)));
    lib::set_grad(parameters.back(), lib::randn(shape));
  }
  return parameters;
}

}  // namespace

void add_optimizer_rows(Rows& rows, Sizes sizes) {
  const double once = kFloat * 3'274'634;
  // Parameters, gradients and state are read, all but the gradients written.
  rows.push_back({.name = "Adam, 3.2 M parameters",
                  .group = "optimizer",
                  .bytes = 7 * once,
                  .variants = one_way([=] { return Work{lib::adam(parameters(sizes))}; })});
  rows.push_back({.name = "SGD with momentum, 3.2 M parameters",
                  .group = "optimizer",
                  .bytes = 5 * once,
                  .variants = one_way([=] { return Work{lib::sgd_with_momentum(parameters(sizes))}; })});
}

}  // namespace bench
