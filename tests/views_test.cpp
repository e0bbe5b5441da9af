// Views by hand: shapes, strides, what they share.

#include <limits>

#include <doctest/doctest.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

using namespace reel;

namespace {

using Numbers = std::vector<std::int64_t>;

Numbers numbers(const Tensor& x) { return x.to_vector<std::int64_t>(); }

bool shares(const Tensor& a, const Tensor& b) { return a.impl()->storage == b.impl()->storage; }

Tensor grid() { return arange(12).view({3, 4}); }

}  // namespace

TEST_CASE("view and reshape") {
  const Tensor x = arange(12);
  const Tensor y = x.view({3, -1});
  CHECK(y.shape() == Shape{3, 4});
  CHECK(y.strides() == Strides{4, 1});
  CHECK(shares(x, y));
  CHECK_THROWS_AS(y.t().view({12}), ShapeError);
  CHECK(numbers(y.t().reshape({12})) == Numbers{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11});
  CHECK(!shares(y.t().reshape({12}), x));
  CHECK(shares(y.t().view({2, 2, 3}), x));  // splitting a strided dimension needs no copy
  CHECK(y.t().view({2, 2, 3}).strides() == Strides{2, 1, 4});
  CHECK(y.reshape({3, 4}).is_same(y));
  CHECK(x.slice(0, 0, 12, 2).view({3, 2}).strides() == Strides{4, 2});
  CHECK(ones({1}).expand({6}).view({2, 3}).strides() == Strides{0, 0});
  CHECK(empty({0, 4}).view({2, 0}).shape() == Shape{2, 0});
  CHECK_THROWS_WITH_AS(empty({0}).view({-1, 0}),
                       doctest::Contains("view: expected sizes that a tensor of shape [0] can have"), ShapeError);
}

TEST_CASE("flatten, squeeze, unsqueeze") {
  const Tensor x = arange(6).view({1, 2, 1, 3});
  CHECK(x.flatten(1, 2).shape() == Shape{1, 2, 3});
  CHECK(x.flatten().shape() == Shape{6});
  CHECK(x.squeeze().shape() == Shape{2, 3});
  CHECK(x.squeeze(0).shape() == Shape{2, 1, 3});
  CHECK(x.squeeze(1).is_same(x));
  CHECK(x.unsqueeze(-1).shape() == Shape{1, 2, 1, 3, 1});
  CHECK(tensor(5).unsqueeze(0).shape() == Shape{1});
  CHECK(tensor(5).flatten().shape() == Shape{1});
}

TEST_CASE("orders of dimensions") {
  const Tensor x = arange(24).view({2, 3, 4});
  CHECK(x.permute({2, 0, 1}).shape() == Shape{4, 2, 3});
  CHECK(x.permute({2, 0, 1}).strides() == Strides{1, 12, 4});
  CHECK(numbers(x.transpose(0, 1)[1].contiguous()) == Numbers{4, 5, 6, 7, 16, 17, 18, 19});
  CHECK(movedim(x, {0}, {2}).shape() == Shape{3, 4, 2});
  CHECK(movedim(x, {0, 2}, {1, 0}).shape() == Shape{4, 2, 3});
  CHECK(numbers(grid().t()) == Numbers{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11});
}

TEST_CASE("expand repeats without memory") {
  const Tensor x = arange(3).view({3, 1});
  const Tensor y = x.expand({2, -1, 2});
  CHECK(y.strides() == Strides{0, 1, 0});
  CHECK(numbers(y) == Numbers{0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2});
  CHECK(shares(x, y));
}

TEST_CASE("select, narrow, slice follow Python") {
  CHECK(numbers(grid()[1]) == Numbers{4, 5, 6, 7});
  CHECK(numbers(grid()[-1]) == Numbers{8, 9, 10, 11});
  CHECK(numbers(grid().select(1, -2)) == Numbers{2, 6, 10});
  CHECK(grid()[1][2].item<std::int64_t>() == 6);
  CHECK(numbers(grid().narrow(1, 1, 2)) == Numbers{1, 2, 5, 6, 9, 10});
  CHECK(numbers(grid().slice(1, -3, std::nullopt, 2)) == Numbers{1, 3, 5, 7, 9, 11});
  CHECK(grid().slice(0, 2, 1).shape() == Shape{0, 4});
  CHECK(grid().slice(0, 99, std::nullopt).shape() == Shape{0, 4});
  CHECK(grid().slice(0, -99, 99).shape() == Shape{3, 4});
}

TEST_CASE("unfold shows overlapping windows") {
  const Tensor x = arange(7);
  const Tensor windows = x.unfold(0, 3, 2);
  CHECK(windows.shape() == Shape{3, 3});
  CHECK(windows.strides() == Strides{2, 1});
  CHECK(numbers(windows) == Numbers{0, 1, 2, 2, 3, 4, 4, 5, 6});
  CHECK(shares(x, windows));
  CHECK(grid().unfold(0, 2, 1).shape() == Shape{2, 4, 2});
  CHECK(numbers(grid().unfold(0, 2, 1)[1]) == Numbers{4, 8, 5, 9, 6, 10, 7, 11});
  CHECK(x.unfold(0, 0, 1).shape() == Shape{8, 0});
}

TEST_CASE("diagonals") {
  CHECK(numbers(diagonal(grid())) == Numbers{0, 5, 10});
  CHECK(numbers(diagonal(grid(), 2)) == Numbers{2, 7});
  CHECK(numbers(diagonal(grid(), -1)) == Numbers{4, 9});
  CHECK(numbers(diagonal(grid(), 1, 1, 0)) == Numbers{4, 9});
  CHECK(diagonal(grid(), 4).shape() == Shape{0});
  CHECK(diagonal(zeros({2, 3, 4}), 0, 0, 2).shape() == Shape{3, 2});
  const Tensor x = zeros({2, 2});
  diagonal(x).fill_(3);
  CHECK(x.to_vector<float>() == std::vector<float>{3, 0, 0, 3});
}

TEST_CASE("split and chunk") {
  const Tensor x = arange(5);
  Tensors pieces = split(x, 2);
  REQUIRE(pieces.size() == 3);
  CHECK(numbers(pieces[0]) == Numbers{0, 1});
  CHECK(numbers(pieces[2]) == Numbers{4});
  CHECK(shares(pieces[2], x));
  pieces = chunk(x, 4);  // PyTorch: pieces of ceil(5 / 4), so 3
  REQUIRE(pieces.size() == 3);
  CHECK(pieces[0].numel() == 2);
  CHECK(pieces[2].numel() == 1);
  pieces = split(grid(), std::vector<std::int64_t>{1, 3}, 1);
  CHECK(numbers(pieces[0]) == Numbers{0, 4, 8});
  CHECK(split(empty({0, 2}), 3).size() == 1);
}

TEST_CASE("unbind gives the slices, and their gradients meet in one tensor") {
  const Tensor x = grid();
  const Tensors columns = unbind(x, 1);
  REQUIRE(columns.size() == 4);
  CHECK(numbers(columns[1]) == Numbers{1, 5, 9});
  CHECK(shares(columns[1], x));
  CHECK(unbind(empty({0, 2})).empty());
  const Tensor y = ones({3, 2}, {.requires_grad = true});
  sum(unbind(y)[2] * 5).backward();
  CHECK(numbers(y.grad()) == Numbers{0, 0, 0, 0, 5, 5});
}

TEST_CASE("writing through a view changes the tensor and its version") {
  const Tensor x = zeros({2, 3});
  const std::uint32_t version = x.version();
  x.t()[1].fill_(5);
  CHECK(x.to_vector<float>() == std::vector<float>{0, 5, 0, 0, 5, 0});
  CHECK(x.version() == version + 1);
}

TEST_CASE("parts of what has no elements, and steps beyond the end, stay inside the storage") {
  const Tensor empty_rows = zeros({0, 3});
  CHECK(empty_rows.select(1, 2).storage_offset() == 0);
  CHECK(empty_rows.narrow(1, 1, 2).storage_offset() == 0);
  CHECK(empty_rows.select(1, 2).to_vector<double>().empty());
  CHECK(grid().slice(0, 1, {}, std::numeric_limits<std::int64_t>::max()).to_vector<std::int64_t>() ==
        Numbers{4, 5, 6, 7});
}
