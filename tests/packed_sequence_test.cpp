// Sequences of different lengths: packing, padding, and recurrent layers over them.

#include <doctest/doctest.h>
#include <reel/reel.h>

#include "support/op_runs.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

using Numbers = std::vector<std::int64_t>;

Numbers numbers(const Tensor& t) { return t.to_vector<std::int64_t>(); }

/// 10 b + t for step t of sequence b, [steps, batch].
Tensor numbered(std::int64_t steps, std::int64_t batch) {
  return (arange(steps).unsqueeze(1) + arange(batch).unsqueeze(0) * 10).to(DType::f64);
}

}  // namespace

TEST_CASE("pack_padded_sequence takes the steps of the longest first") {
  const Tensor x = numbered(4, 3);
  {
    const nn::PackedSequence packed = nn::pack_padded_sequence(x, Numbers{4, 2, 1});
    CHECK(packed.data.to_vector<double>() == std::vector<double>{0, 10, 20, 1, 11, 2, 3});
    CHECK(numbers(packed.batch_sizes) == Numbers{3, 2, 1, 1});
    CHECK(packed.batch_sizes.device().is_cpu());
    CHECK_FALSE(packed.sorted_indices.defined());
    CHECK_FALSE(packed.unsorted_indices.defined());
  }
  for (const bool batch_first : {false, true}) {
    const nn::PackedSequence packed =
        nn::pack_padded_sequence(batch_first ? transpose(x, 0, 1) : x, tensor(Numbers{2, 1, 3}), batch_first, false);
    CHECK(packed.data.to_vector<double>() == std::vector<double>{20, 0, 10, 21, 1, 22});
    CHECK(numbers(packed.batch_sizes) == Numbers{3, 2, 1});
    CHECK(numbers(packed.sorted_indices) == Numbers{2, 0, 1});
    CHECK(numbers(packed.unsorted_indices) == Numbers{1, 2, 0});
  }
}

TEST_CASE("pad_packed_sequence is the inverse of pack_padded_sequence") {
  const Tensor x = numbered(4, 3).unsqueeze(2) * tensor({1.0, -1.0}).to(DType::f64);
  const Tensor mask = (numbered(4, 3) - arange(3).to(DType::f64) * 10 >= tensor({2.0, 1.0, 3.0}).to(DType::f64));
  const Tensor expected = masked_fill(x, mask.unsqueeze(2), -7);
  const nn::PackedSequence packed = nn::pack_padded_sequence(x, Numbers{2, 1, 3}, false, false);
  const auto [padded, lengths] = nn::pad_packed_sequence(packed, false, -7);
  CHECK(equal(padded, narrow(expected, 0, 0, 3)));
  CHECK(numbers(lengths) == Numbers{2, 1, 3});
  const auto [longer, same_lengths] = nn::pad_packed_sequence(packed, true, -7, 4);
  CHECK(equal(longer, transpose(expected, 0, 1)));
  CHECK(numbers(same_lengths) == Numbers{2, 1, 3});
}

TEST_CASE("gradients pass packing and padding, and padding gets none") {
  const Tensor x = leaf({4, 3, 2});
  const auto round_trip = [](const Tensor& t) {
    return std::get<0>(nn::pad_packed_sequence(nn::pack_padded_sequence(t, Numbers{2, 1, 3}, false, false)));
  };
  CHECK(gradcheck([&](const Tensors& in) { return Tensors{round_trip(in[0])}; }, {x}));
  CHECK(gradgradcheck([&](const Tensors& in) { return Tensors{round_trip(square(in[0]))}; }, {x}));
  sum(round_trip(x)).backward();
  CHECK(sum(x.grad()).item() == 2 * (2 + 1 + 3));
  CHECK(sum(x.grad()[3]).item() == 0);
  const Tensor a = leaf({2, 2}), b = leaf({3, 2}, -1, 1, 2);
  CHECK(gradcheck([](const Tensors& in) { return Tensors{nn::pad_sequence(in, true)}; }, {a, b}));
}

TEST_CASE("pad_sequence and pack_sequence take sequences one by one") {
  const Tensors sequences{tensor({1.0, 2.0}), tensor({3.0}), tensor({4.0, 5.0, 6.0})};
  CHECK(equal(nn::pad_sequence(sequences), tensor({{1.0, 3.0, 4.0}, {2.0, 0.0, 5.0}, {0.0, 0.0, 6.0}})));
  CHECK(equal(nn::pad_sequence(sequences, true, 9), tensor({{1.0, 2.0, 9.0}, {3.0, 9.0, 9.0}, {4.0, 5.0, 6.0}})));
  CHECK(nn::pad_sequence({ones({2, 5}), ones({0, 5})}).shape() == Shape{2, 2, 5});
  const nn::PackedSequence packed = nn::utils::rnn::pack_sequence(sequences, false);
  CHECK(equal(packed.data, tensor({4.0, 1.0, 3.0, 5.0, 2.0, 6.0})));
  CHECK(numbers(packed.batch_sizes) == Numbers{3, 2, 1});
}

TEST_CASE("packing says what is wrong") {
  const Tensor x = ones({4, 3});
  const auto pack = [&](const Numbers& lengths) { nn::pack_padded_sequence(x, lengths); };
  check_throws<ValueError>("pack_padded_sequence: expected lengths that never increase; otherwise pass enforce_sorted",
                           [&] {
                             pack({2, 3, 1});
                           });
  check_throws<ValueError>("pack_padded_sequence: expected lengths between 1 and 4 steps, got 0", [&] {
    pack({2, 1, 0});
  });
  check_throws<ValueError>("expected lengths between 1 and 4 steps, got 5", [&] { pack({5, 1, 1}); });
  check_throws<ValueError>("expected a length for each of the 3 sequences, got 2", [&] { pack({2, 1}); });
  check_throws<ShapeError>("expected padded sequences of rank 2 or more, got shape [4]",
                           [] { nn::pack_padded_sequence(ones({4}), Numbers{1}); });
  check_throws<DTypeError>("pack_padded_sequence: expected lengths of dtype i64 or i32, got f32",
                           [&] { nn::pack_padded_sequence(x, ones({3})); });
  check_throws<ValueError>("expected a sequence or more, got none", [] { nn::pad_sequence({}); });
  check_throws<ValueError>("pad_sequence: expected each sequence to be a tensor", [] { nn::pad_sequence({Tensor()}); });
  check_throws<ShapeError>("expected sequences [steps, ...], got a scalar", [] { nn::pad_sequence({tensor(1.0)}); });
  check_throws<ValueError>("expected lengths between 1 and 2 steps, got 0", [] {
    nn::pack_sequence({ones({2}), ones({0})});
  });
  const nn::PackedSequence packed = nn::pack_padded_sequence(x, Numbers{3, 2, 1});
  check_throws<ValueError>("pad_packed_sequence: expected a total_length of at least the longest sequence's 3, got 2",
                           [&] { nn::pad_packed_sequence(packed, false, 0, 2); });
  check_throws<ValueError>("pad_packed_sequence: expected batch_sizes that never increase and the rows of them all",
                           [&] {
                             nn::pad_packed_sequence({packed.data, tensor(Numbers{2, 3})});
                           });
  check_throws<IndexError>("pad_packed_sequence: expected sorted_indices from 0 to 2, got 3", [&] {
    nn::pad_packed_sequence({packed.data, packed.batch_sizes, tensor(Numbers{0, 3, 1})});
  });
  check_throws<ValueError>("pad_packed_sequence: expected the data to be a tensor",
                           [] { nn::pad_packed_sequence({}); });
}

TEST_CASE("a packed batch is its sequences one by one") {
  manual_seed(3);
  const Numbers lengths{2, 5, 1, 5};
  const nn::GRU layer(3, 4, {.num_layers = 2, .bidirectional = true});
  const nn::LSTM projected(3, 4, {.num_layers = 2, .bidirectional = true, .proj_size = 2});
  const Tensor x = randn({5, 4, 3}), h0 = randn({4, 4, 4}), c0 = randn({4, 4, 4}), p0 = randn({4, 4, 2});
  const nn::PackedSequence packed = nn::pack_padded_sequence(x, lengths, false, false);
  const auto [y, h] = layer(packed, h0);
  const auto [z, hp, cp] = projected(packed, {p0, c0});
  const Tensor padded = std::get<0>(nn::pad_packed_sequence(y)), other = std::get<0>(nn::pad_packed_sequence(z));
  for (std::int64_t b = 0; b < 4; ++b) {
    const std::int64_t length = lengths[static_cast<std::size_t>(b)];
    const auto alone = [&](const Tensor& t) { return narrow(t, 1, b, 1); };
    const Tensor sequence = narrow(alone(x), 0, 0, length);
    const auto [y1, h1] = layer(sequence, alone(h0));
    CHECK(difference(narrow(alone(padded), 0, 0, length), y1, 1e-6) == "");
    CHECK(difference(alone(h), h1, 1e-6) == "");
    const auto [z1, hp1, cp1] = projected(sequence, alone(p0), alone(c0));
    CHECK(difference(narrow(alone(other), 0, 0, length), z1, 1e-6) == "");
    CHECK(difference(alone(hp), hp1, 1e-6) == "");
    CHECK(difference(alone(cp), cp1, 1e-6) == "");
  }
}

TEST_CASE("packed samples are shared out to threads") {
  const std::vector<std::int64_t> sizes{11, 11, 9, 5, 2, 1};
  for (const bool reverse : {false, true}) {
    const Sample sample{"packed",
                        {leaf({39, 4}), leaf({11, 5}, -1, 1, 2), leaf({15, 4}, -1, 1, 3), leaf({15, 5}, -1, 1, 4),
                         leaf({15}, -1, 1, 5), leaf({15}, -1, 1, 6)},
                        [=](const Tensors& a) {
                          const auto [y, h] =
                              gru(a[0], a[1], a[2], a[3], a[4], a[5], {.reverse = reverse, .batch_sizes = sizes});
                          return Tensors{y, h};
                        }};
    const ThreadLimit one(1);
    const Run expected = run(sample, fresh_inputs(sample.inputs));
    const ThreadLimit three(3);
    CHECK(difference(run(sample, fresh_inputs(sample.inputs)), expected, 1e-12) == "");
  }
}

TEST_CASE("recurrent layers refuse packed sequences that do not hold together") {
  const nn::GRU layer(3, 4);
  const nn::PackedSequence packed = nn::pack_padded_sequence(ones({2, 2, 3}), Numbers{2, 1});
  check_throws<ValueError>("GRU: expected the data of the packed sequence to be a tensor",
                           [&] { layer(nn::PackedSequence{}); });
  check_throws<ValueError>("GRU: expected the batch_sizes of the packed sequence to be a tensor", [&] {
    layer(nn::PackedSequence{packed.data, {}});
  });
  check_throws<ValueError>("GRU: expected a packed sequence with a step or more, got none", [&] {
    layer(nn::PackedSequence{packed.data, tensor(Numbers{})});
  });
  check_throws<ShapeError>("gru: expected input [rows, in] with the 4 rows of batch_sizes, got shape [3, 3]", [&] {
    layer(nn::PackedSequence{packed.data, tensor(Numbers{3, 1})});
  });
  check_throws<ShapeError>("GRU: expected h0 of shape [1, batch, hidden], got [2, 4]", [&] {
    layer(packed, ones({2, 4}));
  });
}
