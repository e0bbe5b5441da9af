// Layers compute what their functions compute, and check their options.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/reel.h>

using namespace reel;

namespace {

using Floats = std::vector<float>;
using Names = std::vector<std::string>;

bool same(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.to_vector<float>() == b.to_vector<float>();
}

Names keys(const nn::Module& module) {
  Names out;
  for (const auto& [name, tensor] : module.state_dict()) out.push_back(name);
  return out;
}

bool throws_with(const std::function<void()>& call, const std::string& text) {
  try {
    call();
  } catch (const Error& e) {
    INFO(std::string(e.what()));
    CHECK(std::string(e.what()).find(text) != std::string::npos);
    return true;
  }
  return false;
}

/// A module of the plainest kind.
struct Doubling : nn::Module {
  Tensor forward(Tensor x) { return x * 2; }
};

}  // namespace

TEST_CASE("Linear is x W^T + b") {
  nn::Linear layer(2, 3);
  CHECK(keys(layer) == Names{"bias", "weight"});
  layer.load_state_dict({{"weight", tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}})}, {"bias", tensor({0.5, 0.0, -1.0})}});
  CHECK(layer(tensor({{1.0, 1.0}, {1.0, -1.0}})).to_vector<float>() == Floats{3.5, 7, 10, -0.5, -1, -2});
  CHECK(!nn::Linear(2, 3, {.bias = false}).bias.defined());
  CHECK(throws_with([] { nn::Linear(-1, 2); },
                    "Linear: expected features of at least 0, got -1 input and 2 output features"));
}

TEST_CASE("convolutions are the operations with the layer's weights and options") {
  const Tensor image = randn({2, 4, 6, 5}), signal = randn({2, 4, 9});
  const nn::Conv2d conv(4, 6, {3, 2}, {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}, .groups = 2});
  CHECK(conv.weight.shape() == Shape{6, 2, 3, 2});
  CHECK(same(conv(image), conv2d(image, conv.weight, conv.bias,
                                 {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}, .groups = 2})));
  const nn::Conv2d word(4, 6, 3, {.padding = "same", .bias = false});
  CHECK(word(image).shape() == Shape{2, 6, 6, 5});
  CHECK(keys(word) == Names{"weight"});
  const nn::Conv1d conv1(4, 6, 3, {.stride = 2, .padding = 1, .dilation = 2, .groups = 2});
  CHECK(same(conv1(signal),
             conv1d(signal, conv1.weight, conv1.bias, {.stride = 2, .padding = 1, .dilation = 2, .groups = 2})));
  const nn::ConvTranspose2d up(4, 6, 3, {.stride = 2, .padding = 1, .output_padding = 1, .groups = 2, .dilation = 1});
  CHECK(up.weight.shape() == Shape{4, 3, 3, 3});
  CHECK(same(up(image), conv_transpose2d(image, up.weight, up.bias,
                                         {.stride = 2, .padding = 1, .output_padding = 1, .groups = 2})));

  CHECK(throws_with([] { nn::Conv2d(3, 4, 3, {.groups = 2}); },
                    "Conv2d: expected channels that 2 groups divide, got 3 input and 4 output channels"));
  CHECK(
      throws_with([] { nn::Conv2d(0, 4, 3); }, "Conv2d: expected channels above 0, got 0 input and 4 output channels"));
  CHECK(throws_with([] { nn::Conv1d(1, 4, 0); }, "Conv1d: expected kernel size above 0"));
  CHECK(throws_with([] { nn::ConvTranspose2d(1, 4, 3, {.stride = 0}); }, "ConvTranspose2d: expected stride above 0"));
}

TEST_CASE("poolings are the operations with the layer's options") {
  const Tensor x = randn({2, 3, 7, 6});
  CHECK(same(nn::MaxPool2d(2)(x), max_pool2d(x, 2)));
  CHECK(same(nn::MaxPool2d(3, {.stride = 2, .padding = 1, .dilation = 2, .ceil_mode = true})(x),
             max_pool2d(x, 3, {.stride = 2, .padding = 1, .dilation = 2, .ceil_mode = true})));
  CHECK(same(nn::AvgPool2d({3, 2}, {.stride = 2, .padding = 1, .count_include_pad = false})(x),
             avg_pool2d(x, {3, 2}, {.stride = 2, .padding = 1, .count_include_pad = false})));
  CHECK(same(nn::AdaptiveAvgPool2d({3, 2})(x), adaptive_avg_pool2d(x, {3, 2})));
  CHECK(same(nn::AdaptiveMaxPool2d(2)(x), adaptive_max_pool2d(x, 2)));
}

TEST_CASE("batch norm learns the statistics in training and uses them in evaluation") {
  nn::BatchNorm1d norm(1, {.momentum = 0.5});
  CHECK(keys(norm) == Names{"bias", "num_batches_tracked", "running_mean", "running_var", "weight"});
  // mean 2, biased variance 1, unbiased 2
  const Tensor x = tensor({{1.0}, {3.0}});
  const Floats y = norm(x).to_vector<float>();
  CHECK(y[0] == doctest::Approx(-1).epsilon(1e-4));
  CHECK(y[1] == doctest::Approx(1).epsilon(1e-4));
  CHECK(norm.running_mean.item() == doctest::Approx(0.5 * 2));
  CHECK(norm.running_var.item() == doctest::Approx(0.5 * 1 + 0.5 * 2));
  CHECK(norm.num_batches_tracked.item<std::int64_t>() == 1);
  norm.eval();
  CHECK(norm(tensor({{1.0}})).item() == doctest::Approx(0));
  CHECK(norm(tensor({{2.0}})).item() == doctest::Approx(1 / std::sqrt(1.5)).epsilon(1e-4));
  CHECK(norm.num_batches_tracked.item<std::int64_t>() == 1);

  // Without a momentum: the mean over batches, (2 + 5) / 2.
  nn::BatchNorm1d average(1, {.momentum = std::nullopt});
  average(x);
  average(tensor({{4.0}, {6.0}}));
  CHECK(average.running_mean.item() == doctest::Approx(3.5));

  // Without running statistics: always the batch's own.
  nn::BatchNorm1d batch(1, {.affine = false, .track_running_stats = false});
  CHECK(keys(batch).empty());
  batch.eval();
  CHECK(batch(x).to_vector<float>() == y);

  // A copy shares what training changes; a call that throws counts nothing.
  const nn::BatchNorm1d alias = norm;
  norm.train();
  CHECK_THROWS_AS(alias(ones({2, 3})), ShapeError);
  CHECK(norm.num_batches_tracked.item<std::int64_t>() == 1);
  alias(x);
  CHECK(norm.num_batches_tracked.item<std::int64_t>() == 2);

  CHECK(throws_with(
      [&] {
        norm(ones({2, 1, 2, 2}));
      },
      "BatchNorm1d: expected input of rank 2 or 3, got shape [2, 1, 2, 2]"));
  CHECK(throws_with(
      [&] {
        nn::BatchNorm2d(3)(ones({2, 3}));
      },
      "BatchNorm2d: expected input of rank 4, got shape [2, 3]"));
  const nn::BatchNorm2d images(3);
  const Tensor pictures = randn({2, 3, 4, 4});
  CHECK(same(images(pictures), batch_norm(pictures, {}, {}, images.weight, images.bias, true)));
  const nn::BatchNorm2d rectified(3, {.relu = true});
  CHECK(same(rectified(pictures), relu(images(pictures))));
  rectified.eval();
  CHECK(amin(rectified(pictures)).item() == 0);
  CHECK(to_string(rectified) ==
        "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, relu=True)");
  images.to(DType::f64);
  CHECK(images.running_var.dtype() == DType::f64);
  CHECK(images.num_batches_tracked.dtype() == DType::i64);
  CHECK_NOTHROW(images(pictures.to(DType::f64)));
}

TEST_CASE("the other norms are the operations with the layer's weights") {
  const Tensor x = randn({2, 4, 3, 3});
  const nn::LayerNorm layer({3, 3}, {.eps = 1e-3});
  CHECK(layer.weight.shape() == Shape{3, 3});
  CHECK(same(layer(x), layer_norm(x, {3, 3}, layer.weight, layer.bias, 1e-3)));
  CHECK(keys(nn::LayerNorm(3)) == Names{"bias", "weight"});
  CHECK(keys(nn::LayerNorm(3, {.bias = false})) == Names{"weight"});
  CHECK(keys(nn::LayerNorm(3, {.elementwise_affine = false})).empty());
  const nn::RMSNorm rms({3, 3}, {.eps = 1e-3});
  CHECK(same(rms(x), rms_norm(x, {3, 3}, rms.weight, 1e-3)));
  CHECK(same(nn::RMSNorm(3)(x), rms_norm(x, {3})));
  CHECK(keys(rms) == Names{"weight"});
  CHECK(keys(nn::RMSNorm(3, {.elementwise_affine = false})).empty());
  CHECK(to_string(nn::RMSNorm(3)) == "RMSNorm((3,), eps=None, elementwise_affine=True)");
  const nn::GroupNorm group(2, 4, {.eps = 1e-3});
  CHECK(same(group(x), group_norm(x, 2, group.weight, group.bias, 1e-3)));
  CHECK(same(nn::LocalResponseNorm(3, {.alpha = 0.1, .beta = 0.5, .k = 2})(x), local_response_norm(x, 3, 0.1, 0.5, 2)));
  CHECK(
      throws_with([] { nn::GroupNorm(3, 4); }, "GroupNorm: expected a number of channels that 3 groups divide, got 4"));
}

TEST_CASE("dropout drops in training only") {
  manual_seed(1);
  const nn::Dropout dropout(0.25);
  const Tensor x = ones({10'000});
  const Floats y = dropout(x).to_vector<float>();
  const auto dropped = std::count(y.begin(), y.end(), 0.f);
  CHECK(dropped > 2300);
  CHECK(dropped < 2700);
  CHECK(std::all_of(y.begin(), y.end(), [](float v) { return v == 0 || v == doctest::Approx(4.0 / 3); }));
  dropout.eval();
  CHECK(same(dropout(x), x));
  const nn::Dropout2d channels(0.5);
  const Floats z = channels(ones({50, 4, 2, 2})).to_vector<float>();
  for (std::size_t i = 0; i < z.size(); i += 4) CHECK((z[i] == z[i + 1] && z[i] == z[i + 3]));
  channels.eval();
  CHECK(same(channels(x.reshape({100, 100})), x.reshape({100, 100})));
  CHECK(throws_with([] { nn::Dropout(1.5); }, "Dropout: expected p in [0, 1], got 1.5"));
}

TEST_CASE("Embedding looks rows up") {
  const nn::Embedding layer(4, 2, {.padding_idx = 1});
  const Tensor y = layer(tensor({{3, 1}}));
  CHECK(y.shape() == Shape{1, 2, 2});
  CHECK(same(y[0][0], layer.weight[3]));
  CHECK(y[0][1].to_vector<float>() == Floats{0, 0});
  y.sum().backward();
  CHECK(layer.weight.grad().to_vector<float>() == Floats{0, 0, 0, 0, 0, 0, 1, 1});  // none for the padding
  CHECK_THROWS_AS(nn::Embedding(4, 2, {.padding_idx = 4}), IndexError);
}

TEST_CASE("layers that reshape") {
  const Tensor x = randn({2, 3, 4, 4});
  CHECK(nn::Flatten()(x).shape() == Shape{2, 48});
  CHECK(nn::Flatten(0, 1)(x).shape() == Shape{6, 4, 4});
  CHECK(nn::Identity()(x).is_same(x));
  CHECK(nn::Upsample({.scale_factor = 1.5})(x).shape() == Shape{2, 3, 6, 6});
  CHECK(same(nn::Upsample({.scale_factor = 1.4, .mode = InterpolateMode::bilinear})(x),
             interpolate(x, ScaleFactor(1.4), {.mode = InterpolateMode::bilinear})));
  CHECK(same(nn::Upsample({.scale_factor = 1.4, .mode = InterpolateMode::bilinear, .recompute_scale_factor = true})(x),
             interpolate(x, {5, 5}, {.mode = InterpolateMode::bilinear})));  // floor(5.6), at the ratio of the sizes
  CHECK(same(nn::Upsample({.size = Size2d(5, 7), .mode = InterpolateMode::bilinear, .align_corners = true})(x),
             interpolate(x, {5, 7}, {.mode = InterpolateMode::bilinear, .align_corners = true})));
  CHECK(throws_with([] { nn::Upsample(nn::UpsampleOptions{}); }, "Upsample: expected either a size or a scale_factor"));
  CHECK(throws_with([] { nn::Upsample({.scale_factor = -1}); }, "Upsample: expected scale_factor in (0, inf), got -1"));
}

TEST_CASE("activations are the functions") {
  const Tensor x = tensor({{-2.0, -0.5}, {0.0, 1.5}});
  CHECK(nn::ReLU()(x).to_vector<float>() == Floats{0, 0, 0, 1.5});
  CHECK(nn::LeakyReLU(0.5)(x).to_vector<float>() == Floats{-1, -0.25, 0, 1.5});
  CHECK(nn::Hardtanh({.min_val = -1, .max_val = 0.5})(x).to_vector<float>() == Floats{-1, -0.5, 0, 0.5});
  const nn::PReLU prelu_layer;
  CHECK(prelu_layer(x).to_vector<float>() == Floats{-0.5, -0.125, 0, 1.5});
  CHECK(keys(prelu_layer) == Names{"weight"});
  CHECK(nn::PReLU({.num_parameters = 3, .init = 1}).weight.to_vector<float>() == Floats{1, 1, 1});
  CHECK(same(nn::ELU(0.7)(x), elu(x, 0.7)));
  CHECK(same(nn::SELU()(x), selu(x)));
  CHECK(same(nn::GELU()(x), gelu(x)));
  CHECK(same(nn::GELU(GeluApproximate::tanh)(x), gelu(x, GeluApproximate::tanh)));
  CHECK(same(nn::GLU()(x), glu(x)));
  CHECK(same(nn::GLU(0)(x), glu(x, 0)));
  CHECK(same(nn::SiLU()(x), silu(x)));
  CHECK(same(nn::Mish()(x), mish(x)));
  CHECK(same(nn::Sigmoid()(x), sigmoid(x)));
  CHECK(same(nn::Tanh()(x), tanh(x)));
  CHECK(same(nn::Softplus({.beta = 2, .threshold = 1})(x), softplus(x, 2, 1)));
  CHECK(same(nn::Softmax(0)(x), softmax(x, 0)));
  CHECK(same(nn::LogSoftmax(-1)(x), log_softmax(x, -1)));
}

TEST_CASE("losses are the functions") {
  const Tensor y = tensor({{0.2, 0.9}, {0.6, 0.3}}), t = tensor({{0.0, 1.0}, {1.0, 0.0}}), labels = tensor({1, 0});
  const Tensor weight = tensor({1.0, 3.0});
  CHECK(nn::MSELoss()(y, t).item() == doctest::Approx((0.04 + 0.01 + 0.16 + 0.09) / 4));
  CHECK(nn::MSELoss({.reduction = Reduction::sum})(y, t).item() == doctest::Approx(0.3));
  CHECK(nn::EuclideanLoss()(y, t).item() == doctest::Approx(0.3 / 4));  // 1/(2N), N = 2
  CHECK(nn::L1Loss({.reduction = Reduction::none})(y, t).shape() == Shape{2, 2});
  CHECK(same(nn::SmoothL1Loss({.beta = 0.2})(y, t), smooth_l1_loss(y, t, Reduction::mean, 0.2)));
  CHECK(same(nn::BCELoss()(y, t), binary_cross_entropy(y, t)));
  CHECK(same(nn::BCEWithLogitsLoss({.pos_weight = weight})(y, t),
             binary_cross_entropy_with_logits(y, t, {.pos_weight = weight})));
  CHECK(same(nn::KLDivLoss({.reduction = Reduction::sum})(y, t), kl_div(y, t, {.reduction = Reduction::sum})));
  CHECK(same(nn::NLLLoss({.weight = weight})(y, labels), nll_loss(y, labels, {.weight = weight})));
  const nn::CrossEntropyLoss loss({.weight = weight, .label_smoothing = 0.1});
  CHECK(same(loss(y, labels), cross_entropy(y, labels, {.weight = weight, .label_smoothing = 0.1})));
  CHECK(keys(loss) == Names{"weight"});
  loss.to(DType::f64);  // the module's weight follows, the caller's does not
  CHECK(weight.dtype() == DType::f32);
  CHECK_NOTHROW(loss(y.to(DType::f64), labels));
  CHECK(keys(nn::CrossEntropyLoss()).empty());
}

TEST_CASE("Sequential feeds each module with the result of the one before") {
  nn::Sequential net(nn::Linear(2, 2), Doubling(), nn::ReLU());
  net.at<nn::Linear>(0).load_state_dict({{"weight", tensor({{1.0, 0.0}, {0.0, -1.0}})}, {"bias", zeros({2})}});
  const Tensor x = tensor({{1.0, 2.0}});
  CHECK(net(x).to_vector<float>() == Floats{2, 0});
  CHECK(keys(net) == Names{"0.bias", "0.weight"});
  CHECK(net.size() == 3);
  CHECK(net[1](x).to_vector<float>() == Floats{2, 4});
  CHECK(net[-1].module().type_name() == "ReLU");
  CHECK(to_string(net) ==
        "Sequential(\n"
        "  (0): Linear(in_features=2, out_features=2, bias=True)\n"
        "  (1): Doubling()\n"
        "  (2): ReLU()\n"
        ")");
  CHECK(throws_with([&] { net[3]; }, "Sequential: index 3 is out of range for 3 modules"));
  CHECK(throws_with([&] { net.at<nn::Conv2d>(0); }, "as: expected a module of class Conv2d, got Linear"));

  // Copies share their modules, also those that are added later.
  const nn::Sequential alias = net;
  net.push_back(Doubling());
  CHECK(alias.size() == 4);
  CHECK(alias(x).to_vector<float>() == Floats{4, 0});
  CHECK(alias.children().size() == 4);

  // Hooks of an element run, whoever holds it.
  net.at<nn::Linear>(0).register_forward_hook(
      [](const nn::Module&, const Tensors&, Tensors& out) { out[0] = out[0] + 1; });
  CHECK(alias(x).to_vector<float>() == Floats{8, 0});
  CHECK(nn::Sequential()(x).is_same(x));
}

TEST_CASE("Sequential with names") {
  nn::Sequential net({{"fc", nn::Linear(2, 2)}, {"act", nn::Sequential(nn::ReLU(), Doubling())}});
  CHECK(keys(net) == Names{"fc.bias", "fc.weight"});
  CHECK(net.get_submodule("act.1").type_name() == "Doubling");
  CHECK(to_string(net) ==
        "Sequential(\n"
        "  (fc): Linear(in_features=2, out_features=2, bias=True)\n"
        "  (act): Sequential(\n"
        "    (0): ReLU()\n"
        "    (1): Doubling()\n"
        "  )\n"
        ")");
  net.push_back("out", nn::Linear(2, 1));
  CHECK(net(ones({3, 2})).shape() == Shape{3, 1});
  CHECK(throws_with([&] { net.push_back("fc", nn::ReLU()); },
                    "Sequential: expected a name that is not taken, got \"fc\""));
  CHECK(net.size() == 3);
  CHECK(net.children().size() == 3);

  // A module under two names is one child, but both names are taken.
  const nn::Linear shared(2, 2);
  nn::Sequential tied({{"a", shared}, {"b", shared}});
  CHECK(tied.children().size() == 1);
  CHECK(throws_with([&] { tied.push_back("b", nn::ReLU()); },
                    "Sequential: expected a name that is not taken, got \"b\""));
  CHECK(tied.size() == 2);
  CHECK(tied.get_submodule("b").is_same(shared));
}

TEST_CASE("ModuleList holds modules for a forward written by hand") {
  struct Pair : nn::Module {
    Tensor forward(const Tensor& a, const Tensor& b) { return a + b; }
  };
  struct Net : nn::Module {
    nn::ModuleList blocks = register_module("blocks", nn::ModuleList({nn::Linear(2, 2), Doubling()}));
    Tensor forward(Tensor x) {
      for (nn::AnyModule& block : blocks) x = block(x);
      return x;
    }
  };
  Net net;
  CHECK(keys(net) == Names{"blocks.0.bias", "blocks.0.weight"});
  CHECK(net.forward(ones({1, 2})).shape() == Shape{1, 2});
  net.blocks.push_back(Pair());
  CHECK(net.blocks.at<Pair>(2).forward(ones({1}), ones({1})).item() == 2);
  CHECK(throws_with([&] { net.blocks[2](ones({1})); }, "Pair: expected a module that maps one tensor to one tensor"));
}

TEST_CASE("layers print their options as in PyTorch") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {to_string(nn::Conv1d(4, 6, 3, {.stride = 2, .padding = 1, .dilation = 2, .groups = 2, .bias = false})),
       "Conv1d(4, 6, kernel_size=(3,), stride=(2,), padding=(1,), dilation=(2,), groups=2, bias=False)"},
      {to_string(nn::Conv2d(1, 2, 3)), "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))"},
      {to_string(nn::Conv2d(2, 4, {3, 5}, {.padding = "same", .dilation = 2, .groups = 2, .bias = false})),
       "Conv2d(2, 4, kernel_size=(3, 5), stride=(1, 1), padding=same, dilation=(2, 2), groups=2, bias=False)"},
      {to_string(nn::ConvTranspose2d(1, 2, 3, {.stride = 2, .padding = 1, .output_padding = 1})),
       "ConvTranspose2d(1, 2, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), output_padding=(1, 1))"},
      {to_string(nn::MaxPool2d(2)), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"},
      {to_string(nn::AvgPool2d({2, 3}, {.padding = 1})), "AvgPool2d(kernel_size=(2, 3), stride=(2, 3), padding=1)"},
      {to_string(nn::AdaptiveAvgPool2d(1)), "AdaptiveAvgPool2d(output_size=1)"},
      {to_string(nn::AdaptiveMaxPool2d({1, 2})), "AdaptiveMaxPool2d(output_size=(1, 2))"},
      {to_string(nn::BatchNorm1d(3, {.eps = 0.001, .momentum = std::nullopt, .affine = false})),
       "BatchNorm1d(3, eps=0.001, momentum=None, affine=False, track_running_stats=True)"},
      {to_string(nn::BatchNorm2d(64)),
       "BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"},
      {to_string(nn::LayerNorm(10)), "LayerNorm((10,), eps=1e-05, elementwise_affine=True)"},
      {to_string(nn::LayerNorm({5, 10})), "LayerNorm((5, 10), eps=1e-05, elementwise_affine=True)"},
      {to_string(nn::GroupNorm(2, 4)), "GroupNorm(2, 4, eps=1e-05, affine=True)"},
      {to_string(nn::LocalResponseNorm(5)), "LocalResponseNorm(5, alpha=0.0001, beta=0.75, k=1.0)"},
      {to_string(nn::Dropout()), "Dropout(p=0.5, inplace=False)"},
      {to_string(nn::Dropout2d(0.1)), "Dropout2d(p=0.1, inplace=False)"},
      {to_string(nn::Embedding(10, 3)), "Embedding(10, 3)"},
      {to_string(nn::Embedding(10, 3, {.padding_idx = -1})), "Embedding(10, 3, padding_idx=9)"},
      {to_string(nn::Flatten()), "Flatten(start_dim=1, end_dim=-1)"},
      {to_string(nn::Identity()), "Identity()"},
      {to_string(nn::Upsample({.scale_factor = 2})), "Upsample(scale_factor=2.0, mode='nearest')"},
      {to_string(nn::Upsample({.size = 4, .mode = InterpolateMode::bilinear})), "Upsample(size=4, mode='bilinear')"},
      {to_string(nn::ReLU()), "ReLU()"},
      {to_string(nn::LeakyReLU()), "LeakyReLU(negative_slope=0.01)"},
      {to_string(nn::PReLU()), "PReLU(num_parameters=1)"},
      {to_string(nn::ELU()), "ELU(alpha=1.0)"},
      {to_string(nn::GELU()), "GELU(approximate='none')"},
      {to_string(nn::GELU(GeluApproximate::tanh)), "GELU(approximate='tanh')"},
      {to_string(nn::GLU()), "GLU(dim=-1)"},
      {to_string(nn::Softplus()), "Softplus(beta=1.0, threshold=20.0)"},
      {to_string(nn::Hardtanh()), "Hardtanh(min_val=-1.0, max_val=1.0)"},
      {to_string(nn::Softmax(1)), "Softmax(dim=1)"},
      {to_string(nn::CrossEntropyLoss()), "CrossEntropyLoss()"},
      {to_string(nn::BCEWithLogitsLoss()), "BCEWithLogitsLoss()"},
      {to_string(nn::ModuleList()), "ModuleList()"},
  };
  for (const auto& [text, expected] : cases) CHECK(text == expected);
}
