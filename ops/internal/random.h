#pragma once

#include <reel/kernels/random.h>
#include <reel/tensor/tensor.h>

/// Filling tensors with random numbers: what the factories, dropout and the initialisers share.
namespace reel::detail {

/// The generator's state for one draw of an operation on `device`. While a graph is recorded there, each replay draws
/// anew from the generator, which must live as long as the graph.
kernels::DrawState next_draw(Generator& generator, Device device);

/// Fills `x` in place with uniform numbers in [low, high).
void fill_uniform(std::string_view op, const Tensor& x, double low, double high, Generator& generator);
/// Fills `x` in place with normal numbers.
void fill_normal(std::string_view op, const Tensor& x, double mean, double std, Generator& generator);

}  // namespace reel::detail
