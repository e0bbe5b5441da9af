// Tensors without elements in every operation that takes them, with the results of PyTorch 1.13, and the gradients of
// what only they reach: zeros, not nothing.

#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <reel/reel.h>

#include "support/default_device.h"
#include "support/known_result.h"

using namespace reel;
using namespace reel::testing;

namespace {

const double not_a_number = std::nan(""), infinity = std::numeric_limits<double>::infinity();

Tensor integers(const Shape& shape) { return zeros(shape, {.dtype = DType::i64}); }
Tensor mask(const Shape& shape) { return zeros(shape, {.dtype = DType::boolean}); }

}  // namespace

TEST_CASE("views of tensors without elements") {
  check_results(chunk(zeros({0, 4}), 3), {{0, 4}, {0, 4}, {0, 4}});
  check_results(chunk(zeros({2, 0}), 3), {{1, 0}, {1, 0}});
  check_results(split(zeros({0, 4}), 2), {{0, 4}});
  check_results(split(zeros({0, 4}), 0), {{0, 4}});
  check_results(split(zeros({0, 4}), std::vector<std::int64_t>{0, 0}), {{0, 4}, {0, 4}});
  check_results(unbind(zeros({0, 4})), {});
  check_results(unbind(zeros({0, 2}), 1), {{0}, {0}});
  check_result(zeros({0, 2}).view({-1, 2}), {0, 2});
  check_result(reshape(zeros({0, 2}), {-1}), {0});
  check_result(flatten(zeros({0, 2, 3}), 1), {0, 6});
  check_result(flatten(zeros({2, 0, 3})), {0});
  check_result(squeeze(zeros({0, 1})), {0});
  check_result(expand(zeros({1, 2}), {0, 2}), {0, 2});
  check_result(t(zeros({0, 2})), {2, 0});
  check_result(select(zeros({2, 0}), 0, 1), {0});
  check_result(narrow(zeros({0, 2}), 0, 0, 0), {0, 2});
  check_result(slice(zeros({0, 2}), 0, 1, 5), {0, 2});
  check_result(diagonal(zeros({0, 3})), {0});
  check_result(diagonal(zeros({3, 0})), {0});
  check_result(unfold(zeros({0, 3}), 0, 0, 1), {1, 3, 0});
  check_result(unfold(zeros({4}), 0, 0, 1), {5, 0});
}

TEST_CASE("joining, moving and choosing nothing") {
  check_result(cat({zeros({0, 2}), ones({1, 2})}), {1, 2}, {1, 1});
  check_result(cat({zeros({0}), ones({1, 2})}, 1), {1, 2}, {1, 1});
  check_result(cat({zeros({0}), zeros({0})}), {0});
  check_result(stack({zeros({0, 2}), zeros({0, 2})}), {2, 0, 2});
  check_result(repeat(zeros({0, 2}), {2, 3}), {0, 6});
  check_result(repeat(ones({2}), {0}), {0});
  check_result(flip(zeros({0, 2}), {0}), {0, 2});
  check_result(roll(zeros({0, 2}), {1}, {0}), {0, 2});
  check_result(roll(zeros({0, 2}), {1}), {0, 2});
  check_result(rot90(zeros({0, 2})), {2, 0});
  check_result(pad(zeros({0, 2}), {1, 1}), {0, 4});
  check_result(pad(zeros({0, 1}), {0, 0, 1, 1}, PadMode::constant, 3), {2, 1}, {3, 3});
  check_result(pad(ones({2}), {-1, -1}), {0});
  check_result(pad(zeros({1, 0, 2}), {1, 1}, PadMode::circular), {1, 0, 4});
  check_result(tril(zeros({0, 2})), {0, 2});
  check_result(gather(zeros({0, 2}), 0, integers({0, 2})), {0, 2});
  check_result(gather(ones({3, 2}), 0, integers({0, 2})), {0, 2});
  check_result(scatter(ones({2}), 0, integers({0}), zeros({0})), {2}, {1, 1});
  check_result(scatter_add(ones({2}), 0, integers({0}), zeros({0})), {2}, {1, 1});
  check_result(index_select(zeros({0, 2}), 0, integers({0})), {0, 2});
  check_result(index_select(zeros({3, 0}), 0, tensor({1, 2})), {2, 0});
  check_result(index(ones({3, 2}), {integers({0})}), {0, 2});
  check_result(index(zeros({0, 2}), {integers({0})}), {0, 2});
  check_result(index(zeros({2, 0}), {tensor({1})}), {1, 0});
  check_result(zeros({0, 2}).index({mask({0})}), {0, 2});
  check_result(index_put(ones({2}), {integers({0})}, zeros({0})), {2}, {1, 1});
  check_result(masked_select(zeros({0}), mask({0})), {0});
  check_result(nonzero(zeros({0, 3})), {0, 2});
  check_result(one_hot(integers({0}), 3), {0, 3});
  check_results(sort(zeros({0, 2}), 0), {{0, 2}, {0, 2}});
  check_results(sort(zeros({2, 0}), 1), {{2, 0}, {2, 0}});
  check_result(argsort(zeros({0})), {0});
  check_results(topk(zeros({0, 3}), 2), {{0, 2}, {0, 2}});
  check_results(topk(ones({2, 3}), 0), {{2, 0}, {2, 0}});
  check_results(topk(zeros({2, 0}), 0), {{2, 0}, {2, 0}});
  check_result(where(mask({0}), zeros({0}), zeros({0})), {0});
  check_result(zeros({0}) + ones({1}), {0});
  check_result(arange(0), {0});
  check_result(linspace(0, 1, 0), {0});
  check_result(eye(0), {0, 0});
  check_result(randperm(0), {0});
  CHECK(allclose(zeros({0}), zeros({0})));
  CHECK(equal(zeros({0}), zeros({0})));
}

TEST_CASE("reductions over nothing") {
  const Tensor rows = zeros({0, 2});
  check_result(sum(rows, {0}), {2}, {0, 0});
  check_result(sum(rows, {1}), {0});
  check_result(mean(rows, {0}), {2}, {not_a_number, not_a_number});
  check_result(prod(rows, {0}), {2}, {1, 1});
  check_result(var(rows, {0}), {2}, {not_a_number, not_a_number});
  check_result(stddev(rows, {0}), {2}, {not_a_number, not_a_number});
  check_result(logsumexp(rows, {0}), {2}, {-infinity, -infinity});
  check_result(norm(rows, 2, {0}), {2}, {0, 0});
  check_result(norm(zeros({0}), 1), {}, {0});
  check_result(all(zeros({0})), {}, {1});
  check_result(any(zeros({0})), {}, {0});
  check_results(max(rows, 1), {{0}, {0}});
  check_result(amax(rows, {1}), {0});
  check_result(argmax(rows, 1), {0});
  check_result(cumsum(rows, 0), {0, 2});
  check_result(cumprod(zeros({2, 0}), 1), {2, 0});
  check_result(softmax(rows, 1), {0, 2});
  check_result(softmax(zeros({2, 0}), 1), {2, 0});
  check_result(log_softmax(zeros({2, 0}), 1), {2, 0});
}

TEST_CASE("what needs an element refuses to do without") {
  const DefaultDeviceGuard cpu(Device::cpu());  // a GPU's errors come later
  const Tensor none = zeros({0}), rows = zeros({0, 2}), columns = zeros({2, 0}), line = zeros({1, 2, 0, 4});
  CHECK_THROWS_AS(none.max(), ValueError);
  CHECK_THROWS_AS(max(columns, 1), ValueError);
  CHECK_THROWS_AS(amin(columns, {1}), ValueError);
  CHECK_THROWS_AS(argmax(none), ValueError);
  CHECK_THROWS_AS(argmin(columns, 1), ValueError);
  CHECK_THROWS_AS(one_hot(integers({0})), ValueError);
  CHECK_THROWS_AS(select(rows, 0, 0), IndexError);
  CHECK_THROWS_AS(index_select(rows, 0, tensor({0})), IndexError);
  CHECK_THROWS_AS(gather(none, 0, tensor({0})), IndexError);
  CHECK_THROWS_AS(index(rows, {tensor({0})}), IndexError);
  CHECK_THROWS_AS(embedding(tensor({0}), rows), IndexError);
  CHECK_THROWS_AS(topk(columns, 1), IndexError);
  CHECK_THROWS_AS(expand(rows, {2, 2}), ShapeError);
  CHECK_THROWS_AS(none + ones({2}), ShapeError);
  CHECK_THROWS_AS(rows.view({-1, 0}), ShapeError);
  CHECK_THROWS_AS(cat({zeros({0, 3}), zeros({3, 2})}), ShapeError);
  CHECK_THROWS_AS(pad(columns, {1, 0}, PadMode::replicate), ShapeError);
  CHECK_THROWS_AS(pad(columns, {1, 0}, PadMode::circular), ShapeError);
  CHECK_THROWS_AS(conv2d(line, zeros({3, 2, 1, 1})), ShapeError);
  CHECK_THROWS_AS(max_pool2d(line, 2, {.stride = 1, .padding = 1}), ShapeError);
  CHECK_THROWS_AS(avg_pool2d(line, 2, {.stride = 1, .padding = 1}), ShapeError);
  CHECK_THROWS_AS(lstm(zeros({0, 2, 2}), {}, {}, zeros({4, 2}), zeros({4, 1})), ShapeError);
}

TEST_CASE("products of nothing are zeros") {
  check_result(matmul(zeros({2, 0}), zeros({0, 2})), {2, 2}, {0, 0, 0, 0});
  check_result(matmul(zeros({0, 2}), zeros({2, 3})), {0, 3});
  check_result(matmul(zeros({2, 0}), zeros({0})), {2}, {0, 0});
  check_result(matmul(zeros({0}), zeros({0})), {}, {0});
  check_result(matmul(zeros({2, 1, 0}), zeros({0, 2})), {2, 1, 2}, {0, 0, 0, 0});
  check_result(bmm(zeros({0, 2, 3}), zeros({0, 3, 2})), {0, 2, 2});
  check_result(addmm(ones({1, 2}), zeros({1, 0}), zeros({0, 2}), 2), {1, 2}, {2, 2});
  check_result(linear(zeros({1, 0}), zeros({2, 0}), ones({2})), {1, 2}, {1, 1});
  check_result(linear(zeros({0, 2}), zeros({3, 2})), {0, 3});
  check_result(linear(zeros({2, 2}), zeros({0, 2})), {2, 0});
  check_result(outer(zeros({0}), zeros({2})), {0, 2});
  check_result(dot(zeros({0}), zeros({0})), {}, {0});
  check_result(einsum("ij,jk->ik", {zeros({1, 0}), zeros({0, 2})}), {1, 2}, {0, 0});
  check_result(einsum("i,j->ij", {zeros({0}), zeros({2})}), {0, 2});
  check_result(einsum("i->", {zeros({0})}), {}, {0});
  check_result(einsum("ij,jk->ik", {ones({1, 1}), zeros({0, 2})}), {1, 2}, {0, 0});
}

TEST_CASE("images of an empty batch") {
  const Tensor x = zeros({0, 2, 4, 4});
  check_result(conv2d(x, zeros({3, 2, 3, 3})), {0, 3, 2, 2});
  check_result(conv1d(zeros({0, 2, 4}), zeros({3, 2, 3})), {0, 3, 2});
  check_result(conv_transpose2d(x, zeros({2, 3, 3, 3})), {0, 3, 6, 6});
  check_result(max_pool2d(x, 2), {0, 2, 2, 2});
  check_result(avg_pool2d(x, 2), {0, 2, 2, 2});
  check_result(adaptive_avg_pool2d(x, 2), {0, 2, 2, 2});
  check_result(adaptive_max_pool2d(x, 2), {0, 2, 2, 2});
  check_result(adaptive_avg_pool2d(zeros({1, 1, 4, 4}), {0, 2}), {1, 1, 0, 2});
  check_result(interpolate(x, 2), {0, 2, 2, 2});
  check_result(interpolate(x, 2, {.mode = InterpolateMode::bilinear}), {0, 2, 2, 2});
  check_result(im2col(x, 2), {0, 8, 9});
  check_result(col2im(zeros({0, 8, 9}), 4, 2), {0, 2, 4, 4});
  check_result(local_response_norm(x, 3), {0, 2, 4, 4});
  check_result(batch_norm(x, zeros({2}), ones({2}), {}, {}, true), {0, 2, 4, 4});
  check_result(batch_norm(zeros({2, 2, 0}), zeros({2}), ones({2}), {}, {}, true), {2, 2, 0});
  check_result(batch_norm(x, zeros({2}), ones({2})), {0, 2, 4, 4});
  check_result(layer_norm(zeros({0, 3}), {3}), {0, 3});
  check_result(layer_norm(zeros({2, 0}), {0}), {2, 0});
  check_result(group_norm(x, 2), {0, 2, 4, 4});
  check_result(group_norm(zeros({2, 4, 0}), 2), {2, 4, 0});
  check_result(dropout(zeros({0})), {0});
  check_result(prelu(zeros({0, 3}), zeros({3})), {0, 3});
  check_result(embedding(integers({0}), zeros({3, 2})), {0, 2});
  check_result(embedding(integers({0}), zeros({0, 2})), {0, 2});
  check_result(embedding(tensor({1}), zeros({3, 0})), {1, 0});
}

TEST_CASE("training batch_norm on an empty batch leaves the running statistics") {
  const Tensor mean = full({2}, 3), variance = full({2}, 4);
  batch_norm(zeros({0, 2}), mean, variance, {}, {}, true);
  CHECK(mean.to_vector<float>() == std::vector<float>{3, 3});
  CHECK(variance.to_vector<float>() == std::vector<float>{4, 4});
}

TEST_CASE("the mean of no losses is NaN, their sum 0") {
  using Loss = std::function<Tensor(Reduction)>;
  const Tensor x = zeros({0, 3});
  const std::vector<std::pair<std::string, Loss>> losses{
      {"mse_loss", [=](Reduction r) { return mse_loss(x, x, r); }},
      {"l1_loss", [=](Reduction r) { return l1_loss(x, x, r); }},
      {"smooth_l1_loss", [=](Reduction r) { return smooth_l1_loss(x, x, r); }},
      {"binary_cross_entropy", [=](Reduction r) { return binary_cross_entropy(x, x, {.reduction = r}); }},
      {"with logits", [=](Reduction r) { return binary_cross_entropy_with_logits(x, x, {.reduction = r}); }},
      {"kl_div", [=](Reduction r) { return kl_div(x, x, {.reduction = r}); }},
      {"cross_entropy", [=](Reduction r) { return cross_entropy(x, integers({0}), {.reduction = r}); }},
      {"probabilities", [=](Reduction r) { return cross_entropy(x, x, {.reduction = r}); }},
      {"nll_loss", [=](Reduction r) { return nll_loss(x, integers({0}), {.reduction = r}); }},
      {"no pixels",
       [](Reduction r) {
         return cross_entropy(zeros({2, 3, 0}), integers({2, 0}), {.reduction = r});
       }},
  };
  for (const auto& loss : losses) {
    INFO(loss.first);
    CHECK(std::isnan(loss.second(Reduction::mean).item()));
    CHECK(loss.second(Reduction::sum).item() == 0);
    CHECK(loss.second(Reduction::none).numel() == 0);
  }
}

TEST_CASE("weights that meet no data get gradients of zeros") {
  struct Row {
    std::string name;
    Tensors weights;
    std::function<Tensor(const Tensors&)> call;
  };
  const auto leaves = [](const std::vector<Shape>& shapes) {
    Tensors out;
    for (const Shape& shape : shapes) out.push_back(ones(shape, {.requires_grad = true}));
    return out;
  };
  const Tensor images = zeros({0, 2, 4, 4});
  const std::vector<Row> rows{
      {"linear", leaves({{3, 2}, {3}}),
       [](const Tensors& w) {
         return linear(zeros({0, 2}), w[0], w[1]);
       }},
      {"mean", leaves({{3, 2}, {3}}),
       [](const Tensors& w) {
         return mean(linear(zeros({0, 2}), w[0], w[1]));
       }},
      {"conv1d", leaves({{3, 2, 3}, {3}}),
       [](const Tensors& w) {
         return conv1d(zeros({0, 2, 4}), w[0], w[1]);
       }},
      {"conv2d", leaves({{3, 2, 3, 3}, {3}}), [=](const Tensors& w) { return conv2d(images, w[0], w[1]); }},
      {"conv_transpose2d", leaves({{2, 3, 3, 3}, {3}}),
       [=](const Tensors& w) { return conv_transpose2d(images, w[0], w[1]); }},
      {"batch_norm", leaves({{2}, {2}}),
       [=](const Tensors& w) { return batch_norm(images, {}, {}, w[0], w[1], true); }},
      {"batch_norm in evaluation", leaves({{2}, {2}}),
       [=](const Tensors& w) { return batch_norm(images, zeros({2}), ones({2}), w[0], w[1]); }},
      {"layer_norm", leaves({{3}, {3}}),
       [](const Tensors& w) {
         return layer_norm(zeros({0, 3}), {3}, w[0], w[1]);
       }},
      {"group_norm", leaves({{2}, {2}}), [=](const Tensors& w) { return group_norm(images, 1, w[0], w[1]); }},
      {"prelu", leaves({{3}}),
       [](const Tensors& w) {
         return prelu(zeros({0, 3}), w[0]);
       }},
      {"embedding", leaves({{3, 2}}), [](const Tensors& w) { return embedding(integers({0}), w[0]); }},
      {"lstm", leaves({{12, 2}, {12, 3}, {12}, {12}}),
       [](const Tensors& w) {
         return std::get<0>(lstm(zeros({4, 0, 2}), {}, {}, w[0], w[1], w[2], w[3]));
       }},
      {"lstm_cell", leaves({{12, 2}, {12, 3}, {12}, {12}}),
       [](const Tensors& w) {
         return std::get<0>(lstm_cell(zeros({0, 2}), {}, {}, w[0], w[1], w[2], w[3]));
       }},
      {"gru", leaves({{9, 2}, {9, 3}, {9}, {9}}),
       [](const Tensors& w) {
         return std::get<0>(gru(zeros({4, 0, 2}), {}, w[0], w[1], w[2], w[3]));
       }},
      {"rnn_tanh_cell", leaves({{3, 2}, {3, 3}, {3}, {3}}),
       [](const Tensors& w) {
         return rnn_tanh_cell(zeros({0, 2}), {}, w[0], w[1], w[2], w[3]);
       }},
      {"index", leaves({{3}}), [](const Tensors& w) { return index(w[0], {integers({0})}); }},
      {"index_select", leaves({{3}}), [](const Tensors& w) { return index_select(w[0], 0, integers({0})); }},
      {"gather", leaves({{3}}), [](const Tensors& w) { return gather(w[0], 0, integers({0})); }},
      {"masked_select", leaves({{3}}), [](const Tensors& w) { return masked_select(w[0], mask({3})); }},
      {"where", leaves({{3}}), [](const Tensors& w) { return where(mask({3}), w[0], 0); }},
      {"topk", leaves({{3}}), [](const Tensors& w) { return std::get<0>(topk(w[0], 0)); }},
      {"narrow", leaves({{3}}), [](const Tensors& w) { return narrow(w[0], 0, 0, 0); }},
      {"expand", leaves({{1, 2}}),
       [](const Tensors& w) {
         return expand(w[0], {0, 2});
       }},
      {"repeat", leaves({{2}}), [](const Tensors& w) { return repeat(w[0], {0}); }},
      {"broadcast", leaves({{1}}), [](const Tensors& w) { return w[0] + zeros({0}); }},
      {"pad", leaves({{2, 2}}),
       [](const Tensors& w) {
         return pad(w[0], {-1, -1});
       }},
      {"pad, circular", leaves({{2}}),
       [](const Tensors& w) {
         return pad(w[0], {-1, -1}, PadMode::circular);
       }},
      {"matmul", leaves({{2, 0}, {0, 3}}), [](const Tensors& w) { return matmul(w[0], w[1]); }},
      {"cat", leaves({{0}, {0, 2}}),
       [](const Tensors& w) {
         return cat({w[0], w[1], ones({1, 2})});
       }},
      {"cat of empty vectors", leaves({{0}, {0}}),
       [](const Tensors& w) {
         return cat({w[0], w[1]});
       }},
      {"floor", leaves({{3}}), [](const Tensors& w) { return floor(w[0]); }},
      {"dropout of all", leaves({{3}}), [](const Tensors& w) { return dropout(w[0], 1); }},
      {"addmm", leaves({{2, 2}, {2, 2}}), [](const Tensors& w) { return addmm(ones({2}), w[0], w[1], 1, 0); }},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    sum(row.call(row.weights)).backward();
    for (const Tensor& weight : row.weights) {
      REQUIRE(weight.grad().defined());
      CHECK(weight.grad().shape() == weight.shape());
      CHECK(equal(weight.grad(), zeros_like(weight)));
    }
  }
}

TEST_CASE("parts that the result does not depend on get zeros") {
  const auto gradient = [](const std::function<Tensor(const Tensor&)>& part) {
    const Tensor x = ones({3}, {.requires_grad = true});
    sum(part(x)).backward();
    return x.grad().to_vector<float>();
  };
  using Floats = std::vector<float>;
  CHECK(gradient([](const Tensor& x) { return split(x, 1)[1]; }) == Floats{0, 1, 0});
  CHECK(gradient([](const Tensor& x) { return chunk(x, 3)[0]; }) == Floats{1, 0, 0});
  CHECK(gradient([](const Tensor& x) { return unbind(x)[2]; }) == Floats{0, 0, 1});
  CHECK(gradient([](const Tensor& x) { return std::get<0>(max(x, 0)); }) == Floats{1, 0, 0});
  CHECK(gradient([](const Tensor& x) { return std::get<0>(topk(x, 2)); }) == Floats{1, 1, 0});
}
