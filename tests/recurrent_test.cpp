// LSTM: values against a loop over numbers, arrangements of its arguments, learning.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/reel.h>

#include "support/op_runs.h"
#include "support/requirement.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

using Names = std::vector<std::string>;
using Doubles = std::vector<double>;

/// lstm in numbers: the h of all steps, and the last h and c.
struct Reference {
  Doubles y, h, c;

  Reference(const Tensor& x, const nn::LSTM& layer, Doubles first_h, Doubles first_c) : h(first_h), c(first_c) {
    const auto steps = x.size(0), batch = x.size(1), in = x.size(2), hidden = layer.weight_hh_l0.size(1);
    const auto numbers = [](const Tensor& t) { return t.to_vector<double>(); };
    const Doubles xs = numbers(x), wi = numbers(layer.weight_ih_l0), wh = numbers(layer.weight_hh_l0),
                  bi = numbers(layer.bias_ih_l0), bh = numbers(layer.bias_hh_l0);
    const auto at = [](const Doubles& list, std::int64_t i) { return list[static_cast<std::size_t>(i)]; };
    const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
    for (std::int64_t t = 0; t < steps; ++t) {
      const Doubles before = h;
      for (std::int64_t b = 0; b < batch; ++b) {
        for (std::int64_t u = 0; u < hidden; ++u) {
          double sums[4];
          for (std::int64_t gate = 0; gate < 4; ++gate) {
            const std::int64_t row = gate * hidden + u;
            double sum = at(bi, row) + at(bh, row);
            for (std::int64_t k = 0; k < in; ++k) sum += at(xs, (t * batch + b) * in + k) * at(wi, row * in + k);
            for (std::int64_t k = 0; k < hidden; ++k) sum += at(before, b * hidden + k) * at(wh, row * hidden + k);
            sums[gate] = sum;
          }
          const auto unit = static_cast<std::size_t>(b * hidden + u);
          c[unit] = sigmoid(sums[1]) * c[unit] + sigmoid(sums[0]) * std::tanh(sums[2]);
          h[unit] = sigmoid(sums[3]) * std::tanh(c[unit]);
        }
      }
      y.insert(y.end(), h.begin(), h.end());
    }
  }
};

void check_close(const Tensor& tensor, const Doubles& expected, double tolerance) {
  const Doubles got = tensor.to_vector<double>();
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(std::abs(got[i] - expected[i]) <= tolerance);
}

Doubles doubles(const Tensor& t) { return t.to_vector<double>(); }

}  // namespace

TEST_CASE("LSTM gives what a loop over numbers gives") {
  manual_seed(1);
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const auto& [steps, batch, in, hidden] :
         {std::array<std::int64_t, 4>{5, 3, 4, 7}, {1, 1, 1, 1}, {3, 2, 5, 300}, {2, 40, 3, 64}}) {
      const nn::LSTM layer(in, hidden);
      layer.to(dtype);
      const TensorOptions options{.dtype = dtype};
      const Tensor x = randn({steps, batch, in}, options) * 3, h0 = randn({1, batch, hidden}, options),
                   c0 = randn({1, batch, hidden}, options);
      const double tolerance = dtype == DType::f32 ? 1e-5 : 1e-12;
      {
        const auto [y, h, c] = layer(x, h0, c0);
        const Reference expected(x, layer, doubles(h0), doubles(c0));
        CHECK(y.shape() == Shape{steps, batch, hidden});
        CHECK(h.shape() == Shape{1, batch, hidden});
        CHECK(c.shape() == Shape{1, batch, hidden});
        check_close(y, expected.y, tolerance);
        check_close(h, expected.h, tolerance);
        check_close(c, expected.c, tolerance);
      }
      const auto [y, h, c] = no_grad([&] { return layer(x); });
      const Doubles zeros(static_cast<std::size_t>(batch * hidden));
      const Reference expected(x, layer, zeros, zeros);
      check_close(y, expected.y, tolerance);
      check_close(h, expected.h, tolerance);
      check_close(c, expected.c, tolerance);
    }
  }
}

TEST_CASE("saturated gates neither overflow nor become NaN") {
  const Tensor gates = tensor({{1000.0, -1000.0, 1000.0, 1000.0}, {-1000.0, 1000.0, -1000.0, -1000.0}});
  const auto [h, c] = lstm_cell(gates, {}, tensor({{5.0}, {5.0}}), eye(4), zeros({4, 1}));
  check_close(c, {1, 5}, 1e-6);
  check_close(h, {std::tanh(1.0), 0}, 1e-6);
}

TEST_CASE("lstm is lstm_cell step by step, gradients included") {
  const std::int64_t steps = 6, batch = 11, in = 4, hidden = 5;
  const Tensors arguments{leaf({steps, batch, in}, -1, 1, 1),   leaf({batch, hidden}, -1, 1, 2),
                          leaf({batch, hidden}, -1, 1, 3),      leaf({4 * hidden, in}, -1, 1, 4),
                          leaf({4 * hidden, hidden}, -1, 1, 5), leaf({4 * hidden}, -1, 1, 6),
                          leaf({4 * hidden}, -1, 1, 7)};
  const Sample sequence{"sequence", arguments, [](const Tensors& a) {
                          const auto [y, h, c] = lstm(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
                          return Tensors{y, h, c};
                        }};
  const Sample cells{"cells", arguments, [](const Tensors& a) {
                       Tensor h = a[1], c = a[2];
                       Tensors all;
                       for (const Tensor& x : unbind(a[0])) {
                         std::tie(h, c) = lstm_cell(x, h, c, a[3], a[4], a[5], a[6]);
                         all.push_back(h);
                       }
                       return Tensors{stack(all), h, c};
                     }};
  const Run expected = run(cells, fresh_inputs(arguments));
  for (const int threads : {1, 3}) {  // which take samples through all steps: 11, or 4, 4 and 3
    const ThreadLimit limit(threads);
    CHECK(difference(run(sequence, fresh_inputs(arguments)), expected, 1e-12) == "");
  }
}

TEST_CASE("the gradient of lstm is the same whether it is recorded or not") {
  for (const bool with_state : {false, true}) {
    const Tensors wanted{leaf({4, 2, 3}, -1, 1, 1), leaf({2, 5}, -1, 1, 2), leaf({2, 5}, -1, 1, 3),
                         leaf({20, 3}, -1, 1, 4), leaf({20, 5}, -1, 1, 5)};
    const auto [y, h, c] =
        lstm(wanted[0], with_state ? wanted[1] : Tensor(), with_state ? wanted[2] : Tensor(), wanted[3], wanted[4]);
    const Tensor loss = sum(square(y)) + sum(h * 2) - sum(square(c));
    const Tensors plain = grad({loss}, wanted, {.retain_graph = true, .allow_unused = true});
    const Tensors recorded = grad({loss}, wanted, {.create_graph = true, .allow_unused = true});
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CHECK(plain[i].defined() == recorded[i].defined());
      if (!plain[i].defined()) continue;
      CHECK(!plain[i].requires_grad());
      CHECK(recorded[i].requires_grad());
      CHECK(difference(plain[i], recorded[i], 1e-12) == "");
    }
  }
}

TEST_CASE("a sequence may be cut, the state carried on") {
  const nn::LSTM layer(3, 4);
  const Tensor x = randn({7, 2, 3});
  const auto [y, h, c] = layer(x);
  const auto [y1, h1, c1] = layer(narrow(x, 0, 0, 3));
  const auto [y2, h2, c2] = layer(narrow(x, 0, 3, 4), h1, c1);
  CHECK(difference(cat({y1, y2}), y, 1e-6) == "");
  CHECK(difference(h2, h, 1e-6) == "");
  CHECK(difference(c2, c, 1e-6) == "");
}

TEST_CASE("LSTM takes the batch first or second, or none") {
  const nn::LSTM layer(3, 4), batch_first(3, 4, {.batch_first = true});
  batch_first.load_state_dict(layer.state_dict());
  const Tensor x = randn({5, 2, 3}), h0 = randn({1, 2, 4}), c0 = randn({1, 2, 4});
  const auto [y, h, c] = layer(x, h0, c0);
  {
    const auto [y1, h1, c1] = batch_first(transpose(x, 0, 1), h0, c0);
    CHECK(y1.shape() == Shape{2, 5, 4});
    CHECK(difference(transpose(y1, 0, 1), y, 0) == "");
    CHECK(difference(h1, h, 0) == "");
    CHECK(difference(c1, c, 0) == "");
  }
  for (const nn::LSTM& alone : {layer, batch_first}) {
    const auto [y1, h1, c1] = alone(select(x, 1, 1), select(h0, 1, 1), select(c0, 1, 1));
    CHECK(y1.shape() == Shape{5, 4});
    CHECK(h1.shape() == Shape{1, 4});
    CHECK(difference(y1, select(y, 1, 1), 1e-6) == "");
    CHECK(difference(h1, select(h, 1, 1), 1e-6) == "");
    CHECK(difference(c1, select(c, 1, 1), 1e-6) == "");
  }
  const auto [none, h_none, c_none] = batch_first(ones({0, 5, 3}));
  CHECK(none.shape() == Shape{0, 5, 4});
  CHECK(h_none.shape() == Shape{1, 0, 4});
  check_throws<ShapeError>("LSTM: expected input of rank 3, or 2 without a batch", [&] { layer(ones({3})); });
  check_throws<ShapeError>("LSTM: expected h0 of shape [1, batch, hidden], got [2, 4]", [&] {
    layer(x, ones({2, 4}));
  });
  check_throws<ShapeError>("lstm: expected c of shape [2, 4], got [3, 4]", [&] { layer(x, h0, ones({1, 3, 4})); });
  check_throws<ShapeError>("LSTM: expected h0 of shape [1, hidden], got [1, 2, 4]", [&] { layer(ones({5, 3}), h0); });
}

TEST_CASE("LSTM and LSTMCell have PyTorch's parameters, start and text") {
  const nn::LSTM layer(10, 20);
  const nn::LSTMCell cell(10, 20);
  const auto names = [](const nn::Module& module) {
    Names out;
    for (const auto& [name, tensor] : module.named_parameters()) out.push_back(name);
    return out;
  };
  CHECK(names(layer) == Names{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"});
  CHECK(names(cell) == Names{"weight_ih", "weight_hh", "bias_ih", "bias_hh"});
  CHECK(names(nn::LSTM(10, 20, {.bias = false})) == Names{"weight_ih_l0", "weight_hh_l0"});
  CHECK(layer.weight_ih_l0.shape() == Shape{80, 10});
  CHECK(cell.weight_hh.shape() == Shape{80, 20});
  const double bound = 1 / std::sqrt(20.0);
  for (const Tensor& t : layer.parameters()) {
    CHECK(abs(t).max().item() <= bound);
    CHECK(t.max().item() > 0.7 * bound);
    CHECK(t.min().item() < -0.7 * bound);
  }
  CHECK(to_string(layer) == "LSTM(10, 20)");
  CHECK(to_string(nn::LSTM(1, 2, {.bias = false, .batch_first = true})) == "LSTM(1, 2, bias=False, batch_first=True)");
  CHECK(to_string(cell) == "LSTMCell(10, 20)");
  CHECK(to_string(nn::LSTMCell(1, 2, {.bias = false})) == "LSTMCell(1, 2, bias=False)");
  check_throws<ValueError>("LSTM: expected an input of at least 0 and a state of at least 1 features, got 3 and 0",
                           [] { nn::LSTM(3, 0); });
  check_throws<ValueError>("LSTMCell: expected an input of at least 0 and a state of at least 1 features, got -1 and 2",
                           [] { nn::LSTMCell(-1, 2); });
}

TEST_CASE("LSTMCell is a step of LSTM with the same weights") {
  const nn::LSTM layer(3, 4);
  const nn::LSTMCell cell(3, 4);
  cell.load_state_dict({{"weight_ih", layer.weight_ih_l0},
                        {"weight_hh", layer.weight_hh_l0},
                        {"bias_ih", layer.bias_ih_l0},
                        {"bias_hh", layer.bias_hh_l0}});
  const Tensor x = randn({1, 2, 3});
  const auto [y, h, c] = layer(x);
  const auto [h1, c1] = cell(x[0]);
  CHECK(difference(h1, h[0], 1e-6) == "");
  CHECK(difference(c1, c[0], 1e-6) == "");
  const auto [h2, c2] = cell(x[0][1], h1[1], c1[1]);
  CHECK(h2.shape() == Shape{4});
  CHECK(difference(c2, select(std::get<1>(cell(x[0], h1, c1)), 0, 1), 1e-6) == "");
}

TEST_CASE("the first step of an LSTMCell gives the state's weight a gradient of zeros") {
  const nn::LSTMCell cell(2, 3, {.bias = false});
  const Tensor x = randn({4, 2});
  const auto [h, c] = cell(x);
  const auto [h0, c0] = cell(x, zeros({4, 3}), zeros({4, 3}));
  CHECK(difference(h, h0, 1e-6) == "");
  (h + c).sum().backward();
  REQUIRE(cell.weight_hh.grad().defined());
  CHECK(equal(cell.weight_hh.grad(), zeros({12, 3})));
  // So an optimizer decays the weight, as PyTorch's does.
  const Tensor before = cell.weight_hh.detach().clone();
  optim::SGD({cell.weight_hh}, {.lr = 0.5, .weight_decay = 0.5}).step();
  CHECK(difference(cell.weight_hh.detach(), before * 0.75, 1e-6) == "");
  const nn::LSTM layer(2, 3);
  std::get<0>(layer(randn({1, 4, 2}))).sum().backward();
  REQUIRE(layer.weight_hh_l0.grad().defined());
  CHECK(equal(layer.weight_hh_l0.grad(), zeros({12, 3})));
}

TEST_CASE("hooks of an LSTM see the sequence and the state") {
  nn::LSTM layer(3, 4);
  std::size_t in = 0, out = 0;
  layer.register_forward_pre_hook([&](const nn::Module&, Tensors& inputs) { in = inputs.size(); });
  layer.register_forward_hook([&](const nn::Module&, const Tensors&, Tensors& outputs) {
    out = outputs.size();
    outputs[0] = outputs[0] * 0;
  });
  const auto [y, h, c] = layer(ones({2, 1, 3}), ones({1, 1, 4}), ones({1, 1, 4}));
  CHECK(in == 3);
  CHECK(out == 3);
  CHECK(abs(y).max().item() == 0);
  CHECK(abs(h).max().item() > 0);
}

TEST_CASE("an LSTM learns to remember the first of a sequence") {
  struct Net : nn::Module {
    nn::LSTM lstm = register_module("lstm", nn::LSTM(1, 8));
    nn::Linear out = register_module("out", nn::Linear(8, 1));

    Tensor forward(const Tensor& x) { return out(std::get<0>(lstm(x))[-1]); }
  };
  manual_seed(7);
  Net net;
  optim::Adam optimizer(net.parameters(), {.lr = 0.03});
  const auto signs = [] { return sign(randn({5, 64, 1})); };
  for (int step = 0; step < 120; ++step) {
    const Tensor x = signs();
    optimizer.zero_grad();
    mse_loss(net.forward(x), x[0]).backward();
    optimizer.step();
  }
  const Tensor x = signs();
  const Tensor answers = no_grad([&] { return net.forward(x); });
  CHECK(mean((sign(answers) == x[0]).to(DType::f32)).item() > 0.97);
}

TEST_CASE("a recorded training step of an LSTM leaves the same numbers as the eager one" * needs_gpu) {
  const auto train = [](bool recorded) {
    manual_seed(3);
    const nn::LSTM layer(3, 8);
    layer.to(Device::cuda());
    optim::SGD optimizer(layer.parameters(), {.lr = 0.5});
    const Tensor x = uniform({4, 2, 3}).to(Device::cuda(), DType::f32);
    const auto step = [&] {
      optimizer.zero_grad();
      mean(square(std::get<0>(layer(x)))).backward();
      optimizer.step();
    };
    cuda::Graph graph;
    for (int i = 0; i < 4; ++i) {
      if (!recorded || i < 1) step();
      else if (i == 1) graph.capture(step);
      else graph.replay();
    }
    std::vector<float> state;
    for (const Tensor& p : layer.parameters()) {
      for (const float v : p.to_vector<float>()) state.push_back(v);
    }
    return state;
  };
  CHECK(train(true) == train(false));
}
