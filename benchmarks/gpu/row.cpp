// The parts that the rows of the GPU table are made of.

#include "row.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace reel::bench {
namespace {

/// In the output's layout, as the layer behind would make it, and as PyTorch's randn_like does.
Tensor gradient_for(const Tensor& out) {
  const Tensor grad = empty_like(out);
  grad.copy_(randn_like(out));
  return grad;
}

}  // namespace

std::size_t Sizes::sets(double bytes) const {
  constexpr double kMuchMoreThanCache = 512e6;
  if (tiny) return 2;
  return static_cast<std::size_t>(std::clamp(std::ceil(kMuchMoreThanCache / bytes), 1.0, 16.0));
}

Inputs normal(const std::vector<Shape>& shapes) {
  return [shapes] {
    Tensors tensors;
    for (const Shape& shape : shapes) tensors.push_back(randn(shape));
    return tensors;
  };
}

Work forward(std::size_t sets, const Inputs& inputs, const Function& f) {
  std::vector<Tensors> in(sets);
  std::generate(in.begin(), in.end(), inputs);
  const auto out = std::make_shared<Tensors>(sets);
  return {[=](std::size_t i) {
            const NoGradGuard guard;
            (*out)[i % sets] = f(in[i % sets]);
          },
          sets};
}

Work both_ways(std::size_t sets, const Inputs& inputs, const Function& f) {
  std::vector<Tensors> in(sets);
  std::generate(in.begin(), in.end(), inputs);
  Tensors grads;
  for (const Tensors& set : in) grads.push_back(no_grad([&] { return gradient_for(f(set)); }));
  return {[=](std::size_t i) {
            const Tensors& set = in[i % sets];
            for (const Tensor& x : set) x.set_grad({});
            f(set).backward(grads[i % sets]);
          },
          sets};
}

}  // namespace reel::bench
