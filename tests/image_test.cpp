// Pictures in PNG and JPEG files, damaged ones among them, and in other sizes.

#include <filesystem>
#include <limits>

#include <doctest/doctest.h>
#include <reel/data/image.h>
#include <reel/ops/ops.h>

#include "support/files.h"
#include "support/scratch_folder.h"
#include "support/throws.h"

using namespace reel;
using testing::message_of;
using testing::read_bytes;
using testing::ScratchFolder;
using testing::write_bytes;

namespace {

const ScratchFolder& folder() {
  static const ScratchFolder made;
  return made;
}
std::string file(const std::string& name) { return (folder() / name).string(); }

/// A smooth picture of three channels, u8 [3, 24, 31] on the CPU.
Tensor picture() {
  const Tensor rows = arange(24, DType::f32).view({1, 24, 1}), columns = arange(31, DType::f32).view({1, 1, 31});
  const Tensor channels = tensor({0.0, 30.0, 60.0}).view({3, 1, 1});
  return (channels + 3 * rows + 2 * columns).to(DType::u8).cpu();
}

/// Whether Reel can write files that end so; without the library it says which.
bool has(const std::string& end) {
  try {
    data::write_image(file("has" + end), picture());
    return true;
  } catch (const IOError& e) {
    CHECK(std::string(e.what()).find("Reel was built without lib") != std::string::npos);
    return false;
  }
}

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a.to(DType::f32) - b.to(DType::f32)).abs().max().item();
}

void check_values(const Tensor& actual, const std::vector<double>& expected) {
  const std::vector<double> values = actual.to_vector<double>();
  REQUIRE(values.size() >= expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-8));
}

}  // namespace

TEST_CASE("a PNG file gives back what was written") {
  if (!has(".png")) return;
  data::write_image(file("a.png"), picture());
  CHECK(read_bytes(file("a.png")).substr(1, 3) == "PNG");
  const Tensor read = data::read_image(file("a.png"));
  CHECK(read.dtype() == DType::u8);
  CHECK(read.is_contiguous());
  CHECK(equal(read, picture()));
  data::write_image(file("grey.PNG"), picture().narrow(0, 1, 1));
  CHECK(equal(data::read_image(file("grey.PNG"), 1), picture().narrow(0, 1, 1)));
  CHECK(equal(data::read_image(file("grey.PNG")), picture().narrow(0, 1, 1).expand({3, 24, 31})));
}

TEST_CASE("a floating image is rounded to bytes") {
  if (!has(".png")) return;
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> values{0, 1, 0.5, -3, 7, inf, -inf, nan, 0.25};
  for (const DType dtype : {DType::f16, DType::f32, DType::f64}) {
    data::write_image(file("f.png"), tensor(values, {1, 3, 3}).to(dtype));
    CHECK(data::read_image(file("f.png"), 1).to_vector<std::uint8_t>() ==
          std::vector<std::uint8_t>{0, 255, 128, 0, 255, 255, 0, 0, 64});
  }
}

TEST_CASE("a JPEG file is near what was written") {
  if (!has(".jpg")) return;
  data::write_image(file("a.jpg"), picture(), 95);
  const Tensor read = data::read_image(file("a.jpg"));
  CHECK(read.shape() == Shape{3, 24, 31});
  CHECK(largest_difference(read, picture()) < 8);
  data::write_image(file("b.jpeg"), picture(), 5);
  CHECK(read_bytes(file("b.jpeg")).size() < read_bytes(file("a.jpg")).size());
  data::write_image(file("grey.jpg"), picture().narrow(0, 0, 1));
  CHECK(largest_difference(data::read_image(file("grey.jpg"), 1), picture().narrow(0, 0, 1)) < 8);
}

TEST_CASE("damaged pictures are refused") {
  for (const std::string end : {".png", ".jpg"}) {
    if (!has(end)) continue;
    CAPTURE(end);
    data::write_image(file("whole" + end), picture());
    const std::string bytes = read_bytes(file("whole" + end)), damaged = file("damaged" + end);
    for (const std::size_t size : {bytes.size() - 20, bytes.size() / 2, std::size_t{30}, std::size_t{9}}) {
      write_bytes(damaged, bytes.substr(0, size));
      CHECK_THROWS_AS(data::read_image(damaged), FormatError);
    }
    // Every byte of the beginning, replaced: either an image of some size or a FormatError, nothing else.
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 160); ++i) {
      for (const char value : {'\0', '\x7f', '\xff'}) {
        std::string changed = bytes;
        changed[i] = value;
        write_bytes(damaged, changed);
        try {
          const Tensor image = data::read_image(damaged);
          CHECK(image.dim() == 3);
        } catch (const FormatError&) {
        }
      }
    }
  }
}

TEST_CASE("a JPEG file of an odd form, whose pixels are whole, is read") {
  if (!has(".jpg")) return;
  data::write_image(file("form.jpg"), picture());
  const Tensor expected = data::read_image(file("form.jpg"));
  std::string bytes = read_bytes(file("form.jpg"));
  REQUIRE(bytes.substr(6, 4) == "JFIF");
  bytes[11] = 2;                            // the version of JFIF
  bytes.insert(bytes.size() - 2, 2, '\0');  // before the marker of the end
  write_bytes(file("form.jpg"), bytes);
  CHECK(equal(data::read_image(file("form.jpg")), expected));
}

TEST_CASE("a picture that claims to be huge is not allocated") {
  if (!has(".png")) return;
  std::string bytes = read_bytes(file("has.png"));
  // Width and height stand behind the signature and the first chunk's length and name; its checksum follows.
  const std::string size("\x00\x00\xff\xff\x00\x00\xff\xff", 8);
  bytes.replace(16, 8, size);
  write_bytes(file("huge.png"), bytes);
  CHECK_THROWS_AS(data::read_image(file("huge.png")), FormatError);
}

TEST_CASE("read_image and write_image say what they want") {
  write_bytes(file("text"), "no picture");
  CHECK(message_of<FormatError>([] { data::read_image(file("text")); }) ==
        "read_image: expected a PNG or JPEG file, got \"" + file("text") + "\"");
  CHECK_THROWS_AS(data::read_image(file("missing.png")), IOError);
  CHECK_THROWS_AS(data::read_image(folder().path().string()), IOError);
  CHECK_THROWS_AS(data::read_image(file("text"), 2), ValueError);
  CHECK_THROWS_AS(data::write_image(file("x.bmp"), picture()), ValueError);
  CHECK_THROWS_AS(data::write_image(file("x"), picture()), ValueError);
  CHECK_THROWS_AS(data::write_image(file("x.jpg"), picture(), 0), ValueError);
  CHECK_THROWS_AS(data::write_image(file("x.png"), picture()[0]), ShapeError);
  CHECK_THROWS_AS(data::write_image(file("x.png"), zeros({2, 4, 4})), ShapeError);
  CHECK_THROWS_AS(data::write_image(file("x.png"), zeros({3, 0, 4})), ShapeError);
  CHECK_THROWS_AS(data::write_image(file("x.png"), zeros({3, 4, 4}, DType::i64)), DTypeError);
  CHECK_FALSE(std::filesystem::exists(file("x.png")));
}

TEST_CASE("resize is PyTorch's interpolation, with and without antialiasing") {
  std::vector<double> values;
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 7; ++j) values.push_back((7 * i * i + 3 * j * j + i * j) % 11);
  }
  const Tensor x = tensor(values, {1, 5, 7});
  // From torch.nn.functional.interpolate(mode="bilinear"), PyTorch 1.13.
  check_values(data::resize(x, 2, 3), {3.090909091, 4.590909091, 5.912337662, 4.198051948, 3.502673797, 4.948051948});
  check_values(data::resize(x, 2, 3, false), {2.25, 4.25, 7.25, 5.166666667, 2.0, 7.166666667});
  check_values(data::resize(x, 8, 10), {0.0, 1.65, 2.5, 1.1, 3.6, 4.65, 4.25, 7.75, 9.0, 9.0, 3.0625, 2.30625, 2.5});
  check_values(data::resize(x, 3, 9), {3.0, 2.142857143, 3.111111111, 4.793650794, 4.571428571, 4.126984127});
  CHECK(data::resize(x.to(DType::f32), 5, 7).dtype() == DType::f32);
  CHECK(allclose(data::resize(x, 5, 7), x));
  for (const bool antialias : {true, false}) {
    CHECK(data::resize(x[0], 2, 3, antialias).shape() == Shape{2, 3});
    CHECK(data::resize(zeros({2, 0, 5, 7}), 2, 3, antialias).shape() == Shape{2, 0, 2, 3});
    CHECK(allclose(data::resize(x.to(DType::f16), 2, 3, antialias).to(DType::f64), data::resize(x, 2, 3, antialias),
                   1e-3, 1e-3));
  }
}

TEST_CASE("resize has a gradient, and takes many images at once") {
  const Tensor x = rand({2, 3, 6, 5}).requires_grad_();
  const Tensor y = data::resize(x, 4, 4);
  CHECK(y.shape() == Shape{2, 3, 4, 4});
  y.sum().backward();
  CHECK(x.grad().sum().item() == doctest::Approx(2 * 3 * 4 * 4).epsilon(1e-5));  // each result's weights add up to 1
  CHECK_THROWS_AS(data::resize(zeros({3, 4, 4}, DType::u8), 2, 2), DTypeError);
  CHECK_THROWS_AS(data::resize(zeros({4}), 2, 2), ShapeError);
  CHECK_THROWS_AS(data::resize(zeros({3, 0, 4}), 2, 2), ShapeError);
  CHECK_THROWS_AS(data::resize(zeros({3, 4, 4}), 0, 2), ValueError);
  CHECK_THROWS_AS(data::resize(zeros({3, 4, 4}), std::int64_t{1} << 62, 2), Error);
}

TEST_CASE("center_crop takes the middle") {
  const Tensor x = arange(30, DType::f32).view({1, 5, 6});
  CHECK(data::center_crop(x, 3, 2).to_vector<float>() == std::vector<float>{8, 9, 14, 15, 20, 21});
  CHECK(data::center_crop(x, 2, 3).to_vector<float>() == std::vector<float>{14, 15, 16, 20, 21, 22});
  CHECK(data::center_crop(x, 5, 6).shape() == x.shape());
  CHECK_THROWS_AS(data::center_crop(x, 6, 2), ShapeError);
  CHECK_THROWS_AS(data::center_crop(x, 0, 2), ValueError);
}
