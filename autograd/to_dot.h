#pragma once

#include <string>
#include <utility>
#include <vector>

#include <reel/tensor/tensor.h>

namespace reel {

/// A drawing of the recorded graph in Graphviz's language: operations as boxes, leaves as ellipses, on each arrow the
/// shape of what flows there. `names` (as `named_parameters()` gives them) label tensors; an unknown leaf shows its
/// shape alone. Draw it with `dot -Tsvg`.
std::string to_dot(const Tensors& outputs, const std::vector<std::pair<std::string, Tensor>>& names = {});

}  // namespace reel
