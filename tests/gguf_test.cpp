// GGUF files that the tests write themselves: every kind of value, every type of tensor, files that are damaged.

#include <cmath>
#include <cstring>
#include <functional>
#include <random>

#include <doctest/doctest.h>
#include <reel/data/gguf.h>
#include <reel/reel.h>

#include "support/files.h"
#include "support/scratch_folder.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

enum Kind : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, list, u64, i64, f64 };

/// Bytes one after the other.
struct Bytes {
  std::string text;

  template <class T> Bytes& put(T value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Bytes& put_string(const std::string& value) {
    put<std::uint64_t>(value.size());
    text += value;
    return *this;
  }
};

template <class T> Bytes of(T value) { return Bytes().put(value); }

/// A file as it is put together; its members may be spoilt before.
struct File {
  std::string magic = "GGUF";
  std::uint32_t version = 3;
  std::uint64_t tensors = 0, pairs = 0;
  Bytes metadata, infos;
  std::string data;
  std::size_t alignment = 32;

  File& pair(const std::string& key, std::uint32_t kind, const Bytes& value) {
    ++pairs;
    metadata.put_string(key).put(kind).text += value.text;
    return *this;
  }
  /// Dimensions are the file's: the innermost first.
  File& tensor(const std::string& name, const std::vector<std::uint64_t>& sizes, std::uint32_t type,
               const std::string& bytes) {
    data.resize((data.size() + alignment - 1) / alignment * alignment);
    info(name, sizes, type, data.size());
    data += bytes;
    return *this;
  }
  File& info(const std::string& name, const std::vector<std::uint64_t>& sizes, std::uint32_t type, std::uint64_t at) {
    ++tensors;
    infos.put_string(name).put(static_cast<std::uint32_t>(sizes.size()));
    for (const std::uint64_t size : sizes) infos.put(size);
    infos.put(type).put(at);
    return *this;
  }
  std::string bytes() const {
    Bytes out{magic};
    out.put(version).put(tensors).put(pairs).text += metadata.text + infos.text;
    if (tensors > 0) out.text.resize((out.text.size() + alignment - 1) / alignment * alignment);
    return out.text + data;
  }
};

data::GGUFFile load(const std::string& bytes, const data::GGUFOptions& options = {}) {
  const ScratchFolder folder;
  write_bytes(folder / "a.gguf", bytes);
  return data::load_gguf(folder / "a.gguf", options);
}
data::GGUFFile load(const File& file, const data::GGUFOptions& options = {}) { return load(file.bytes(), options); }

void refuses(const std::string& message, const File& file) {
  INFO(message);
  const std::string got = message_of<FormatError>([&] { load(file); });
  INFO(got);
  CHECK(got.find(message) != std::string::npos);
  CHECK(got.find("a.gguf: ") != std::string::npos);
}

/// f16: 0.5, -2, and 0.25.
constexpr std::uint16_t kOneHalf = 0x3800, kMinusTwo = 0xc000, kQuarter = 0x3400;

/// One file with something of everything.
File everything() {
  File file;
  file.pair("text", string,
            Bytes().put_string("Gr\xc3\xbc\xc3\x9f"
                               "e"));
  file.pair("list", list, Bytes().put<std::uint32_t>(i32).put<std::uint64_t>(2).put(-3).put(7));
  file.tensor("a", {3, 2}, 0, of(1.f).put(2.f).put(3.f).put(4.f).put(5.f).put(6.f).text);
  file.tensor("b", {32}, 2, of(kOneHalf).text + std::string(16, '\x1f'));
  return file;
}

}  // namespace

TEST_CASE("GGUF metadata of every kind") {
  File file;
  file.pair("u8", u8, of<std::uint8_t>(200)).pair("i8", i8, of<std::int8_t>(-3));
  file.pair("u16", u16, of<std::uint16_t>(60000)).pair("i16", i16, of<std::int16_t>(-300));
  file.pair("u32", u32, of<std::uint32_t>(4000000000)).pair("i32", i32, of<std::int32_t>(-70000));
  file.pair("u64", u64, of<std::uint64_t>(INT64_MAX)).pair("i64", i64, of<std::int64_t>(INT64_MIN));
  file.pair("f32", f32, of(0.25f)).pair("f64", f64, of(0.1));
  file.pair("yes", boolean, of<std::uint8_t>(1)).pair("no", boolean, of<std::uint8_t>(0));
  file.pair("empty", string, Bytes().put_string(""));
  const auto listed = [](std::uint32_t kind, std::uint64_t count) { return Bytes().put(kind).put(count); };
  file.pair("bytes", list, listed(u8, 2).put<std::uint8_t>(1).put<std::uint8_t>(255));
  file.pair("floats", list, listed(f32, 2).put(1.5f).put(-INFINITY));
  file.pair("truths", list, listed(boolean, 3).put<std::uint8_t>(1).put<std::uint8_t>(0).put<std::uint8_t>(1));
  file.pair("texts", list, listed(string, 2).put_string("a").put_string(std::string("b\0c", 3)));
  file.pair("none", list, listed(string, 0));
  Bytes nested = listed(list, 2);
  nested.text += listed(u16, 1).put<std::uint16_t>(7).text + listed(f64, 0).text;
  file.pair("nested", list, nested);

  const data::GGUFFile got = load(file);
  CHECK(got.metadata.size() == file.pairs);
  CHECK(got.tensors.empty());
  const std::map<std::string, std::int64_t> integers{{"u8", 200},        {"i8", -3},          {"u16", 60000},
                                                     {"i16", -300},      {"u32", 4000000000}, {"i32", -70000},
                                                     {"u64", INT64_MAX}, {"i64", INT64_MIN}};
  for (const auto& [key, value] : integers) CHECK(got.get<std::int64_t>(key) == value);
  CHECK(got.get<double>("f32") == 0.25);
  CHECK(got.get<double>("f64") == 0.1);
  CHECK(got.get<bool>("yes"));
  CHECK(!got.get<bool>("no"));
  CHECK(got.get<std::string>("empty").empty());
  CHECK(got.get<std::vector<std::int64_t>>("bytes") == std::vector<std::int64_t>{1, 255});
  CHECK(got.get<std::vector<double>>("floats") == std::vector<double>{1.5, -INFINITY});
  CHECK(got.get<std::vector<bool>>("truths") == std::vector<bool>{true, false, true});
  CHECK(got.get<std::vector<std::string>>("texts") == std::vector<std::string>{"a", std::string("b\0c", 3)});
  CHECK(got.get<std::vector<std::string>>("none").empty());
  const auto& lists = got.get<std::vector<data::GGUFValue>>("nested");
  REQUIRE(lists.size() == 2);
  CHECK(lists[0].as<std::vector<std::int64_t>>() == std::vector<std::int64_t>{7});
  CHECK(lists[1].as<std::vector<double>>().empty());

  CHECK(got.get_or<std::int64_t>("missing", 5) == 5);
  CHECK(got.get_or<std::int64_t>("u8", 5) == 200);
  check_throws<FormatError>("expected metadata \"missing\"", [&] { got.get<bool>("missing"); });
  check_throws<FormatError>("expected \"u8\" to be text, got an integer", [&] { got.get<std::string>("u8"); });
}

TEST_CASE("GGUF tensors of every type") {
  File file;
  file.tensor("f32", {3, 2}, 0, of(1.f).put(2.f).put(3.f).put(4.f).put(5.f).put(-INFINITY).text);
  file.tensor("f16", {2}, 1, of(kOneHalf).put(kMinusTwo).text);
  file.tensor("bf16", {2}, 30, of<std::uint16_t>(0x3f80).put<std::uint16_t>(0xc049).text);
  file.tensor("f64", {1}, 28, of(0.1).text);
  file.tensor("i32", {1}, 26, of(-7).text);
  file.tensor("i64", {1}, 27, of<std::int64_t>(1).text);
  file.tensor("scalar", {}, 0, of(9.f).text);
  file.tensor("empty", {0, 2}, 0, "");
  std::string nibbles;
  std::vector<double> q4_0, q4_1, q8_0;
  for (int i = 0; i < 16; ++i) nibbles.push_back(static_cast<char>(i | (15 - i) << 4));
  for (int i = 0; i < 32; ++i) {
    const int number = i < 16 ? i : 31 - i;
    q4_0.push_back((number - 8) * 0.5);
    q4_1.push_back(number * 0.5 - 2);
  }
  Bytes bytes = of(kQuarter);
  for (int i = 0; i < 32; ++i) {
    bytes.put(static_cast<std::int8_t>(8 * i - 128));
    q8_0.push_back((8 * i - 128) * 0.25);
  }
  file.tensor("q4_0", {32}, 2, of(kOneHalf).text + nibbles);
  file.tensor("q4_1", {32}, 3, of(kOneHalf).put(kMinusTwo).text + nibbles);
  file.tensor("q8_0", {32, 2}, 8, bytes.text + bytes.text);

  const data::GGUFFile got = load(file);
  const auto check = [&](const std::string& name, DType dtype, const Shape& shape, const std::vector<double>& values) {
    INFO(name);
    REQUIRE(got.tensors.contains(name));
    const Tensor& t = got.tensors.at(name);
    CHECK(t.dtype() == dtype);
    CHECK(t.shape() == shape);
    CHECK(t.to_vector<double>() == values);
  };
  check("f32", DType::f32, {2, 3}, {1, 2, 3, 4, 5, -INFINITY});
  check("f16", DType::f32, {2}, {0.5, -2});
  check("bf16", DType::f32, {2}, {1, -3.140625});
  check("f64", DType::f64, {1}, {0.1});
  check("i32", DType::i32, {1}, {-7});
  check("i64", DType::i64, {1}, {1});
  check("scalar", DType::f32, {}, {9});
  check("empty", DType::f32, {2, 0}, {});
  check("q4_0", DType::f32, {32}, q4_0);
  check("q4_1", DType::f32, {32}, q4_1);
  std::vector<double> twice = q8_0;
  twice.insert(twice.end(), q8_0.begin(), q8_0.end());
  check("q8_0", DType::f32, {2, 32}, twice);

  const data::GGUFFile kept = load(file, {.keep_half = true});
  CHECK(kept.tensors.at("f16").dtype() == DType::f16);
  CHECK(kept.tensors.at("bf16").dtype() == DType::bf16);
  CHECK(kept.tensors.at("bf16").to_vector<double>() == std::vector<double>{1, -3.140625});
  CHECK(load(file, {.tensors = false}).tensors.empty());
}

TEST_CASE("GGUF metadata can be read whatever types the tensors have") {
  constexpr std::uint32_t kQ6K = 14;
  File file = everything();
  file.tensor("quantised", {256}, kQ6K, std::string(210, '\0'));
  refuses("tensor \"quantised\": its type, number 14", file);
  CHECK(load(file, {.tensors = false}).get<std::vector<std::int64_t>>("list") == std::vector<std::int64_t>{-3, 7});
}

TEST_CASE("GGUF lists of lists take memory like their bytes, however long their key is") {
  Bytes lists;
  lists.put<std::uint32_t>(list).put<std::uint64_t>(3);
  for (int i = 0; i < 3; ++i) lists.put<std::uint32_t>(u8).put<std::uint64_t>(0);
  File file;
  const std::string key(100000, 'k');
  const data::GGUFFile got = load(file.pair(key, list, lists));
  const auto& items = got.get<std::vector<data::GGUFValue>>(key);
  REQUIRE(items.size() == 3);
  const std::string message = message_of<FormatError>([&] { items[0].as<bool>(); });
  CHECK(message.find("kkkk") != std::string::npos);
  CHECK(message.size() < 200);
}

TEST_CASE("GGUF files of version 2, of another alignment, and larger than a buffer") {
  File old = everything();
  old.version = 2;
  CHECK(load(old).get<std::vector<std::int64_t>>("list") == std::vector<std::int64_t>{-3, 7});
  File wide;
  wide.alignment = 128;
  wide.pair("general.alignment", u32, of<std::uint32_t>(128));
  std::string first, second;
  for (int i = 0; i < 50000; ++i) first += of(static_cast<float>(i)).text;
  for (int i = 0; i < 5; ++i) second += of(static_cast<float>(-i)).text;
  wide.tensor("first", {50000}, 0, first).tensor("second", {5}, 0, second);
  const data::GGUFFile got = load(wide);
  CHECK(got.tensors.at("first").to_vector<double>() == arange(50000).to_vector<double>());
  CHECK(got.tensors.at("second").to_vector<double>() == std::vector<double>{0, -1, -2, -3, -4});
}

TEST_CASE("GGUF files that say what cannot be are refused by name") {
  const auto spoilt = [](const std::function<void(File&)>& spoil) {
    File file = everything();
    spoil(file);
    return file;
  };
  refuses("\"GGUF\"", spoilt([](File& f) { f.magic = "GGML"; }));
  refuses("expected version 2 or 3", spoilt([](File& f) { f.version = 1; }));
  refuses("expected version 2 or 3", spoilt([](File& f) { f.version = 3u << 24; }));  // big-endian
  refuses("\"tensors\"", spoilt([](File& f) { f.tensors = UINT64_MAX; }));
  refuses("\"keys\"", spoilt([](File& f) { f.pairs = 1ull << 60; }));
  refuses("\"text\" appears twice", spoilt([](File& f) { f.pair("text", u8, of<std::uint8_t>(1)); }));
  refuses("kind 13", spoilt([](File& f) { f.pair("x", 13, of(1)); }));
  refuses("list of kind 99", spoilt([](File& f) { f.pair("x", list, of(99u).put<std::uint64_t>(1)); }));
  refuses("truth value of 2", spoilt([](File& f) { f.pair("x", boolean, of<std::uint8_t>(2)); }));
  refuses("exceeds", spoilt([](File& f) { f.pair("x", u64, of<std::uint64_t>(UINT64_MAX)); }));
  refuses("\"x\"", spoilt([](File& f) { f.pair("x", string, of<std::uint64_t>(1ull << 40)); }));
  for (const std::uint32_t kind : {u8, f64, string, list, u64}) {
    refuses("\"x\"", spoilt([=](File& f) { f.pair("x", list, of(kind).put<std::uint64_t>(UINT64_MAX / 4)); }));
  }
  Bytes deep;
  for (int i = 0; i < 9; ++i) deep.put<std::uint32_t>(list).put<std::uint64_t>(1);
  refuses("nested too deeply", spoilt([&](File& f) { f.pair("x", list, deep); }));
  for (const std::uint32_t alignment : {0u, 48u, 1u << 30}) {
    refuses("general.alignment", spoilt([=](File& f) { f.pair("general.alignment", u32, of(alignment)); }));
  }
}

TEST_CASE("GGUF tensors that do not fit are refused by name") {
  const auto with = [](const std::string& name, const std::vector<std::uint64_t>& sizes, std::uint32_t type,
                       std::uint64_t at) {
    File file = everything();  // whose tensors end at 50
    file.data.resize(64);
    return file.info(name, sizes, type, at);
  };
  constexpr std::uint64_t kHuge = 1ull << 62;
  refuses("tensor \"a\" appears twice", with("a", {}, 0, 64));
  refuses("rank 9", with("x", std::vector<std::uint64_t>(9, 1), 0, 64));
  refuses("number 12", with("x", {32}, 12, 64));
  refuses("rows of 33", with("x", {33}, 8, 64));
  refuses("cannot be counted", with("x", {kHuge, 4}, 0, 64));
  refuses("exceeds", with("x", {UINT64_MAX}, 0, 64));
  refuses("cannot be counted", with("x", {kHuge}, 0, 64));
  refuses("cannot be counted", with("x", {0, kHuge, kHuge}, 0, 64));
  refuses("begins at 32", with("x", {1}, 0, 32));
  refuses("begins at 63", with("x", {1}, 0, 63));
  refuses("begins at 96", with("x", {1}, 0, 96));
  refuses("lie beyond", with("x", {1}, 0, 64));
  refuses("lie beyond", with("x", {kHuge / 8}, 0, 64));
  File longer = everything();
  longer.data.resize(longer.data.size() + 32);
  refuses("follow the last tensor", longer);
  CHECK_THROWS_AS(data::load_gguf("/nowhere/a.gguf"), IOError);
}

TEST_CASE("a GGUF file that ends early is refused, wherever") {
  const std::string whole = everything().bytes();
  REQUIRE_NOTHROW(load(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK_THROWS_AS(load(whole.substr(0, size)), FormatError);
  }
}

TEST_CASE("a GGUF file with any byte changed is read or refused") {
  std::mt19937 random(1);
  const std::string whole = everything().bytes();
  for (int i = 0; i < 2000; ++i) {
    std::string changed = whole;
    for (int k = 0; k < 1 + i % 3; ++k) changed[random() % changed.size()] = static_cast<char>(random());
    try {
      load(changed);
    } catch (const FormatError&) {
    }
  }
}
