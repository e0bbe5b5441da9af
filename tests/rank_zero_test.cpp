// Tensors of rank 0 in every operation that takes them, with the results of PyTorch 1.13.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/known_result.h"

using namespace reel;
using namespace reel::testing;

namespace {

const double not_a_number = std::nan("");

Tensor five() { return tensor(5.0); }

}  // namespace

TEST_CASE("a tensor of rank 0 has a dimension 0, or -1, to reduce, scan and sort along") {
  for (const std::int64_t dim : {0, -1}) {
    INFO(dim);
    const Dims dims{dim};
    check_result(sum(five(), dims), {}, {5});
    check_result(sum(five(), dims, true), {}, {5});
    check_result(mean(five(), dims), {}, {5});
    check_result(prod(five(), dims), {}, {5});
    check_result(var(five(), dims), {}, {not_a_number});
    check_result(var(five(), dims, 0), {}, {0});
    check_result(stddev(five(), dims), {}, {not_a_number});
    check_result(amax(five(), dims), {}, {5});
    check_result(amin(five(), dims), {}, {5});
    check_results(max(five(), dim), {{}, {}}, {5, 0});
    check_results(min(five(), dim, true), {{}, {}}, {5, 0});
    check_result(argmax(five(), dim), {}, {0});
    check_result(argmin(five(), dim), {}, {0});
    check_result(norm(five(), 2, dims), {}, {5});
    check_result(logsumexp(five(), dims), {}, {5});
    check_result(all(five(), dims), {}, {1});
    check_result(any(five(), dims), {}, {1});
    check_result(cumsum(five(), dim), {}, {5});
    check_result(cumprod(five(), dim), {}, {5});
    check_result(softmax(five(), dim), {}, {1});
    check_result(log_softmax(five(), dim), {}, {0});
    check_result(flip(five(), dims), {}, {5});
    check_results(sort(five(), dim), {{}, {}}, {5, 0});
    check_result(argsort(five(), dim), {}, {0});
    check_results(topk(five(), 1, dim), {{}, {}}, {5, 0});
    check_result(squeeze(five(), dim), {}, {5});
    check_result(unsqueeze(five(), dim), {1}, {5});
    check_result(unfold(five(), dim, 1, 1), {1}, {5});
    check_result(unfold(five(), dim, 0, 1), {0});
    check_result(transpose(five(), 0, dim), {}, {5});
    check_result(movedim(five(), {0}, dims), {}, {5});
    check_result(index_select(five(), dim, tensor({0})), {}, {5});
    check_result(index_select(five(), dim, tensor(0)), {}, {5});
    check_result(gather(five(), dim, tensor(0)), {}, {5});
    check_result(scatter(five(), dim, tensor(0), tensor(7.0)), {}, {7});
    check_result(scatter_add(five(), dim, tensor(0), tensor(7.0)), {}, {12});
  }
}

TEST_CASE("dimension 1 of a tensor of rank 0 is out of range") {
  CHECK_THROWS_AS(sum(five(), {1}), IndexError);
  CHECK_THROWS_AS(amax(five(), {1}), IndexError);
  CHECK_THROWS_AS(max(five(), 1), IndexError);
  CHECK_THROWS_AS(argmax(five(), 1), IndexError);
  CHECK_THROWS_AS(cumsum(five(), 1), IndexError);
  CHECK_THROWS_AS(cumprod(five(), 1), IndexError);
  CHECK_THROWS_AS(softmax(five(), 1), IndexError);
  CHECK_THROWS_AS(flip(five(), {1}), IndexError);
  CHECK_THROWS_AS(sort(five(), 1), IndexError);
  CHECK_THROWS_AS(logsumexp(five(), {1}), IndexError);
  CHECK_THROWS_AS(var(five(), {1}), IndexError);
  CHECK_THROWS_AS(all(five(), {1}), IndexError);
  CHECK_THROWS_AS(unfold(five(), 1, 1, 1), IndexError);
  CHECK_THROWS_AS(squeeze(five(), 1), IndexError);
  CHECK_THROWS_AS(unsqueeze(five(), 1), IndexError);
  CHECK_THROWS_AS(topk(five(), 1, 1), IndexError);
  CHECK_THROWS_AS(norm(five(), 2, {1}), IndexError);
  CHECK_THROWS_AS(index_select(five(), 1, tensor({0})), IndexError);
  CHECK_THROWS_AS(gather(five(), 1, tensor(0)), IndexError);
}

TEST_CASE("a tensor of rank 0 in other operations") {
  check_result(roll(five(), {1}), {}, {5});
  check_result(repeat(five(), {2}), {2}, {5, 5});
  check_result(repeat(five(), {}), {}, {5});
  check_result(flatten(five()), {1}, {5});
  check_result(reshape(five(), {-1}), {1}, {5});
  check_result(reshape(tensor({5.0}), {}), {}, {5});
  check_result(t(five()), {}, {5});
  check_result(permute(five(), {}), {}, {5});
  check_result(expand(five(), {2}), {2}, {5, 5});
  check_result(stack({five(), five()}), {2}, {5, 5});
  check_result(pad(five(), {}), {}, {5});
  check_result(nonzero(five()), {1, 0});
  check_result(masked_select(five(), tensor(true)), {1}, {5});
  check_result(one_hot(tensor(1), 3), {3}, {0, 1, 0});
  check_result(embedding(tensor(1), tensor({{0.0, 1.0}, {2.0, 3.0}})), {2}, {2, 3});
  check_result(prelu(five(), tensor({0.1})), {}, {5});
  check_result(einsum(",->", {five(), five()}), {}, {25});
  check_result(einsum(",i->i", {five(), tensor({1.0, 2.0})}), {2}, {5, 10});
  check_result(five().index({tensor(true)}), {1}, {5});
  check_result(five().index({tensor(false)}), {0});
  check_result(five().index({None}), {1}, {5});
  check_result(five().index({Ellipsis}), {}, {5});
  check_result(mse_loss(five(), tensor(3.0)), {}, {4});
}

TEST_CASE("operations that need a dimension refuse rank 0") {
  CHECK_THROWS_AS(select(five(), 0, 0), Error);
  CHECK_THROWS_AS(narrow(five(), 0, 0, 1), Error);
  CHECK_THROWS_AS(split(five(), 1), Error);
  CHECK_THROWS_AS(chunk(five(), 1), Error);
  CHECK_THROWS_AS(unbind(five()), Error);
  CHECK_THROWS_AS(diagonal(five()), Error);
  CHECK_THROWS_AS(tril(five()), Error);
  CHECK_THROWS_AS(cat({five(), five()}), Error);
  CHECK_THROWS_AS(matmul(five(), five()), Error);
  CHECK_THROWS_AS(linear(five(), ones({2, 1}).to(DType::f64)), Error);
  CHECK_THROWS_AS(outer(five(), five()), Error);
  CHECK_THROWS_AS(dot(five(), five()), Error);
  CHECK_THROWS_AS(layer_norm(five(), {}), Error);
  CHECK_THROWS_AS(cross_entropy(five(), tensor(0)), Error);
  CHECK_THROWS_AS(five().index({0}), Error);
  CHECK_THROWS_AS(index(five(), {tensor(0)}), Error);
}
