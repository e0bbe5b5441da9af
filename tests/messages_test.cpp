// What error messages say: who is to blame, and a remedy that does no harm.

#include <doctest/doctest.h>
#include <reel/reel.h>

#include "support/source_files.h"
#include "support/throws.h"

using namespace reel;
using testing::check_throws;
using testing::message_of;

TEST_CASE("in-place changes that would have to be recorded: the remedy keeps the gradient") {
  const Tensor w = ones({2}, {.requires_grad = true}), x = ones({2});
  const auto message = [](auto f) { return message_of<AutogradError>(f); };
  const std::string operand =
      ": expected an operand that does not require grad, got one that does: in-place changes "
      "are not recorded; ";
  CHECK(message([&] { x += w; }) == "add_" + operand + "write y = y + x");
  CHECK(message([&] { x -= w * 2; }) == "sub_" + operand + "write y = y - x");
  CHECK(message([&] { x *= w; }) == "mul_" + operand + "write y = y * x");
  CHECK(message([&] { x /= w; }) == "div_" + operand + "write y = y / x");
  const std::string another = "make a new tensor with index_put, where, cat or stack";
  CHECK(message([&] { x.copy_(w); }) == "copy_" + operand + another);
  CHECK(message([&] { x[0] = w[1]; }) == "copy_" + operand + another);
  CHECK(message([&] { x.index_put_({0}, w[1]); }) == "index_put_" + operand + another);

  const std::string target =
      ": expected a tensor that does not require grad, got one of shape [2] that does: in-place "
      "changes are not recorded; ";
  const std::string by_hand = ", or update a parameter by hand under NoGradGuard";
  CHECK(message([&] { w += 1; }) == "add_" + target + "write y = y + x" + by_hand);
  CHECK(message([&] { w.zero_(); }) == "fill_" + target + another + by_hand);
  // Of a result not even that: its graph would know nothing of the change.
  const Tensor y = w * 2;
  CHECK(message([&] { y += 1; }) == "add_" + target + "write y = y + x");
  CHECK(message([&] { y.copy_(x); }) == "copy_" + target + another);
  CHECK(x.to_vector<float>() == std::vector<float>{1, 1});
}

TEST_CASE("no message tells to detach an operand, or to take it under no_grad") {
  for (const char* folder : {"tensor", "autograd", "ops", "nn", "optim", "data", "training", "kernels"}) {
    for (const auto& file : testing::source_files(folder)) {
      const std::string text = testing::read_text(testing::source_dir() / file);
      INFO(file.string());
      CHECK(text.find("use no_grad") == std::string::npos);
      CHECK(text.find("or detach it\"") == std::string::npos);
    }
  }
}

TEST_CASE("an input that does not fit is blamed, not the parameters that fit one another") {
  const auto shape_error = [](auto f) { return message_of<ShapeError>(f); };
  CHECK(shape_error([] {
          nn::BatchNorm2d(3)(ones({2, 4, 5, 5}));
        }) == "batch_norm: expected input with 3 channels, got shape [2, 4, 5, 5]");
  CHECK(shape_error([] {
          batch_norm(ones({2, 4}), zeros({3}), ones({3}));
        }) == "batch_norm: expected input with 3 channels, got shape [2, 4]");
  CHECK(shape_error([] {
          batch_norm(ones({2, 3}), zeros({3}), ones({2}));
        }) == "batch_norm: expected the running variance of shape [3], got [2]");
  CHECK(shape_error([] {
          nn::BatchNorm2d(3)(ones({3, 5, 5}));
        }) == "BatchNorm2d: expected input of rank 4, got shape [3, 5, 5]; add a batch dimension with unsqueeze(0)");
  CHECK(shape_error([] {
          nn::GroupNorm(1, 4)(ones({2, 3}));
        }) == "group_norm: expected input with 4 channels, got shape [2, 3]");
  CHECK(shape_error([] {
          nn::LayerNorm(4)(ones({2, 3}));
        }) == "layer_norm: expected input whose last dimensions are [4], got shape [2, 3]");
  CHECK(shape_error([] {
          nn::Conv2d(3, 8, 3)(ones({1, 4, 5, 5}));
        }) ==
        "conv2d: expected input with 3 channels for the weight [8, 3, 3, 3] and 1 groups, got shape [1, 4, 5, 5]");
  CHECK(shape_error([] {
          nn::ConvTranspose2d(3, 8, 3)(ones({1, 4, 5, 5}));
        }) == "conv_transpose2d: expected input with 3 channels for the weight [3, 8, 3, 3], got shape [1, 4, 5, 5]");
  CHECK(shape_error([] {
          nn::Linear(3, 2)(ones({5, 4}));
        }) == "linear: expected input whose last dimension is 3 for the weight [2, 3] ([out, in]), got shape [5, 4]");
  CHECK(shape_error([] {
          nn::LSTM(3, 2)(ones({5, 1, 4}));
        }) == "lstm: expected input with 3 features for weight_ih [8, 3], got shape [5, 1, 4]");
  CHECK(shape_error([] {
          nn::LSTMCell(3, 2)(ones({1, 4}));
        }) == "lstm_cell: expected input with 3 features for weight_ih [8, 3], got shape [1, 4]");
}

TEST_CASE("a batched product shows both shapes") {
  CHECK(message_of<ShapeError>([] {
          matmul(ones({2, 3, 4}), ones({5, 4, 6}));
        }) == "matmul: expected batches that broadcast together, got [2, 3, 4] @ [5, 4, 6]");
  CHECK(message_of<ShapeError>([] {
          matmul(ones({2, 3, 4}), ones({2, 5, 6}));
        }) == "matmul: expected equal inner dimensions, got [2, 3, 4] @ [2, 5, 6] (4 and 5)");
}

TEST_CASE("class labels of a floating dtype are said to be labels") {
  const Tensor logits = ones({2, 3}), labels = tensor({0.0, 1.0});
  CHECK(message_of<DTypeError>([&] { cross_entropy(logits, labels); }) ==
        "cross_entropy: expected labels of dtype i64 or probabilities of shape [2, 3], got f32 of shape [2]; convert "
        "labels with .to(DType::i64)");
  CHECK(message_of<DTypeError>([&] { nll_loss(logits, labels); }) ==
        "nll_loss: expected class labels of dtype i64 or i32, got f32; convert it with to()");
  CHECK(message_of<DTypeError>([&] { embedding(labels, logits); }) ==
        "embedding: expected an index of dtype i64 or i32, got f32; convert it with to()");
}

TEST_CASE("undefined and moved-from tensors: the operation and the argument") {
  const Tensor none, x = ones({2, 2});
  const std::string rest = " to be a tensor, got an undefined one (never assigned, or moved from)";
  const auto message = [](auto f) { return message_of<ValueError>(f); };
  CHECK(message([&] { relu(none); }) == "relu: expected the input" + rest);
  CHECK(message([&] { none.sum(); }) == "sum: expected the input" + rest);
  CHECK(message([&] { none + x; }) == "add: expected the first operand" + rest);
  CHECK(message([&] { x* none; }) == "mul: expected the second operand" + rest);
  CHECK(message([&] { matmul(x, none); }) == "matmul: expected the second operand" + rest);
  CHECK(message([&] { x += none; }) == "add_: expected the second operand" + rest);
  CHECK(message([&] { conv2d(ones({1, 1, 2, 2}), none); }) == "conv2d: expected the weight" + rest);
  CHECK(message([&] { mse_loss(x, none); }) == "mse_loss: expected the target" + rest);
  CHECK(message([&] { cross_entropy(x, none); }) == "cross_entropy: expected the target" + rest);
  CHECK(message([&] { nn::BatchNorm1d(2)(none); }) == "BatchNorm1d: expected the input" + rest);
  CHECK(message([&] { data::TensorDataset set(none); }) == "TensorDataset: expected the data" + rest);
  CHECK(message([&] { training::Accuracy().add(x, none); }) == "Accuracy: expected the labels" + rest);
  Tensor from = ones({1});
  const Tensor to = std::move(from);
  CHECK(message([&] { from.view({1}); }) == "view: expected the input" + rest);  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("names and classes that are not there: the message lists those that are") {
  nn::Sequential net(nn::Linear(2, 2), nn::ReLU());
  CHECK(message_of<ValueError>([&] { net.get_parameter("0.wieght"); }) ==
        "get_parameter: expected the name of a parameter, got \"0.wieght\"; there are weight, bias");
  CHECK(message_of<ValueError>([&] { net.get_buffer("0.mean"); }) ==
        "get_buffer: expected the name of a buffer, got \"0.mean\"; there are none");
  CHECK(message_of<ValueError>([&] { net.get_submodule("2"); }) ==
        "get_submodule: expected the name of a module, got \"2\"; Sequential has 0, 1");
  CHECK(message_of<ValueError>([&] { net.at<nn::Conv2d>(0); }) == "as: expected a module of class Conv2d, got Linear");
}

TEST_CASE("sizes that are negative, or too large to be counted") {
  const std::int64_t huge = std::int64_t{1} << 62;
  CHECK(message_of<ShapeError>([] { zeros({-1}); }) == "zeros: expected sizes of at least 0, got shape [-1]");
  CHECK(message_of<ShapeError>([] { ones({2, -1}); }) == "ones: expected sizes of at least 0, got shape [2, -1]");
  CHECK(message_of<ShapeError>([] { full({-3}, 1); }) == "full: expected sizes of at least 0, got shape [-3]");
  CHECK(message_of<ShapeError>([&] {
          zeros({huge, 4});
        }) == "zeros: expected a shape whose bytes can be counted in 64 bits, got [4611686018427387904, 4]");
  CHECK(message_of<ShapeError>([] { rand({-2}); }) == "rand: expected sizes of at least 0, got shape [-2]");
  CHECK(message_of<ShapeError>([] { eye(-2); }) == "eye: expected sizes of at least 0, got shape [-2, -2]");
  check_throws<ValueError>("conv2d: expected padding from 0 to 2^30", [&] {
    conv2d(ones({1, 1, 2, 2}), ones({1, 1, 1, 1}), {}, {.padding = huge});
  });
  check_throws<ValueError>("avg_pool2d: expected padding from 0 to 2^30", [&] {
    avg_pool2d(ones({1, 1, 2, 2}), 1, {.padding = huge});
  });
  for (const PadMode mode : {PadMode::constant, PadMode::reflect, PadMode::replicate, PadMode::circular}) {
    check_throws<ShapeError>("pad: expected a padding of dimension 0 that 64 bits can count", [&] {
      pad(ones({2}), {huge, huge}, mode);
    });
  }
}

TEST_CASE("what the tape refuses comes with the remedy") {
  const Tensor x = ones({2}, {.requires_grad = true});
  Tensor unrecorded;
  {
    const NoGradGuard guard;
    unrecorded = x * 2;
  }
  check_throws<AutogradError>("was it made under NoGradGuard", [&] { unrecorded.sum().backward(); });
  check_throws<AutogradError>("sum() it first", [&] { (x * 2).backward(); });
}

TEST_CASE("messages keep one mood: expected this, got that") {
  for (const char* folder : {"tensor", "autograd", "ops", "nn", "optim", "data", "training", "kernels"}) {
    for (const auto& file : testing::source_files(folder)) {
      const std::string text = testing::read_text(testing::source_dir() / file);
      for (const char* other :
           {" must be ", " must have ", " must not be ", "{}: expects ", ": is no ", " should be "}) {
        std::size_t at = 0;
        while ((at = text.find(other, at)) != std::string::npos) {
          const std::size_t line = text.rfind('\n', at) + 1;
          const std::string begin = text.substr(line, at - line);
          INFO(file.string() << ": " << begin << std::string(other));
          const bool comment = begin.find("//") != std::string::npos;
          CHECK((comment || begin.find('"') == std::string::npos));
          ++at;
        }
      }
    }
  }
}
