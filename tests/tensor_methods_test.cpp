// The members of Tensor: there is one for every operation, it computes the same, and the in-place ones change the
// tensor.

#include <cmath>
#include <regex>
#include <set>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/ops.h>

#include "support/source_files.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

/// The functions in a header whose first argument is a tensor.
std::set<std::string> operations_in(const std::string& header) {
  const std::string text = without_comments(read_text(source_dir() / header));
  const std::regex declaration(R"(^(?:Tensor|Tensors|bool|std::tuple<[^>]*>) (\w+)\(const Tensor& \w+)",
                               std::regex::multiline);
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), declaration), end; it != end; ++it) {
    if ((*it)[1] != "operator") names.insert((*it)[1]);
  }
  return names;
}

/// The public members that TensorMethods declares.
std::set<std::string> members() {
  const std::string text = without_comments(read_text(source_dir() / "tensor/tensor_methods.h"));
  const std::regex declaration(R"(^  (?:[\w:<>, &]+) (\w+)\([^;]*\) const)", std::regex::multiline);
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), declaration), end; it != end; ++it) names.insert((*it)[1]);
  return names;
}

Tensor numbers() { return tensor({{0.5F, -0.25F, 0.75F}, {-1.0F, 0.0F, 1.0F}}); }

/// Values where a function is defined; NaN equals NaN.
void check_same(const Tensor& a, const Tensor& b) {
  CHECK(a.dtype() == b.dtype());
  CHECK(a.shape() == b.shape());
  CHECK(allclose(a, b, 0, 0, true));
}

}  // namespace

TEST_CASE("every operation whose first argument is a tensor is a member, too") {
  const std::set<std::string> names = members();
  CHECK(names.size() > 150);
  int operations = 0;
  // What PyTorch has as functions alone.
  const std::set<std::string> functions{"var_mean", "std_mean", "searchsorted", "bucketize", "tensordot", "trapezoid",
                                        "cdist",    "xlog1py",  "entr",         "erfcx",     "ndtr",      "log_ndtr",
                                        "ndtri",    "i0e",      "i1",           "i1e"};
  // PyTorch has the other families in nn.functional alone.
  for (const std::string family :
       {"activation", "arithmetic", "comparison", "indexing", "linear_algebra", "numeric", "pointwise", "products",
        "random", "reduction", "scan", "selection", "shift", "sorted", "special", "statistics", "view"}) {
    for (const std::string& name : operations_in("ops/" + family + ".h")) {
      if (functions.contains(name)) continue;
      CHECK_MESSAGE(names.contains(name), name << " of ops/" << family << ".h");
      ++operations;
    }
  }
  CHECK(operations > 120);
}

TEST_CASE("members compute what the functions compute") {
  const Tensor x = numbers(), y = flip(numbers(), {0}), positive = abs(x) + 0.5;
  check_same(x.add(y, 2), x + 2 * y);
  check_same(x.sub(1).mul(2).div(4).neg(), -((x - 1) * 2 / 4));
  check_same(x.eq(y), x == y);
  check_same(x.ge(0.5).logical_not(), x < 0.5);
  check_same(positive.pow(2).log(), log(positive * positive));
  check_same(x.where(y > 0, 7), where(y > 0, x, 7));
  check_same(x.mm(y.t()), matmul(x, y.t()));
  check_same(x.mv(y[0]), sum(x * y[0], 1));
  check_same(x.std(1), stddev(x, 1));
  check_same(x.pad({1, 0}), pad(x, {1, 0}));
  check_same(x.pad({1, 0}, PadMode::replicate), pad(x, {1, 0}, PadMode::replicate));
  check_same(x.expand_as(ones({2, 2, 3})), expand(x, {2, 2, 3}));
  check_same(x.view_as(ones({3, 2})), reshape(x, {3, 2}));
  check_same(x.index_put({tensor({0})}, tensor({1.0F, 2.0F, 3.0F}), true),
             x.add(tensor({{1, 2, 3}, {0, 0, 0}}).to(DType::f32)));
  check_same(x.diff(2), diff(x, 2));
  check_same(x.diff(1, 0, y, y), diff(cat({y, x, y}), 1, 0));
  check_same(x.quantile(0.3, 1), quantile(x, 0.3, 1));
  check_same(x.scatter(1, tensor({{0}, {1}}), 7), scatter(x, 1, tensor({{0}, {1}}), 7));
  check_same(x.div(y + 2, "trunc"), trunc(x / (y + 2)));
  check_same(tensor({1, 1}).bincount(), tensor({0, 2}));
  CHECK(std::get<2>(x.unique(true, false, true)).sum().item() == 6);
  CHECK(x.max().item() == 1);
  CHECK(x.argmax().item<int>() == 5);
  CHECK(std::get<1>(x.max(1)).to_vector<int>() == std::vector<int>{2, 2});
  CHECK(x.chunk(3, 1).size() == 3);
  CHECK(x.equal(x.clone()));
  CHECK(x.sizes() == Shape{2, 3});
}

TEST_CASE("in-place members change the tensor as the functions would, keep its memory and count a version") {
  using Function = Tensor (*)(const Tensor&);
  using Member = const Tensor& (TensorMethods::*)() const;
  const std::vector<std::pair<Function, Member>> pairs{
      {abs, &Tensor::abs_},     {neg, &Tensor::neg_},         {sign, &Tensor::sign_},
      {exp, &Tensor::exp_},     {expm1, &Tensor::expm1_},     {log, &Tensor::log_},
      {log1p, &Tensor::log1p_}, {log2, &Tensor::log2_},       {sqrt, &Tensor::sqrt_},
      {rsqrt, &Tensor::rsqrt_}, {square, &Tensor::square_},   {reciprocal, &Tensor::reciprocal_},
      {sin, &Tensor::sin_},     {cos, &Tensor::cos_},         {tan, &Tensor::tan_},
      {asin, &Tensor::asin_},   {acos, &Tensor::acos_},       {atan, &Tensor::atan_},
      {sinh, &Tensor::sinh_},   {cosh, &Tensor::cosh_},       {tanh, &Tensor::tanh_},
      {erf, &Tensor::erf_},     {floor, &Tensor::floor_},     {ceil, &Tensor::ceil_},
      {round, &Tensor::round_}, {sigmoid, &Tensor::sigmoid_}, {relu, &Tensor::relu_}};
  for (const auto& entry : pairs) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      const Tensor x = numbers().to(dtype), expected = entry.first(x), alias = x.view(-1);
      const auto version = x.version();
      const Tensor& result = (x.*entry.second)();
      CHECK(&result == &x);
      check_same(alias.view({2, 3}), expected);
      CHECK(x.version() == version + 1);
    }
  }
}

TEST_CASE("in-place members with arguments") {
  const Tensor x = numbers();
  check_same(x.clone().pow_(2), square(x));
  check_same(tensor({-2, 3}).pow_(3), tensor({-8, 27}));
  const Tensor special = tensor({-INFINITY, -1.0F, -0.0F, 0.0F, 0.3F, 2.0F, INFINITY, NAN});
  for (const double exponent : {-1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 2.5, 3.0}) {
    check_same(special.clone().pow_(exponent), pow(special, exponent));
  }
  check_same(x.clone().remainder_(0.4), remainder(x, 0.4));
  check_same(x.clone().clamp_(-0.5, 0.5), clamp(x, -0.5, 0.5));
  check_same(x.clone().clamp_(std::nullopt, 0), clamp(x, std::nullopt, 0));
  check_same(x.clone().masked_fill_(x > 0, 3), masked_fill(x, x > 0, 3));
  check_same(x.clone().masked_fill_(tensor({true, false, false}), 3), masked_fill(x, tensor({true, false, false}), 3));
  const Tensor t = x.clone().t();  // any strides
  check_same(t.exp_(), exp(x.t()));

  Generator first(3), second(3);
  const Tensor uniform = empty({1000}).uniform_(2, 3, first);
  CHECK(uniform.min().item() >= 2);
  CHECK(uniform.max().item() < 3);
  check_same(uniform, empty({1000}).uniform_(2, 3, second));
  const Tensor normal = empty({10000}).normal_(5, 0.1);
  CHECK(normal.mean().item() == doctest::Approx(5).epsilon(0.01));
  CHECK(normal.std().item() == doctest::Approx(0.1).epsilon(0.1));
}

TEST_CASE("in-place members refuse what they cannot do, and change nothing") {
  const Tensor whole = tensor({4, 9});
  CHECK_THROWS_AS(whole.sqrt_(), DTypeError);
  CHECK_THROWS_AS(whole.remainder_(0), ValueError);
  CHECK_THROWS_AS(whole.clamp_(std::nullopt), ValueError);
  CHECK_THROWS_AS(whole.uniform_(), DTypeError);
  CHECK_THROWS_AS(ones(2).uniform_(1, 0), ValueError);
  CHECK_THROWS_AS(ones(2).uniform_(NAN), ValueError);
  CHECK_THROWS_AS(ones(2).normal_(0, -1), ValueError);
  CHECK_THROWS_AS(ones(2).normal_(INFINITY), ValueError);
  CHECK_THROWS_AS(whole.masked_fill_(ones({2}), 1), DTypeError);
  CHECK_THROWS_AS(whole.masked_fill_(tensor({{true}, {false}}), 1), ShapeError);
  CHECK_THROWS_AS(whole.masked_fill_(tensor({true, false}), 0.5), DTypeError);
  CHECK(whole.to_vector<int>() == std::vector<int>{4, 9});
  CHECK_THROWS_AS(ones(3).expand({2, 3}).exp_(), ValueError);
  CHECK_THROWS_AS(Tensor().exp_(), ValueError);
  const Tensor w = ones(3).requires_grad_();
  CHECK_THROWS_AS(w.exp_(), AutogradError);
  const NoGradGuard guard;
  CHECK(w.exp_()[0].item() == doctest::Approx(2.718281828));
}

TEST_CASE("detach_ takes the tensor itself off the tape") {
  const Tensor w = ones(2).requires_grad_(), y = w * 3;
  CHECK(&y.detach_() == &y);
  CHECK(y.is_leaf());
  CHECK_FALSE(y.requires_grad());
  const Tensor loss = (w * y).sum();
  loss.backward();
  CHECK(w.grad().to_vector<float>() == std::vector<float>{3, 3});  // y is a constant now
  w.detach_();
  CHECK_FALSE(w.requires_grad());
  CHECK(w.grad().defined());
}
