#pragma once

#include <vector>

#include <reel/kernels/random.h>
#include <reel/tensor/tensor.h>

/// Random numbers, for factories, dropout and initialisers.
namespace reel::detail {

/// The state of the generator for one draw of an operation on `device`. While a CUDA graph is captured, each replay
/// makes a new draw from the generator's sequence, which the graph keeps alive.
kernels::DrawState next_draw(Generator& generator, Device device);

/// The numbers 0 to n - 1 in random order.
std::vector<std::int64_t> random_order(std::int64_t n, Generator& generator);

/// Fills `x` in place with uniform numbers in [low, high).
void fill_uniform(std::string_view op, const Tensor& x, double low, double high, Generator& generator);
/// Fills `x` in place with normal numbers.
void fill_normal(std::string_view op, const Tensor& x, double mean, double std, Generator& generator);

}  // namespace reel::detail
