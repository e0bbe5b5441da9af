#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <library.h>

#include "row.h"

/// What rows are made of, for either library.
namespace bench {

using lib::Tensor;
using Tensors = std::vector<Tensor>;
/// One set of inputs, and what is computed of them.
using Inputs = std::function<Tensors()>;
using Function = std::function<Tensor(const Tensors&)>;

inline constexpr double kFloat = sizeof(float);

/// Normal random numbers of these shapes.
inline Inputs normal(std::vector<lib::Shape> shapes) {
  return [shapes = std::move(shapes)] {
    Tensors tensors;
    for (const lib::Shape& shape : shapes) tensors.push_back(lib::randn(shape));
    return tensors;
  };
}

/// f of inputs that require no gradient. The result is released at once: each repetition has a fresh one.
inline Work forward(const Tensors& in, const Function& f) {
  return {[=] { f(in); }};
}

/// f and the gradients of those inputs that require one.
inline Work both_ways(const Tensors& in, const Function& f) {
  Tensor grad;
  {
    const lib::NoGradGuard guard;
    grad = lib::randn_like(f(in));
  }
  return {[=] {
    for (const Tensor& x : in) lib::clear_grad(x);
    f(in).backward(grad);
  }};
}

/// The only way to do the work.
inline std::vector<Variant> one_way(std::function<Work()> prepare) { return {{"default", std::move(prepare)}}; }

/// One for each layout of images that the library has.
inline std::vector<Variant> each_layout(const std::function<Work(lib::Layout)>& prepare) {
  std::vector<Variant> variants;
  for (const auto& [name, layout] : lib::layouts()) {
    variants.push_back({name, [prepare, l = layout] { return prepare(l); }});
  }
  return variants;
}

}  // namespace bench
