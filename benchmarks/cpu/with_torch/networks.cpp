// The measured networks for photographs in libtorch.

#include "networks.h"

namespace bench {
namespace {

namespace nn = torch::nn;
using torch::Tensor;

nn::Conv2d conv(int in, int out, int side, int groups = 1) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, side).padding(side / 2).groups(groups));
}
nn::Conv2d conv11(int out) { return nn::Conv2d(nn::Conv2dOptions(3, out, 11).stride(4).padding(2)); }
nn::ReLU in_place() { return nn::ReLU(nn::ReLUOptions(true)); }
nn::MaxPool2d overlapping() { return nn::MaxPool2d(nn::MaxPool2dOptions(3).stride(2)); }
nn::LocalResponseNorm response() {
  return nn::LocalResponseNorm(nn::LocalResponseNormOptions(5).alpha(5e-4).beta(0.75).k(2));
}

/// Three linear layers of what `layers` make of an image, whose sides are averaged to `side`.
std::shared_ptr<nn::SequentialImpl> classified(nn::Sequential layers, int channels, int side, int hidden) {
  layers->push_back(nn::AdaptiveAvgPool2d(side));
  layers->push_back(nn::Flatten());
  for (const int inputs : {channels * side * side, hidden}) {
    layers->push_back(nn::Linear(inputs, hidden));
    layers->push_back(in_place());
    layers->push_back(nn::Dropout());
  }
  layers->push_back(nn::Linear(hidden, 1000));
  return layers.ptr();
}

/// A convolution without bias, its normalisation and a ReLU.
struct Unit : nn::Module {
  nn::Conv2d conv;
  nn::BatchNorm2d bn;
  bool rectified;

  Unit(int in, int out, int side, int stride = 1, double eps = 1e-5, bool relu = true)
      : conv(register_module(
            "conv", nn::Conv2d(nn::Conv2dOptions(in, out, side).stride(stride).padding(side / 2).bias(false)))),
        bn(register_module("bn", nn::BatchNorm2d(nn::BatchNorm2dOptions(out).eps(eps)))),
        rectified(relu) {}

  Tensor forward(const Tensor& x) {
    const Tensor y = bn(conv(x));
    return rectified ? y.relu_() : y;
  }
};

struct Bottleneck : nn::Module {
  nn::Sequential body;
  std::shared_ptr<Unit> shortcut;

  Bottleneck(int in, int channels, int stride) {
    const auto linear = [](int from, int to, int by) { return std::make_shared<Unit>(from, to, 1, by, 1e-5, false); };
    const int out = 4 * channels;
    body->push_back(std::make_shared<Unit>(in, channels, 1));
    body->push_back(std::make_shared<Unit>(channels, channels, 3, stride));
    body->push_back(linear(channels, out, 1));
    register_module("body", body);
    if (in != out) shortcut = register_module("shortcut", linear(in, out, stride));
  }

  Tensor forward(const Tensor& x) { return body->forward(x).add_(shortcut ? shortcut->forward(x) : x).relu_(); }
};

/// GoogLeNet's units.
std::shared_ptr<Unit> unit(int in, int out, int side, int stride = 1) {
  return std::make_shared<Unit>(in, out, side, stride, 1e-3);
}
nn::MaxPool2d halved(int side = 3) { return nn::MaxPool2d(nn::MaxPool2dOptions(side).stride(2).ceil_mode(true)); }

/// Four ways from the same input. Of `n` the third and fifth are the 3x3 convolutions, the numbers before them those of
/// the 1x1 ones in front.
struct Inception : nn::Module {
  nn::Sequential branch1, branch2, branch3, branch4;

  Inception(int in, const std::array<int, 6>& n)
      : branch1(register_module("branch1", nn::Sequential(unit(in, n[0], 1)))),
        branch2(register_module("branch2", nn::Sequential(unit(in, n[1], 1), unit(n[1], n[2], 3)))),
        branch3(register_module("branch3", nn::Sequential(unit(in, n[3], 1), unit(n[3], n[4], 3)))),
        branch4(register_module(
            "branch4", nn::Sequential(nn::MaxPool2d(nn::MaxPool2dOptions(3).stride(1).padding(1).ceil_mode(true)),
                                      unit(in, n[5], 1)))) {}

  Tensor forward(const Tensor& x) {
    return torch::cat({branch1->forward(x), branch2->forward(x), branch3->forward(x), branch4->forward(x)}, 1);
  }
};

nn::Sequential auxiliary(int in) {
  return nn::Sequential(nn::AdaptiveAvgPool2d(4), unit(in, 128, 1), nn::Flatten(), nn::Linear(2048, 1024), in_place(),
                        nn::Dropout(0.7), nn::Linear(1024, 1000));
}

}  // namespace

std::shared_ptr<nn::SequentialImpl> alexnet_2012(int hidden) {
  return classified(nn::Sequential(conv11(96), in_place(), response(), overlapping(), conv(96, 256, 5, 2), in_place(),
                                   response(), overlapping(), conv(256, 384, 3), in_place(), conv(384, 384, 3, 2),
                                   in_place(), conv(384, 256, 3, 2), in_place(), overlapping()),
                    256, 6, hidden);
}

std::shared_ptr<nn::SequentialImpl> alexnet(int hidden) {
  return nn::Sequential(conv11(64), in_place(), overlapping(), conv(64, 192, 5), in_place(), overlapping(),
                        conv(192, 384, 3), in_place(), conv(384, 256, 3), in_place(), conv(256, 256, 3), in_place(),
                        overlapping(), nn::AdaptiveAvgPool2d(6), nn::Flatten(), nn::Dropout(),
                        nn::Linear(256 * 36, hidden), in_place(), nn::Dropout(), nn::Linear(hidden, hidden), in_place(),
                        nn::Linear(hidden, 1000))
      .ptr();
}

std::shared_ptr<nn::SequentialImpl> vgg(const std::vector<int>& convolutions, int hidden) {
  nn::Sequential layers;
  int in = 3, out = 64;
  for (const int count : convolutions) {
    for (int i = 0; i < count; ++i, in = out) {
      layers->push_back(conv(in, out, 3));
      layers->push_back(in_place());
    }
    layers->push_back(nn::MaxPool2d(2));
    out = std::min(2 * out, 512);
  }
  return classified(layers, 512, 7, hidden);
}

std::shared_ptr<nn::SequentialImpl> resnet(const std::vector<int>& blocks) {
  nn::Sequential layers(std::make_shared<Unit>(3, 64, 7, 2),
                        nn::MaxPool2d(nn::MaxPool2dOptions(3).stride(2).padding(1)));
  int in = 64, channels = 64;
  for (const int count : blocks) {
    for (int i = 0; i < count; ++i, in = 4 * channels) {
      layers->push_back(std::make_shared<Bottleneck>(in, channels, i == 0 && channels > 64 ? 2 : 1));
    }
    channels *= 2;
  }
  layers->push_back(nn::AdaptiveAvgPool2d(1));
  layers->push_back(nn::Flatten());
  layers->push_back(nn::Linear(in, 1000));
  return layers.ptr();
}

GoogLeNet::GoogLeNet() : aux1_(auxiliary(512)), aux2_(auxiliary(528)) {
  to_4a_ = nn::Sequential(unit(3, 64, 7, 2), halved(), unit(64, 64, 1), unit(64, 192, 3), halved());
  int in = 192;
  const auto inception = [&](nn::Sequential stage, const std::array<int, 6>& n) {
    stage->push_back(std::make_shared<Inception>(in, n));
    in = n[0] + n[2] + n[4] + n[5];
  };
  inception(to_4a_, {64, 96, 128, 16, 32, 32});
  inception(to_4a_, {128, 128, 192, 32, 96, 64});
  to_4a_->push_back(halved());
  inception(to_4a_, {192, 96, 208, 16, 48, 64});
  inception(to_4d_, {160, 112, 224, 24, 64, 64});
  inception(to_4d_, {128, 128, 256, 24, 64, 64});
  inception(to_4d_, {112, 144, 288, 32, 64, 64});
  inception(to_end_, {256, 160, 320, 32, 128, 128});
  to_end_->push_back(halved(2));
  inception(to_end_, {256, 160, 320, 32, 128, 128});
  inception(to_end_, {384, 192, 384, 48, 128, 128});
  to_end_->push_back(nn::AdaptiveAvgPool2d(1));
  to_end_->push_back(nn::Flatten());
  to_end_->push_back(nn::Dropout(0.2));
  to_end_->push_back(nn::Linear(in, 1000));
  register_module("to_4a", to_4a_);
  register_module("to_4d", to_4d_);
  register_module("to_end", to_end_);
  register_module("aux1", aux1_);
  register_module("aux2", aux2_);
}

std::array<Tensor, 3> GoogLeNet::forward(const Tensor& x) {
  const Tensor a = to_4a_->forward(x), d = to_4d_->forward(a);
  return {to_end_->forward(d), aux1_->forward(a), aux2_->forward(d)};
}

}  // namespace bench
