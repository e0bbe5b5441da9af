// Recurrent layers of several layers and both directions: parameters, text, dropout, arrangements, errors.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/reel.h>

#include "support/op_runs.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

using Names = std::vector<std::string>;

Names names(const nn::Module& module) {
  Names out;
  for (const auto& [name, tensor] : module.named_parameters()) out.push_back(name);
  return out;
}

/// All parameters are `value`.
template <class M> M filled(M module, double value) {
  for (const Tensor& p : module.parameters()) nn::init::constant_(p, value);
  return module;
}

}  // namespace

TEST_CASE("recurrent layers have PyTorch's parameters, start and text") {
  const nn::LSTM lstm(10, 20, {.num_layers = 2, .dropout = 0.5, .bidirectional = true, .proj_size = 5});
  CHECK(names(lstm) ==
        Names{"weight_ih_l0",         "weight_hh_l0",         "bias_ih_l0",           "bias_hh_l0",
              "weight_hr_l0",         "weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse",
              "bias_hh_l0_reverse",   "weight_hr_l0_reverse", "weight_ih_l1",         "weight_hh_l1",
              "bias_ih_l1",           "bias_hh_l1",           "weight_hr_l1",         "weight_ih_l1_reverse",
              "weight_hh_l1_reverse", "bias_ih_l1_reverse",   "bias_hh_l1_reverse",   "weight_hr_l1_reverse"});
  CHECK(lstm.get_parameter("weight_ih_l1").shape() == Shape{80, 10});
  CHECK(lstm.get_parameter("weight_hh_l1_reverse").shape() == Shape{80, 5});
  CHECK(lstm.get_parameter("weight_hr_l0").shape() == Shape{5, 20});
  CHECK(names(nn::GRU(3, 4, 2, false)) == Names{"weight_ih_l0", "weight_hh_l0", "weight_ih_l1", "weight_hh_l1"});
  const nn::GRU gru(3, 4);
  CHECK(gru.weight_ih_l0.shape() == Shape{12, 3});
  CHECK(gru.weight_ih_l0.is_same(gru.get_parameter("weight_ih_l0")));
  CHECK(nn::RNN(3, 4).bias_hh_l0.shape() == Shape{4});
  CHECK_FALSE(nn::RNN(3, 4, {.bias = false}).bias_hh_l0.defined());
  const double bound = 1 / std::sqrt(20.0);
  for (const Tensor& t : lstm.parameters()) {
    CHECK(abs(t).max().item() <= bound);
    CHECK(t.max().item() > 0.7 * bound);
    CHECK(t.min().item() < -0.7 * bound);
  }
  CHECK(to_string(lstm) == "LSTM(10, 20, proj_size=5, num_layers=2, dropout=0.5, bidirectional=True)");
  CHECK(to_string(nn::GRU(1, 2, {.num_layers = 3, .bias = false, .batch_first = true})) ==
        "GRU(1, 2, num_layers=3, bias=False, batch_first=True)");
  CHECK(to_string(nn::RNN(1, 2, 1, nn::Nonlinearity::relu)) == "RNN(1, 2)");
  CHECK(to_string(nn::RNNCell(1, 2, {.bias = false, .nonlinearity = nn::Nonlinearity::relu})) ==
        "RNNCell(1, 2, bias=False, nonlinearity=relu)");
  CHECK(to_string(nn::GRUCell(1, 2)) == "GRUCell(1, 2)");
}

TEST_CASE("recurrent layers take the batch first or second, or none") {
  manual_seed(5);
  const nn::GRU layer(3, 4, {.num_layers = 2, .bidirectional = true});
  const nn::GRU batch_first(3, 4, {.num_layers = 2, .batch_first = true, .bidirectional = true});
  batch_first.load_state_dict(layer.state_dict());
  const Tensor x = randn({5, 2, 3}), h0 = randn({4, 2, 4});
  const auto [y, h] = layer(x, h0);
  CHECK(y.shape() == Shape{5, 2, 8});
  CHECK(h.shape() == Shape{4, 2, 4});
  const auto [y1, h1] = batch_first(transpose(x, 0, 1), h0);
  CHECK(difference(transpose(y1, 0, 1), y, 0) == "");
  CHECK(difference(h1, h, 0) == "");
  const auto [y2, h2] = batch_first(select(x, 1, 1), select(h0, 1, 1));
  CHECK(difference(y2, select(y, 1, 1), 1e-6) == "");
  CHECK(difference(h2, select(h, 1, 1), 1e-6) == "");
  // The last states are the ends of the outputs: of the last layer forwards the last step, backwards the first one.
  CHECK(equal(narrow(y[4], 1, 0, 4), h[2]));
  CHECK(equal(narrow(y[0], 1, 4, 4), h[3]));
  const auto [none, h_none] = layer(ones({5, 0, 3}));
  CHECK(none.shape() == Shape{5, 0, 8});
  CHECK(h_none.shape() == Shape{4, 0, 4});
}

TEST_CASE("dropout lies between the layers, in training alone") {
  const Tensor x = ones({3, 64, 2});
  const auto with = [](double p, std::int64_t layers) {
    return filled(nn::RNN(2, 4, layers, nn::Nonlinearity::relu, true, false, p), 0.5);
  };
  const Tensor expected = std::get<0>(with(0, 2)(x));
  const nn::RNN half = with(0.5, 2), all = with(1, 2), alone = with(1, 1);
  half.eval(), all.eval();
  CHECK(equal(std::get<0>(half(x)), expected));
  CHECK(equal(std::get<0>(all(x)), expected));
  // Of a first layer that is dropped the second sees nothing but its biases: h' = 1 + 0.5 * 4 h.
  all.train();
  const auto [y, h] = all(x);
  CHECK(equal(y[0], full({64, 4}, 1.0)));
  CHECK(equal(y[1], full({64, 4}, 3.0)));
  CHECK(equal(y[2], full({64, 4}, 7.0)));
  CHECK(equal(h[0], std::get<1>(with(0, 2)(x))[0]));  // which dropout does not reach
  CHECK(equal(std::get<0>(alone(x)), std::get<0>(with(0, 1)(x))));
  // A first output of 0.5 * 2 + 1 = 2 is 0 or 4: of k that are left the first step makes 1 + 0.5 * 4 k.
  half.train();
  manual_seed(1);
  const Tensor first = std::get<0>(half(x));
  const std::vector<float> values = first[0].to_vector<float>();
  int kept[5] = {};
  for (const float v : values) {
    const auto k = static_cast<int>((v - 1) / 2);
    REQUIRE((k >= 0 && k <= 4));
    CHECK(v == 1 + 2 * static_cast<float>(k));
    ++kept[k];
  }
  CHECK(kept[2] > 0);
  CHECK(kept[1] > 0);
  CHECK_FALSE(equal(std::get<0>(half(x)), first));
  manual_seed(1);
  CHECK(equal(std::get<0>(half(x)), first));
  const nn::PackedSequence packed = nn::pack_padded_sequence(x, std::vector<std::int64_t>(64, 3));
  manual_seed(1);
  CHECK(equal(std::get<0>(half(packed)).data.reshape({3, 64, 4}), first));
}

TEST_CASE("recurrent cells are steps of the layers") {
  manual_seed(6);
  const Tensor x = randn({2, 5, 3});
  const auto check = [&](const auto& layer, const auto& cell) {
    cell.load_state_dict({{"weight_ih", layer.weight_ih_l0},
                          {"weight_hh", layer.weight_hh_l0},
                          {"bias_ih", layer.bias_ih_l0},
                          {"bias_hh", layer.bias_hh_l0}});
    const auto [y, h] = layer(x);
    const Tensor first = cell(x[0]), second = cell(x[1], first);
    CHECK(difference(first, y[0], 1e-6) == "");
    CHECK(difference(second, y[1], 1e-6) == "");
    CHECK(difference(cell(x[1][2], first[2]), y[1][2], 1e-6) == "");
  };
  check(nn::GRU(3, 4), nn::GRUCell(3, 4));
  check(nn::RNN(3, 4), nn::RNNCell(3, 4));
  check(nn::RNN(3, 4, {.nonlinearity = nn::Nonlinearity::relu}), nn::RNNCell(3, 4, true, nn::Nonlinearity::relu));
}

TEST_CASE("recurrent layers say what is wrong") {
  check_throws<ValueError>("GRU: expected num_layers of at least 1, got 0", [] { nn::GRU(3, 4, 0); });
  check_throws<ValueError>("LSTM: expected a proj_size of at least 0 and less than the hidden size 4, got 4",
                           [] { nn::LSTM(3, 4, {.proj_size = 4}); });
  check_throws<ValueError>("RNN: expected an input of at least 0 and a state of at least 1 features, got 3 and 0",
                           [] { nn::RNN(3, 0); });
  check_throws<ValueError>("GRUCell: expected an input of at least 0 and a state of at least 1 features, got -1 and 2",
                           [] { nn::GRUCell(-1, 2); });
  const nn::GRU layer(3, 4, {.num_layers = 2, .bidirectional = true});
  check_throws<ShapeError>("GRU: expected input of rank 3, or 2 without a batch", [&] { layer(ones({3})); });
  check_throws<ShapeError>("GRU: expected h0 of shape [4, batch, hidden], got [1, 2, 4]", [&] {
    layer(ones({5, 2, 3}), ones({1, 2, 4}));
  });
  check_throws<ShapeError>("GRU: expected h0 of shape [4, hidden], got [4, 2, 4]", [&] {
    layer(ones({5, 3}), ones({4, 2, 4}));
  });
  check_throws<ShapeError>("gru: expected h of shape [2, 4], got [3, 4]", [&] {
    layer(ones({5, 2, 3}), ones({4, 3, 4}));
  });
  check_throws<ShapeError>("gru: expected input with 3 features for weight_ih [12, 3], got shape [5, 1, 4]", [&] {
    layer(ones({5, 1, 4}));
  });
  check_throws<ValueError>("GRU: this handle is empty", [] { nn::GRU(nullptr)(ones({1, 1, 1})); });
}

TEST_CASE("the gradients of all recurrent networks are the same whether they are recorded or not") {
  const auto check = [](const auto& network, std::int64_t gates) {
    for (const SequenceOptions& options :
         {SequenceOptions{}, {true, {}}, {false, {3, 2, 2, 1}}, {true, {3, 2, 2, 1}}}) {
      const Tensors wanted{leaf(options.batch_sizes.empty() ? Shape{4, 3, 2} : Shape{8, 2}),
                           leaf({3, 5}, -1, 1, 2),
                           leaf({5 * gates, 2}, -1, 1, 3),
                           leaf({5 * gates, 5}, -1, 1, 4),
                           leaf({5 * gates}, -1, 1, 5),
                           leaf({5 * gates}, -1, 1, 6)};
      const Tensors results = network(wanted, options);
      const Tensor loss = sum(square(results[0])) + sum(results[1] * 2);
      const Tensors plain = grad({loss}, wanted, {.retain_graph = true});
      const Tensors recorded = grad({loss}, wanted, {.create_graph = true});
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        CHECK(!plain[i].requires_grad());
        CHECK(recorded[i].requires_grad());
        CHECK(difference(plain[i], recorded[i], 1e-12) == "");
      }
    }
  };
  const auto of = [](auto f) {
    return [f](const Tensors& a, const SequenceOptions& options) {
      const auto [y, h] = f(a[0], a[1], a[2], a[3], a[4], a[5], options);
      return Tensors{y, h};
    };
  };
  check(of(gru), 3);
  check(of(rnn_tanh), 1);
  check(of(rnn_relu), 1);
  check(
      [](const Tensors& a, const SequenceOptions& options) {
        const auto [y, h, c] = lstm(a[0], a[1], a[1], a[2], a[3], a[4], a[5], {}, options);
        return Tensors{y, h + c};
      },
      4);
}

TEST_CASE("recurrent networks take infinities and NaN as their formulas do") {
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const auto column = [](const std::vector<double>& values) {
    return tensor(values, {static_cast<std::int64_t>(values.size()), 1});
  };
  const Tensor x = column({infinity, -infinity, nan, 1000, -1000, 0}), h = full({6, 1}, 0.5, DType::f64);
  const auto one = [](std::int64_t rows) { return ones({rows, 1}, DType::f64); };
  // Reset and update gate 1 keep h; 0 make it tanh(x).
  CHECK(difference(gru_cell(x, h, one(3), zeros({3, 1}, DType::f64)), column({0.5, -1, nan, 0.5, -1, 0.25}), 1e-12) ==
        "");
  CHECK(difference(rnn_relu_cell(x, h, one(1), one(1)), column({infinity, 0, nan, 1000.5, 0, 0.5}), 1e-12) == "");
  CHECK(difference(rnn_tanh_cell(x, h, one(1), one(1)), column({1, -1, nan, 1, -1, std::tanh(0.5)}), 1e-12) == "");
}
