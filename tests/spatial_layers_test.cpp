// Layers of lines and volumes, paddings and instance norm: what they compute, their names, how they print.

#include <set>
#include <string>

#include <doctest/doctest.h>
#include <reel/nn/nn.h>
#include <reel/ops/ops.h>

#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

bool same(const Tensor& a, const Tensor& b) { return a.shape() == b.shape() && equal(a, b); }

std::set<std::string> names(const nn::Module& module) {
  std::set<std::string> all;
  for (const auto& [name, tensor] : module.state_dict()) all.insert(name);
  return all;
}

}  // namespace

TEST_CASE("convolution layers of lines and volumes are the functions") {
  const Tensor volume = randn({2, 4, 5, 6, 4}), line = randn({2, 4, 7});
  const nn::Conv3d conv(4, 6, {2, 3, 1}, {.stride = {1, 2, 1}, .padding = {0, 1, 0}, .groups = 2});
  CHECK(conv.weight.shape() == Shape{6, 2, 2, 3, 1});
  CHECK(same(conv(volume),
             conv3d(volume, conv.weight, conv.bias, {.stride = {1, 2, 1}, .padding = {0, 1, 0}, .groups = 2})));
  const nn::ConvTranspose3d up(4, 6, 3, {.stride = 2, .output_padding = 1, .groups = 2});
  CHECK(up.weight.shape() == Shape{4, 3, 3, 3, 3});
  CHECK(
      same(up(volume), conv_transpose3d(volume, up.weight, up.bias, {.stride = 2, .output_padding = 1, .groups = 2})));
  const nn::ConvTranspose1d up1(4, 2, 3, {.stride = 3, .padding = 1, .bias = false});
  CHECK_FALSE(up1.bias.defined());
  CHECK(same(up1(line), conv_transpose1d(line, up1.weight, {}, {.stride = 3, .padding = 1})));
  CHECK(nn::Conv3d(1, 8, 3, 2, 1)(ones({1, 1, 5, 5, 5})).shape() == Shape{1, 8, 3, 3, 3});  // by position
  check_throws<Error>("Conv3d: expected kernel size above 0, got (3, 0, 1)", [] { nn::Conv3d(1, 4, {3, 0, 1}); });
}

TEST_CASE("convolution layers pad with what their padding_mode says") {
  const auto ones_weight = [](const auto& conv) {
    nn::init::ones_(conv.weight);
    return conv;
  };
  using Floats = std::vector<float>;
  const auto line = [&](const nn::Conv1dOptions& options, std::int64_t kernel) {
    return ones_weight(nn::Conv1d(1, 1, kernel, options))(tensor({{{1.0F, 2.0F, 3.0F, 4.0F}}})).to_vector<float>();
  };
  const auto around = [](PadMode mode, Padding padding) {
    return nn::Conv1dOptions{.padding = padding, .bias = false, .padding_mode = mode};
  };
  CHECK(line(around(PadMode::reflect, 1), 3) == Floats{5, 6, 9, 10});         // 2 1 2 3 4 3
  CHECK(line(around(PadMode::replicate, 1), 3) == Floats{4, 6, 9, 11});       // 1 1 2 3 4 4
  CHECK(line(around(PadMode::circular, 1), 3) == Floats{7, 6, 9, 8});         // 4 1 2 3 4 1
  CHECK(line(around(PadMode::reflect, "same"), 4) == Floats{8, 10, 12, 12});  // 2 1 2 3 4 3 2
  CHECK(line(around(PadMode::replicate, "full"), 2) == Floats{2, 3, 5, 7, 8});
  CHECK(line(around(PadMode::circular, "valid"), 3) == Floats{6, 9});

  // PyTorch's numbers.
  const Tensor image = arange(1, 7).to(DType::f32).reshape({1, 1, 2, 3});
  const auto box = [&](PadMode mode) {
    return ones_weight(nn::Conv2d(1, 1, {3, 5}, {.padding = {1, 2}, .bias = false, .padding_mode = mode}));
  };
  CHECK(box(PadMode::reflect)(image).to_vector<float>() == Floats{63, 60, 57, 48, 45, 42});
  CHECK(box(PadMode::replicate)(image).to_vector<float>() == Floats{39, 45, 51, 54, 60, 66});
  CHECK(box(PadMode::replicate)(image[0]).shape() == Shape{1, 2, 3});
  const nn::Conv3d volume(
      1, 1, {1, 3, 2}, {.stride = {1, 2, 1}, .padding = {1, 2, 0}, .bias = false, .padding_mode = PadMode::circular});
  const Tensor y = ones_weight(volume)(arange(1, 13).to(DType::f32).reshape({1, 1, 2, 3, 2}));
  CHECK(y.shape() == Shape{1, 1, 4, 3, 1});
  CHECK(y.to_vector<float>() == Floats{57, 57, 57, 21, 21, 21, 57, 57, 57, 21, 21, 21});

  CHECK(to_string(nn::Conv2d(2, 3, 3, {.padding = 1, .bias = false, .padding_mode = PadMode::reflect})) ==
        "Conv2d(2, 3, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False, padding_mode=reflect)");
  CHECK(message_of<ValueError>([] {
          nn::Conv2d(1, 1, 3, {.stride = 2, .padding = "same", .padding_mode = PadMode::circular});
        }) == "Conv2d: expected stride 1 for padding \"same\", got (2, 2)");
  CHECK(message_of<ValueError>([] { nn::Conv1d(1, 1, 3, {.padding = -1, .padding_mode = PadMode::circular}); }) ==
        "Conv1d: expected padding from 0, got (-1,)");
}

TEST_CASE("pooling layers of lines and volumes are the functions") {
  const Tensor volume = rand({2, 3, 4, 6, 5}), image = rand({2, 3, 4, 6}), line = rand({2, 3, 8});
  CHECK(same(nn::MaxPool1d(2)(line), max_pool1d(line, 2)));
  CHECK(same(nn::MaxPool3d(2, {.ceil_mode = true})(volume), max_pool3d(volume, 2, {.ceil_mode = true})));
  CHECK(same(nn::MaxPool3d({1, 2, 2}, Size3d(1, 2, 2))(volume), max_pool3d(volume, {1, 2, 2})));
  CHECK(same(nn::AvgPool1d(3, 2, 1)(line), avg_pool1d(line, 3, 2, 1)));
  CHECK(same(nn::AvgPool3d(2, {.divisor_override = 5})(volume), avg_pool3d(volume, 2, {.divisor_override = 5})));
  CHECK(same(nn::AdaptiveAvgPool1d(3)(line), adaptive_avg_pool1d(line, 3)));
  CHECK(same(nn::AdaptiveAvgPool3d({2, 1, 3})(volume), adaptive_avg_pool3d(volume, {2, 1, 3})));
  CHECK(same(nn::AdaptiveMaxPool1d(3)(line), adaptive_max_pool1d(line, 3)));
  CHECK(same(nn::AdaptiveMaxPool3d(2)(volume), adaptive_max_pool3d(volume, 2)));
  CHECK(same(nn::LPPool1d(2, 2)(line), lp_pool1d(line, 2, 2)));
  CHECK(same(nn::LPPool2d(3, {2, 1})(image), lp_pool2d(image, 3, {2, 1})));
}

TEST_CASE("unpooling puts the maxima back, and 0 elsewhere") {
  const Tensor image = rand({2, 3, 4, 7});
  const auto [values, indices] = max_pool2d_with_indices(image, 2);
  const Tensor back = nn::MaxUnpool2d(2)(values, indices, Size2d(4, 7));
  CHECK(same(back, where(eq(back, 0), 0.0, image)));
  CHECK(same(max_pool2d(back, 2), values));
  CHECK(nn::MaxUnpool2d(2)(values, indices.clamp(0, 23)).shape() == Shape{2, 3, 4, 6});
  const Tensor volume = rand({1, 2, 4, 4, 4});
  const auto [largest, places] = max_pool3d_with_indices(volume, 2);
  CHECK(same(max_pool3d(nn::MaxUnpool3d(2)(largest, places), 2), largest));
  const Tensor line = rand({1, 2, 6});
  const auto [tops, at] = max_pool1d_with_indices(line, 2);
  CHECK(same(max_pool1d(nn::MaxUnpool1d(2)(tops, at), 2), tops));
}

TEST_CASE("instance norm gives each channel of each sample mean 0 and variance 1, and keeps running statistics") {
  const Tensor x = randn({3, 2, 5, 4}) * 3 + 2;
  const Tensor y = nn::InstanceNorm2d(2)(x);
  CHECK(allclose(y.mean({2, 3}), zeros({3, 2}), 0, 1e-5));
  CHECK(allclose(var(y, {2, 3}, 0), ones({3, 2}), 1e-4));
  CHECK(allclose(nn::InstanceNorm2d(2)(x[0]), y[0], 1e-5, 1e-6));  // without a batch
  CHECK(allclose(instance_norm(x.channels_last()), y, 1e-5, 1e-6));

  nn::InstanceNorm2d tracked(2, {.momentum = 0.25, .affine = true, .track_running_stats = true});
  CHECK(names(tracked) ==
        std::set<std::string>{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"});
  tracked(x);
  CHECK(allclose(tracked.running_mean, x.mean({2, 3}).mean(0) * 0.25, 1e-5));
  CHECK(allclose(tracked.running_var, var(x, {2, 3}).mean(0) * 0.25 + 0.75, 1e-5));
  tracked.eval();
  CHECK(allclose(tracked(x), batch_norm(x, tracked.running_mean, tracked.running_var), 1e-5, 1e-6));
  CHECK(nn::InstanceNorm1d(2)(randn({3, 2, 5})).shape() == Shape{3, 2, 5});
  CHECK(nn::InstanceNorm3d(2)(randn({2, 2, 2, 2})).shape() == Shape{2, 2, 2, 2});
  check_throws<Error>("InstanceNorm1d: expected an input of rank 3, or 2", [] { nn::InstanceNorm1d(2)(ones({2})); });
}

TEST_CASE("padding layers are pad") {
  const Tensor image = randn({1, 2, 3, 4}), line = randn({2, 5}), volume = randn({1, 1, 3, 3, 3});
  CHECK(same(nn::ReflectionPad2d({1, 2, 0, 1})(image), pad(image, {1, 2, 0, 1}, PadMode::reflect)));
  CHECK(same(nn::ReflectionPad1d(2)(line), pad(line, {2, 2}, PadMode::reflect)));
  CHECK(same(nn::ReplicationPad3d(1)(volume), pad(volume, {1, 1, 1, 1, 1, 1}, PadMode::replicate)));
  CHECK(same(nn::CircularPad2d(1)(image), pad(image, {1, 1, 1, 1}, PadMode::circular)));
  CHECK(same(nn::ZeroPad2d(1)(image), pad(image, {1, 1, 1, 1})));
  CHECK(same(nn::ConstantPad1d({1, 0}, 3.5)(line), pad(line, {1, 0}, PadMode::constant, 3.5)));
  check_throws<Error>("ZeroPad2d: expected 4 amounts, got 2", [] { nn::ZeroPad2d({1, 1}); });
  check_throws<Error>("ZeroPad3d: expected an input of rank 4 or 5, got shape [2, 5]", [&] { nn::ZeroPad3d(1)(line); });
}

TEST_CASE("layers that move pixels undo each other") {
  const Tensor x = randn({2, 8, 3, 2});
  const Tensor image = nn::PixelShuffle(2)(x);
  CHECK(image.shape() == Shape{2, 2, 6, 4});
  CHECK(image[1][1][3][2].item<float>() == x[1][4 + 2][1][1].item<float>());  // row 3 = 2 * 1 + 1, column 2 = 2 * 1 + 0
  CHECK(same(nn::PixelUnshuffle(2)(image), x));
  CHECK(same(nn::ChannelShuffle(4)(nn::ChannelShuffle(2)(x)), x));
  CHECK(nn::ChannelShuffle(2)(x)[0][1][0][0].item<float>() == x[0][4][0][0].item<float>());
}

TEST_CASE("layers print as in PyTorch") {
  const std::pair<std::string, std::string> texts[] = {
      {to_string(nn::Conv3d(1, 2, {1, 3, 3}, {.padding = {0, 1, 1}, .bias = false})),
       "Conv3d(1, 2, kernel_size=(1, 3, 3), stride=(1, 1, 1), padding=(0, 1, 1), bias=False)"},
      {to_string(nn::ConvTranspose1d(2, 2, 3, {.stride = 2, .output_padding = 1})),
       "ConvTranspose1d(2, 2, kernel_size=(3,), stride=(2,), output_padding=(1,))"},
      {to_string(nn::ConvTranspose3d(2, 4, 2, {.groups = 2})),
       "ConvTranspose3d(2, 4, kernel_size=(2, 2, 2), stride=(1, 1, 1), groups=2)"},
      {to_string(nn::MaxPool1d(3, 2)), "MaxPool1d(kernel_size=3, stride=2, padding=0, dilation=1, ceil_mode=False)"},
      {to_string(nn::MaxPool3d(Size3d(1, 2, 2))),
       "MaxPool3d(kernel_size=(1, 2, 2), stride=(1, 2, 2), padding=0, dilation=1, ceil_mode=False)"},
      {to_string(nn::AvgPool1d(2)), "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))"},
      {to_string(nn::AvgPool3d(2)), "AvgPool3d(kernel_size=2, stride=2, padding=0)"},
      {to_string(nn::AdaptiveAvgPool3d(1)), "AdaptiveAvgPool3d(output_size=1)"},
      {to_string(nn::MaxUnpool2d(2)), "MaxUnpool2d(kernel_size=(2, 2), stride=(2, 2), padding=(0, 0))"},
      {to_string(nn::LPPool2d(2, 3)), "LPPool2d(norm_type=2.0, kernel_size=3, stride=None, ceil_mode=False)"},
      {to_string(nn::InstanceNorm3d(4)),
       "InstanceNorm3d(4, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)"},
      {to_string(nn::BatchNorm3d(4)), "BatchNorm3d(4, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"},
      {to_string(nn::Dropout3d(0.25)), "Dropout3d(p=0.25, inplace=False)"},
      {to_string(nn::ReflectionPad1d(2)), "ReflectionPad1d((2, 2))"},
      {to_string(nn::ConstantPad1d({1, 2}, 3.5)), "ConstantPad1d(padding=(1, 2), value=3.5)"},
      {to_string(nn::PixelShuffle(3)), "PixelShuffle(upscale_factor=3)"},
      {to_string(nn::PixelUnshuffle(3)), "PixelUnshuffle(downscale_factor=3)"},
  };
  for (const auto& [got, expected] : texts) CHECK(got == expected);
}

TEST_CASE("BatchNorm3d normalises each channel of volumes") {
  const Tensor x = randn({2, 3, 2, 3, 2}) * 2 + 1;
  const Tensor y = nn::BatchNorm3d(3)(x);
  CHECK(allclose(y.mean({0, 2, 3, 4}), zeros({3}), 0, 1e-5));
  CHECK(allclose(nn::BatchNorm3d(3)(x.channels_last()), y, 1e-5, 1e-6));
  check_throws<Error>("BatchNorm3d: expected input of rank 5", [] { nn::BatchNorm3d(3)(ones({2, 3, 2})); });
}
