#pragma once

#include <vector>

#include <reel/autograd/tape/node.h>

/// A part of a graph: the nodes that were recorded since some moment. Not for users.
namespace reel::detail {

/// The edges by which the nodes younger than `first` that made `outputs` lead to older ones and to leaves, each once.
std::vector<Edge> edges_out_of_part(const Tensors& outputs, std::uint64_t first);

/// Runs the nodes younger than `first` alone. The gradients of sum(outputs * grad_outputs) that arrive at `edges`,
/// those that `edges_out_of_part` returns; undefined where none does. Leaves and the hooks of older nodes see nothing
/// of it. The part is kept with `create_graph` only.
Tensors grad_of_part(const Tensors& outputs, Tensors grad_outputs, const std::vector<Edge>& edges, std::uint64_t first,
                     bool create_graph);

}  // namespace reel::detail
