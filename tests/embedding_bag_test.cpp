// Bags of embeddings and the bilinear form by hand, and their layers.

#include <cmath>
#include <vector>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/nn/layers/bilinear.h>
#include <reel/nn/layers/embedding.h>
#include <reel/nn/layers/embedding_bag.h>
#include <reel/nn/layers/unflatten.h>
#include <reel/ops/ops.h>

using namespace reel;

namespace {

using V = std::vector<double>;

Tensor table() { return tensor({{1.0, 10.0}, {2.0, -20.0}, {3.0, 30.0}, {4.0, 5.0}}).to(DType::f64); }

}  // namespace

TEST_CASE("bags are sums, means and maxima of rows") {
  const Tensor w = table(), index = tensor({{0, 2}, {1, 1}}), list = tensor({0, 2, 1, 1, 3});
  CHECK(embedding_bag(index, w, {.mode = BagMode::sum}).to_vector<double>() == V{4, 40, 4, -40});
  CHECK(embedding_bag(index, w).to_vector<double>() == V{2, 20, 2, -20});
  CHECK(embedding_bag(index, w, {.mode = BagMode::max}).to_vector<double>() == V{3, 30, 2, -20});
  // Pieces 0 2 | | 1 1 3.
  const Tensor offsets = tensor({0, 2, 2});
  CHECK(embedding_bag(list, w, {.offsets = offsets, .mode = BagMode::sum}).to_vector<double>() ==
        V{4, 40, 0, 0, 8, -35});
  CHECK(embedding_bag(list, w, {.offsets = offsets.to(DType::i32)}).to_vector<double>() ==
        V{2, 20, 0, 0, 8.0 / 3, -35.0 / 3});
  CHECK(embedding_bag(list, w, {.offsets = offsets, .mode = BagMode::max}).to_vector<double>() == V{3, 30, 0, 0, 4, 5});
  CHECK(embedding_bag(list, w, {.offsets = tensor({0, 2, 4}), .mode = BagMode::sum, .include_last_offset = true})
            .to_vector<double>() == V{4, 40, 4, -40});
  const Tensor factors = tensor({0.5, 2.0, 1.0, 3.0, -1.0}).to(DType::f64);
  CHECK(embedding_bag(list, w, {.offsets = offsets, .mode = BagMode::sum, .per_sample_weights = factors})
            .to_vector<double>() == V{6.5, 65, 0, 0, 4, -85});
}

TEST_CASE("a padding row does not count and gets no gradient") {
  const Tensor w = table().requires_grad_(), index = tensor({{0, 2}, {1, 1}, {2, 2}});
  const Tensor mean = embedding_bag(index, w, {.padding_idx = 2}),
               most = embedding_bag(index, w, {.mode = BagMode::max, .padding_idx = -2});
  CHECK(mean.detach().to_vector<double>() == V{1, 10, 2, -20, 0, 0});
  CHECK(most.detach().to_vector<double>() == V{1, 10, 2, -20, 0, 0});
  CHECK(grad({sum(mean)}, {w})[0].to_vector<double>() == V{1, 1, 1, 1, 0, 0, 0, 0});
  CHECK(grad({sum(most)}, {w})[0].to_vector<double>() == V{1, 1, 1, 1, 0, 0, 0, 0});
}

TEST_CASE("rows that are looked up are shortened in place, once and off the tape") {
  const Tensor w = tensor({{3.0, 4.0}, {0.25, 0.5}, {6.0, -8.0}, {30.0, 40.0}}).to(DType::f64).requires_grad_();
  const Tensor y = embedding(tensor({2, 0, 2, 1}), w, {.max_norm = 1});
  CHECK(allclose(y, tensor({{0.6, -0.8}, {0.6, 0.8}, {0.6, -0.8}, {0.25, 0.5}}).to(DType::f64), 1e-6));
  CHECK(w[1].detach().to_vector<double>() == V{0.25, 0.5});  // short enough
  CHECK(w[3].detach().to_vector<double>() == V{30, 40});     // not looked up
  CHECK(equal(y[0], w[2]));
  CHECK(grad({sum(y)}, {w})[0].to_vector<double>() == V{1, 1, 1, 1, 2, 2, 0, 0});

  const Tensor before = w.detach().clone();
  CHECK_THROWS_AS(embedding(tensor({3, 4}), w, {.max_norm = 1}), IndexError);
  CHECK_THROWS_AS(embedding_bag(tensor({{3, 4}}), w, {.max_norm = 1}), IndexError);
  CHECK(equal(w.detach(), before));

  const nn::Embedding rows(w, {.max_norm = 2, .norm_type = 1});
  CHECK(allclose(rows(tensor({3})), tensor({{6.0 / 7, 8.0 / 7}}).to(DType::f64), 1e-6));
  CHECK(to_string(rows) == "Embedding(4, 2, max_norm=2.0, norm_type=1.0)");
  const nn::EmbeddingBag bags(w, {.mode = BagMode::sum, .max_norm = 0.5, .scale_grad_by_freq = true});
  CHECK(allclose(bags(tensor({{0, 0}})), tensor({{0.6, 0.8}}).to(DType::f64), 1e-6));
  CHECK(to_string(bags) == "EmbeddingBag(4, 2, mode='sum', max_norm=0.5, scale_grad_by_freq=True)");
}

TEST_CASE("gradients divided by the frequency of a row, of half floats, too") {
  const Tensor index = cat({zeros({3000}, DType::i64), tensor({1, 1})});
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16}) {
    const Tensor w = ones({3, 2}, dtype).requires_grad_();
    sum(embedding(index, w, {.scale_grad_by_freq = true}).to(DType::f64)).backward();
    CHECK(allclose(w.grad().to(DType::f64), tensor({{1.0, 1.0}, {1.0, 1.0}, {0.0, 0.0}}).to(DType::f64), 1e-2));
  }
}

TEST_CASE("bilinear is a^T W b + bias") {
  const Tensor a = tensor({{1.0, 2.0}, {0.0, 1.0}}), b = tensor({{1.0, 0.0, -1.0}, {2.0, 1.0, 3.0}});
  const Tensor w = tensor({{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, {{0.0, 1.0, 0.0}, {1.0, 0.0, 2.0}}}),
               bias = tensor({10.0, 20.0});
  // W_0 b: (-2, -2) and (13, 31); W_1 b: (0, -1) and (1, 8).
  CHECK(bilinear(a, b, w, bias).to_vector<double>() == V{10 - 2 - 4, 20 - 2, 10 + 31, 20 + 8});
  CHECK(bilinear(a[0], b[0], w).to_vector<double>() == V{-6, -2});
}

TEST_CASE("EmbeddingBag and Bilinear are the functions") {
  const nn::EmbeddingBag bag(4, 3, {.mode = BagMode::sum, .padding_idx = -1});
  CHECK(bag.weight.shape() == Shape{4, 3});
  CHECK(bag.weight[3].to_vector<double>() == V{0, 0, 0});
  const Tensor list = tensor({0, 1, 3, 2}), offsets = tensor({0, 3});
  CHECK(equal(bag(list, offsets),
              embedding_bag(list, bag.weight, {.offsets = offsets, .mode = BagMode::sum, .padding_idx = 3})));
  const Tensor factors = rand({4});
  CHECK(equal(
      bag(list, offsets, factors),
      embedding_bag(list, bag.weight,
                    {.offsets = offsets, .mode = BagMode::sum, .per_sample_weights = factors, .padding_idx = 3})));
  CHECK(equal(nn::EmbeddingBag(bag.weight, {.mode = BagMode::max})(tensor({{0, 1}})),
              embedding_bag(tensor({{0, 1}}), bag.weight, {.mode = BagMode::max})));
  CHECK(to_string(bag) == "EmbeddingBag(4, 3, mode='sum', padding_idx=3)");
  CHECK_THROWS_AS(nn::EmbeddingBag(4, 3, {.padding_idx = 4}), IndexError);

  const nn::Bilinear form(3, 2, 4);
  const Tensor a = randn({5, 3}), b = randn({5, 2});
  CHECK(form.weight.shape() == Shape{4, 3, 2});
  CHECK(form.weight.abs().max().item() <= 1 / std::sqrt(3.0));
  CHECK(equal(form(a, b), bilinear(a, b, form.weight, form.bias)));
  CHECK_FALSE(nn::Bilinear(3, 2, 4, false).bias.defined());
  CHECK(to_string(form) == "Bilinear(in1_features=3, in2_features=2, out_features=4, bias=True)");
  CHECK_THROWS_AS(nn::Bilinear(-1, 2, 4), ValueError);
}

TEST_CASE("Unflatten splits a dimension") {
  const Tensor x = randn({2, 12, 5});
  CHECK(equal(nn::Unflatten(1, {3, 4})(x), x.reshape({2, 3, 4, 5})));
  CHECK(nn::Unflatten(-2, {2, -1, 3})(x).shape() == Shape{2, 2, 2, 3, 5});
  CHECK(nn::Unflatten(1, 12)(x).shape() == x.shape());
  CHECK(nn::Unflatten(1, {-1, 3})(zeros({2, 0})).shape() == Shape{2, 0, 3});
  CHECK(to_string(nn::Unflatten(1, {3, 4})) == "Unflatten(dim=1, unflattened_size=(3, 4))");
  CHECK_THROWS_AS(nn::Unflatten(1, {5, 2})(x), ShapeError);
  CHECK_THROWS_AS(nn::Unflatten(1, {-1, -1})(x), ShapeError);
  CHECK_THROWS_AS(nn::Unflatten(3, {5, 1})(x), IndexError);
}
