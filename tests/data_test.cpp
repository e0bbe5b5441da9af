// Data sets, the loader, transforms.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <set>
#include <thread>

#include <reel/data/data.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/default_device.h"
#include "support/throws.h"

using namespace reel;
using testing::check_throws;

namespace {

/// Example i is [i, 10 i] with target i.
data::TensorDataset numbers(std::int64_t n) {
  const Tensor i = arange(n), x = stack({i, i * 10}, 1).to(DType::f32);
  return data::TensorDataset(x, i);
}

std::vector<std::int64_t> targets_of_epoch(data::DataLoader& loader) {
  std::vector<std::int64_t> out;
  for (auto [x, target] : loader) {
    CHECK(equal(x.select(1, 1), target.to(DType::f32) * 10));
    for (const auto t : target.to_vector<std::int64_t>()) out.push_back(t);
  }
  return out;
}

/// A dataset whose `get` runs a function first.
class Acting : public data::Dataset {
 public:
  Acting(std::int64_t n, std::function<void(std::int64_t)> act) : n_(n), act_(std::move(act)) {}
  std::int64_t size() const override { return n_; }
  data::Example get(std::int64_t index) const override {
    act_(index);
    return {full({2}, static_cast<double>(index)), full({}, index, {.dtype = DType::i64})};
  }

 private:
  std::int64_t n_;
  std::function<void(std::int64_t)> act_;
};

}  // namespace

TEST_CASE("a batch of images: each byte over 255, rounded once, in the order that is asked for") {
  std::vector<std::int64_t> all(3 * 300);  // every byte, in images that are no multiple of a vector
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i % 256);
  const Tensor bytes = reshape(tensor(all), {3, 3, 10, 10}).to(DType::u8);
  const data::ImageDataset set(bytes, tensor(std::vector<std::int64_t>{7, 8, 9}));
  const std::vector<std::int64_t> order{2, 0, 2, 1};
  const data::Example batch = set.get_batch(order);
  CHECK(batch.data.shape() == Shape{4, 3, 10, 10});
  CHECK(batch.target.to_vector<std::int64_t>() == std::vector<std::int64_t>{9, 7, 9, 8});
  const auto values = batch.data.to_vector<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto place = static_cast<std::size_t>(order[i / 300]) * 300 + i % 300;
    CHECK(values[i] == static_cast<float>(all[place]) / 255.0F);
  }
  const data::ImageDataset narrow(bytes, tensor({7, 8, 9}).to(DType::i32));
  CHECK(narrow.labels().to_vector<std::int64_t>() == std::vector<std::int64_t>{7, 8, 9});
  CHECK(narrow.get(2).target.item<std::int64_t>() == 9);
}

TEST_CASE("data: a TensorDataset yields rows") {
  const data::TensorDataset set = numbers(5);
  CHECK(set.size() == 5);
  const auto [x, t] = set.get(3);
  CHECK(x.to_vector<float>() == std::vector<float>{3, 30});
  CHECK(t.item<std::int64_t>() == 3);
  const data::Example batch = set.get_batch(std::vector<std::int64_t>{4, 0, 4});
  CHECK(batch.data.to_vector<float>() == std::vector<float>{4, 40, 0, 0, 4, 40});
  CHECK(batch.target.to_vector<std::int64_t>() == std::vector<std::int64_t>{4, 0, 4});
  CHECK_FALSE(data::TensorDataset(ones({2, 3})).get(1).target.defined());
  check_throws<IndexError>("index 5 is out of range for 5 examples", [&] { set.get(5); });
  check_throws<IndexError>("index -1", [&] { set.get_batch(std::vector<std::int64_t>{0, -1}); });
  check_throws<ShapeError>("target for each example", [] { data::TensorDataset(ones({2}), ones({3})); });
  check_throws<ShapeError>("rank 0", [] { data::TensorDataset(ones({})); });
  CHECK_THROWS_AS(data::TensorDataset{Tensor()}, ValueError);
}

TEST_CASE("data: what a dataset yields is off the tape and its own memory") {
  const Tensor x = ones({3, 2}, {.requires_grad = true});
  const data::TensorDataset set(x);
  CHECK_FALSE(set.get(0).data.requires_grad());
  const Tensor batch = set.get_batch(std::vector<std::int64_t>{0, 1, 2}).data;
  CHECK_FALSE(batch.requires_grad());
  batch.zero_();
  set.get(0).data.zero_();
  CHECK(x.detach().sum().item() == 6);
}

TEST_CASE("data: collate stacks, and refuses what does not fit") {
  const data::Example batch = data::collate({{ones({2}), {}}, {zeros({2}), {}}});
  CHECK(batch.data.to_vector<float>() == std::vector<float>{1, 1, 0, 0});
  CHECK_FALSE(batch.target.defined());
  check_throws<ValueError>("at least one example", [] { data::collate({}); });
  check_throws<ValueError>("collate: expected a target for all or none of 2 examples, got 1", [] {
    data::collate({{ones({}), ones({})}, {ones({}), {}}});
  });
  CHECK_THROWS_AS(data::collate({{ones({2}), {}}, {ones({3}), {}}}), ShapeError);
}

TEST_CASE("data: Subset and random_split") {
  const data::Subset subset(numbers(6), {5, 1, 3});
  CHECK(subset.size() == 3);
  CHECK(subset.get(0).target.item() == 5);
  CHECK(subset.get_batch(std::vector<std::int64_t>{2, 1}).target.to_vector<std::int64_t>() ==
        std::vector<std::int64_t>{3, 1});
  check_throws<IndexError>("index 6", [] { data::Subset(numbers(6), {0, 6}); });
  check_throws<IndexError>("index 3", [&] { subset.get(3); });

  Generator generator(3), same(3);
  const auto parts = data::random_split(numbers(10), {7, 0, 3}, generator);
  REQUIRE(parts.size() == 3);
  CHECK(parts[1].size() == 0);
  std::set<std::int64_t> all(parts[0].indices().begin(), parts[0].indices().end());
  all.insert(parts[2].indices().begin(), parts[2].indices().end());
  CHECK(all.size() == 10);
  CHECK(data::random_split(numbers(10), {7, 0, 3}, same)[0].indices() == parts[0].indices());
  check_throws<ValueError>("random_split: expected lengths that add up to 10, got 9", [] {
    data::random_split(numbers(10), {4, 5});
  });
  check_throws<ValueError>("got 7 after 4", [] { data::random_split(numbers(10), {4, 7}); });
  check_throws<ValueError>("got -1", [] { data::random_split(numbers(10), {-1, 11}); });
  check_throws<ValueError>("null", [] { data::DataLoader(std::shared_ptr<const data::Dataset>()); });
}

TEST_CASE("data: the loader's batches, sizes and drop_last") {
  data::DataLoader loader(numbers(10), {.batch_size = 4});
  CHECK(loader.size() == 3);
  std::vector<std::int64_t> sizes;
  for (auto [x, target] : loader) sizes.push_back(x.size(0));
  CHECK(sizes == std::vector<std::int64_t>{4, 4, 2});
  CHECK(targets_of_epoch(loader) == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});

  data::DataLoader whole(numbers(10), {.batch_size = 4, .drop_last = true});
  CHECK(whole.size() == 2);
  CHECK(targets_of_epoch(whole).size() == 8);
  data::DataLoader none(numbers(3), {.batch_size = 4, .num_workers = 2, .drop_last = true});
  CHECK(none.size() == 0);
  CHECK(targets_of_epoch(none).empty());
  data::DataLoader empty_set(numbers(0), {.batch_size = 4});
  CHECK(targets_of_epoch(empty_set).empty());

  check_throws<ValueError>("batch_size of at least 1, got 0", [] { data::DataLoader(numbers(3), {.batch_size = 0}); });
  check_throws<ValueError>("workers, got -1", [] { data::DataLoader(numbers(3), {.num_workers = -1}); });
  check_throws<ValueError>("prefetch_factor of 1", [] { data::DataLoader(numbers(3), {.prefetch_factor = 0}); });
}

TEST_CASE("data: the loader shuffles anew every epoch, from the seed alone") {
  data::DataLoader loader(numbers(50), {.batch_size = 8, .shuffle = true, .seed = 4});
  const auto first = targets_of_epoch(loader), second = targets_of_epoch(loader);
  CHECK(std::set<std::int64_t>(first.begin(), first.end()).size() == 50);
  CHECK(first != second);
  CHECK_FALSE(std::is_sorted(first.begin(), first.end()));

  data::DataLoader again(numbers(50), {.batch_size = 8, .shuffle = true, .num_workers = 3, .seed = 4});
  CHECK(targets_of_epoch(again) == first);
  CHECK(targets_of_epoch(again) == second);
  again.set_epoch(1);
  CHECK(targets_of_epoch(again) == second);
  CHECK(again.epoch() == 2);
  data::DataLoader other(numbers(50), {.batch_size = 8, .shuffle = true, .seed = 5});
  CHECK(targets_of_epoch(other) != first);

  manual_seed(9);
  data::DataLoader drawn(numbers(50), {.shuffle = true}), next(numbers(50), {.shuffle = true});
  manual_seed(9);
  data::DataLoader redrawn(numbers(50), {.shuffle = true});
  const auto order = targets_of_epoch(drawn);
  CHECK(targets_of_epoch(redrawn) == order);
  CHECK(targets_of_epoch(next) != order);
}

TEST_CASE("data: the state of a loader is its seed and the next epoch") {
  data::DataLoader loader(numbers(50), {.batch_size = 8, .shuffle = true, .seed = ~std::uint64_t{5}});
  targets_of_epoch(loader);
  data::DataLoader other(numbers(50), {.batch_size = 8, .shuffle = true, .seed = 1});
  const data::StateDict state = loader.state_dict();
  const auto refused = [&](const std::string& message, const std::function<void(data::StateDict&)>& damage) {
    data::StateDict broken = state;
    damage(broken);
    check_throws<ValueError>(message, [&] { other.load_state_dict(broken); });
    CHECK(other.options().seed == 1);
    CHECK(other.epoch() == 0);
  };
  refused("expected a state with \"seed\", a number of i64", [](auto& s) { s.erase("seed"); });
  refused("expected a state with \"epoch\", a number of i64", [](auto& s) { s["epoch"] = tensor(1.0); });
  refused("expected epoch of at least 0, got -1", [](auto& s) { s["epoch"] = tensor(-1); });
  refused("got 3 entries", [](auto& s) { s["x"] = tensor(1); });
  check_throws<ValueError>("expected epoch of at least 0, got -3", [&] { other.set_epoch(-3); });

  other.load_state_dict(state);
  CHECK(other.options().seed == ~std::uint64_t{5});
  CHECK(other.epoch() == 1);
  CHECK(targets_of_epoch(other) == targets_of_epoch(loader));
}

TEST_CASE("data: the transforms of different batches draw different numbers, however many") {
  std::set<std::pair<std::uint64_t, std::uint64_t>> drawn;
  const auto draw = [&](const Tensor& batch, Generator& generator) {
    for (int i = 0; i < 1000; ++i) {
      const PhiloxState state = generator.next();
      drawn.emplace(state.seed, state.offset);
    }
    return batch;
  };
  data::DataLoader loader(numbers(10), {.batch_size = 4, .seed = 1, .transforms = {draw}});
  for (int epoch = 0; epoch < 2; ++epoch) targets_of_epoch(loader);
  CHECK(drawn.size() == 2 * 3 * 1000);
}

TEST_CASE("data: workers keep the order, run ahead by no more than the prefetch, and use one thread each") {
  std::atomic<std::int64_t> started{0};
  std::atomic<bool> one_thread{true};
  const auto caller = std::this_thread::get_id();
  std::atomic<bool> elsewhere{true};
  data::DataLoader loader(Acting(64,
                                 [&](std::int64_t i) {
                                   ++started;
                                   if (num_threads() != 1) one_thread = false;
                                   if (std::this_thread::get_id() == caller) elsewhere = false;
                                   // early batches are slow: late ones overtake them
                                   std::this_thread::sleep_for(std::chrono::microseconds(i % 4 == 0 ? 3000 : 100));
                                 }),
                          {.batch_size = 2, .num_workers = 3, .prefetch_factor = 2});
  std::int64_t expected = 0;
  for (auto [x, target] : loader) {
    CHECK(target.to_vector<std::int64_t>() == std::vector<std::int64_t>{expected, expected + 1});
    expected += 2;
    CHECK(started <= expected + 2 * (3 * 2 + 1));
  }
  CHECK(expected == 64);
  CHECK(one_thread);
  CHECK(elsewhere);
}

TEST_CASE("data: leaving the loop early stops the workers") {
  for (const std::int64_t workers : {0, 1, 4}) {
    std::atomic<int> calls{0};
    data::DataLoader loader(Acting(1000, [&](std::int64_t) { ++calls; }), {.num_workers = workers});
    for (auto [x, target] : loader) {
      if (target.to_vector<std::int64_t>()[0] == 3) break;
    }
    const int after = calls;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(calls == after);
    CHECK(after <= 4 + 2 * workers + 1);
    // and an epoch may outlive its loader
    auto place = data::DataLoader(Acting(10, [](std::int64_t) {}), {.num_workers = workers}).begin();
    CHECK(place->target.to_vector<std::int64_t>()[0] == 0);
    ++place;
    CHECK(place->target.to_vector<std::int64_t>()[0] == 1);
  }
}

TEST_CASE("data: an exception in a worker reaches the loop where its batch would have come") {
  for (const std::int64_t workers : {0, 3}) {
    data::DataLoader loader(Acting(20,
                                   [](std::int64_t i) {
                                     if (i == 7) throw FormatError("example 7 is damaged");
                                   }),
                            {.num_workers = workers});
    for (int round = 0; round < 2; ++round) {  // and the loader can be used again
      std::int64_t seen = 0;
      check_throws<FormatError>("example 7 is damaged", [&] {
        for (auto [x, target] : loader) ++seen;
      });
      CHECK(seen == 7);
    }
  }
}

TEST_CASE("data: a custom collate, and datasets with get alone") {
  data::DataLoader plain(Acting(5, [](std::int64_t) {}), {.batch_size = 3});
  CHECK((*plain.begin()).data.shape() == Shape{3, 2});
  const auto sum = [](std::vector<data::Example> examples) {
    Tensor total = zeros({2});
    for (const data::Example& example : examples) total = total + example.data;
    return data::Example{total, full({}, static_cast<std::int64_t>(examples.size()), {.dtype = DType::i64})};
  };
  for (const std::int64_t workers : {0, 2}) {
    data::DataLoader loader(numbers(5), {.batch_size = 3, .num_workers = workers, .collate = sum});
    std::vector<float> sums;
    for (auto [x, count] : loader) sums.push_back(x.to_vector<float>()[1] / count.item<float>());
    CHECK(sums == std::vector<float>{10, 35});
  }
}

TEST_CASE("data: transforms") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  Generator generator(1);
  const Tensor images = arange(16).to(DType::f32).reshape({1, 2, 2, 4});
  const Tensor normal = data::Normalize({1, 2}, {2, 4})(images, generator);
  CHECK(normal.to_vector<float>()[3] == 1);
  CHECK(normal.to_vector<float>()[10] == 2);
  CHECK(data::Normalize({1}, {2})(images, generator).to_vector<float>()[15] == 7);
  check_throws<ValueError>("expected std in (0, inf), got 0", [] { data::Normalize({1}, {0}); });
  check_throws<ValueError>("got 2 and 1", [] { data::Normalize({1, 2}, {1}); });
  check_throws<ShapeError>("expected 3 channels", [&] { data::Normalize({1, 2, 3}, {1, 1, 1})(images, generator); });

  CHECK(equal(data::RandomShift(0)(images, generator), images));
  // Every shift occurs, and each moves all channels alike; what is uncovered is filled.
  const Tensor dot = zeros({400, 2, 3, 3});
  for (const std::int64_t c : {0, 1}) dot.select(1, c).select(1, 1).select(1, 1).fill_(1);
  const Tensor moved = data::RandomShift(1)(dot, generator);
  CHECK(moved.sum().item() == 800);
  CHECK(equal(moved.select(1, 0), moved.select(1, 1)));
  for (const double count : sum(moved.select(1, 0), {0}).to_vector<double>()) CHECK(count > 20);
  CHECK(data::RandomShift(5, 7)(zeros({50, 1, 2, 2}), generator).max().item() == 7);
  check_throws<ValueError>("got -1", [] { data::RandomShift(-1); });
  CHECK_THROWS_AS(data::RandomShift(1)(ones({2, 2}), generator), ShapeError);
  CHECK_THROWS_AS(data::RandomShift(1, .5)(zeros({1, 1, 2, 2}, {.dtype = DType::u8}), generator), DTypeError);

  CHECK(equal(data::RandomHorizontalFlip(0)(images, generator), images));
  CHECK(equal(data::RandomHorizontalFlip(1)(images, generator), flip(images, {3})));
  const Tensor arrow = tensor({1.0, 0.0, 0.0}).reshape({1, 1, 1, 3}).expand({400, 2, 1, 3});
  const Tensor mirrored = data::RandomHorizontalFlip()(arrow, generator);
  CHECK(equal(mirrored.select(1, 0), mirrored.select(1, 1)));
  CHECK(mirrored.select(1, 0).select(2, 2).sum().item() == doctest::Approx(200).epsilon(0.2));
  CHECK(mirrored.sum().item() == 800);
  CHECK_THROWS_AS(data::RandomHorizontalFlip()(ones({2, 2}), generator), ShapeError);

  // In a loader they depend on seed and epoch, not on the workers.
  const data::TensorDataset set(rand({20, 1, 5, 5}));
  const auto run = [&](std::int64_t workers) {
    data::DataLoader loader(set,
                            {.batch_size = 3, .num_workers = workers, .seed = 1, .transforms = {data::RandomShift(2)}});
    Tensors all;
    for (int epoch = 0; epoch < 2; ++epoch) {
      for (auto [x, target] : loader) all.push_back(x);
    }
    return cat(all);
  };
  const Tensor once = run(0);
  CHECK(equal(once, run(3)));
  CHECK_FALSE(equal(once.narrow(0, 0, 20), once.narrow(0, 20, 20)));
}
