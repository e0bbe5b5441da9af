// Joining, moving and choosing elements by hand, and indexing as Python has it.

#include <algorithm>
#include <limits>
#include <numeric>

#include <doctest/doctest.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/default_device.h"

using namespace reel;

namespace {

using Numbers = std::vector<std::int64_t>;

Numbers numbers(const Tensor& x) { return x.to_vector<std::int64_t>(); }

Tensor grid() { return arange(12).view({3, 4}); }
Tensor cube() { return arange(24).view({2, 3, 4}); }

}  // namespace

TEST_CASE("cat and stack") {
  const Tensor a = tensor({{1, 2}, {3, 4}}), b = tensor({{5, 6}});
  CHECK(numbers(cat({a, b})) == Numbers{1, 2, 3, 4, 5, 6});
  CHECK(numbers(cat({a, b.t()}, 1)) == Numbers{1, 2, 5, 3, 4, 6});
  CHECK(numbers(stack({a, a * 10}, 1)) == Numbers{1, 2, 10, 20, 3, 4, 30, 40});
  CHECK(stack({a, a}, -1).shape() == Shape{2, 2, 2});
  CHECK(numbers(cat({empty({0}, {.dtype = DType::i64}), a})) == Numbers{1, 2, 3, 4});
}

TEST_CASE("cat keeps channels-last if all inputs have it") {
  const Tensor a = arange(24).view({2, 3, 2, 2}), b = arange(16).view({2, 2, 2, 2});
  const Tensor joined = cat({a.channels_last(), b.channels_last()}, 1);
  CHECK(joined.is_channels_last());
  CHECK(numbers(joined) == numbers(cat({a, b}, 1)));
  CHECK(cat({a, b.channels_last()}, 1).is_contiguous());
}

TEST_CASE("repeat, flip, roll, rot90") {
  const Tensor x = tensor({{1, 2}, {3, 4}});
  CHECK(numbers(repeat(x, {2, 2})) == Numbers{1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4});
  CHECK(repeat(x, {2, 1, 3}).shape() == Shape{2, 2, 6});
  CHECK(repeat(ones({1, 1, 1, 1, 1, 1, 1, 2}), {1, 1, 1, 1, 1, 1, 1, 2}).shape() == Shape{1, 1, 1, 1, 1, 1, 1, 4});
  const Tensor copy = repeat(x, {1, 1});
  copy.zero_();
  CHECK(numbers(x) == Numbers{1, 2, 3, 4});
  CHECK(numbers(flip(x, {0})) == Numbers{3, 4, 1, 2});
  CHECK(numbers(flip(x, {0, 1})) == Numbers{4, 3, 2, 1});
  CHECK(numbers(roll(grid(), {1}, {0})) == Numbers{8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(numbers(roll(grid(), {-1, 2}, {0, 1})) == Numbers{6, 7, 4, 5, 10, 11, 8, 9, 2, 3, 0, 1});
  CHECK(numbers(roll(x, {1})) == Numbers{4, 1, 2, 3});
  CHECK(numbers(rot90(x)) == Numbers{2, 4, 1, 3});
  CHECK(numbers(rot90(x, 2)) == Numbers{4, 3, 2, 1});
  CHECK(numbers(rot90(x, 3)) == Numbers{3, 1, 4, 2});
  CHECK(numbers(rot90(x, -1)) == Numbers{3, 1, 4, 2});
}

TEST_CASE("pad in every mode") {
  const Tensor x = tensor({1, 2, 3, 4});
  CHECK(numbers(pad(x, {1, 2}, PadMode::constant, 9)) == Numbers{9, 1, 2, 3, 4, 9, 9});
  CHECK(numbers(pad(x, {-1, 1})) == Numbers{2, 3, 4, 0});
  CHECK(numbers(pad(x, {3, 2}, PadMode::reflect)) == Numbers{4, 3, 2, 1, 2, 3, 4, 3, 2});
  CHECK(numbers(pad(x, {3, -2}, PadMode::reflect)) == Numbers{4, 3, 2, 1, 2});
  CHECK(numbers(pad(x, {2, 1}, PadMode::replicate)) == Numbers{1, 1, 1, 2, 3, 4, 4});
  CHECK(numbers(pad(x, {2, 3}, PadMode::circular)) == Numbers{3, 4, 1, 2, 3, 4, 1, 2, 3});
  CHECK(numbers(pad(x, {-2, 1}, PadMode::reflect)) == Numbers{3, 4, 3});
  CHECK(numbers(pad(x, {1, -2}, PadMode::replicate)) == Numbers{1, 1, 2});
  CHECK(numbers(pad(x.view({2, 2}), {1, 0, 0, 1})) == Numbers{0, 1, 2, 0, 3, 4, 0, 0, 0});
  CHECK(numbers(pad(x.view({2, 2}), {1, 0, 1, 0}, PadMode::reflect)) == Numbers{4, 3, 4, 2, 1, 2, 4, 3, 4});
}

TEST_CASE("circular padding crops first") {
  const Tensor x = tensor({1, 2, 3, 4, 5});
  CHECK(numbers(pad(x, {1, -1}, PadMode::circular)) == Numbers{4, 1, 2, 3, 4});
  CHECK(numbers(pad(x, {-1, 1}, PadMode::circular)) == Numbers{2, 3, 4, 5, 2});
  CHECK(numbers(pad(x, {-2, 3}, PadMode::circular)) == Numbers{3, 4, 5, 3, 4, 5});
  CHECK(numbers(pad(x, {-1, -1}, PadMode::circular)) == Numbers{2, 3, 4});
  const Tensor rows = tensor({{1, 2}, {3, 4}, {5, 6}});
  CHECK(numbers(pad(rows, {1, 0, -1, 2}, PadMode::circular)) == Numbers{4, 3, 4, 6, 5, 6, 4, 3, 4, 6, 5, 6});
  CHECK_THROWS_AS(pad(x, {-1, 5}, PadMode::circular), ShapeError);  // 4 elements are left
  const Tensor y = tensor({1.0, 2.0, 3.0}).requires_grad_();
  (pad(y, {1, -1}, PadMode::circular) * tensor({10.0, 20.0, 30.0})).sum().backward();  // 2, 1, 2
  CHECK(y.grad().to_vector<double>() == std::vector<double>{20, 40, 0});
  pad(y.detach(), {0, -1}, PadMode::circular).zero_();  // a copy
  CHECK(y.to_vector<double>() == std::vector<double>{1, 2, 3});
}

TEST_CASE("padding refuses to crop more than there is, in every mode") {
  for (const PadMode mode : {PadMode::constant, PadMode::reflect, PadMode::replicate, PadMode::circular}) {
    CHECK_THROWS_AS(pad(arange(3), {2, -4}, mode), ShapeError);
    CHECK_THROWS_AS(pad(arange(3), {-4, 2}, mode), ShapeError);
    CHECK_THROWS_AS(pad(arange(3), {-2, -2}, mode), ShapeError);
    CHECK(pad(arange(3), {-2, -1}, mode).shape() == Shape{0});
  }
}

TEST_CASE("triangles") {
  CHECK(numbers(tril(grid())) == Numbers{0, 0, 0, 0, 4, 5, 0, 0, 8, 9, 10, 0});
  CHECK(numbers(triu(grid(), 1)) == Numbers{0, 1, 2, 3, 0, 0, 6, 7, 0, 0, 0, 11});
  CHECK(numbers(tril(grid(), -1)) == Numbers{0, 0, 0, 0, 4, 0, 0, 0, 8, 9, 0, 0});
  CHECK(numbers(triu(grid(), std::numeric_limits<std::int64_t>::min())) == numbers(grid()));
  CHECK(numbers(triu(cube())[1]) == Numbers{12, 13, 14, 15, 0, 17, 18, 19, 0, 0, 22, 23});
}

TEST_CASE("gather and its transposes") {
  const Tensor index = tensor({{0, 1, 2, 0}, {2, 0, 0, 1}});
  CHECK(numbers(gather(grid(), 0, index)) == Numbers{0, 5, 10, 3, 8, 1, 2, 7});
  CHECK(numbers(gather(grid(), 1, tensor({{3, 0}, {1, 1}}))) == Numbers{3, 0, 5, 5});
  const Tensor base = zeros({2, 3}, {.dtype = DType::i64});
  CHECK(numbers(scatter_add(base, 1, tensor({{0, 0, 2}, {1, 1, 1}}), tensor({{1, 2, 3}, {4, 5, 6}}))) ==
        Numbers{3, 0, 3, 0, 15, 0});
  CHECK(numbers(scatter(base, 1, tensor({{0, 0, 2}, {1, 1, 1}}), tensor({{1, 2, 3}, {4, 5, 6}}))) ==
        Numbers{2, 0, 3, 0, 6, 0});  // the last one wins
  CHECK(numbers(base) == Numbers(6, 0));
}

TEST_CASE("a repeated position gives its gradient to the value written last") {
  const Tensor x = zeros({2}, {.requires_grad = true});
  const Tensor source = tensor({1., 2., 3.}).requires_grad_();
  sum(scatter(x, 0, tensor({0, 1, 0}), source) * tensor({10., 20.})).backward();
  CHECK(source.grad().to_vector<float>() == std::vector<float>{0, 20, 10});
  CHECK(x.grad().to_vector<float>() == std::vector<float>{0, 0});
}

TEST_CASE("the order of sums does not depend on the number of threads") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  Generator generator(1);
  const Tensor values = randn({50000, 40}, {}, generator);
  const Tensor rows = randint(0, 37, {50000}, {.dtype = DType::i64}, generator);
  const Tensor wide = rows.view({-1, 1}).expand(values.shape());
  const int threads = num_threads();
  std::vector<std::vector<float>> results[3];
  for (int n : {1, 2, 3}) {
    set_num_threads(n);
    results[0].push_back(index_put(zeros({37, 40}), {rows}, values, true).to_vector<float>());
    results[1].push_back(scatter_add(zeros({37, 40}), 0, wide, values).to_vector<float>());
    results[2].push_back(index_put(zeros({37, 40}), {rows}, values).to_vector<float>());
  }
  set_num_threads(threads);
  for (const auto& result : results) {
    CHECK(result[0] == result[1]);
    CHECK(result[0] == result[2]);
  }
  // The sums themselves, row by row in f64.
  std::vector<double> expected(37 * 40);
  const auto index = numbers(rows);
  const auto added = values.to_vector<double>();
  for (std::size_t i = 0; i < index.size(); ++i) {
    for (std::size_t j = 0; j < 40; ++j) expected[static_cast<std::size_t>(index[i]) * 40 + j] += added[i * 40 + j];
  }
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    for (int which : {0, 1}) worst = std::max(worst, std::abs(results[which][0][i] - expected[i]));
  }
  CHECK(worst < 1e-3);
}

TEST_CASE("index_select and index") {
  CHECK(numbers(index_select(grid(), 0, tensor({2, 0}))) == Numbers{8, 9, 10, 11, 0, 1, 2, 3});
  CHECK(numbers(index_select(grid(), 1, tensor({3, 3}))) == Numbers{3, 3, 7, 7, 11, 11});
  CHECK(numbers(index(grid(), {tensor({0, -1}), tensor({1, -2})})) == Numbers{1, 10});
  CHECK(numbers(index(grid(), {tensor({{0}, {2}}), tensor({1, 3})})) == Numbers{1, 3, 9, 11});
  CHECK(numbers(index(grid(), {Tensor(), tensor({3})})) == Numbers{3, 7, 11});
  CHECK(numbers(index_put(grid(), {tensor({1})}, tensor(7)).select(0, 1)) == Numbers{7, 7, 7, 7});
  CHECK(numbers(index_put(zeros({3}, {.dtype = DType::i64}), {tensor({1, 1, 0})}, tensor({1, 2, 3}), true)) ==
        Numbers{3, 3, 0});
}

TEST_CASE("brackets: integers, ranges, None, Ellipsis") {
  const Tensor x = cube();
  CHECK(x.index({1}).shape() == Shape{3, 4});
  CHECK(numbers(x.index({1, 2, 3})) == Numbers{23});
  CHECK(x.index({Slice(), Slice(0, 2), None, -1}).shape() == Shape{2, 2, 1});
  CHECK(numbers(x.index({Ellipsis, 0})) == Numbers{0, 4, 8, 12, 16, 20});
  CHECK(numbers(x.index({0, Ellipsis, Slice(std::nullopt, std::nullopt, 3)})) == Numbers{0, 3, 4, 7, 8, 11});
  CHECK(x.index({None, Ellipsis, None}).shape() == Shape{1, 2, 3, 4, 1});
  CHECK(x.index({Ellipsis}).is_same(x));
  CHECK(x.index({0}).impl()->storage == x.impl()->storage);
  CHECK_THROWS_WITH_AS(x.index({0, 0, 0, 0}),
                       doctest::Contains("index: expected at most 3 indices for shape [2, 3, 4], got 4"), IndexError);
  CHECK_THROWS_WITH_AS(x.index({Ellipsis, Ellipsis}), doctest::Contains("index: expected at most one ellipsis, got 2"),
                       IndexError);
  CHECK_THROWS_WITH_AS(x.index({2}), doctest::Contains("select: index 2 is out of range for dimension 0"), IndexError);
}

TEST_CASE("brackets: tensors, and where their dimensions go") {
  const Tensor x = cube();
  const Tensor i = tensor({1, 0}), j = tensor({2, 2});
  CHECK(numbers(x.index({i, j})) == Numbers{20, 21, 22, 23, 8, 9, 10, 11});
  CHECK(x.index({Slice(), tensor({{0, 1}, {2, 2}})}).shape() == Shape{2, 2, 2, 4});
  CHECK(x.index({Slice(), j, tensor({0, 3})}).shape() == Shape{2, 2});
  CHECK(numbers(x.index({Slice(), j, tensor({0, 3})})) == Numbers{8, 11, 20, 23});
  // Separated tensors: their dimensions come first.
  CHECK(x.index({i, Slice(), tensor({0, 3})}).shape() == Shape{2, 3});
  CHECK(numbers(x.index({i, Slice(), tensor({0, 3})})) == Numbers{12, 16, 20, 3, 7, 11});
  // An integer is a selection, as in PyTorch: what is left of it counts.
  CHECK(x.index({0, Slice(), i}).shape() == Shape{3, 2});
  CHECK(numbers(x.index({i, 1, tensor({0, 3})})) == Numbers{16, 7});
  CHECK(x.index({i, None, j}).shape() == Shape{2, 1, 4});
  CHECK(x.index({tensor(1)}).shape() == Shape{3, 4});
}

TEST_CASE("brackets: a tensor of rank 0 is an integer or a mask, as in PyTorch") {
  const Tensor x = cube(), i = tensor({1, 0});
  CHECK(numbers(x.index({tensor(1), tensor(-1)})) == numbers(x.index({1, -1})));
  // An integer is no neighbour and separates nothing.
  CHECK(numbers(x.index({tensor(1), Slice(), i})) == numbers(x.index({1, Slice(), i})));
  CHECK(numbers(x.index({i, tensor(1), tensor({0, 3})})) == Numbers{16, 7});
  const Tensor wide = arange(48).view({2, 3, 4, 2});
  CHECK(wide.index({Slice(), tensor({2, 0, 1, 1, 2}), Slice(), tensor(1)}).shape() == Shape{2, 5, 4});
  CHECK(numbers(wide.index({Slice(), tensor({2, 0}), Slice(0, 2), tensor(1)})) ==
        Numbers{17, 19, 1, 3, 41, 43, 25, 27});
  CHECK(wide.index({tensor(1), Slice(), tensor({0, 0, 1}), Slice()}).shape() == Shape{3, 3, 2});
  const Tensor rows = tensor({true, false, true});
  CHECK(wide.index({Slice(), rows, Slice(), tensor(0)}).shape() == Shape{2, 2, 4});
  CHECK(numbers(wide.index({tensor(1), rows, 0})) == Numbers{24, 25, 40, 41});
  CHECK(numbers(x.index({tensor(true), 0, 0})) == Numbers{0, 1, 2, 3});
  CHECK(x.index({tensor(true)}).shape() == Shape{1, 2, 3, 4});
  CHECK(x.index({tensor(false)}).shape() == Shape{0, 2, 3, 4});
  CHECK(x.index({Slice(), tensor(true), i}).shape() == Shape{2, 2, 4});
  const Tensor y = cube();
  y.index_put_({Slice(), tensor(1), tensor({0, 3})}, tensor({-1, -2}));
  CHECK(numbers(y.select(1, 1)) == Numbers{-1, 5, 6, -2, -1, 17, 18, -2});
  y.index_put_({tensor(true)}, tensor(3));
  CHECK(numbers(y) == Numbers(24, 3));
}

TEST_CASE("i32 indices and labels are those of i64") {
  const auto i32 = [](const Tensor& t) { return t.to(DType::i32); };
  const Tensor x = grid(), i = tensor({2, 0}), j = tensor({3, 1}), wide = tensor({{2, 0, 1, 1}});
  CHECK(equal(index_select(x, 0, i32(i)), index_select(x, 0, i)));
  CHECK(equal(gather(x, 0, i32(wide)), gather(x, 0, wide)));
  CHECK(equal(scatter(x, 0, i32(wide), wide), scatter(x, 0, wide, wide)));
  CHECK(equal(scatter_add(x, 0, i32(wide), wide), scatter_add(x, 0, wide, wide)));
  CHECK(equal(index(x, {i32(i), j}), index(x, {i, j})));
  CHECK(equal(index_put(x, {i32(i)}, tensor(7)), index_put(x, {i}, tensor(7))));
  CHECK(equal(x.index({i32(i), Slice(1, 3)}), x.index({i, Slice(1, 3)})));
  CHECK(equal(one_hot(i32(i)), one_hot(i)));
  const Tensor y = grid();
  y.index_put_({i32(i)}, tensor(-1));
  CHECK(numbers(y.select(1, 0)) == Numbers{-1, 4, -1});
  const Tensor values = tensor({{0.5, 1.5, 2.0, -1.0}, {1.0, 0.0, 2.0, 3.0}});
  CHECK(equal(embedding(i32(tensor({1, 0, 1})), values), embedding(tensor({1, 0, 1}), values)));
  CHECK(equal(cross_entropy(values, i32(j)), cross_entropy(values, j)));
  CHECK(equal(nll_loss(values, i32(j)), nll_loss(values, j)));
  CHECK(equal(cross_entropy(values[0], i32(tensor(3))), cross_entropy(values[0], tensor(3))));
}

TEST_CASE("brackets: masks") {
  const Tensor x = grid();
  const Tensor rows = tensor({true, false, true});
  CHECK(numbers(x.index({rows})) == Numbers{0, 1, 2, 3, 8, 9, 10, 11});
  CHECK(numbers(x.index({rows, tensor({3, 0})})) == Numbers{3, 8});
  const Tensor odd = tensor({{false, true, false, true}, {false, true, false, true}, {false, true, false, true}});
  CHECK(numbers(x.index({odd})) == Numbers{1, 3, 5, 7, 9, 11});
  CHECK(numbers(masked_select(x, odd)) == Numbers{1, 3, 5, 7, 9, 11});
  CHECK(x.index({tensor({false, false, false})}).shape() == Shape{0, 4});
  CHECK_THROWS_WITH_AS(
      x.index({tensor({true, false})}),
      doctest::Contains("index: expected a mask that fits shape [3, 4] from dimension 0 on, got shape [2]"),
      IndexError);
}

TEST_CASE("writing through brackets") {
  Tensor x = grid();
  x.index_put_({Slice(1), 0}, tensor({-1, -2}));
  CHECK(numbers(x.select(1, 0)) == Numbers{0, -1, -2});
  x.index_put_({tensor({0, 2}), tensor({1, 1})}, tensor(50));
  CHECK(numbers(x.select(1, 1)) == Numbers{50, 5, 50});
  x.index_put_({x.detach() == 50}, tensor(0));
  CHECK(numbers(x.select(1, 1)) == Numbers{0, 5, 0});
  // Through a view whose indexed dimensions cannot be seen as one.
  const Tensor y = cube();
  y.slice(2, 0, 4, 2).index_put_({tensor({0, 1}), Slice(), tensor({0, 1})}, tensor(-5));
  CHECK(numbers(y.select(2, 0)) == Numbers{-5, -5, -5, 12, 16, 20});
  CHECK(numbers(y.select(2, 2)) == Numbers{2, 6, 10, -5, -5, -5});
  // The tensor itself as the source: it is read before it is written.
  const Tensor z = arange(4);
  z.index_put_({tensor({3, 2, 1, 0})}, z);
  CHECK(numbers(z) == Numbers{3, 2, 1, 0});
  // A failed call changes nothing.
  const std::uint32_t version = z.version();
  CHECK_THROWS_AS(z.index_put_({tensor({0, 9})}, tensor({7, 7})), IndexError);
  CHECK_THROWS_AS(z.index_put_({tensor({0, 1})}, tensor({7, 7, 7})), ShapeError);
  CHECK_THROWS_AS(z.index_put_({tensor({0, 1})}, ones({2})), DTypeError);
  CHECK(numbers(z) == Numbers{3, 2, 1, 0});
  CHECK(z.version() == version);
  CHECK_THROWS_AS(ones({2}, {.requires_grad = true}).index_put_({tensor({0})}, ones({1})), AutogradError);
}

TEST_CASE("nonzero and one_hot") {
  CHECK(numbers(nonzero(tensor({{0, 1}, {2, 0}}))) == Numbers{0, 1, 1, 0});
  CHECK(nonzero(tensor(3)).shape() == Shape{1, 0});
  CHECK(nonzero(zeros({2, 3})).shape() == Shape{0, 2});
  const Tensor many = arange(100000);
  CHECK(numbers(nonzero(many)) == numbers(arange(1, 100000)));
  CHECK(numbers(one_hot(tensor({2, 0}))) == Numbers{0, 0, 1, 1, 0, 0});
  CHECK(one_hot(tensor({{1}}), 5).shape() == Shape{1, 1, 5});
}

TEST_CASE("sort is stable, with NaN largest and -0 equal to 0") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const Tensor x = tensor({2., nan, -inf, 0., -0., 2., inf});
  CHECK(numbers(argsort(x)) == Numbers{2, 3, 4, 0, 5, 6, 1});
  CHECK(numbers(argsort(x, -1, true)) == Numbers{1, 6, 0, 5, 3, 4, 2});
  const auto [values, places] = sort(tensor({{3, 1}, {2, 5}}), 0);
  CHECK(numbers(values) == Numbers{2, 1, 3, 5});
  CHECK(numbers(places) == Numbers{1, 0, 0, 1});
  CHECK(numbers(argsort(tensor({std::numeric_limits<std::int64_t>::max(), std::int64_t{-1},
                                std::numeric_limits<std::int64_t>::min()}))) == Numbers{2, 1, 0});
  CHECK(numbers(argsort(tensor({true, false, true}))) == Numbers{1, 0, 2});
  const auto [top, where] = topk(tensor({4., 9., nan, 9.}), 3);
  CHECK(numbers(where) == Numbers{2, 1, 3});  // of equals the first
  CHECK(numbers(std::get<1>(topk(tensor({4, 9, 1, 9}), 2, 0, false))) == Numbers{2, 0});
}

TEST_CASE("long rows sort as std::stable_sort does") {
  for (const DType dtype : {DType::f32, DType::f64, DType::i64, DType::i32, DType::u8, DType::bf16}) {
    INFO(to_string(dtype));
    Generator generator(3);
    const Tensor x = randint(0, 200, {5000}, {.dtype = DType::i32}, generator).to(dtype);
    const auto values = x.to_vector<double>();
    for (const bool descending : {false, true}) {
      Numbers expected(values.size());
      std::iota(expected.begin(), expected.end(), 0);
      std::stable_sort(expected.begin(), expected.end(), [&](std::int64_t a, std::int64_t b) {
        const double left = values[static_cast<std::size_t>(a)], right = values[static_cast<std::size_t>(b)];
        return descending ? left > right : left < right;
      });
      CHECK(numbers(argsort(x, 0, descending)) == expected);
      expected.resize(100);
      CHECK(numbers(std::get<1>(topk(x, 100, 0, descending))) == expected);
    }
  }
}

TEST_CASE("adding integers by index wraps around") {
  const auto largest = std::numeric_limits<std::int32_t>::max();
  const Tensor x = full({1}, largest, {.dtype = DType::i32}), one = ones({1}, {.dtype = DType::i32});
  CHECK(scatter_add(x, 0, tensor({0}), one).item<std::int32_t>() == std::numeric_limits<std::int32_t>::min());
}

TEST_CASE("topk of a number: that number, or an error") {
  CHECK(std::get<0>(topk(tensor(3.0), 1)).item() == 3);
  CHECK_THROWS_AS(topk(tensor(3.0), 0), IndexError);
}
