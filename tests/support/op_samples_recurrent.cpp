// Rows of the op table: the LSTM.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

constexpr std::int64_t kIn = 3, kHidden = 2;

/// The arguments of lstm and lstm_cell: x, h, c, the two weights, the two biases; the last ones may be left out.
Tensors arguments(const Shape& x, std::size_t count = 7) {
  const std::int64_t batch = x[x.size() - 2], in = x[x.size() - 1];
  const std::vector<Shape> shapes{
      x, {batch, kHidden}, {batch, kHidden}, {4 * kHidden, in}, {4 * kHidden, kHidden}, {4 * kHidden}, {4 * kHidden}};
  Tensors out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(leaf(shapes[i], -1, 1, i + 1));
  return out;
}

Tensor argument(const Tensors& in, std::size_t i) { return i < in.size() ? in[i] : Tensor(); }

Tensors call_cell(const Tensors& in) {
  const auto [h, c] = lstm_cell(in[0], in[1], in[2], in[3], in[4], argument(in, 5), argument(in, 6));
  return {h, c};
}

Tensors call_sequence(const Tensors& in) {
  const auto [y, h, c] = lstm(in[0], in[1], in[2], in[3], in[4], argument(in, 5), argument(in, 6));
  return {y, h, c};
}

/// The same arguments but for one; off the tape, f32.
Tensors with(const Shape& x, std::size_t i, const Tensor& other) {
  Tensors out;
  for (const Tensor& t : arguments(x)) out.push_back(t.detach().to(DType::f32));
  out[i] = other;
  return out;
}

/// What both refuse.
std::vector<ErrorSample> errors(const std::string& op, const Shape& x, Tensors (*call)(const Tensors&)) {
  const auto sample = [&]<class E>(E*, const std::string& message, std::size_t i, const Tensor& other) {
    return error<E>(op + ": " + message, [=] { call(with(x, i, other)); });
  };
  ShapeError* shape = nullptr;
  DTypeError* dtype = nullptr;
  ValueError* value = nullptr;
  return {sample(shape, "expected input with 4 features for weight_ih [8, 4], got shape ", 3, ones({8, 4})),
          sample(shape, "expected weight_hh of shape [8, 2], got [6, 2]", 4, ones({6, 2})),
          sample(shape, "expected weight_hh of rank 2, got shape [8]", 4, ones({8})),
          sample(shape, "expected h of shape [2, 2], got [1, 2]", 1, ones({1, 2})),
          sample(shape, "expected c of shape [2, 2], got [2, 3]", 2, ones({2, 3})),
          sample(shape, "expected bias_ih of shape [8], got [2]", 5, ones({2})),
          sample(shape, "expected bias_hh of shape [8], got [8, 1]", 6, ones({8, 1})),
          sample(dtype, "expected operands of one dtype, got f32 and f64", 2, ones({2, 2}, {.dtype = DType::f64})),
          sample(dtype, "expected dtype f32, f64, got i64", 0, ones(x, {.dtype = DType::i64})),
          sample(value, "expected the input to be a tensor, got an undefined one", 0, {}),
          sample(value, "expected weight_hh to be a tensor, got an undefined one", 4, {})};
}

}  // namespace

void add_recurrent_rows(std::vector<OpRow>& table) {
  const auto no_state = [](const Tensors& in) {
    const auto [h, c] = lstm_cell(in[0], {}, {}, in[1], in[2], in[3]);
    return Tensors{h, c};
  };
  std::vector<ErrorSample> cell_errors = errors("lstm_cell", {2, kIn}, call_cell);
  cell_errors.push_back(error<ShapeError>("lstm_cell: expected input [batch, in], got shape [3]", [] {
    call_cell(with({2, kIn}, 0, ones({3})));
  }));
  table.push_back(
      {"lstm_cell",
       {{"batch", arguments({2, kIn}), call_cell},
        {"no biases", arguments({2, kIn}, 5), call_cell},
        {"only the output", arguments({2, kIn}), [](const Tensors& in) { return Tensors{call_cell(in)[0]}; }},
        {"only the state", arguments({2, kIn}), [](const Tensors& in) { return Tensors{call_cell(in)[1]}; }},
        {"no state before",
         {leaf({2, kIn}), leaf({8, kIn}, -1, 1, 2), leaf({8, kHidden}, -1, 1, 3), leaf({8}, -1, 1, 4)},
         no_state},
        {"empty", arguments({0, kIn}), call_cell}},
       std::move(cell_errors)});

  const auto from_zeros = [](const Tensors& in) {
    const auto [y, h, c] = lstm(in[0], {}, {}, in[1], in[2], {}, in[3]);
    return Tensors{y, h, c};
  };
  const Tensors zero_state{leaf({3, 1, kIn}), leaf({8, kIn}, -1, 1, 2), leaf({8, kHidden}, -1, 1, 3),
                           leaf({8}, -1, 1, 4)};
  std::vector<ErrorSample> sequence_errors = errors("lstm", {3, 2, kIn}, call_sequence);
  for (const Shape& x : {Shape{2, kIn}, Shape{0, 2, kIn}}) {
    sequence_errors.push_back(error<ShapeError>(
        "lstm: expected input [steps, batch, in] with a step or more, got shape " + to_string(x), [x] {
          call_sequence(with({3, 2, kIn}, 0, ones(x)));
        }));
  }
  table.push_back(
      {"lstm",
       {{"steps", arguments({3, 2, kIn}), call_sequence},
        {"one step", arguments({1, 2, kIn}), call_sequence},
        {"no biases", arguments({2, 1, kIn}, 5), call_sequence},
        {"only the sequence", arguments({3, 1, kIn}), [](const Tensors& in) { return Tensors{call_sequence(in)[0]}; }},
        {"only the last state", arguments({2, 1, kIn}),
         [](const Tensors& in) { return Tensors{call_sequence(in)[2]}; }},
        {"from zeros", zero_state, from_zeros},
        {"one step from zeros",
         {leaf({1, 2, kIn}), leaf({8, kIn}, -1, 1, 2), leaf({8, kHidden}, -1, 1, 3), leaf({8}, -1, 1, 4)},
         from_zeros},
        {"no features", arguments({2, 2, 0}), call_sequence},
        {"no batch", arguments({2, 0, kIn}), call_sequence}},
       std::move(sequence_errors)});
}

}  // namespace reel::testing
