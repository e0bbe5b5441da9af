#include <torch/torch.h>

#include <memory>

#include "workload.h"

// The rows in libtorch. Where PyTorch has a faster layout (channels-last for convolutional networks), it gets it.
namespace compare {
namespace {

using torch::Tensor;
namespace F = torch::nn::functional;

/// Forward and backward of a function of a leaf.
Workload both(std::string name, Tensor x, std::function<Tensor(const Tensor&)> f) {
  x = x.detach().requires_grad_();
  Tensor grad;
  {
    torch::NoGradGuard guard;
    grad = torch::ones_like(f(x));
  }
  return {std::move(name), [x, f, grad] {
            x.mutable_grad() = Tensor();
            f(x).backward(grad);
          }};
}

Workload forward(std::string name, std::function<Tensor()> f) {
  return {std::move(name), [f] {
            torch::NoGradGuard guard;
            f();
          }};
}

struct BasicBlock : torch::nn::Module {
  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr}, bn2{nullptr};
  torch::nn::Sequential shortcut;

  BasicBlock(int in, int out, int stride) {
    const auto conv = [](int i, int o, int k, int s, int p) {
      return torch::nn::Conv2d(torch::nn::Conv2dOptions(i, o, k).stride(s).padding(p).bias(false));
    };
    conv1 = register_module("conv1", conv(in, out, 3, stride, 1));
    bn1 = register_module("bn1", torch::nn::BatchNorm2d(out));
    conv2 = register_module("conv2", conv(out, out, 3, 1, 1));
    bn2 = register_module("bn2", torch::nn::BatchNorm2d(out));
    if (stride != 1 || in != out) {
      shortcut->push_back(conv(in, out, 1, stride, 0));
      shortcut->push_back(torch::nn::BatchNorm2d(out));
    }
    register_module("shortcut", shortcut);
  }

  Tensor forward(const Tensor& x) {
    Tensor y = torch::relu(bn1(conv1(x)));
    y = bn2(conv2(y));
    return torch::relu(y + (shortcut->is_empty() ? x : shortcut->forward(x)));
  }
};

struct ResNet18 : torch::nn::Module {
  torch::nn::Sequential body;
  torch::nn::Linear fc{512, 10};

  ResNet18() {
    body->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 64, 3).padding(1).bias(false)));
    body->push_back(torch::nn::BatchNorm2d(64));
    body->push_back(torch::nn::ReLU());
    int in = 64;
    for (int out : {64, 128, 256, 512}) {
      body->push_back(std::make_shared<BasicBlock>(in, out, out == 64 ? 1 : 2));
      body->push_back(std::make_shared<BasicBlock>(out, out, 1));
      in = out;
    }
    register_module("body", body);
    register_module("fc", fc);
  }

  Tensor forward(const Tensor& x) { return fc(body->forward(x).mean({2, 3})); }
};

/// One step of training: forward, cross-entropy, backward, update.
template <class Optimizer, class Model> Workload step(std::string name, std::shared_ptr<Model> model,
                                                      std::shared_ptr<Optimizer> optimizer, Tensor x, int classes) {
  const Tensor labels = torch::randint(classes, {x.size(0)}, torch::kLong);
  return {std::move(name), [=] {
            // As Reel's zero_grad does; libtorch 1.13's would write zeros.
            for (Tensor& parameter : optimizer->param_groups()[0].params()) parameter.mutable_grad() = Tensor();
            torch::cross_entropy_loss(model->forward(x), labels).backward();
            optimizer->step();
          }};
}

std::shared_ptr<torch::nn::SequentialImpl> mlp() {
  return torch::nn::Sequential(torch::nn::Linear(784, 500), torch::nn::ReLU(), torch::nn::Linear(500, 10)).ptr();
}

std::shared_ptr<torch::nn::SequentialImpl> cnn() {
  return torch::nn::Sequential(torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 32, 5).padding(2)), torch::nn::ReLU(),
                               torch::nn::MaxPool2d(2),
                               torch::nn::Conv2d(torch::nn::Conv2dOptions(32, 64, 5).padding(2)), torch::nn::ReLU(),
                               torch::nn::MaxPool2d(2), torch::nn::Flatten(), torch::nn::Linear(64 * 49, 1024),
                               torch::nn::ReLU(), torch::nn::Linear(1024, 10))
      .ptr();
}

template <class Model> std::shared_ptr<torch::optim::Adam> adam(const std::shared_ptr<Model>& model) {
  return std::make_shared<torch::optim::Adam>(model->parameters(), torch::optim::AdamOptions(1e-3));
}

void overhead_rows(std::vector<Workload>& rows) {
  const Tensor a = torch::ones({1}), b = torch::ones({1}), leaf = torch::ones({1}).requires_grad_();
  rows.push_back({"add, 1 element",
                  [=] {
                    for (int i = 0; i < 1000; ++i) a + b;
                  },
                  1000});
  rows.push_back({"add, 1 element, recorded and released",
                  [=] {
                    for (int i = 0; i < 1000; ++i) leaf + b;
                  },
                  1000});
  rows.push_back({"chain of 1000 adds, forward and backward",
                  [=] {
                    Tensor x = leaf;
                    for (int i = 0; i < 1000; ++i) x = x + b;
                    x.backward();
                  },
                  1000});
}

void memory_rows(std::vector<Workload>& rows) {
  const Tensor a = torch::rand({4096, 4096}), b = torch::rand({4096, 4096}), row = torch::rand({4096});
  rows.push_back(forward("add, 16M", [=] { return a + b; }));
  rows.push_back(forward("add a row, 16M", [=] { return a + row; }));
  rows.push_back(forward("relu, 16M", [=] { return torch::relu(a); }));
  rows.push_back(forward("exp, 16M", [=] { return torch::exp(a); }));
  rows.push_back(forward("tanh, 16M", [=] { return torch::tanh(a); }));
  rows.push_back(forward("gelu, 16M", [=] { return torch::gelu(a); }));
  rows.push_back(forward("sum, 16M", [=] { return torch::sum(a); }));
  rows.push_back(forward("sum(0), 4096x4096", [=] { return torch::sum(a, 0); }));
  rows.push_back(forward("sum(1), 4096x4096", [=] { return torch::sum(a, 1); }));
  rows.push_back(forward("softmax, 4096x4096", [=] { return torch::softmax(a, 1); }));
  rows.push_back(forward("transposed copy, 4096x4096", [=] { return a.t().contiguous(); }));
  const Tensor x = torch::randn({2048, 1024});
  rows.push_back(both("softmax, 2048x1024, both ways", x, [](const Tensor& t) { return torch::softmax(t, 1); }));
  rows.push_back(
      both("layer_norm, 2048x1024, both ways", x, [](const Tensor& t) { return torch::layer_norm(t, {1024}); }));
  rows.push_back(
      both("dropout, 2048x1024, both ways", x, [](const Tensor& t) { return torch::dropout(t, 0.5, true); }));
  const Tensor image = torch::randn({32, 64, 32, 32}).contiguous(torch::MemoryFormat::ChannelsLast);
  rows.push_back(both("batch_norm, 32x64x32x32, both ways", image,
                      [](const Tensor& t) { return torch::batch_norm(t, {}, {}, {}, {}, true, 0.1, 1e-5, false); }));
  rows.push_back(
      both("max_pool2d(2), 32x64x32x32, both ways", image, [](const Tensor& t) { return torch::max_pool2d(t, 2); }));
}

void compute_rows(std::vector<Workload>& rows) {
  for (int n : kMatmulSizes) {
    const Tensor a = torch::randn({n, n}), b = torch::randn({n, n});
    rows.push_back(forward("matmul " + std::to_string(n), [=] { return torch::matmul(a, b); }));
  }
  for (const ConvShape& s : kConvShapes) {
    const Tensor x = torch::randn({s.batch, s.in, s.size, s.size}).contiguous(torch::MemoryFormat::ChannelsLast);
    const Tensor w = torch::randn({s.out, s.in, s.kernel, s.kernel}).contiguous(torch::MemoryFormat::ChannelsLast);
    rows.push_back(
        forward(std::string(s.name) + ", forward", [=] { return torch::conv2d(x, w, {}, s.stride, s.padding); }));
    const Tensor weight = w.requires_grad_();
    rows.push_back(both(std::string(s.name) + ", both ways", x, [=](const Tensor& t) {
      weight.mutable_grad() = Tensor();
      return torch::conv2d(t, weight, {}, s.stride, s.padding);
    }));
  }
}

void training_rows(std::vector<Workload>& rows) {
  for (int batch : {64, 256}) {
    auto model = mlp();
    rows.push_back(step("MLP 784-500-10 step, batch " + std::to_string(batch), model, adam(model),
                        torch::randn({batch, 784}), 10));
  }
  for (bool channels_last : {false, true}) {
    auto model = cnn();
    if (channels_last) {
      for (auto& p : model->parameters()) {
        if (p.dim() == 4) p.set_data(p.data().contiguous(torch::MemoryFormat::ChannelsLast));
      }
    }
    Tensor x = torch::randn({64, 1, 28, 28});
    if (channels_last) x = x.contiguous(torch::MemoryFormat::ChannelsLast);
    rows.push_back(
        step(channels_last ? "CNN step, batch 64 [channels-last]" : "CNN step, batch 64", model, adam(model), x, 10));
  }
  for (bool channels_last : {false, true}) {
    auto model = std::make_shared<ResNet18>();
    Tensor x = torch::randn({32, 3, 32, 32});
    if (channels_last) {
      for (auto& p : model->parameters()) {
        if (p.dim() == 4) p.set_data(p.data().contiguous(torch::MemoryFormat::ChannelsLast));
      }
      x = x.contiguous(torch::MemoryFormat::ChannelsLast);
    }
    auto sgd = std::make_shared<torch::optim::SGD>(model->parameters(), torch::optim::SGDOptions(0.01).momentum(0.9));
    rows.push_back(
        step(channels_last ? "ResNet-18 step, 32x32, batch 32 [channels-last]" : "ResNet-18 step, 32x32, batch 32",
             model, sgd, x, 10));
  }
}

}  // namespace

std::vector<Workload> torch_workloads() {
  std::vector<Workload> rows;
  overhead_rows(rows);
  memory_rows(rows);
  compute_rows(rows);
  training_rows(rows);
  return rows;
}

void set_torch_threads(int threads) { torch::set_num_threads(threads); }

}  // namespace compare
