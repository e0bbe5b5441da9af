// Safetensors files: round trips, files that are damaged or hostile, failures while writing.

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>

#include <doctest/doctest.h>
#include <reel/data/safetensors.h>
#include <reel/reel.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "support/deadline.h"
#include "support/files.h"
#include "support/requirement.h"
#include "support/scratch_folder.h"
#include "support/throws.h"

using namespace reel;
using testing::Deadline;
using testing::entries;
using testing::message_of;
using testing::read_bytes;
using testing::ScratchFolder;
using testing::write_bytes;
namespace fs = std::filesystem;

namespace {

/// The bytes of a file with this header and that many bytes of data, all 0.
std::string file_of(const std::string& json, std::size_t data_bytes) {
  const std::uint64_t length = json.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &length, 8);
  return out + json + std::string(data_bytes, '\0');
}

std::string bytes_of(const Tensor& t) {
  const Tensor row_major = t.cpu().contiguous();
  return {static_cast<const char*>(row_major.data()), static_cast<std::size_t>(t.numel()) * size_of(t.dtype())};
}

}  // namespace

TEST_CASE("integers that tensors lack are read as wider ones") {
  const ScratchFolder folder;
  const fs::path path = folder / "narrow.safetensors";
  std::string file = file_of(R"({"a":{"dtype":"I8","shape":[3],"data_offsets":[0,3]},)"
                             R"("b":{"dtype":"I16","shape":[1,2],"data_offsets":[3,7]},)"
                             R"("c":{"dtype":"U16","shape":[2],"data_offsets":[7,11]},)"
                             R"("d":{"dtype":"U32","shape":[2],"data_offsets":[11,19]},)"
                             R"("e":{"dtype":"I16","shape":[0],"data_offsets":[19,19]}})",
                             0);
  for (const int byte : {1, 0x80, 0xFF, 2, 1, 0xFE, 0xFF, 0, 0x80, 0xFF, 0xFF, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF}) {
    file += static_cast<char>(byte);
  }
  write_bytes(path, file);
  const auto tensors = data::load_safetensors(path.string()).tensors;
  using Whole = std::vector<std::int64_t>;
  CHECK(tensors.at("a").to_vector<std::int64_t>() == Whole{1, -128, -1});
  CHECK(tensors.at("b").to_vector<std::int64_t>() == Whole{258, -2});
  CHECK(tensors.at("c").to_vector<std::int64_t>() == Whole{32768, 65535});
  CHECK(tensors.at("d").to_vector<std::int64_t>() == Whole{1, 4294967295});
  CHECK(tensors.at("a").dtype() == DType::i32);
  CHECK(tensors.at("d").dtype() == DType::i64);
  CHECK(tensors.at("b").shape() == Shape{1, 2});
  CHECK(tensors.at("e").shape() == Shape{0});

  write_bytes(path, file_of(R"({"a":{"dtype":"I16","shape":[3],"data_offsets":[0,3]}})", 3));
  CHECK(message_of<FormatError>([&] { data::load_safetensors(path.string()); }).find("of I16 takes 6 bytes") !=
        std::string::npos);
}

TEST_CASE("safetensors keep every dtype, shape and layout") {
  const ScratchFolder folder;
  const fs::path path = folder / "all.safetensors";
  std::map<std::string, Tensor> tensors;
  const Tensor values = arange(24).to(DType::f64).reshape({2, 3, 4});
  for (const DType dtype : {DType::f32, DType::f64, DType::f16, DType::bf16, DType::i64, DType::i32, DType::u8}) {
    tensors.emplace(std::string("dtype.") + std::string(to_string(dtype)), values.to(dtype));
  }
  tensors.emplace("bool", tensor({true, false, true}));
  tensors.emplace("scalar", tensor(2.5));
  tensors.emplace("empty", zeros({0, 3}));
  tensors.emplace("transposed", values.transpose(0, 2));
  tensors.emplace("sliced", values.narrow(1, 1, 2).select(0, 1));
  tensors.emplace("expanded", tensor(1.5).expand({2, 2}));
  tensors.emplace("channels_last", values.reshape({1, 2, 3, 4}).channels_last());
  tensors.emplace("requires grad", ones({2}, {.requires_grad = true}));
  tensors.emplace("a name with \"quotes\", \\ and \xc3\xa4", zeros({1}));
  const std::map<std::string, std::string> metadata{{"format", "pt"}, {"note", "line\nbreak"}};
  data::save_safetensors(path, tensors, metadata);

  const data::SafetensorsFile file = data::load_safetensors(path);
  CHECK(file.metadata == metadata);
  REQUIRE(file.tensors.size() == tensors.size());
  for (const auto& entry : tensors) {
    INFO(entry.first);
    const Tensor &expected = entry.second, &read = file.tensors.at(entry.first);
    CHECK(read.shape() == expected.shape());
    CHECK(read.dtype() == expected.dtype());
    CHECK(read.is_contiguous());
    CHECK(!read.requires_grad());
    CHECK(bytes_of(read) == bytes_of(expected));
  }
  CHECK(file.tensors.at("transposed").to_vector<double>() == values.transpose(0, 2).to_vector<double>());
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("a safetensors file has the bytes that the format prescribes") {
  const ScratchFolder folder;
  const fs::path path = folder / "one.safetensors";
  data::save_safetensors(path, {{"b", tensor({1, 2})}, {"a", tensor({1.0})}}, {{"k", "v"}});
  // 8-byte data first; the header ends with spaces so that they are aligned.
  const std::string json = R"({"__metadata__":{"k":"v"},"a":{"data_offsets":[16,20],"dtype":"F32","shape":[1]},)"
                           R"("b":{"data_offsets":[0,16],"dtype":"I64","shape":[2]}})";
  std::string expected = file_of(json + std::string((8 - json.size() % 8) % 8, ' '), 20);
  const std::int64_t integers[] = {1, 2};
  const float one = 1;
  std::memcpy(expected.data() + expected.size() - 20, integers, 16);
  std::memcpy(expected.data() + expected.size() - 4, &one, 4);
  CHECK(read_bytes(path) == expected);
}

TEST_CASE("data that are not aligned can be read") {
  const ScratchFolder folder;
  const fs::path path = folder / "odd.safetensors";
  std::string bytes = file_of(R"({"u":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                              R"("x":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}})",
                              9);
  const float values[] = {1.5f, -2};
  std::memcpy(bytes.data() + bytes.size() - 8, values, 8);
  write_bytes(path, bytes);
  CHECK(data::load_safetensors(path).tensors.at("x").to_vector<float>() == std::vector<float>{1.5f, -2});
}

TEST_CASE("a file without tensors is one") {
  const ScratchFolder folder;
  const fs::path path = folder / "none.safetensors";
  data::save_safetensors(path, {});
  CHECK(data::load_safetensors(path).tensors.empty());
  write_bytes(path, file_of("{}", 0));
  CHECK(data::load_safetensors(path).tensors.empty());
}

TEST_CASE("malformed files are rejected, each with its reason") {
  struct Case {
    std::string bytes, message;
  };
  const auto entry = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"x":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  const auto length_only = [](std::uint64_t length) {
    std::string out(8, '\0');
    std::memcpy(out.data(), &length, 8);
    return out;
  };
  const std::string good = R"("x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  const std::vector<Case> cases{
      {"", "0 bytes are too few"},
      {"1234567", "7 bytes are too few"},
      {length_only(1), "the header has 1 bytes, but the file only 8"},
      {length_only(0), "the header does not begin with '{'"},
      {length_only(UINT64_MAX), "a header of 18446744073709551615 bytes is longer than the 100000000"},
      {length_only(UINT64_MAX - 7), "is longer than the 100000000 that are allowed"},
      {length_only(100'000'001) + "{}", "a header of 100000001 bytes is longer"},
      {file_of(" {}", 0), "the header does not begin with '{'"},
      {file_of("[]", 0), "the header does not begin with '{'"},
      {file_of("{", 0), "the header is not valid JSON"},
      {file_of("{} x", 0), "the header is not valid JSON"},
      {file_of("{\"a\xff\":{}}", 0), "the header is not valid JSON"},
      {file_of("{\"x\":1e999}", 0), "the header is not valid JSON"},
      {file_of(R"({"x":{"shape":[[1]]}})", 0), "the header is nested too deeply"},
      {file_of("{\"x\":" + std::string(100'000, '['), 0), "the header is nested too deeply"},
      {file_of("{" + good + "," + good + "}", 8), "the name \"x\" appears twice"},
      {file_of(R"({"x":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}})", 4),
       "the name \"dtype\" appears twice"},
      {file_of(R"({"x":7})", 0), "tensor \"x\": its entry is not an object"},
      {file_of(R"({"__metadata__":7})", 0), "__metadata__ is not an object"},
      {file_of(R"({"__metadata__":{"k":7}})", 0), "__metadata__ \"k\" is not a string"},
      {file_of(R"({"x":{"dtype":"F32","shape":[2]}})", 0), "tensor \"x\": no field \"data_offsets\""},
      {file_of(R"({"x":{"shape":[2],"data_offsets":[0,8]}})", 8), "tensor \"x\": no field \"dtype\""},
      {file_of(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"strides":[1]}})", 8),
       "tensor \"x\": unknown field \"strides\""},
      {file_of(entry("7", "[2]", "[0,8]"), 8), "tensor \"x\": dtype is not a string"},
      {file_of(entry("\"F8_E4M3\"", "[2]", "[0,2]"), 2), "tensor \"x\": dtype \"F8_E4M3\" is not one of F64"},
      {file_of(entry("\"f32\"", "[2]", "[0,8]"), 8), "tensor \"x\": dtype \"f32\" is not one of F64"},
      {file_of(entry("\"F32\"", "2", "[0,8]"), 8), "tensor \"x\": shape is not an array"},
      {file_of(entry("\"F32\"", "[-2]", "[0,8]"), 8), "tensor \"x\": shape holds -2, which is not a whole number"},
      {file_of(entry("\"F32\"", "[2.0]", "[0,8]"), 8), "tensor \"x\": shape holds 2.0"},
      {file_of(entry("\"F32\"", "[\"2\"]", "[0,8]"), 8), "tensor \"x\": shape holds string"},
      {file_of(entry("\"F32\"", "[18446744073709551615]", "[0,8]"), 8),
       "tensor \"x\": shape holds 18446744073709551615"},
      {file_of(entry("\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4),
       "tensor \"x\": rank 9 exceeds the highest rank, 8"},
      {file_of(entry("\"F32\"", "[4294967296,4294967296]", "[0,0]"), 0), "does not fit 64 bits"},
      {file_of(entry("\"F32\"", "[4611686018427387904]", "[0,0]"), 0), "does not fit 64 bits"},
      {file_of(entry("\"F32\"", "[2]", "[0]"), 8), "tensor \"x\": data_offsets has 1 numbers instead of 2"},
      {file_of(entry("\"F32\"", "[2]", "[0,8,8]"), 8), "tensor \"x\": data_offsets has 3 numbers instead of 2"},
      {file_of(entry("\"F32\"", "[2]", "[-8,0]"), 8), "tensor \"x\": data_offsets holds -8"},
      {file_of(entry("\"F32\"", "[2]", "[8,0]"), 8), "tensor \"x\": data_offsets [8, 0] end before they begin"},
      {file_of(entry("\"F32\"", "[2]", "[0,4]"), 4),
       "tensor \"x\": shape [2] of f32 takes 8 bytes, but data_offsets hold 4"},
      {file_of(entry("\"F32\"", "[0]", "[0,8]"), 8),
       "tensor \"x\": shape [0] of f32 takes 0 bytes, but data_offsets hold 8"},
      {file_of(entry("\"F32\"", "[2]", "[0,8]"), 7), "its data end at byte 8, but the file has only 7 bytes of data"},
      {file_of(entry("\"F32\"", "[2]", "[0,8]"), 9), "1 bytes after the last tensor belong to nothing"},
      {file_of(entry("\"F32\"", "[2]", "[4,12]"), 12),
       "tensor \"x\": its data begin at byte 4, leaving a gap after byte 0"},
      {file_of("{" + good + R"(,"y":{"dtype":"U8","shape":[8],"data_offsets":[4,12]}})", 12),
       "tensor \"y\": its data begin at byte 4, inside the tensor before it, which ends at 8"},
      {file_of("{" + good + R"(,"y":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})", 8),
       "its data begin at byte 0, inside the tensor before it, which ends at 8"},
      {file_of("{}", 4), "4 bytes after the last tensor belong to nothing"},
      {file_of(entry("\"BOOL\"", "[1]", "[0,1]"), 0) + "\2", "tensor \"x\": a BOOL byte is neither 0 nor 1"},
  };
  const ScratchFolder folder;
  const fs::path path = folder / "bad.safetensors";
  for (const Case& c : cases) {
    write_bytes(path, c.bytes);
    INFO(c.message);
    CHECK_THROWS_AS(data::load_safetensors(path), FormatError);
    const std::string message = message_of([&] { data::load_safetensors(path); });
    INFO(message);
    CHECK(message.find(c.message) != std::string::npos);
    CHECK(message.find(path.string() + ": ") == 0);
  }
}

TEST_CASE("no flipped byte or cut makes reading crash") {
  const ScratchFolder folder;
  const fs::path path = folder / "fuzz.safetensors";
  data::save_safetensors(path, {{"w", ones({2, 3})}, {"b", tensor({true})}, {"n", tensor(3)}}, {{"k", "v"}});
  const std::string good = read_bytes(path);
  std::uint64_t length = 0;
  std::memcpy(&length, good.data(), 8);
  std::mt19937 random(7);  // NOLINT: the same every time
  std::size_t rejected = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = good;
    const std::size_t flips = 1 + random() % 3;
    for (std::size_t f = 0; f < flips; ++f) bytes[random() % (8 + length)] = static_cast<char>(random());
    if (i % 4 == 0) bytes.resize(random() % bytes.size());
    write_bytes(path, bytes);
    try {
      data::load_safetensors(path);
    } catch (const FormatError&) {
      ++rejected;
    }
  }
  CHECK(rejected > 2000);
}

TEST_CASE("what cannot be saved is refused, and the old file stays") {
  const ScratchFolder folder;
  const fs::path path = folder / "kept.safetensors";
  data::save_safetensors(path, {{"x", ones({2})}});
  const std::string before = read_bytes(path);
  CHECK(message_of([&] {
          data::save_safetensors(path, {{"x", Tensor()}});
        }) == "save_safetensors: tensor \"x\" is undefined");
  CHECK(message_of([&] {
          data::save_safetensors(path, {{"__metadata__", ones({1})}});
        }).find("cannot be the name") != std::string::npos);
  CHECK(message_of([&] {
          data::save_safetensors(path, {{"\xff", ones({1})}});
        }).find("not valid UTF-8") != std::string::npos);
  CHECK(read_bytes(path) == before);
  CHECK_THROWS_AS(data::save_safetensors(folder / "no/such/folder", {}), IOError);
  CHECK_THROWS_AS(data::save_safetensors(folder.path(), {}), IOError);
  CHECK_THROWS_AS(data::load_safetensors(folder / "missing"), IOError);
  CHECK_THROWS_AS(data::load_safetensors(folder.path()), IOError);
}

TEST_CASE("reading anything but a regular file is refused at once") {
  const ScratchFolder folder;
  const fs::path pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto message = [](const std::string& path) {
    const Deadline deadline;  // who opens a pipe that nobody writes may wait for ever
    return message_of<IOError>([&] { data::load_safetensors(path); });
  };
  CHECK(message(pipe) == "load_safetensors: " + pipe.string() + " is a pipe, expected a regular file");
  CHECK(message(folder.path()) ==
        "load_safetensors: " + folder.path().string() + " is a folder, expected a regular file");
  CHECK(message("/dev/zero") == "load_safetensors: /dev/zero is a device, expected a regular file");
  CHECK(message(folder / "no") ==
        "load_safetensors: cannot open " + (folder / "no").string() + ": No such file or directory");
  CHECK(message("") == "load_safetensors: expected the path of a file, got an empty one");
  data::save_safetensors(folder / "file", {{"x", ones({2})}});
  CHECK(message((folder / "file").string() + '\0') ==
        "load_safetensors: expected the path of a file, got one with a byte 0 behind \"" + (folder / "file").string() +
            "\"");
}

TEST_CASE("a disk that fills up while saving costs nothing") {
  const ScratchFolder folder;
  const fs::path path = folder / "kept.safetensors";
  data::save_safetensors(path, {{"x", ones({2})}});
  const std::string before = read_bytes(path);
  // The limit on the size of files stands for a full disk: a write beyond it fails.
  rlimit former = {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &former) == 0);
  const rlimit limit{10'000, former.rlim_max};
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  const std::string message = message_of([&] { data::save_safetensors(path, {{"x", ones({10'000})}}); });
  ::setrlimit(RLIMIT_FSIZE, &former);
  ::signal(SIGXFSZ, handler);
  CHECK(message.find(path.string() + ": cannot write ") == 0);
  CHECK(read_bytes(path) == before);
  CHECK(entries(folder.path()) == 1);
}

namespace {

fs::path squeezenet() {
  const char* folder = std::getenv("REEL_DATA");
  return fs::path(folder ? folder : "") / "weights/squeezenet1_0.safetensors";
}

const testing::Requirement needs_squeezenet("needs weights/squeezenet1_0.safetensors", [] {
  return std::getenv("REEL_DATA") && fs::exists(squeezenet()) ? "" : "REEL_DATA names no folder with it";
});

}  // namespace

TEST_CASE("a header of many names takes time for each name, not for each pair") {
  const int names = 50'000;
  std::string header = "{\"__metadata__\":{}";
  for (int i = 0; i < names; ++i) {
    header += ",\"t" + std::to_string(i) + R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  }
  const ScratchFolder folder;
  const fs::path path = folder / "many.safetensors";
  write_bytes(path, file_of(header + "}", 0));
  const Deadline deadline;
  CHECK(data::load_safetensors(path.string()).tensors.size() == names);
}

TEST_CASE("weights that others have written can be read" * needs_squeezenet) {
  const data::SafetensorsFile file = data::load_safetensors(squeezenet());
  CHECK(file.tensors.size() == 52);
  std::int64_t parameters = 0;
  for (const auto& [name, tensor] : file.tensors) parameters += tensor.numel();
  CHECK(parameters == 1'248'424);  // Iandola et al. 2016: 1.25 million
}
