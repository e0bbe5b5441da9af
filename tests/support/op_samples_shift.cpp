// Rows of the op table: shifts of bits.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

template <class F, class G> OpRow shift(std::string_view name, F f, G with_number) {
  const auto call = call2([f](const Tensor& a, const Tensor& b) { return f(a, b); });
  const std::string op(name);
  return {
      .name = name,
      .samples = {{"integers", {tensor({{0, 1, -1}, {6, -7, 1 << 20}}), tensor({{1, 3, 5}, {0, 64, -1}})}, call},
                  {"broadcast", {tensor({12, 10}), tensor({{3}, {6}})}, call},
                  {"number", {tensor({12, 10})}, call1([with_number](const Tensor& a) { return with_number(a, 2); })},
                  {"0-d", {tensor(12), tensor(2)}, call},
                  {"empty", {zeros({0}, DType::i64), zeros({0}, DType::i64)}, call}},
      .errors = {error<DTypeError>(op + ": expected dtype i64, i32, u8, got f32", [f] { f(ones({2}), ones({2})); }),
                 error<DTypeError>(op + ": expected operands of one dtype",
                                   [f] { f(zeros({2}, DType::i64), zeros({2}, DType::i32)); }),
                 error<DTypeError>(op + ": expected a number that dtype",
                                   [with_number] { with_number(zeros({2}, DType::i64), 0.5); }),
                 error<ShapeError>(op + ": expected shapes that broadcast together",
                                   [f] { f(zeros({2}, DType::i64), zeros({3}, DType::i64)); }),
                 error<ValueError>("undefined", [f] { f(Tensor(), zeros({2}, DType::i64)); })},
      .differentiable = false,
      .exact = true};
}

}  // namespace

void add_shift_rows(std::vector<OpRow>& table) {
  using T = const Tensor&;
  table.push_back(shift(
      "bitwise_left_shift", [](T a, T b) { return a << b; }, [](T a, Scalar b) { return a << b; }));
  table.push_back(shift(
      "bitwise_right_shift", [](T a, T b) { return a >> b; }, [](T a, Scalar b) { return a >> b; }));
}

}  // namespace reel::testing
