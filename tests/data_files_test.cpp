// The files of data sets: IDX, MNIST, CIFAR-10.

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include <reel/data/data.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/deadline.h"
#include "support/files.h"
#include "support/scratch_folder.h"
#include "support/throws.h"

using namespace reel;
using testing::check_throws;
using testing::ScratchFolder;
using Bytes = std::vector<unsigned char>;

namespace {

Bytes idx(unsigned char type, const std::vector<int>& shape, const Bytes& contents) {
  Bytes out{0, 0, type, static_cast<unsigned char>(shape.size())};
  for (const int size : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<unsigned char>(size >> shift));
  }
  out.insert(out.end(), contents.begin(), contents.end());
  return out;
}

void write(const std::filesystem::path& path, const Bytes& bytes) {
  testing::write_bytes(path, std::string(bytes.begin(), bytes.end()));
}

void write_gz(const std::filesystem::path& path, const Bytes& bytes) {
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

Bytes read(const std::filesystem::path& path) {
  const std::string bytes = testing::read_bytes(path);
  return {bytes.begin(), bytes.end()};
}

void write_mnist(const std::filesystem::path& dir, const std::string& prefix, int count, const Bytes& labels) {
  Bytes pixels(static_cast<std::size_t>(count) * 784);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<unsigned char>(i % 251);
  write(dir / (prefix + "-images-idx3-ubyte"), idx(8, {count, 28, 28}, pixels));
  write_gz(dir / (prefix + "-labels-idx1-ubyte.gz"), idx(8, {static_cast<int>(labels.size())}, labels));
}

}  // namespace

TEST_CASE("data: IDX files of every type, plain and compressed") {
  const ScratchFolder dir;
  write(dir / "u8", idx(0x08, {2, 3}, {1, 2, 3, 4, 5, 255}));
  CHECK(data::read_idx(dir / "u8").shape() == Shape{2, 3});
  CHECK(data::read_idx(dir / "u8").to_vector<int>() == std::vector<int>{1, 2, 3, 4, 5, 255});
  write_gz(dir / "u8.gz", idx(0x08, {2, 3}, {1, 2, 3, 4, 5, 255}));
  CHECK(equal(data::read_idx(dir / "u8.gz"), data::read_idx(dir / "u8")));
  write(dir / "i8", idx(0x09, {3}, {1, 0x80, 0xFF}));
  CHECK(data::read_idx(dir / "i8").to_vector<int>() == std::vector<int>{1, -128, -1});
  CHECK(data::read_idx(dir / "i8").dtype() == DType::i32);
  write(dir / "i16", idx(0x0B, {2}, {1, 2, 0xFF, 0xFE}));
  CHECK(data::read_idx(dir / "i16").to_vector<int>() == std::vector<int>{258, -2});
  write(dir / "short", idx(0x0B, {2}, {1, 2, 0xFF}));
  CHECK_THROWS_AS(data::read_idx(dir / "short"), FormatError);
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
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  const testing::Deadline deadline;  // who opens a pipe that nobody writes may wait for ever
  check_throws<IOError>("pipe is a pipe, expected a regular file", [&] { data::read_idx(dir / "pipe"); });
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

  write(dir / "cifar-10-batches-bin/data_batch_4.bin", record(0, 0));
  check_throws<IOError>("data_batch_3.bin is missing, though data_batch_4.bin is there",
                        [&] { data::CIFAR10(dir.path(), data::Split::train); });
  std::filesystem::remove(dir / "cifar-10-batches-bin/data_batch_1.bin");
  check_throws<IOError>("data_batch_1.bin is missing", [&] { data::CIFAR10(dir.path(), data::Split::train); });

  write(dir / "empty.bin", {});
  check_throws<FormatError>("empty.bin is empty", [&] { data::read_cifar10(dir / "empty.bin"); });
  write(dir / "short.bin", Bytes(3072));
  check_throws<FormatError>("not a whole number of records of 3073", [&] { data::read_cifar10(dir / "short.bin"); });
  write(dir / "label.bin", record(10, 0));
  check_throws<FormatError>("record 0 of", [&] { data::read_cifar10(dir / "label.bin"); });
  check_throws<IOError>("CIFAR10: cannot open", [&] { data::read_cifar10(dir / "absent.bin"); });
  check_throws<IOError>("is a folder, expected a regular file", [&] { data::read_cifar10(dir.path()); });
}
