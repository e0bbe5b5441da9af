// Pictures from and to files of all formats.

#include <reel/data/image.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string_view>
#include <utility>

#include <reel/data/atomic_file.h>
#include <reel/data/image_codec.h>
#include <reel/data/input_file.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

enum class Format : std::uint8_t { png, jpeg };

/// The format that the first bytes of a file tell.
Format format_of(const std::string& path, std::string_view bytes) {
  const bool png = bytes.starts_with("\x89PNG\r\n\x1a\n");
  check<FormatError>(png || bytes.starts_with("\xff\xd8\xff"), "read_image: expected a PNG or JPEG file, got \"{}\"",
                     path);
  return png ? Format::png : Format::jpeg;
}

/// All bytes of a file whose first ones are those of a picture, and the format.
std::pair<std::string, Format> contents_of(const std::string& path) {
  constexpr std::int64_t first = 8, most = std::int64_t{1} << 31;
  InputFile file("read_image", path);
  std::string bytes(static_cast<std::size_t>(std::min(first, file.size())), '\0');
  file.read(bytes.data(), static_cast<std::int64_t>(bytes.size()));
  const Format format = format_of(path, bytes);
  check<FormatError>(file.size() <= most, "read_image: expected a file of at most {} bytes, got {} in \"{}\"", most,
                     file.size(), path);
  const auto begun = static_cast<std::int64_t>(bytes.size());
  bytes.resize(static_cast<std::size_t>(file.size()));
  file.read(bytes.data() + begun, file.size() - begun);
  return {std::move(bytes), format};
}

/// An image as bytes, [channels, height, width].
Tensor to_bytes(const Tensor& image) {
  if (image.dtype() == DType::u8) return image.cpu();
  const Tensor x = image.detach().cpu().to(DType::f32);
  return round(clamp(where(x == x, x, zeros_like(x)), 0, 1) * 255).to(DType::u8);
}

}  // namespace

Tensor read_image(const std::string& path, std::int64_t channels) {
  check<ValueError>(channels == 1 || channels == 3, "read_image: expected 1 or 3 channels, got {}", channels);
  const auto [bytes, format] = contents_of(path);
  const auto pixels = std::make_shared<Pixels>(format == Format::png ? decode_png(path, bytes, channels)
                                                                     : decode_jpeg(path, bytes, channels));
  const Tensor rows = from_blob(pixels->values.data(), {pixels->height, pixels->width, channels}, [pixels](void*) {},
                                {.dtype = DType::u8, .device = Device::cpu()});
  return rows.permute({2, 0, 1}).contiguous();
}

void write_image(const std::string& path, const Tensor& image, int quality) {
  check<ShapeError>(image.dim() == 3 && (image.size(0) == 1 || image.size(0) == 3) && image.numel() > 0,
                    "write_image: expected an image [1 or 3, height, width], got shape {}", image.shape());
  check<DTypeError>(image.dtype() == DType::u8 || is_floating(image.dtype()),
                    "write_image: expected u8, or a floating dtype from 0 to 1, got {}", image.dtype());
  check<ShapeError>(image.size(1) <= kMaxPixels / image.size(2), "write_image: expected at most {} pixels, got {} x {}",
                    kMaxPixels, image.size(2), image.size(1));
  check<ValueError>(quality >= 1 && quality <= 100, "write_image: expected a quality from 1 to 100, got {}", quality);
  std::string end = path.substr(std::min(path.rfind('.'), path.size()));
  std::ranges::transform(end, end.begin(), [](unsigned char c) { return std::tolower(c); });
  const bool png = end == ".png";
  check<ValueError>(png || end == ".jpg" || end == ".jpeg",
                    "write_image: expected a name that ends in .png, .jpg or .jpeg, got \"{}\"", path);
  const Pixels pixels{image.size(1), image.size(2), to_bytes(image).permute({1, 2, 0}).to_vector<std::uint8_t>()};
  write_file(path, png ? encode_png(path, pixels, image.size(0)) : encode_jpeg(path, pixels, image.size(0), quality));
}

}  // namespace reel::data
