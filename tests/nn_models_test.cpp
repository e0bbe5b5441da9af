// The models have the sizes, names and shapes that are known of them.

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <reel/nn/models/lenet.h>
#include <reel/nn/models/mlp.h>
#include <reel/nn/models/resnet.h>
#include <reel/nn/models/vgg.h>
#include <reel/reel.h>

#include "support/default_device.h"
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

TEST_CASE("ResNet-18") {
  const nn::models::ResNet18 resnet;
  CHECK(parameter_count(resnet) == 11'173'962);  // He et al.'s network with the 3x3 stem and 10 classes
  CHECK(resnet.get_parameter("layer2.0.downsample.0.weight").shape() == Shape{128, 64, 1, 1});
  CHECK(resnet.get_buffer("layer4.1.bn2.running_mean").shape() == Shape{512});
  CHECK(output_shape(resnet, {1, 3, 32, 32}) == Shape{1, 10});
}

// The large ones hold millions of random numbers: one device is enough.

TEST_CASE("ResNet-50") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const nn::models::ResNet50 resnet;
  CHECK(parameter_count(resnet) == 25'557'032);
  CHECK(resnet.state_dict().size() == 320);  // 161 parameters, three buffers for each of 53 normalisations
  CHECK(resnet.get_parameter("conv1.weight").shape() == Shape{64, 3, 7, 7});
  CHECK(resnet.get_parameter("layer1.0.downsample.0.weight").shape() == Shape{256, 64, 1, 1});
  CHECK(resnet.get_parameter("layer2.0.conv2.weight").shape() == Shape{128, 128, 3, 3});
  CHECK(resnet.get_buffer("layer4.2.bn3.running_var").shape() == Shape{2048});
  CHECK(output_shape(resnet, {1, 3, 64, 32}) == Shape{1, 1000});
  // In the first block of layer 2 the 3x3 convolution halves the size.
  const nn::models::Bottleneck block(8, 4, 2);
  CHECK(output_shape(block, {2, 8, 6, 4}) == Shape{2, 16, 3, 2});
}

TEST_CASE("VGG-16") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const nn::models::VGG16 vgg;
  CHECK(parameter_count(vgg) == 138'357'544);
  CHECK(vgg.state_dict().size() == 32);
  CHECK(vgg.get_parameter("features.28.weight").shape() == Shape{512, 512, 3, 3});
  CHECK(vgg.get_parameter("classifier.0.weight").shape() == Shape{4096, 512 * 7 * 7});
  CHECK(vgg.get_parameter("classifier.6.bias").shape() == Shape{1000});
  CHECK(output_shape(vgg, {1, 3, 32, 32}) == Shape{1, 1000});
}
