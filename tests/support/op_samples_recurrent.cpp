// Rows of the op table: recurrent networks.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

constexpr std::int64_t kIn = 3, kHidden = 2;

/// A recurrent network: how many gates and states it has, and the functions.
struct Network {
  std::string name;
  std::int64_t gates;
  std::size_t states;
  std::function<Tensors(const Tensors&)> cell;
  std::function<Tensors(const Tensors&, const SequenceOptions&)> sequence;

  std::int64_t rows() const { return gates * kHidden; }
};

Tensor argument(const Tensors& in, std::size_t i) { return i < in.size() ? in[i] : Tensor(); }

/// Of functions that take x, h, the weights and the biases.
template <class Cell, class Sequence>
Network one_state(const std::string& name, std::int64_t gates, Cell cell, Sequence sequence) {
  return {
      name, gates, 1,
      [cell](const Tensors& in) { return Tensors{cell(in[0], in[1], in[2], in[3], argument(in, 4), argument(in, 5))}; },
      [sequence](const Tensors& in, const SequenceOptions& options) {
        const auto [y, h] = sequence(in[0], in[1], in[2], in[3], argument(in, 4), argument(in, 5), options);
        return Tensors{y, h};
      }};
}

Network lstm_network() {
  return {"lstm", 4, 2,
          [](const Tensors& in) {
            const auto [h, c] = lstm_cell(in[0], in[1], in[2], in[3], in[4], argument(in, 5), argument(in, 6));
            return Tensors{h, c};
          },
          [](const Tensors& in, const SequenceOptions& options) {
            const auto [y, h, c] =
                lstm(in[0], in[1], in[2], in[3], in[4], argument(in, 5), argument(in, 6), argument(in, 7), options);
            return Tensors{y, h, c};
          }};
}

/// The arguments: x, the states, the two weights, and as many biases as asked for. `seed` tells rows apart.
Tensors arguments(const Network& net, const Shape& x, std::int64_t batch, int biases = 2) {
  std::vector<Shape> shapes{x};
  shapes.insert(shapes.end(), net.states, Shape{batch, kHidden});
  shapes.push_back({net.rows(), x[x.size() - 1]});
  shapes.push_back({net.rows(), kHidden});
  shapes.insert(shapes.end(), static_cast<std::size_t>(biases), Shape{net.rows()});
  Tensors out;
  for (std::size_t i = 0; i < shapes.size(); ++i) out.push_back(leaf(shapes[i], -1, 1, i + 1));
  return out;
}

/// The same arguments without the states; `call` gets undefined ones.
Sample from_zeros(const Network& net, const std::string& label, const Shape& x, std::int64_t batch,
                  const std::function<Tensors(const Tensors&)>& call) {
  Tensors in = arguments(net, x, batch);
  const std::size_t states = net.states;
  in.erase(in.begin() + 1, in.begin() + 1 + static_cast<std::ptrdiff_t>(states));
  return {label, in, [call, states](const Tensors& given) {
            Tensors all = given;
            all.insert(all.begin() + 1, states, Tensor());
            return call(all);
          }};
}

/// What a function with arguments for this x refuses, each fault in one argument.
std::vector<ErrorSample> errors(const Network& net, const std::string& op, const Shape& x,
                                const std::function<Tensors(const Tensors&)>& call) {
  const auto sample = [&]<class E>(E*, const std::string& message, std::size_t i, const Tensor& other) {
    Tensors in;
    for (const Tensor& t : arguments(net, x, 2)) in.push_back(t.detach().to(DType::f32));
    in[i] = other;
    return error<E>(op + ": " + message, [=] { call(in); });
  };
  ShapeError* shape = nullptr;
  DTypeError* dtype = nullptr;
  ValueError* value = nullptr;
  const std::size_t ih = net.states + 1, hh = ih + 1;
  const std::int64_t rows = net.rows();
  const std::string n = std::to_string(rows);
  std::vector<ErrorSample> all{
      sample(shape, "expected input with 4 features for weight_ih [" + n + ", 4], got shape ", ih, ones({rows, 4})),
      sample(shape, "expected weight_hh of shape [" + n + ", 2], got [7, 2]", hh, ones({7, 2})),
      sample(shape, "expected weight_hh of rank 2, got shape [" + n + "]", hh, ones({rows})),
      sample(shape, "expected h of shape [2, 2], got [1, 2]", 1, ones({1, 2})),
      sample(shape, "expected bias_ih of shape [" + n + "], got [1]", hh + 1, ones({1})),
      sample(shape, "expected bias_hh of shape [" + n + "], got [" + n + ", 1]", hh + 2, ones({rows, 1})),
      sample(dtype, "expected operands of one dtype, got f32 and f64", 1, ones({2, 2}, {.dtype = DType::f64})),
      sample(dtype, "expected dtype f32, f64, f16, bf16, got i64", 0, ones(x, {.dtype = DType::i64})),
      sample(value, "expected the input to be a tensor, got an undefined one", 0, {}),
      sample(value, "expected weight_hh to be a tensor, got an undefined one", hh, {})};
  if (net.states == 2) all.push_back(sample(shape, "expected c of shape [2, 2], got [2, 3]", 2, ones({2, 3})));
  return all;
}

OpRow cell_row(const Network& net, const std::string& name) {
  OpRow row{.name = "",
            .samples = {{"batch", arguments(net, {2, kIn}, 2), net.cell},
                        {"no biases", arguments(net, {2, kIn}, 2, 0), net.cell},
                        from_zeros(net, "no state before", {2, kIn}, 2, net.cell),
                        {"empty", arguments(net, {0, kIn}, 0), net.cell}}};
  for (std::size_t i = 0; net.states == 2 && i < 2; ++i) {
    row.samples.push_back({i ? "only the state" : "only the output", arguments(net, {2, kIn}, 2),
                           [cell = net.cell, i](const Tensors& in) { return Tensors{cell(in)[i]}; }});
  }
  row.errors = errors(net, name, {2, kIn}, net.cell);
  row.errors.push_back(error<ShapeError>(name + ": expected input [batch, in], got shape [3]", [net] {
    Tensors in = arguments(net, {2, kIn}, 2);
    in[0] = ones({3});
    net.cell(in);
  }));
  return row;
}

/// Samples of sequences of equal lengths and packed ones, from the first step and from the last.
std::vector<Sample> sequence_samples(const Network& net) {
  std::vector<Sample> samples;
  const std::vector<std::int64_t> sizes{3, 3, 2, 1};
  for (const bool reverse : {false, true}) {
    const std::string back = reverse ? ", reverse" : "";
    const auto call = [net, reverse](const Tensors& in) { return net.sequence(in, {.reverse = reverse}); };
    const auto packed = [net, reverse, sizes](const Tensors& in) {
      return net.sequence(in, {.reverse = reverse, .batch_sizes = sizes});
    };
    samples.push_back({"steps" + back, arguments(net, {3, 2, kIn}, 2), call});
    samples.push_back(from_zeros(net, "from zeros" + back, {3, 1, kIn}, 1, call));
    samples.push_back({"packed" + back, arguments(net, {9, kIn}, 3), packed});
    samples.push_back(from_zeros(net, "packed, from zeros" + back, {9, kIn}, 3, packed));
    samples.push_back({"only the sequence" + back, arguments(net, {3, 1, kIn}, 1),
                       [call](const Tensors& in) { return Tensors{call(in).front()}; }});
    samples.push_back({"only the last state" + back, arguments(net, {9, kIn}, 3),
                       [packed](const Tensors& in) { return Tensors{packed(in).back()}; }});
  }
  const auto call = [net](const Tensors& in) { return net.sequence(in, {}); };
  samples.push_back({"one step", arguments(net, {1, 2, kIn}, 2), call});
  samples.push_back(from_zeros(net, "one step from zeros", {1, 2, kIn}, 2, call));
  samples.push_back({"no biases", arguments(net, {2, 1, kIn}, 1, 0), call});
  samples.push_back({"no features", arguments(net, {2, 2, 0}, 2), call});
  samples.push_back({"no batch", arguments(net, {2, 0, kIn}, 0), call});
  return samples;
}

OpRow sequence_row(const Network& net) {
  const std::string& name = net.name;
  const auto call = [net](const Tensors& in) { return net.sequence(in, {}); };
  OpRow row{.name = "", .samples = sequence_samples(net), .errors = errors(net, name, {3, 2, kIn}, call)};
  const auto faulty = [&](const std::string& message, const Shape& x, const std::vector<std::int64_t>& batch_sizes) {
    row.errors.push_back(error<ShapeError>(name + ": " + message + to_string(x), [net, x, batch_sizes] {
      Tensors in = arguments(net, {3, 2, kIn}, 2);
      in[0] = ones(x);
      net.sequence(in, {.batch_sizes = batch_sizes});
    }));
  };
  for (const Shape& x : {Shape{2, kIn}, Shape{0, 2, kIn}}) {
    faulty("expected input [steps, batch, in] with a step or more, got shape ", x, {});
  }
  for (const Shape& x : {Shape{4, kIn}, Shape{3, 2, kIn}}) {
    faulty("expected input [rows, in] with the 3 rows of batch_sizes, got shape ", x, {2, 1});
  }
  for (const auto& [sizes, text] : {std::pair{std::vector<std::int64_t>{1, 2}, "1, 2"}, {{2, 0}, "2, 0"}}) {
    row.errors.push_back(error<ShapeError>(
        name + ": expected batch_sizes of at least 1 that never increase, got " + text, [net, sizes = sizes] {
          net.sequence(arguments(net, {3, kIn}, 2), {.batch_sizes = sizes});
        }));
  }
  return row;
}

/// The LSTM's own: a projection.
void add_projections(OpRow& row) {
  constexpr std::int64_t proj = 1;
  const auto projected = [](const Shape& x, std::int64_t batch) {
    const std::vector<Shape> shapes{x,   {batch, proj}, {batch, kHidden}, {4 * kHidden, kIn}, {4 * kHidden, proj},
                                    {8}, {8},           {proj, kHidden}};
    Tensors out;
    for (std::size_t i = 0; i < shapes.size(); ++i) out.push_back(leaf(shapes[i], -1, 1, i + 1));
    return out;
  };
  const Network net = lstm_network();
  for (const bool reverse : {false, true}) {
    const std::string back = reverse ? ", reverse" : "";
    row.samples.push_back({"projected" + back, projected({3, 2, kIn}, 2),
                           [=](const Tensors& in) { return net.sequence(in, {.reverse = reverse}); }});
    row.samples.push_back({"projected, packed" + back, projected({3, kIn}, 2), [=](const Tensors& in) {
                             return net.sequence(in, {.reverse = reverse, .batch_sizes = {2, 1}});
                           }});
  }
  Tensors in = projected({3, 2, kIn}, 2);
  in[1] = in[2] = Tensor();
  row.errors.push_back(error<ShapeError>("lstm: expected weight_hh of shape [8, 2], got [8, 1]", [=] {
    Tensors other = in;
    other[7] = ones({2, kHidden}, {.dtype = DType::f64});
    net.sequence(other, {});
  }));
  row.errors.push_back(error<ShapeError>("lstm: expected weight_hr of rank 2, got shape [2]", [=] {
    Tensors other = in;
    other[7] = ones({kHidden}, {.dtype = DType::f64});
    net.sequence(other, {});
  }));
}

}  // namespace

void add_recurrent_rows(std::vector<OpRow>& table) {
  const auto add = [&](std::string_view name, OpRow row) {
    row.name = name;
    table.push_back(std::move(row));
  };
  const Network net = lstm_network();
  add("lstm_cell", cell_row(net, "lstm_cell"));
  OpRow row = sequence_row(net);
  add_projections(row);
  add("lstm", std::move(row));

  const Network gru_network = one_state("gru", 3, gru_cell, gru);
  add("gru_cell", cell_row(gru_network, "gru_cell"));
  add("gru", sequence_row(gru_network));

  const Network tanh_network = one_state("rnn_tanh", 1, rnn_tanh_cell, rnn_tanh);
  add("rnn_tanh_cell", cell_row(tanh_network, "rnn_tanh_cell"));
  add("rnn_tanh", sequence_row(tanh_network));

  const Network relu_network = one_state("rnn_relu", 1, rnn_relu_cell, rnn_relu);
  add("rnn_relu_cell", cell_row(relu_network, "rnn_relu_cell"));
  add("rnn_relu", sequence_row(relu_network));
}

}  // namespace reel::testing
