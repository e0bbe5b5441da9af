// The models have the sizes, names and shapes that are known of them.

#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <reel/nn/models/alexnet.h>
#include <reel/nn/models/cifar_resnet.h>
#include <reel/nn/models/googlenet.h>
#include <reel/nn/models/lenet.h>
#include <reel/nn/models/mlp.h>
#include <reel/nn/models/resnet.h>
#include <reel/nn/models/squeezenet.h>
#include <reel/nn/models/vgg.h>
#include <reel/reel.h>

#include "support/default_device.h"
#include "support/source_files.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

std::int64_t parameter_count(const nn::Module& module) {
  std::int64_t count = 0;
  for (const Tensor& p : module.parameters()) count += p.numel();
  return count;
}

template <class Model> Shape output_shape(const Model& model, const Shape& input) {
  model.eval();
  return no_grad([&] { return model(ones(input)); }).shape();
}

/// "name sizes...", a line for each entry of a model's state in torchvision, by the name of the model there.
std::map<std::string, std::set<std::string>> torchvision_names() {
  std::map<std::string, std::set<std::string>> models;
  std::istringstream in(read_text(source_dir() / "tests/goldens/model_names.txt"));
  std::string model;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("model ")) model = line.substr(6);
    else if (!line.starts_with('#')) models[model].insert(line);
  }
  return models;
}

std::set<std::string> names_of(const nn::Module& module) {
  std::set<std::string> names;
  for (const auto& [name, tensor] : module.state_dict()) {
    std::string line = name;
    for (const std::int64_t size : tensor.shape()) line += ' ' + std::to_string(size);
    names.insert(line);
  }
  return names;
}

/// The gradients of a step on ones, of all parameters.
template <class Model> std::vector<std::vector<float>> gradients(Model& model, const Shape& input) {
  manual_seed(3);
  model.zero_grad();
  model.train();
  square(model(rand(input))).sum().backward();
  std::vector<std::vector<float>> all;
  for (const Tensor& p : model.parameters()) all.push_back(p.grad().to(Device::cpu()).template to_vector<float>());
  return all;
}

}  // namespace

TEST_CASE("LeNet") {
  const nn::models::LeNet lenet;
  CHECK(output_shape(lenet, {2, 1, 28, 28}) == Shape{2, 10});
  CHECK(parameter_count(lenet) == 832 + 51'264 + 3'212'288 + 10'250);
}

TEST_CASE("MLP") {
  const nn::models::MLP mlp({784, 500, 10}, nn::Tanh());
  CHECK(output_shape(mlp, {2, 1, 28, 28}) == Shape{2, 10});
  CHECK(parameter_count(mlp) == 785 * 500 + 501 * 10);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : mlp.state_dict()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"layers.0.bias", "layers.0.weight", "layers.2.bias", "layers.2.weight"});
  CHECK(message_of<ValueError>([] { nn::models::MLP({3}); }) ==
        "MLP: expected the sizes of at least an input and an output, got 1");
}

// The large ones hold millions of random numbers: one device is enough, and one image.

TEST_CASE("the models have torchvision's names and shapes") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const auto expected = torchvision_names();
  using namespace nn::models;
  CHECK(names_of(AlexNetV2()) == expected.at("alexnet"));
  CHECK(names_of(VGG(VGGNet::A)) == expected.at("vgg11"));
  CHECK(names_of(VGG(VGGNet::B)) == expected.at("vgg13"));
  CHECK(names_of(VGG16()) == expected.at("vgg16"));
  CHECK(names_of(VGG(VGGNet::E)) == expected.at("vgg19"));
  CHECK(names_of(GoogLeNet({.torchvision = true})) == expected.at("googlenet"));
  CHECK(names_of(SqueezeNet()) == expected.at("squeezenet1_0"));
  for (const int depth : {18, 34, 50, 101, 152}) {
    CAPTURE(depth);
    CHECK(names_of(ResNet(depth)) == expected.at("resnet" + std::to_string(depth)));
  }
}

TEST_CASE("AlexNet has the paper's sizes and parameters") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const nn::models::AlexNet alexnet;
  CHECK(parameter_count(alexnet) == 60'965'224);
  std::vector<std::int64_t> sizes;
  for (const auto& [name, module] : alexnet.named_children()) {
    if (name.starts_with("conv") || name.starts_with("fc")) {
      module.register_forward_hook([&](const nn::Module&, const Tensors&, const Tensors& out) {
        sizes.push_back(out[0].numel());
        return Tensors();
      });
    }
  }
  CHECK(output_shape(alexnet, {1, 3, 224, 224}) == Shape{1, 1000});
  CHECK(sizes == std::vector<std::int64_t>{290400, 186624, 64896, 64896, 43264, 4096, 4096, 1000});
  const nn::models::AlexNetV2 one_column;
  CHECK(parameter_count(one_column) == 61'100'840);
  CHECK(output_shape(one_column, {1, 3, 224, 224}) == Shape{1, 1000});
  const nn::models::AlexNet narrow({.num_classes = 10, .width = 0.25});
  CHECK(output_shape(narrow, {2, 3, 64, 64}) == Shape{2, 10});
  CHECK(narrow.get_parameter("conv2.weight").shape() == Shape{64, 12, 5, 5});  // two groups of 12 channels each
  check_throws<ValueError>("expected a width above 0", [] { nn::models::AlexNet({.width = 0}); });
}

TEST_CASE("VGG has the paper's parameters") {
  const DefaultDeviceGuard cpu(Device::cpu());
  using enum nn::models::VGGNet;
  using nn::models::VGG;
  const std::map<nn::models::VGGNet, std::int64_t> counts{{A, 132'863'336}, {A_LRN, 132'863'336}, {B, 133'047'848},
                                                          {C, 133'638'952}, {D, 138'357'544},     {E, 143'667'240}};
  for (const auto& [net, count] : counts) CHECK(parameter_count(VGG(net)) == count);
  CHECK(output_shape(nn::models::VGG16(), {1, 3, 32, 32}) == Shape{1, 1000});
  const VGG narrow(A_LRN, {.num_classes = 10, .width = 0.125});
  CHECK(output_shape(narrow, {2, 3, 32, 32}) == Shape{2, 10});
}

TEST_CASE("SqueezeNet") {
  const DefaultDeviceGuard cpu(Device::cpu());
  using nn::models::SqueezeNet;
  const SqueezeNet squeezenet;
  CHECK(parameter_count(squeezenet) == 1'248'424);
  CHECK(output_shape(squeezenet, {2, 3, 64, 60}) == Shape{2, 1000});
  CHECK(output_shape(SqueezeNet({.num_classes = 7}), {1, 3, 21, 21}) == Shape{1, 7});
  // A border of biases around the last map of 3x3 classes: the mean is of 25 places in the place of 9.
  const SqueezeNet bordered({.classifier_padding = 1});
  bordered.load_state_dict(squeezenet.state_dict());
  const Tensor bias = squeezenet.get_parameter("classifier.1.bias"), x = rand({1, 3, 63, 63});
  no_grad([&] { bias.fill_(2); });
  bordered.load_state_dict(squeezenet.state_dict());
  squeezenet.eval();
  bordered.eval();
  const Tensor inside = no_grad([&] { return squeezenet(x); }), all = no_grad([&] { return bordered(x); });
  CHECK(allclose(all, (inside * 9 + 2 * 16) / 25, 1e-4, 1e-4));
}

TEST_CASE("GoogLeNet") {
  const DefaultDeviceGuard cpu(Device::cpu());
  using nn::models::GoogLeNet;
  const GoogLeNet googlenet;
  CHECK(parameter_count(googlenet) == 13'378'280);
  CHECK(parameter_count(GoogLeNet({.aux_logits = false})) == 6'998'552);
  CHECK(parameter_count(GoogLeNet({.torchvision = true})) == 13'004'888);
  CHECK(parameter_count(GoogLeNet({.aux_logits = false, .torchvision = true})) == 6'624'904);
  CHECK(googlenet.get_parameter("inception4e.branch3.1.conv.weight").shape() == Shape{128, 32, 5, 5});
  CHECK(output_shape(googlenet, {1, 3, 64, 64}) == Shape{1, 1000});
  const GoogLeNet narrow({.num_classes = 10, .width = 0.125});
  const auto [logits, aux1, aux2] = narrow.forward_with_aux(rand({2, 3, 32, 32}));
  CHECK(logits.shape() == Shape{2, 10});
  CHECK(aux1.shape() == Shape{2, 10});
  CHECK(aux2.shape() == Shape{2, 10});
  (logits.sum() + (aux1.sum() + aux2.sum()) * 0.3).backward();
  for (const auto& parameter : narrow.named_parameters()) {
    CAPTURE(parameter.first);
    CHECK(parameter.second.grad().defined());
  }
  CHECK_FALSE(GoogLeNet({.num_classes = 10, .aux_logits = false, .width = 0.125})
                  .forward_with_aux(rand({2, 3, 32, 32}))
                  .aux_logits1.defined());
}

TEST_CASE("ResNet") {
  const DefaultDeviceGuard cpu(Device::cpu());
  using nn::models::ResNet;
  const std::map<int, std::int64_t> counts{
      {18, 11'689'512}, {34, 21'797'672}, {50, 25'557'032}, {101, 44'549'160}, {152, 60'192'808}};
  for (const auto& [depth, count] : counts) CHECK(parameter_count(ResNet(depth)) == count);
  CHECK(output_shape(ResNet(50), {1, 3, 64, 32}) == Shape{1, 1000});
  const ResNet small(18, {.num_classes = 10, .small_images = true});
  CHECK(parameter_count(small) == 11'173'962);  // with the 3x3 stem and 10 classes
  CHECK(output_shape(small, {1, 3, 32, 32}) == Shape{1, 10});
  // In the first block of layer 2 the 3x3 convolution halves the size.
  CHECK(output_shape(nn::models::Bottleneck(8, 4, 2), {2, 8, 6, 4}) == Shape{2, 16, 3, 2});
  check_throws<ValueError>("ResNet: expected a depth of 18, 34, 50, 101 or 152, got 20", [] { ResNet(20); });
}

TEST_CASE("the residual and the plain networks for CIFAR") {
  using nn::models::CifarResNet;
  const std::map<int, std::int64_t> counts{{20, 269'722}, {32, 464'154},    {44, 658'586},
                                           {56, 853'018}, {110, 1'727'962}, {1202, 19'421'274}};
  for (const auto& [depth, count] : counts) {
    CHECK(parameter_count(CifarResNet(depth)) == count);
    CHECK(parameter_count(CifarResNet(depth, {.plain = true})) == count);
  }
  CHECK(output_shape(CifarResNet(20), {2, 3, 32, 32}) == Shape{2, 10});
  CHECK(output_shape(CifarResNet(20, {.plain = true}), {2, 3, 32, 32}) == Shape{2, 10});
  check_throws<ValueError>("CifarResNet: expected a depth of 6 n + 2 with n of 1 or more, got 18",
                           [] { CifarResNet(18); });
  // The shortcut takes every second pixel and adds as many channels of zeros on both sides.
  manual_seed(1);
  CifarResNet net(8);
  for (const auto& [name, p] : net.named_parameters()) {
    if (name.find("bn2") != std::string::npos) p.detach().zero_();  // blocks are their shortcuts
  }
  net.eval();
  const Tensor x = rand({1, 3, 8, 8});
  const auto stem = relu(conv2d(x, net.get_parameter("conv1.weight"), {}, {.padding = 1}) / std::sqrt(1 + 1e-5));
  const Tensor pixels = slice(slice(stem, 2, {}, {}, 4), 3, {}, {}, 4);
  const Tensor features = cat({zeros({1, 24}), pixels.mean({2, 3}), zeros({1, 24})}, 1);
  const Tensor expected = linear(features, net.get_parameter("fc.weight"), net.get_parameter("fc.bias"));
  CHECK(allclose(no_grad([&] { return net(x); }), expected, 1e-4, 1e-5));
}

TEST_CASE("a residual network of 1202 layers takes a step") {
  const DefaultDeviceGuard cpu(Device::cpu());
  nn::models::CifarResNet net(1202, {.checkpoint = true});
  optim::SGD sgd(net.parameters(), {.lr = 0.1});
  const Tensor first = net.get_parameter("conv1.weight"), before = first.detach().clone();
  const Tensor loss = cross_entropy(net(rand({2, 3, 8, 8})), tensor({1, 2}));
  loss.backward();
  sgd.step();
  CHECK(std::isfinite(loss.item()));
  CHECK_FALSE(allclose(first, before));
  CHECK(std::isfinite(first.sum().item()));
}

TEST_CASE("networks whose blocks are computed again have the same gradients") {
  const auto check = [](auto plain, auto again, const Shape& input) {
    again.load_state_dict(plain.state_dict());
    CHECK(gradients(plain, input) == gradients(again, input));
    const auto expected = plain.state_dict(), found = again.state_dict();
    for (const auto& entry : expected) {  // the running statistics count each batch once
      INFO(entry.first);
      CHECK(found.at(entry.first).to(DType::f64).template to_vector<double>() ==
            entry.second.to(DType::f64).template to_vector<double>());
    }
  };
  using namespace nn::models;
  check(CifarResNet(8), CifarResNet(8, {.checkpoint = true}), {2, 3, 8, 8});
  check(ResNet(18, {.num_classes = 10, .small_images = true}),
        ResNet(18, {.num_classes = 10, .small_images = true, .checkpoint = true}), {2, 3, 8, 8});
}
