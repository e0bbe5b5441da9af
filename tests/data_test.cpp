#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <set>
#include <thread>

#include <reel/data/data.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>
#include <reel/tensor/error.h>

#include "support/scratch_folder.h"

using namespace reel;
using testing::ScratchFolder;
using Bytes = std::vector<unsigned char>;

namespace {

template <class E, class F> void check_throws(const std::string& message, F&& f) {
  try {
    f();
    FAIL_CHECK("nothing was thrown; expected: " << message);
  } catch (const E& e) {
    INFO("the message was: " << std::string(e.what()));
    CHECK(std::string(e.what()).find(message) != std::string::npos);
  }
}

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

Bytes idx(unsigned char type, const std::vector<int>& shape, const Bytes& contents) {
  Bytes out{0, 0, type, static_cast<unsigned char>(shape.size())};
  for (const int size : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<unsigned char>(size >> shift));
  }
  out.insert(out.end(), contents.begin(), contents.end());
  return out;
}

void write(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void write_gz(const std::filesystem::path& path, const Bytes& bytes) {
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

Bytes read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_mnist(const std::filesystem::path& dir, const std::string& prefix, int count, const Bytes& labels) {
  Bytes pixels(static_cast<std::size_t>(count) * 784);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<unsigned char>(i % 251);
  write(dir / (prefix + "-images-idx3-ubyte"), idx(8, {count, 28, 28}, pixels));
  write_gz(dir / (prefix + "-labels-idx1-ubyte.gz"), idx(8, {static_cast<int>(labels.size())}, labels));
}

}  // namespace

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
  check_throws<ValueError>("1 of 2 examples have a target", [] {
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
  check_throws<ValueError>("add up to 9", [] { data::random_split(numbers(10), {4, 5}); });
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
  Generator generator(1);
  const Tensor images = arange(16).to(DType::f32).reshape({1, 2, 2, 4});
  const Tensor normal = data::Normalize({1, 2}, {2, 4})(images, generator);
  CHECK(normal.to_vector<float>()[3] == 1);
  CHECK(normal.to_vector<float>()[10] == 2);
  CHECK(data::Normalize({1}, {2})(images, generator).to_vector<float>()[15] == 7);
  check_throws<ValueError>("std above 0", [] { data::Normalize({1}, {0}); });
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
  check_throws<ValueError>("at least 0, got -1", [] { data::RandomShift(-1); });
  CHECK_THROWS_AS(data::RandomShift(1)(ones({2, 2}), generator), ShapeError);
  CHECK_THROWS_AS(data::RandomShift(1, .5)(zeros({1, 1, 2, 2}, {.dtype = DType::u8}), generator), DTypeError);

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

TEST_CASE("data: IDX files of every type, plain and compressed") {
  const ScratchFolder dir;
  write(dir / "u8", idx(0x08, {2, 3}, {1, 2, 3, 4, 5, 255}));
  CHECK(data::read_idx(dir / "u8").shape() == Shape{2, 3});
  CHECK(data::read_idx(dir / "u8").to_vector<int>() == std::vector<int>{1, 2, 3, 4, 5, 255});
  write_gz(dir / "u8.gz", idx(0x08, {2, 3}, {1, 2, 3, 4, 5, 255}));
  CHECK(equal(data::read_idx(dir / "u8.gz"), data::read_idx(dir / "u8")));
  write(dir / "i32", idx(0x0C, {2}, {0, 0, 1, 2, 0xFF, 0xFF, 0xFF, 0xFE}));
  CHECK(data::read_idx(dir / "i32").to_vector<int>() == std::vector<int>{258, -2});
  write(dir / "f32", idx(0x0D, {1}, {0x3F, 0xC0, 0, 0}));
  CHECK(data::read_idx(dir / "f32").item<float>() == 1.5F);
  write(dir / "f64", idx(0x0E, {1}, {0xC0, 0x04, 0, 0, 0, 0, 0, 0}));
  CHECK(data::read_idx(dir / "f64").item() == -2.5);
  write(dir / "none", idx(0x08, {0, 28, 28}, {}));
  CHECK(data::read_idx(dir / "none").shape() == Shape{0, 28, 28});
}

TEST_CASE("data: damaged IDX files") {
  const ScratchFolder dir;
  const auto expect = [&](const std::string& message, const Bytes& bytes) {
    write(dir / "file", bytes);
    check_throws<FormatError>(message, [&] { data::read_idx(dir / "file"); });
    write_gz(dir / "file.gz", bytes);
    CHECK_THROWS_AS(data::read_idx(dir / "file.gz"), FormatError);
  };
  expect("ends within its header", {});
  expect("ends within its header", {0, 0, 8});
  expect("ends within its header", {0, 0, 8, 2, 0, 0, 0, 1, 0});
  expect("begins with 0x89 0x50", {0x89, 'P', 'N', 'G', 0, 0, 0, 0});
  expect("begins with 0x00 0x00 0x07", {0, 0, 7, 1, 0, 0, 0, 0});
  expect("rank 9", idx(8, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {0}));
  expect("is truncated: its header says shape [70000, 28, 28] of u8", idx(8, {70000, 28, 28}, {1, 2, 3}));
  expect("is truncated", idx(8, {-1, -1, -1, -1}, {1}));  // 2^128 elements
  expect("is truncated", idx(8, {3}, {1, 2}));
  expect("goes on after the 2 bytes of shape [2] of u8", idx(8, {2}, {1, 2, 3}));

  write_gz(dir / "whole.gz", idx(8, {1000}, Bytes(1000, 7)));
  Bytes bytes = read(dir / "whole.gz");
  for (const int missing : {1, 8, 9, 12}) {
    write(dir / "cut.gz", Bytes(bytes.begin(), bytes.end() - missing));
    check_throws<FormatError>("truncated", [&] { data::read_idx(dir / "cut.gz"); });
  }
  bytes[bytes.size() - 6] ^= 1;  // the checksum
  write(dir / "bad.gz", bytes);
  check_throws<FormatError>("damaged", [&] { data::read_idx(dir / "bad.gz"); });

  check_throws<IOError>("cannot open", [&] { data::read_idx(dir / "absent"); });
  check_throws<IOError>("is a folder", [&] { data::read_idx(dir.path()); });
}

TEST_CASE("data: MNIST from plain and compressed files, here and in its usual folders") {
  const ScratchFolder dir;
  CHECK_FALSE(data::MNIST::is_in(dir.path()));
  check_throws<IOError>("has no train-images-idx3-ubyte", [&] { data::MNIST(dir.path(), data::Split::train); });
  std::filesystem::create_directories(dir / "mnist");
  write_mnist(dir / "mnist", "train", 3, {7, 0, 9});
  CHECK_FALSE(data::MNIST::is_in(dir.path()));
  write_mnist(dir / "mnist", "t10k", 2, {1, 2});
  CHECK(data::MNIST::is_in(dir.path()));
  CHECK(data::MNIST::is_in(dir / "mnist"));

  const data::MNIST train(dir.path(), data::Split::train), test(dir / "mnist", data::Split::test);
  CHECK(train.size() == 3);
  CHECK(test.size() == 2);
  const auto [images, labels] = train.get_batch(std::vector<std::int64_t>{2, 0});
  CHECK(images.shape() == Shape{2, 1, 28, 28});
  CHECK(images.dtype() == DType::f32);
  CHECK(images.to_vector<float>()[0] == static_cast<float>(2 * 784 % 251) / 255.0F);
  CHECK(images.to_vector<float>()[784 + 250] == 250.0F / 255.0F);
  CHECK(labels.to_vector<std::int64_t>() == std::vector<std::int64_t>{9, 7});
  CHECK(train.get(1).data.shape() == Shape{1, 28, 28});
  CHECK(train.get(0).target.item<std::int64_t>() == 7);
  CHECK(train.get(0).target.dim() == 0);
  CHECK_THROWS_AS(train.get(3), IndexError);
}

TEST_CASE("data: MNIST files that do not fit together") {
  const ScratchFolder dir;
  const auto load = [&] { data::MNIST(dir.path(), data::Split::train); };
  write_mnist(dir.path(), "train", 3, {7, 0});
  check_throws<FormatError>("a label for each image", load);
  write_mnist(dir.path(), "train", 3, {7, 0, 10});
  check_throws<FormatError>("expected labels 0 to 9, label 2 of", load);
  write(dir / "train-labels-idx1-ubyte", idx(8, {3, 1}, {1, 2, 3}));  // found before the compressed one
  check_throws<FormatError>("labels of rank 1 in u8", load);
  write(dir / "train-images-idx3-ubyte", idx(8, {3}, {1, 2, 3}));
  check_throws<FormatError>("images of rank 3 in u8", load);
}

TEST_CASE("data: CIFAR-10's binary files") {
  const ScratchFolder dir;
  const auto record = [](unsigned char label, unsigned char red) {
    Bytes bytes(3073, 5);
    bytes[0] = label;
    std::fill_n(bytes.begin() + 1, 1024, red);
    return bytes;
  };
  check_throws<IOError>("has no data_batch_1.bin", [&] { data::CIFAR10(dir.path(), data::Split::train); });
  check_throws<IOError>("has no test_batch.bin", [&] { data::CIFAR10(dir.path(), data::Split::test); });
  std::filesystem::create_directories(dir / "cifar-10-batches-bin");
  Bytes two = record(3, 255);
  const Bytes second = record(9, 51);
  two.insert(two.end(), second.begin(), second.end());
  write(dir / "cifar-10-batches-bin/data_batch_1.bin", two);
  write(dir / "cifar-10-batches-bin/data_batch_2.bin", record(0, 0));
  const data::CIFAR10 train(dir.path(), data::Split::train);
  CHECK(train.size() == 3);
  CHECK(train.labels().to_vector<int>() == std::vector<int>{3, 9, 0});
  CHECK(train.get(0).data.shape() == Shape{3, 32, 32});
  CHECK(train.get(1).data.to_vector<float>()[1023] == 51.0F / 255.0F);
  CHECK(train.get(1).data.to_vector<float>()[1024] == 5.0F / 255.0F);

  write(dir / "short.bin", Bytes(3072));
  check_throws<FormatError>("no whole number of records of 3073", [&] { data::read_cifar10(dir / "short.bin"); });
  write(dir / "label.bin", record(10, 0));
  check_throws<FormatError>("record 0 of", [&] { data::read_cifar10(dir / "label.bin"); });
  check_throws<IOError>("cannot read", [&] { data::read_cifar10(dir / "absent.bin"); });
}
