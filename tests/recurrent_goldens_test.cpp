// Recurrent layers and cells against PyTorch: results, and gradients of inputs and parameters
// (tests/goldens/make_recurrent.py).

#include <cmath>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <reel/reel.h>

#include "support/source_files.h"

using namespace reel;

namespace {

constexpr std::int64_t kIn = 3, kHidden = 4, kSteps = 5, kBatch = 3;
const std::vector<std::int64_t> kLengths{3, 5, 1};

/// A line of the file.
struct Case {
  std::string kind;
  std::int64_t layers, directions, bias, batch_first, proj, packed, states;

  bool is_cell() const { return kind.ends_with("_cell"); }
  bool is_lstm() const { return kind.starts_with("lstm"); }
  nn::Nonlinearity nonlinearity() const {
    return kind.starts_with("relu") ? nn::Nonlinearity::relu : nn::Nonlinearity::tanh;
  }
};

/// What is compared, by name.
using Named = std::vector<std::pair<std::string, Tensor>>;

/// scale * sin(0.37 i + shift).
Tensor numbers(const Shape& shape, double shift, DType dtype, double scale = 1) {
  std::vector<double> values(static_cast<std::size_t>(numel(shape)));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = scale * std::sin(0.37 * static_cast<double>(i) + shift);
  return tensor(values, shape).to(dtype);
}

Tensor leaf(const Shape& shape, double shift, DType dtype, double scale = 1) {
  return numbers(shape, shift, dtype, scale).requires_grad_();
}

template <class M> M prepared(M module, DType dtype) {
  module.to(dtype);
  nn::StateDict state;
  double k = 0;
  for (const auto& [name, p] : module.named_parameters()) state[name] = numbers(p.shape(), k++, dtype, 0.7);
  module.load_state_dict(state);
  return module;
}

/// The gradients of x, the first states and the parameters, for a loss that weights each result.
Named with_gradients(const Tensors& results, const Tensors& inputs, const nn::Module& module) {
  Named all;
  Tensor loss = zeros({}, results[0].options());
  for (std::size_t k = 0; k < results.size(); ++k) {
    const Tensor weights = numbers(results[k].shape(), 1.5 + static_cast<double>(k), results[k].dtype());
    loss = loss + sum(results[k] * weights);
    all.emplace_back("result" + std::to_string(k), results[k].detach());
  }
  loss.backward();
  const char* names[] = {"x", "h0", "c0"};
  for (std::size_t i = 0; i < inputs.size(); ++i) all.emplace_back(names[i], inputs[i].grad());
  for (const auto& [name, p] : module.named_parameters()) all.emplace_back(name, p.grad());
  return all;
}

Tensors in_list(const std::tuple<Tensor, Tensor>& t) { return {std::get<0>(t), std::get<1>(t)}; }
Tensors in_list(const std::tuple<Tensor, Tensor, Tensor>& t) {
  return {std::get<0>(t), std::get<1>(t), std::get<2>(t)};
}
Tensors in_list(const Tensor& t) { return {t}; }
template <class... Rest> auto padded(const std::tuple<nn::PackedSequence, Rest...>& t, bool batch_first) {
  const std::tuple<Tensor, Tensor> y = nn::pad_packed_sequence(std::get<0>(t), batch_first);
  CHECK(std::get<1>(y).to_vector<std::int64_t>() == kLengths);
  return std::apply([&](const auto&, const auto&... rest) { return std::tuple(std::get<0>(y), rest...); }, t);
}

template <class M> Named run_layer(const M& layer, const Case& c, DType dtype) {
  const std::int64_t slices = c.layers * c.directions;
  Tensors in{leaf(c.batch_first ? Shape{kBatch, kSteps, kIn} : Shape{kSteps, kBatch, kIn}, 0.5, dtype, 1.5)};
  if (c.states) in.push_back(leaf({slices, kBatch, c.proj ? c.proj : kHidden}, 2.5, dtype));
  if (c.states && c.is_lstm()) in.push_back(leaf({slices, kBatch, kHidden}, 3.5, dtype));
  const auto call = [&](const auto& x) {
    if constexpr (std::same_as<M, nn::LSTM>) return c.states ? layer(x, {in[1], in[2]}) : layer(x);
    else return c.states ? layer(x, in[1]) : layer(x);
  };
  if (!c.packed) return with_gradients(in_list(call(in[0])), in, layer);
  const auto sequences = nn::pack_padded_sequence(in[0], kLengths, c.batch_first != 0, false);
  return with_gradients(in_list(padded(call(sequences), c.batch_first != 0)), in, layer);
}

template <class M> Named run_cell(const M& cell, const Case& c, DType dtype) {
  Tensors in{leaf({2, kBatch, kIn}, 0.5, dtype, 1.5)};
  if (c.states) in.push_back(leaf({kBatch, kHidden}, 2.5, dtype));
  if (c.states && c.is_lstm()) in.push_back(leaf({kBatch, kHidden}, 3.5, dtype));
  const auto first = [&](std::size_t i) { return i < in.size() ? in[i] : Tensor(); };
  if constexpr (std::same_as<M, nn::LSTMCell>) {
    const auto state = cell(in[0][0], first(1), first(2));
    return with_gradients(in_list(cell(in[0][1], state)), in, cell);
  } else {
    return with_gradients(in_list(cell(in[0][1], cell(in[0][0], first(1)))), in, cell);
  }
}

Named run(const Case& c, DType dtype) {
  const bool bias = c.bias != 0, batch_first = c.batch_first != 0, both = c.directions == 2;
  if (c.kind == "lstm_cell") return run_cell(prepared(nn::LSTMCell(kIn, kHidden, bias), dtype), c, dtype);
  if (c.kind == "gru_cell") return run_cell(prepared(nn::GRUCell(kIn, kHidden, bias), dtype), c, dtype);
  if (c.is_cell()) return run_cell(prepared(nn::RNNCell(kIn, kHidden, bias, c.nonlinearity()), dtype), c, dtype);
  if (c.is_lstm()) {
    return run_layer(prepared(nn::LSTM(kIn, kHidden, c.layers, bias, batch_first, 0.0, both, c.proj), dtype), c, dtype);
  }
  if (c.kind == "gru") {
    return run_layer(prepared(nn::GRU(kIn, kHidden, c.layers, bias, batch_first, 0.0, both), dtype), c, dtype);
  }
  const nn::RNNOptions options{c.layers, c.nonlinearity(), bias, batch_first, 0, both};
  return run_layer(prepared(nn::RNN(kIn, kHidden, options), dtype), c, dtype);
}

/// Compares each tensor with its name, number of elements, weighted sum and norm in the line.
void check_line(std::istream& line, const Named& tensors, double tolerance) {
  for (const auto& [name, t] : tensors) {
    std::string expected;
    std::size_t count = 0;
    double sum = 0, norm = 0;
    line >> expected >> count >> sum >> norm;
    INFO(name);
    REQUIRE(name == expected);
    REQUIRE(t.defined());
    const auto values = t.to_vector<double>();
    REQUIRE(values.size() == count);
    double weighted = 0, squares = 0;
    for (std::size_t i = 0; i < count; ++i) {
      weighted += values[i] * std::cos(0.7 * static_cast<double>(i));
      squares += values[i] * values[i];
    }
    CHECK(std::abs(weighted - sum) <= tolerance * (1 + norm));
    CHECK(std::abs(std::sqrt(squares) - norm) <= tolerance * (1 + norm));
  }
  line >> std::ws;
  CHECK(line.eof());
}

}  // namespace

TEST_CASE("recurrent layers and cells give PyTorch's results and gradients") {
  for (const DType dtype : {DType::f64, DType::f32}) {
    std::ifstream file(testing::source_dir() / "tests/goldens/recurrent.txt");
    int cases = 0;
    for (std::string text; std::getline(file, text); ++cases) {
      std::istringstream line(text);
      Case c;
      line >> c.kind >> c.layers >> c.directions >> c.bias >> c.batch_first >> c.proj >> c.packed >> c.states;
      INFO(dtype << " " << text.substr(0, 40));
      check_line(line, run(c, dtype), dtype == DType::f64 ? 1e-12 : 2e-5);
    }
    CHECK(cases == 82);
  }
}
