// Anomaly mode and graph drawing.

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>
#include <reel/autograd/anomaly.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/to_dot.h>
#include <reel/tensor/core/error.h>

#include "support/leaks.h"
#include "support/user_ops.h"

using namespace reel;
using namespace reel::testing;

/// A user's function with a name to look for. Neither inlined nor hidden.
[[gnu::noinline]] Tensor the_layer_that_makes_a_nan(const Tensor& x) {
  const Tensor y = apply(NanGradient{}, x);
  return y * 1;  // not a tail call
}

namespace {

/// 2 x, whose backward doubles the gradient where it lies.
struct Doubling {
  static constexpr std::string_view name = "test_doubling";
  Tensor forward(Context&, const Tensor& x) const { return x * 2; }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {grad.mul_(2)}; }
};

Tensor leaf64(const TensorLiteral& values) { return tensor(values, {.dtype = DType::f64, .requires_grad = true}); }

/// What a function writes to a file descriptor, whatever it uses for that.
template <class F> std::string written_to(int descriptor, F&& function) {
  std::fflush(nullptr);
  std::FILE* file = std::tmpfile();
  const int saved = dup(descriptor);
  dup2(fileno(file), descriptor);
  function();
  std::fflush(nullptr);
  dup2(saved, descriptor);
  close(saved);
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

std::string backward_error(const Tensor& loss) {
  try {
    loss.backward();
  } catch (const AutogradError& e) {
    return e.what();
  }
  return "no AutogradError";
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("anomaly mode names the op whose backward made a NaN, and where its forward was called") {
  const LeakCheck leaks;
  const Tensor x = leaf64({1.0, 2.0});
  std::string message;
  const auto attempt = [&] {
    const AnomalyGuard guard;
    message = backward_error(sum(the_layer_that_makes_a_nan(x) * x));
  };
  std::string err;
  const std::string out = written_to(STDOUT_FILENO, [&] { err = written_to(STDERR_FILENO, attempt); });
  INFO(message);
  CHECK(out == "");
  CHECK(err == "");
  CHECK(message.find("test_nan_gradient: its backward made a NaN in the gradient of input 0") == 0);
  CHECK(message.find("the_layer_that_makes_a_nan") != message.npos);
  // The first line of the stack is the user's call, not the tape's own machinery.
  const std::size_t stack = message.find("called from:\n");
  REQUIRE(stack != message.npos);
  const std::string first = message.substr(stack + 13, message.find('\n', stack + 13) - stack - 13);
  CHECK(first.find("the_layer_that_makes_a_nan") != first.npos);
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("anomaly mode wraps what a formula throws") {
  const Tensor x = leaf64({1.0, 2.0});
  {
    const AnomalyGuard guard;
    const std::string message = backward_error(sum(apply(Failing{}, x)));
    CHECK(message.find("test_failing: its backward threw: no gradient today") == 0);
    CHECK(message.find("called from:") != message.npos);
  }
  const Tensor recorded_outside = sum(apply(Failing{}, x));
  const AnomalyGuard guard;
  CHECK(backward_error(recorded_outside).find("ran outside anomaly mode") != std::string::npos);
}

TEST_CASE("anomaly mode names an op whose backward changes the gradient that it is given") {
  const Tensor x = leaf64({1.0, 2.0}), w = leaf64({1.0, 1.0});
  const AnomalyGuard guard;
  const std::string message = backward_error(sum((apply(Doubling{}, x) + w) * 3));
  CHECK(message.find("test_doubling: its backward changed the gradient of output 0 in place") == 0);
  CHECK(message.find("called from:") != message.npos);
  CHECK_FALSE(w.grad().defined());
}

TEST_CASE("anomaly mode is a scope's, and off by default") {
  const Tensor x = leaf64({1.0});
  CHECK_FALSE(anomaly_enabled());
  {
    const AnomalyGuard on;
    CHECK(anomaly_enabled());
    const AnomalyGuard off(false);
    CHECK_FALSE(anomaly_enabled());
  }
  CHECK_FALSE(anomaly_enabled());
  sum(the_layer_that_makes_a_nan(x)).backward();
  CHECK(std::isnan(x.grad().item()));
}

TEST_CASE("to_dot draws operations, named leaves and the shapes between them") {
  const Tensor w = zeros({3, 2}, {.requires_grad = true}), b = zeros({2}, {.requires_grad = true});
  const Tensor h = (w + b) * w;
  const Tensor y = sum(h);
  const std::string dot = to_dot({y}, {{"fc.weight", w}, {"the \"bias\"", b}});
  INFO(dot);
  CHECK(dot.find("digraph reel {") == 0);
  CHECK(dot.back() == '\n');
  CHECK(count(dot, "shape=ellipse") == 2);
  CHECK(count(dot, "[shape=box") == 4);  // expand, add, mul, sum
  CHECK(dot.find(R"(label="fc.weight [3, 2]")") != dot.npos);
  CHECK(dot.find(R"(label="the \"bias\" [2]")") != dot.npos);
  CHECK(count(dot, R"([label="[3, 2]"])") == 3);  // expand -> add -> mul -> sum
  CHECK(count(dot, " -> ") == 7);
  CHECK(dot.find("output 0") != dot.npos);
  // The same graph gives the same text, and leaves without names are numbered by shape alone.
  CHECK(to_dot({y}, {{"fc.weight", w}, {"the \"bias\"", b}}) == dot);
  CHECK(to_dot({y}).find(R"(label="[3, 2]", shape)") == std::string::npos);
  CHECK(count(to_dot({y}), "shape=ellipse, label=\"[2]\"") == 1);
}

TEST_CASE("to_dot of what is not on the tape") {
  CHECK(to_dot({ones({2})}).find("output 0") != std::string::npos);
  CHECK(to_dot({}) == "digraph reel {\n  rankdir=TB;\n}\n");
  CHECK_THROWS_AS(to_dot({Tensor()}), ValueError);
}
