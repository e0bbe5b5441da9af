// Rotary position embedding against its formula.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/nn/nn.h>
#include <reel/ops/ops.h>

#include "support/requirement.h"

using namespace reel;

namespace {

using Doubles = std::vector<double>;

Tensor random(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  return randn(shape, {.dtype = DType::f64}, generator);
}

/// x [n, heads, length, width] with its first `turned` elements turned by angles [n or 1, length, turned / 2].
Doubles expected(const Tensor& x, const Tensor& angles, std::size_t turned, bool interleaved) {
  const std::size_t heads = std::size_t(x.size(1)), length = std::size_t(x.size(2)), width = std::size_t(x.size(3));
  const Doubles values = x.to_vector<double>(), angle = angles.to_vector<double>();
  Doubles out = values;
  for (std::size_t row = 0; row < values.size() / width; ++row) {
    const std::size_t table = (angles.size(0) > 1 ? row / length / heads * length : 0) + row % length;
    for (std::size_t j = 0; j < turned / 2; ++j) {
      const std::size_t a = row * width + (interleaved ? 2 * j : j), b = interleaved ? a + 1 : a + turned / 2;
      const double t = angle[table * (turned / 2) + j];
      out[a] = values[a] * std::cos(t) - values[b] * std::sin(t);
      out[b] = values[b] * std::cos(t) + values[a] * std::sin(t);
    }
  }
  return out;
}

void check_close(const Tensor& got, const Doubles& want, double tolerance = 1e-14) {
  const Doubles values = got.to_vector<double>();
  REQUIRE(values.size() == want.size());
  for (std::size_t i = 0; i < want.size(); ++i) CHECK(std::abs(values[i] - want[i]) <= tolerance);
}

}  // namespace

TEST_CASE("rotary embedding turns pairs by the angles") {
  for (const bool interleaved : {false, true}) {
    for (const std::int64_t turned : {2, 6, 34}) {
      for (const std::int64_t tables : {1, 2}) {
        INFO(turned << " elements, " << tables << " tables" << (interleaved ? ", interleaved" : ""));
        const Tensor x = random({2, 3, 5, 35}, 1), angles = random({tables, 5, turned / 2}, 2);
        const Tensor table = tables == 1 ? angles[0] : angles, cosines = cos(table), sines = sin(table);
        const Doubles want = expected(x, angles, std::size_t(turned), interleaved);
        check_close(rotary_embedding(x, cosines, sines, interleaved), want);
        // The same elements in other layouts, and with another number of leading dimensions.
        const Tensor transposed = x.transpose(1, 2).contiguous().transpose(1, 2);
        check_close(rotary_embedding(transposed, cosines, sines, interleaved), want);
        const Tensor columns = x.transpose(2, 3).contiguous().transpose(2, 3);
        check_close(rotary_embedding(columns, cosines, sines, interleaved), want);
        check_close(rotary_embedding(x.reshape({2, 1, 3, 5, 35}), cosines, sines, interleaved), want);
        if (tables == 1) check_close(rotary_embedding(x.reshape({6, 5, 35}), cosines, sines, interleaved), want);
      }
    }
  }
}

TEST_CASE("rotary embedding of half floats is computed in f32 and rounded once") {
  const Tensor exact = random({2, 4, 8}, 1), angles = random({4, 3}, 2);
  for (const DType dtype : {DType::f16, DType::bf16}) {
    const Tensor x = exact.to(dtype), cosines = cos(angles).to(dtype), sines = sin(angles).to(dtype);
    const auto f32 = [](const Tensor& t) { return t.to(DType::f32); };
    const Tensor want = rotary_embedding(f32(x), f32(cosines), f32(sines)).to(dtype);
    CHECK(rotary_embedding(x, cosines, sines).to(DType::f32).to_vector<float>() == f32(want).to_vector<float>());
  }
}

TEST_CASE("the layer's angles are position * base^(-2 j / dim)") {
  const nn::RotaryEmbedding rotary(6, {.max_seq_len = 20, .base = 100});
  const Tensor x = random({2, 3, 4, 8}, 1).to(DType::f32);
  const auto angles_at = [](const std::vector<std::vector<double>>& positions) {
    Doubles all;
    for (const auto& row : positions) {
      for (const double p : row) {
        for (int j = 0; j < 3; ++j) all.push_back(p * std::pow(100.0, -2 * j / 6.0));
      }
    }
    return tensor(all).reshape({std::int64_t(positions.size()), 4, 3});
  };
  check_close(rotary(x), expected(x, angles_at({{0, 1, 2, 3}}), 6, false), 1e-6);
  check_close(rotary(x, 16), expected(x, angles_at({{16, 17, 18, 19}}), 6, false), 1e-6);
  check_close(rotary(x, tensor({3, 0, 19, 3})), expected(x, angles_at({{3, 0, 19, 3}}), 6, false), 1e-6);
  check_close(rotary(x, tensor({{3, 0, 19, 3}, {1, 2, 3, 4}})),
              expected(x, angles_at({{3, 0, 19, 3}, {1, 2, 3, 4}}), 6, false), 1e-6);
  const nn::RotaryEmbedding neighbours(8, {.max_seq_len = 4, .base = 100, .interleaved = true});
  Doubles angles;
  for (int p = 0; p < 4; ++p) {
    for (int j = 0; j < 4; ++j) angles.push_back(p * std::pow(100.0, -2 * j / 8.0));
  }
  check_close(neighbours(x), expected(x, tensor(angles).reshape({1, 4, 4}), 8, true), 1e-6);
}

TEST_CASE("scores after rotary embedding depend on the distance alone") {
  const nn::RotaryEmbedding rotary(16);
  const Tensor q = random({1, 16}, 1).to(DType::f32), k = random({1, 16}, 2).to(DType::f32);
  const auto score = [&](std::int64_t i, std::int64_t j) { return sum(rotary(q, i) * rotary(k, j)).item(); };
  CHECK(score(5, 2) == doctest::Approx(score(4000, 3997)).epsilon(1e-4));
  CHECK(std::abs(score(5, 2) - score(5, 3)) > 1e-3);
}

TEST_CASE("the tables of the rotary layer follow the module and are in no state") {
  const nn::RotaryEmbedding rotary(4, {.max_seq_len = 8});
  CHECK(rotary.state_dict().empty());
  CHECK(rotary.buffers().size() == 2);
  CHECK(rotary.load_state_dict({}).missing_keys.empty());
  rotary.to(DType::f64);
  CHECK(rotary.cos.dtype() == DType::f64);
  CHECK(rotary(ones({3, 4}, DType::f64)).dtype() == DType::f64);
  CHECK(rotary(ones({3, 4})).dtype() == DType::f32);
  CHECK(to_string(nn::RotaryEmbedding(4)) == "RotaryEmbedding(4, max_seq_len=4096, base=10000.0, interleaved=False)");
}

TEST_CASE("the rotary layer refuses what does not fit") {
  const auto message = [](auto&& call) -> std::string {
    try {
      call();
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  CHECK(message([] { nn::RotaryEmbedding(3); }) == "RotaryEmbedding: expected an even dim of at least 2, got 3");
  const nn::RotaryEmbedding rotary(4, {.max_seq_len = 8});
  CHECK(message([&] {
          rotary(ones({2, 4}), 7);
        }) == "RotaryEmbedding: expected positions below max_seq_len = 8, got 2 from 7 on");
  CHECK(message([&] { rotary(ones({2, 4}), -1); }).starts_with("RotaryEmbedding: expected positions below"));
  CHECK(message([&] { rotary(ones({4})); }) == "RotaryEmbedding: expected input [..., length, width], got shape [4]");
  CHECK_THROWS_AS(rotary(ones({2, 2})), ShapeError);
}
