// weight_norm and spectral_norm: values, gradients and names are PyTorch's, from goldens/reparametrization.json (made
// by goldens/make_reparametrization.py); what happens to parameters, handles and graphs.

#include <fstream>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/nn/nn.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>
#include <nlohmann/json.hpp>

#include "support/source_files.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;
using nlohmann::json;
using nn::utils::remove_spectral_norm;
using nn::utils::remove_weight_norm;
using nn::utils::spectral_norm;
using nn::utils::weight_norm;

namespace {

Tensor unpacked(const json& packed) {
  Shape shape;
  for (const json& size : packed["shape"]) shape.push_back(size.get<std::int64_t>());
  return tensor(packed["data"].get<std::vector<double>>(), shape);
}

std::vector<std::string> names(const nn::NamedTensors& list) {
  std::vector<std::string> out;
  for (const auto& [name, tensor] : list) out.push_back(name);
  return out;
}

using Names = std::vector<std::string>;

/// Does what the script does with the layer of a case.
template <class L> void check_case(const std::string& name, L layer) {
  INFO(name);
  std::ifstream file(source_dir() / "tests/goldens/reparametrization.json");
  const json golden = json::parse(file)["cases"][name];
  layer.to(DType::f64);
  nn::StateDict before;
  for (const auto& entry : golden["before"].items()) before[entry.key()] = unpacked(entry.value());
  layer.load_state_dict(before);  // strict: the names are the same
  const Tensor x = unpacked(golden["x"]);
  Tensors outputs{layer(x), layer(x)};
  layer.eval();
  outputs.push_back(layer(x));
  Tensor loss = zeros({}, {.dtype = DType::f64});
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    CHECK(allclose(outputs[i].detach(), unpacked(golden["outputs"][i]), 1e-12, 1e-12));
    loss = loss + sum(square(outputs[i]));
  }
  loss.backward();
  CHECK(layer.parameters().size() == golden["grads"].size());
  for (const auto& entry : golden["grads"].items()) {
    INFO("gradient of " << entry.key());
    CHECK(allclose(layer.get_parameter(entry.key()).grad(), unpacked(entry.value()), 1e-11, 1e-12));
  }
  for (const auto& [key, value] : layer.state_dict()) {
    INFO("state " << key);
    CHECK(allclose(value, unpacked(golden["after"][key]), 1e-12, 1e-12));
  }
}

}  // namespace

TEST_CASE("weight_norm and spectral_norm compute what PyTorch computes, and load its checkpoints") {
  check_case("weight_norm linear", weight_norm(nn::Linear(4, 3)));
  check_case("weight_norm all", weight_norm(nn::Linear(4, 3), "weight", std::nullopt));
  check_case("weight_norm conv", weight_norm(nn::Conv2d(2, 3, 2), "weight", 1));
  check_case("weight_norm bias", weight_norm(nn::Linear(2, 3), "bias"));
  check_case("spectral_norm linear", spectral_norm(nn::Linear(4, 3)));
  check_case("spectral_norm conv", spectral_norm(nn::Conv2d(2, 3, 2), "weight", {.n_power_iterations = 3}));
  check_case("spectral_norm transposed", spectral_norm(nn::ConvTranspose2d(2, 3, 2)));
}

TEST_CASE("weight_norm keeps the layer's function, and removing it makes a parameter again") {
  nn::Linear layer(4, 3);
  const Tensor weight = layer.weight.detach().clone(), x = randn({2, 4}), y = layer(x).detach();
  const nn::Linear normed = weight_norm(layer);
  CHECK(normed.is_same(layer));
  CHECK(names(layer.named_parameters()) == Names{"bias", "weight_g", "weight_v"});
  CHECK(layer.get_parameter("weight_g").shape() == Shape{3, 1});
  CHECK(allclose(layer(x).detach(), y));
  {
    const NoGradGuard guard;
    layer.get_parameter("weight_g").mul_(2);
  }
  const Tensor doubled = layer(x);
  CHECK(allclose(doubled.detach(), 2 * y - layer.bias.detach()));
  CHECK(allclose(layer.weight.detach(), 2 * weight));
  sum(doubled).backward();
  CHECK(layer.get_parameter("weight_v").grad().defined());

  remove_weight_norm(layer);
  CHECK(names(layer.named_parameters()) == Names{"bias", "weight"});
  CHECK(layer.weight.is_leaf());
  CHECK(layer.weight.requires_grad());
  CHECK(layer.get_parameter("weight").is_same(layer.weight));
  CHECK(allclose(layer(x).detach(), doubled.detach()));
  sum(layer(x)).backward();
  CHECK(layer.weight.grad().defined());
  CHECK(allclose(weight_norm(layer)(x).detach(), doubled.detach()));  // and once more
}

TEST_CASE("graphs of several calls have their own weights") {
  nn::Linear layer = weight_norm(nn::Linear(2, 2));
  const Tensor x = randn({3, 2}).requires_grad_();
  const Tensor first = layer(x), first_weight = layer.weight.detach().clone();
  {
    const NoGradGuard guard;
    layer.get_parameter("weight_g").mul_(10);
  }
  const Tensor second = layer(x), second_weight = layer.weight.detach().clone();
  CHECK_FALSE(allclose(first_weight, second_weight));
  const auto expected = [&](const Tensor& weight) { return expand(sum(weight, {0}), x.shape()); };
  CHECK(allclose(grad({sum(first)}, {x})[0], expected(first_weight)));
  CHECK(allclose(grad({sum(second)}, {x})[0], expected(second_weight)));
}

TEST_CASE("without gradients, frozen, converted and in a Sequential") {
  nn::Linear layer = weight_norm(nn::Linear(2, 2));
  const Tensor x = randn({3, 2});
  {
    const NoGradGuard guard;
    CHECK_FALSE(layer(x).requires_grad());
    CHECK_FALSE(layer.weight.requires_grad());
  }
  CHECK(layer(x).requires_grad());
  layer.requires_grad_(false);
  const Tensor input = randn({3, 2}).requires_grad_();
  const Tensor y = layer(input);
  layer(x);
  CHECK(allclose(grad({sum(y)}, {input})[0], expand(sum(layer.weight, {0}), {3, 2})));
  layer.to(DType::f64);
  CHECK(layer(x.to(DType::f64)).dtype() == DType::f64);
  CHECK(layer.weight.dtype() == DType::f64);

  nn::Sequential net(spectral_norm(nn::Linear(2, 3)), nn::ReLU());
  CHECK(net.state_dict().contains("0.weight_orig"));
  CHECK(net.state_dict().contains("0.weight_u"));
  net(x);
  net(x);
  sum(net(x)).backward();
}

TEST_CASE("spectral_norm divides by the largest singular value") {
  nn::Linear layer(3, 3);
  {
    const NoGradGuard guard;
    layer.weight.copy_(tensor({{3.0, 0.0, 0.0}, {0.0, 2.0, 0.0}, {0.0, 0.0, 1.0}}));
  }
  spectral_norm(layer, "weight", {.n_power_iterations = 50});
  layer(ones({1, 3}));
  CHECK(allclose(layer.weight.detach(), tensor({{1.0, 0.0, 0.0}, {0.0, 2.0 / 3, 0.0}, {0.0, 0.0, 1.0 / 3}})));
  layer.eval();
  const Tensor u = layer.get_buffer("weight_u").clone();
  layer(ones({1, 3}));
  CHECK(equal(layer.get_buffer("weight_u"), u));  // no iteration in evaluation
  remove_spectral_norm(layer);
  CHECK(names(layer.named_parameters()) == Names{"bias", "weight"});
  CHECK(layer.buffers().empty());
  CHECK(allclose(norm(layer.weight.detach(), 2), tensor(std::sqrt(1 + 4.0 / 9 + 1.0 / 9)).to(DType::f32)));
}

TEST_CASE("weight_norm and spectral_norm refuse what they cannot do, and change nothing") {
  nn::Linear layer(2, 3);
  check_throws<ValueError>("get_parameter: expected the name of a parameter, got \"w\"",
                           [&] { weight_norm(layer, "w"); });
  check_throws<IndexError>("weight_norm: expected a dimension of shape [3, 2], from 0 on, or none for all, got 2",
                           [&] { weight_norm(layer, "weight", 2); });
  check_throws<ValueError>("remove_weight_norm: expected a parameter with weight_norm, got \"weight\"",
                           [&] { remove_weight_norm(layer); });
  check_throws<ValueError>("spectral_norm: expected n_power_iterations",
                           [&] { spectral_norm(layer, "weight", {.n_power_iterations = 0}); });
  check_throws<ValueError>("weight_norm: expected a parameter, got \"bias\", which is absent",
                           [] { weight_norm(nn::Linear(2, 3, {.bias = false}), "bias"); });
  CHECK(names(layer.named_parameters()) == Names{"weight", "bias"});
  weight_norm(layer);
  check_throws<ValueError>("spectral_norm: expected a plain parameter, got \"weight\", which has weight_norm",
                           [&] { spectral_norm(layer); });
  check_throws<ValueError>("remove_spectral_norm: expected a parameter with spectral_norm",
                           [&] { remove_spectral_norm(layer); });
}
