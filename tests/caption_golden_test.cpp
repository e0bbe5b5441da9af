// The loss and the gradients of caption_network.h against PyTorch's, which make_caption_golden.py has written.

#include "../examples/caption/caption_network.h"

#include <cmath>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "support/source_files.h"

using namespace support;

namespace {

/// f(0), f(1), ... in this shape.
template <class F> Tensor by_formula(const Shape& shape, DType dtype, F&& f) {
  std::vector<double> values(static_cast<std::size_t>(zeros(shape).numel()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = f(static_cast<double>(i));
  return tensor(values, shape).to(dtype);
}

CaptionNetwork golden_network(DType dtype) {
  CaptionNetwork network({.words = 22, .embedding = 8, .hidden = 10, .features = 12, .multimodal = 14});
  network.to(dtype);
  const NoGradGuard no_grad;
  double k = 0;
  for (const Tensor& p : network.parameters()) {
    const auto fan_in = static_cast<double>(p.dim() > 1 ? p.numel() / p.size(0) : p.numel());
    p.copy_(by_formula(p.shape(), dtype, [&](double i) { return std::sin(0.37 * i + k) / std::sqrt(fan_in); }));
    ++k;
  }
  return network;
}

Tensor golden_captions() {
  std::vector<std::int64_t> numbers;
  for (std::int64_t row = 0; row < 3; ++row) {
    const std::int64_t length = std::vector<std::int64_t>{4, 7, 9}.at(static_cast<std::size_t>(row));
    numbers.push_back(Vocabulary::begin);
    for (std::int64_t j = 0; j < length; ++j) numbers.push_back(3 + (5 * row + 7 * j) % 19);
    numbers.push_back(Vocabulary::end);
    numbers.resize(static_cast<std::size_t>(12 * (row + 1)), Vocabulary::padding);
  }
  return tensor(numbers, {3, 12});
}

/// Compares a gradient with a line "NORM ELEMENTS" of the file; elements to the tolerance of their root mean square.
void check_gradient(const std::vector<double>& gradient, std::istream& line, double tolerance) {
  double squares = 0, norm = 0, expected = 0;
  for (const double g : gradient) squares += g * g;
  REQUIRE(!(line >> norm).fail());
  CHECK(std::abs(std::sqrt(squares) - norm) <= tolerance * norm);
  const double scale = norm / std::sqrt(static_cast<double>(gradient.size()));
  const std::size_t count = gradient.size(), listed = count <= 32 ? count : 16;
  for (std::size_t i = 0; i < listed; ++i) {
    REQUIRE(!(line >> expected).fail());
    const double got = gradient[listed == count || i < 8 ? i : (i - 8) * count / 8];
    CHECK(std::abs(got - expected) <= tolerance * std::max(std::abs(expected), scale));
  }
}

/// Whether loss and gradients are PyTorch's.
void check_against_pytorch(DType dtype, double tolerance) {
  const CaptionNetwork network = golden_network(dtype);
  const Tensor images = by_formula(
      {3, 3, 48, 48}, dtype, [](double i) { return 0.5 + 0.5 * std::sin(0.013 * i + 0.7 * std::sin(0.0031 * i)); });
  const Tensor loss = network.loss(images, golden_captions());
  loss.backward();

  std::ifstream file(reel::testing::source_dir() / "tests/goldens/caption_golden.txt");
  REQUIRE(file);
  std::string name;
  double value = 0;
  file >> name >> value >> std::ws;
  REQUIRE(name == "loss");
  CHECK(std::abs(loss.item() - value) <= tolerance * value);
  for (const auto& entry : network.named_parameters()) {
    const std::string& parameter = entry.first;
    const Tensor& tensor = entry.second;
    CAPTURE(parameter);
    std::string text;
    REQUIRE(std::getline(file, text));
    std::istringstream line(text);
    std::int64_t size = 0;
    line >> name >> size;
    REQUIRE(name == parameter);
    REQUIRE(size == tensor.numel());
    check_gradient(tensor.grad().to_vector<double>(), line, tolerance);
  }
  CHECK(file.peek() == std::ifstream::traits_type::eof());
}

}  // namespace

TEST_CASE("the captioning network's gradients are PyTorch's, in f32") { check_against_pytorch(DType::f32, 1e-4); }
TEST_CASE("the captioning network's gradients are PyTorch's, in f64") { check_against_pytorch(DType::f64, 1e-9); }
