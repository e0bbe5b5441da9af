#pragma once

#include <reel/kernels/random.h>
#include <reel/tensor/tensor.h>

/// Random numbers, for factories, dropout and initialisers.
namespace reel::detail {

/// The state of the generator for one draw of an operation on `device`. While a CUDA graph is captured, each replay
/// makes a new draw from the generator, which must live as long as the graph.
kernels::DrawState next_draw(Generator& generator, Device device);

/// Fills `x` in place with uniform numbers in [low, high).
void fill_uniform(std::string_view op, const Tensor& x, double low, double high, Generator& generator);
/// Fills `x` in place with normal numbers.
void fill_normal(std::string_view op, const Tensor& x, double mean, double std, Generator& generator);

}  // namespace reel::detail
