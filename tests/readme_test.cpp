// Compiles the program in the README, and compares the two.
#include <doctest/doctest.h>

#include <regex>

#include <reel/reel.h>

#include "support/markdown.h"
#include "support/source_files.h"

using namespace reel;

namespace {

struct Net : nn::Layer<Net> {
  nn::Conv2d conv1 = register_module("conv1", nn::Conv2d(1, 32, 5, {.padding = 2}));
  nn::Conv2d conv2 = register_module("conv2", nn::Conv2d(32, 64, 5, {.padding = 2}));
  nn::Linear fc1 = register_module("fc1", nn::Linear(64 * 7 * 7, 1024));
  nn::Linear fc2 = register_module("fc2", nn::Linear(1024, 10));

  Tensor forward(Tensor x) {
    x = max_pool2d(relu(conv1(x)), 2);
    x = max_pool2d(relu(conv2(x)), 2);
    return fc2(relu(fc1(flatten(x, 1))));
  }
};

/// Compiled only: it needs MNIST's files.
[[maybe_unused]] void train_net() {
  manual_seed(1);
  const Device device = cuda::is_available() ? Device::cuda() : Device::cpu();
  Net net;
  net.to(device);
  optim::SGD sgd(net.parameters(), {.lr = 0.01, .momentum = 0.9});
  data::DataLoader train(data::MNIST("mnist", data::Split::train), {.batch_size = 64, .shuffle = true});
  for (auto [images, labels] : train) {
    sgd.zero_grad();
    Tensor loss = cross_entropy(net(images.to(device)), labels.to(device));
    loss.backward();
    sgd.step();
  }
}

[[maybe_unused]] void multiply_in_bf16() {
  const AutocastGuard guard(DType::bf16);  // for its scope and thread
}

}  // namespace

TEST_CASE("the README shows the program that is compiled here") {
  using namespace reel::testing;
  const auto squeezed = [](const std::string& text) { return std::regex_replace(text, std::regex("\\s+"), ""); };
  const std::string here = squeezed(read_text(source_dir() / "tests/readme_test.cpp"));
  const auto blocks = code_blocks(read_text(source_dir() / "README.md"), "cpp");
  REQUIRE(blocks.size() == 2);
  const std::string program = squeezed(blocks[0]), start = "usingnamespacereel;", main = "intmain(){";
  REQUIRE(program.starts_with("#include<reel/reel.h>" + start));
  const auto model = program.find(start) + start.size(), body = program.find(main);
  REQUIRE(body != std::string::npos);
  CHECK(here.find(program.substr(model, body - model)) != std::string::npos);
  CHECK(here.find(program.substr(body + main.size())) != std::string::npos);
  CHECK(here.find(squeezed(blocks[1])) != std::string::npos);
}
