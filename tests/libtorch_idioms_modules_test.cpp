// What libtorch programs write for modules, optimizers and gradients, each idiom in a test case of its own.
#include <doctest/doctest.h>

#include <reel/reel.h>

#include "support/throws.h"

using namespace reel;
using testing::check_throws;

namespace F = nn::functional;

namespace {

using Floats = std::vector<float>;

/// Layers that are declared first and made in the constructor, one of them optional.
struct Late : nn::Layer<Late> {
  nn::Linear fc{nullptr};
  nn::Sequential shortcut = nullptr;

  Late(std::nullptr_t null) : Layer(null) {}
  explicit Late(bool with_shortcut) {
    fc = register_module("fc", nn::Linear(4, 3));
    if (with_shortcut) shortcut = register_module("shortcut", nn::Sequential(nn::Linear(4, 3)));
  }
  Tensor forward(const Tensor& x) const { return shortcut ? fc(x) + shortcut(x) : fc(x); }
};

/// A model that is not a Layer: called through `forward`.
struct Plain : nn::Module {
  nn::Conv2d conv = register_module("conv", nn::Conv2d(1, 2, 3));
  nn::Sequential head = register_module("head", nn::Sequential(nn::ReLU(), nn::Linear(4, 2), Late(true)));
  Tensor forward(const Tensor& x) const { return conv(x); }
};

/// Every training program has a function of this name.
double train(nn::Linear& net, optim::Optimizer& optimizer, const Tensor& x) {
  optimizer.zero_grad();
  const Tensor loss = square(net(x)).sum();
  loss.backward();
  optimizer.step();
  return loss.item();
}

}  // namespace

TEST_CASE("idiom: a program's own train() is not ambiguous") {
  nn::Linear net(zeros({1, 1}));
  optim::SGD sgd(net.parameters(), {.lr = 0.5});
  CHECK(train(net, sgd, ones({2, 1})) == 0);
}

TEST_CASE("idiom: namespace F = nn::functional") {
  CHECK(F::relu(tensor({-1.0F, 2.0F})).to_vector<float>() == Floats{0, 2});
  CHECK(F::softmax(zeros({2}), 0).to_vector<float>() == Floats{0.5F, 0.5F});
}

TEST_CASE("idiom: nn::Linear fc{nullptr}, made in the constructor") {
  const Late plain(false), both(true);
  CHECK(plain.fc);
  CHECK_FALSE(plain.shortcut);
  CHECK(both.shortcut);
  CHECK(plain.parameters().size() == 2);
  CHECK(both.named_parameters()[2].first == "shortcut.0.weight");
  CHECK(plain(zeros({2, 4})).shape() == Shape{2, 3});
  CHECK(both(zeros({2, 4})).shape() == Shape{2, 3});
  const Late later{nullptr};
  CHECK_FALSE(later);
  CHECK_FALSE(later.fc);
  Late copy = later;
  copy = both;
  CHECK(copy.is_same(both));
}

TEST_CASE("an empty handle says so wherever it is used") {
  nn::Linear fc{nullptr};
  nn::Module any{nullptr};
  const Tensor x = zeros({1, 4});
  const std::string message = "Linear: this handle is empty; assign a module first";
  check_throws<ValueError>(message, [&] { fc(x); });
  check_throws<ValueError>("Conv2d: this handle is empty", [&] { nn::Conv2d(nullptr)(zeros({1, 1, 4, 4})); });
  check_throws<ValueError>("BatchNorm2d: this handle is empty", [] { nn::BatchNorm2d(nullptr)(zeros({1, 1, 4, 4})); });
  check_throws<ValueError>("handle is empty", [] { nn::BatchNorm2d(nullptr).forward(zeros({1, 1, 4, 4})); });
  check_throws<ValueError>("ReLU: this handle is empty", [&] { nn::ReLU(nullptr)(x); });
  check_throws<ValueError>("Sequential: this handle is empty", [&] { nn::Sequential(nullptr)(x); });
  check_throws<ValueError>("LSTM: this handle is empty", [&] { nn::LSTM(nullptr)(x); });
  check_throws<ValueError>("handle is empty", [&] { fc.parameters(); });
  check_throws<ValueError>("handle is empty", [&] { fc.train(); });
  check_throws<ValueError>("handle is empty", [&] { fc.to(DType::f64); });
  check_throws<ValueError>("handle is empty", [&] { fc.state_dict(); });
  check_throws<ValueError>("handle is empty", [&] { fc.apply([](nn::Module&) {}); });
  check_throws<ValueError>("handle is empty", [&] { any.register_buffer("x", x); });
  check_throws<ValueError>("handle is empty", [&] { nn::Sequential{fc}; });
  nn::Sequential net;
  check_throws<ValueError>("register_module: \"fc\" is an empty handle", [&] { net.register_module("fc", fc); });
  CHECK(net.children().empty());
  CHECK(to_string(fc) == "Linear(empty)");
  CHECK(to_string(any) == "Module(empty)");
}

TEST_CASE("0 is no null pointer: layers that take a number keep their meaning") {
  CHECK(nn::Softmax(0)(zeros({2})).to_vector<float>() == Floats{0.5F, 0.5F});
  CHECK(nn::Flatten(0)(zeros({2, 3})).shape() == Shape{6});
  CHECK(nn::Dropout(0));
}

TEST_CASE("a layer that needs numbers cannot be made without them") {
  static_assert(!std::default_initializable<nn::Linear> && !std::default_initializable<nn::Conv2d>);
  static_assert(!std::default_initializable<nn::BatchNorm2d> && !std::default_initializable<nn::MaxPool2d>);
  static_assert(!std::default_initializable<nn::LSTM> && !std::default_initializable<nn::Functional>);
  static_assert(std::default_initializable<nn::ReLU> && std::default_initializable<nn::Sequential>);
}

TEST_CASE("every layer has an empty handle") {
  const auto check_empty = [](const auto&... layers) { CHECK((0 + ... + static_cast<bool>(layers)) == 0); };
  check_empty(nn::Linear{nullptr}, nn::Conv1d{nullptr}, nn::Conv2d{nullptr}, nn::ConvTranspose2d{nullptr},
              nn::BatchNorm1d{nullptr}, nn::BatchNorm2d{nullptr}, nn::LayerNorm{nullptr}, nn::RMSNorm{nullptr},
              nn::GroupNorm{nullptr}, nn::GLU{nullptr}, nn::RotaryEmbedding{nullptr}, nn::MultiheadAttention{nullptr},
              nn::TransformerEncoderLayer{nullptr}, nn::TransformerDecoderLayer{nullptr},
              nn::TransformerEncoder{nullptr}, nn::TransformerDecoder{nullptr}, nn::Transformer{nullptr},
              nn::LocalResponseNorm{nullptr}, nn::Dropout{nullptr}, nn::Dropout2d{nullptr}, nn::Embedding{nullptr},
              nn::LSTM{nullptr}, nn::LSTMCell{nullptr}, nn::Sequential{nullptr}, nn::ModuleList{nullptr},
              nn::Functional{nullptr}, nn::Identity{nullptr}, nn::Flatten{nullptr}, nn::Upsample{nullptr});
  check_empty(nn::ReLU{nullptr}, nn::SELU{nullptr}, nn::SiLU{nullptr}, nn::Mish{nullptr}, nn::Sigmoid{nullptr},
              nn::Tanh{nullptr}, nn::GELU{nullptr}, nn::LeakyReLU{nullptr}, nn::PReLU{nullptr}, nn::ELU{nullptr},
              nn::Softplus{nullptr}, nn::Hardtanh{nullptr}, nn::Softmax{nullptr}, nn::LogSoftmax{nullptr});
  check_empty(nn::MaxPool2d{nullptr}, nn::AvgPool2d{nullptr}, nn::AdaptiveAvgPool2d{nullptr},
              nn::AdaptiveMaxPool2d{nullptr}, nn::CrossEntropyLoss{nullptr}, nn::NLLLoss{nullptr}, nn::MSELoss{nullptr},
              nn::EuclideanLoss{nullptr}, nn::L1Loss{nullptr}, nn::SmoothL1Loss{nullptr}, nn::BCELoss{nullptr},
              nn::BCEWithLogitsLoss{nullptr}, nn::KLDivLoss{nullptr});
  check_empty(nn::RNN{nullptr}, nn::GRU{nullptr}, nn::RNNCell{nullptr}, nn::GRUCell{nullptr});
}

TEST_CASE("idiom: as<nn::Conv2d>() inside apply") {
  const Plain net;
  int convolutions = 0, linears = 0, lates = 0;
  net.apply([&](nn::Module& module) {
    if (auto conv = module.as<nn::Conv2d>()) {
      ++convolutions;
      nn::init::constant_(conv->weight, 0.25);
      CHECK(conv->is_same(module));
      CHECK((*conv)(ones({1, 1, 3, 3})).dim() == 4);
    }
    if (const auto linear = module.as<nn::Linear>()) ++linears, nn::init::zeros_(linear->bias);
    if (module.as<Late>()) ++lates;
    CHECK_FALSE(module.as<nn::Conv1d>());
  });
  CHECK(convolutions == 1);
  CHECK(linears == 3);
  CHECK(lates == 1);
  CHECK(net.conv.weight.to_vector<float>() == Floats(18, 0.25F));
  CHECK(net.head.at<Late>(2).fc.bias.to_vector<float>() == Floats(3, 0));
  CHECK(net.get_submodule("head.1").as<nn::Linear>()->weight.is_same(net.head.at<nn::Linear>(1).weight));

  const Late root(false);  // a Layer is known where `apply` is called on it
  int roots = 0;
  root.apply([&](nn::Module& module) { roots += module.as<Late>().has_value(); });
  CHECK(roots == 1);

  struct Applied : nn::Layer<Applied> {  // in a constructor, between two members
    nn::Linear first{nullptr}, second{nullptr};
    Applied() {
      first = register_module("first", nn::Linear(2, 2));
      apply([](nn::Module& module) { CHECK_FALSE(module.as<Late>()); });
      second = register_module("second", nn::Linear(2, 2));
    }
  };
  Applied().apply([](nn::Module& module) {
    if (const auto applied = module.as<Applied>()) CHECK(applied->second);
  });

  struct Wide : nn::Conv2d {  // the class is the one that was registered, not a base of it
    Wide() : nn::Conv2d(1, 1, 1) {}
  };
  nn::Sequential wide{Wide()};
  wide.at<Wide>(0).apply([](nn::Module& module) {
    CHECK(module.as<Wide>());
    CHECK_FALSE(module.as<nn::Conv2d>());
    CHECK(module.type_name() == "Wide");
  });
}

TEST_CASE("as() keeps no module alive, and outlives the handle that it came from") {
  const std::int64_t before = live_tensors();
  {
    std::optional<nn::Linear> kept;
    {
      const nn::Sequential net(nn::Linear(2, 2), nn::Sequential(nn::Linear(2, 2), nn::ReLU()));
      kept = net.get_submodule("1.0").as<nn::Linear>();
      net.apply([](nn::Module&) {});
    }
    CHECK((*kept)(zeros({1, 2})).shape() == Shape{1, 2});
    CHECK(kept->parameters().size() == 2);
  }
  CHECK(live_tensors() == before);
}

TEST_CASE("a module that is no Layer is called through forward, in containers too") {
  struct Doubled : nn::Module {
    Tensor forward(const Tensor& x) const { return x * 2; }
  };
  nn::Sequential net{{"doubled", Doubled()}};
  CHECK(net(ones({1})).item() == 2);
  CHECK(net.at<Doubled>(0).forward(ones({1})).item() == 2);
  static_assert(nn::CallableModule<nn::Linear>);
  static_assert(!nn::CallableModule<Doubled>);
}

TEST_CASE("idiom: functions and lambdas in nn::Sequential") {
  Tensor (*const function)(const Tensor&) = relu;
  nn::Sequential net(
      nn::Linear(ones({2, 2})), [](const Tensor& x) { return x - 3; }, function, nn::Functional(square));
  CHECK(net(tensor({{1.0F, 4.0F}})).to_vector<float>() == Floats{4, 4});
  CHECK(to_string(net[1].module()) == "Functional()");
  const double factor = 3;
  net.push_back("scale", [factor](const Tensor& x) { return x * factor; });
  CHECK(net(tensor({{1.0F, 4.0F}})).to_vector<float>() == Floats{12, 12});
  nn::Sequential named{{"fc", nn::Linear(ones({1, 2}))}, {"negate", [](const Tensor& x) { return -x; }}};
  CHECK(named(ones({1, 2})).item() == -2);
  nn::ModuleList list{nn::ReLU(), [](const Tensor& x) { return x + 1; }};
  CHECK(list[1](zeros({1})).item() == 1);
  check_throws<ValueError>("Functional: expected a function",
                           [] { nn::Functional(std::function<Tensor(const Tensor&)>()); });
}

TEST_CASE("idiom: LSTMCell(x, {h, c}) and LSTM(x, {h0, c0})") {
  const nn::LSTMCell cell(3, 2);
  const Tensor x = randn({4, 3}), h = randn({4, 2}), c = randn({4, 2});
  const auto [h1, c1] = cell(x, h, c);
  std::tuple<Tensor, Tensor> state = cell(x, {h, c});
  CHECK(equal(std::get<0>(state), h1));
  CHECK(equal(std::get<1>(state), c1));
  state = cell(x, state);
  const auto [h2, c2] = cell(x, h1, c1);
  CHECK(equal(std::get<0>(state), h2));
  CHECK(equal(std::get<0>(cell.forward(x, std::pair(h1, c1))), h2));
  CHECK(equal(std::get<0>(cell(x)), std::get<0>(cell(x, zeros({4, 2}), zeros({4, 2})))));

  const nn::LSTM lstm(3, 2);
  const Tensor steps = randn({5, 4, 3}), h0 = randn({1, 4, 2}), c0 = randn({1, 4, 2});
  const auto [y, hn, cn] = lstm(steps, {h0, c0});
  CHECK(equal(y, std::get<0>(lstm(steps, h0, c0))));
  CHECK(equal(y, std::get<0>(lstm.forward(steps, {h0, c0}))));
  CHECK(equal(cn, std::get<2>(lstm(steps, h0, c0))));

  int seen = 0;  // hooks see all three tensors, however they are given
  cell.register_forward_pre_hook([&](const nn::Module&, Tensors& inputs) { seen += static_cast<int>(inputs.size()); });
  cell(x, {h, c}), cell(x, state), cell(x, h, c);
  CHECK(seen == 9);
}

TEST_CASE("idiom: options of layers by position") {
  const auto text = [](const nn::Module& module) { return to_string(module); };
  CHECK(text(nn::Conv2d(1, 32, 5, 1, 2)) == "Conv2d(1, 32, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))");
  CHECK(text(nn::Conv2d(1, 32, 5, 2)) == text(nn::Conv2d(1, 32, 5, {.stride = 2})));
  CHECK(text(nn::Conv2d(2, 4, {3, 5}, Size2d(2, 1), Size2d(1, 0), 1, 2, false)) ==
        "Conv2d(2, 4, kernel_size=(3, 5), stride=(2, 1), padding=(1, 0), groups=2, bias=False)");
  CHECK(text(nn::Conv2d(1, 2, 3, {2, 1})) == text(nn::Conv2d(1, 2, 3, {.stride = 2, .padding = 1})));
  CHECK(text(nn::Conv2d(1, 2, 3, 1, "same")) == text(nn::Conv2d(1, 2, 3, {.padding = "same"})));
  CHECK(text(nn::Conv1d(1, 2, 3, 2, 1)) == text(nn::Conv1d(1, 2, 3, {.stride = 2, .padding = 1})));
  CHECK(text(nn::ConvTranspose2d(8, 4, 4, 2, 1)) == text(nn::ConvTranspose2d(8, 4, 4, {.stride = 2, .padding = 1})));
  CHECK(text(nn::MaxPool2d(2, 2)) == text(nn::MaxPool2d(2)));
  CHECK(text(nn::MaxPool2d(3, 2, 1)) == text(nn::MaxPool2d(3, {.stride = 2, .padding = 1})));
  CHECK(text(nn::AvgPool2d(2, 1)) == text(nn::AvgPool2d(2, {.stride = 1})));
  CHECK_FALSE(nn::Linear(4, 3, false).bias.defined());
  CHECK(nn::Linear(4, 3, true).bias.defined());
  CHECK(text(nn::BatchNorm2d(32, 1e-3, 0.2)) == text(nn::BatchNorm2d(32, {.eps = 1e-3, .momentum = 0.2})));
  CHECK(text(nn::BatchNorm1d(4, 1e-3)) == text(nn::BatchNorm1d(4, {.eps = 1e-3})));
  CHECK(text(nn::LayerNorm(8, 1e-3)) == text(nn::LayerNorm(8, {.eps = 1e-3})));
  CHECK(text(nn::LayerNorm({2, 3}, 1e-3, false)) == text(nn::LayerNorm({2, 3}, {1e-3, false})));
  CHECK(text(nn::GroupNorm(2, 4, 1e-3)) == text(nn::GroupNorm(2, 4, {.eps = 1e-3})));
  CHECK(text(nn::LocalResponseNorm(3, 1e-3)) == text(nn::LocalResponseNorm(3, {.alpha = 1e-3})));
  CHECK(text(nn::Embedding(10, 3, 0)) == text(nn::Embedding(10, 3, {.padding_idx = 0})));
  CHECK(text(nn::PReLU(4)) == text(nn::PReLU({.num_parameters = 4})));
  CHECK(text(nn::Hardtanh(-2.0, 2.0)) == text(nn::Hardtanh({-2, 2})));
  CHECK(text(nn::Softplus(2.0)) == text(nn::Softplus({.beta = 2})));
  CHECK(text(nn::Dropout2d(0.25)) == "Dropout2d(p=0.25, inplace=False)");
  CHECK_FALSE(nn::LSTMCell(3, 2, false).bias_ih.defined());
  CHECK(text(nn::GRU(3, 2, 2, false)) == text(nn::GRU(3, 2, {.num_layers = 2, .bias = false})));
  CHECK(text(nn::LSTM(3, 2, 1, true, true)) == text(nn::LSTM(3, 2, {.batch_first = true})));
  CHECK(nn::MSELoss(Reduction::sum)(zeros({3}), ones({3})).item() == 3);
  const Tensor weights = tensor({1.0F, 0.0F});
  CHECK(nn::NLLLoss(weights)(tensor({{-1.0F, -2.0F}}), zeros({1}, {.dtype = DType::i64})).item() == 1);
  CHECK_THROWS_AS(nn::Conv2d(1, 32, 5, 0, 2), ValueError);
  static_assert(!std::constructible_from<nn::Linear, int, int, int>);  // 0 is no truth value
}

TEST_CASE("idiom: a number as the learning rate") {
  const Tensors params{zeros({1}).requires_grad_()};
  CHECK(optim::SGD(params, 0.1).lr() == 0.1);
  CHECK(optim::SGD(params, 1).lr() == 1);
  CHECK(optim::Adam(params, 1e-4).lr() == 1e-4);
  CHECK(optim::AdamW(params, 1e-4).options().weight_decay == optim::AdamWOptions().weight_decay);
  CHECK(optim::RMSprop(params, 0.5F).lr() == 0.5);
  CHECK(optim::Adagrad(params, 0.1).lr() == 0.1);
  CHECK(optim::SGD(params, {}).lr() == optim::SGDOptions().lr);  // not 0
  CHECK(optim::SGD(params, {0.1, 0.9}).options().momentum == 0.9);
  check_throws<ValueError>("SGD: expected lr in [0, inf), got nan",
                           [&] { optim::SGD(params, std::numeric_limits<double>::quiet_NaN()); });
  check_throws<ValueError>("Adam: expected lr in [0, inf), got -1", [&] { optim::Adam(params, -1); });
}

TEST_CASE("idiom: grad and backward with PyTorch's order of arguments") {
  const Tensor x = tensor({1.0, 2.0}).requires_grad_(), v = tensor({3.0, 1.0});
  const Tensor y = x * x;
  CHECK(grad({y}, {x}, {v}, true)[0].to_vector<double>() == std::vector<double>{6, 4});
  const Tensor first = grad({y}, {x}, {v}, true, true)[0];
  CHECK(grad({first.sum()}, {x}, {}, true)[0].to_vector<double>() == std::vector<double>{6, 2});
  CHECK(grad({y.sum()}, {x}, {})[0].to_vector<double>() == std::vector<double>{2, 4});
  const Tensor other = tensor({1.0}).requires_grad_();
  CHECK_FALSE(grad({sum(x * 2)}, {other}, {}, false, false, true)[0].defined());
  CHECK(grad({first.sum()}, {x}, {{}, true})[0].to_vector<double>() == std::vector<double>{6, 2});
  const Tensors seeds{v};
  CHECK(grad({first}, {x}, seeds)[0].to_vector<double>() == std::vector<double>{18, 2});
  const Tensor loss = square(x).sum();
  backward({loss}, {}, true);
  backward({loss}, {tensor(2.0)}, true, true);
  CHECK(x.grad().to_vector<double>() == std::vector<double>{6, 12});
}
