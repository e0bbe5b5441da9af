#pragma once

#include <cstdint>

#include <reel/tensor/core/generator.h>
#include <reel/tensor/tensor.h>

/// Random numbers whose distribution is an operand. Like those of the factories they are the same on every device and
/// for any number of threads, and carry no gradient.
namespace reel {

/// 1 with the probability that the element of p says, else 0, in the dtype of p. A ValueError for what is no
/// probability.
Tensor bernoulli(const Tensor& p, Generator& generator = default_generator());
/// 1 with probability p, else 0, in the shape and dtype of x.
Tensor bernoulli(const Tensor& x, double p, Generator& generator = default_generator());
/// Positions (i64) drawn with probabilities in proportion to the weights: [n] gives [num_samples], [m, n] draws from
/// each row, [m, num_samples]. Without replacement no position comes twice. A ValueError unless the weights are finite
/// and not negative, and enough of a row, one with replacement, are positive.
Tensor multinomial(const Tensor& weights, std::int64_t num_samples, bool replacement = false,
                   Generator& generator = default_generator());

}  // namespace reel
