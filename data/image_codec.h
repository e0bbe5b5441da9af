#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What libpng and libjpeg do for read_image and write_image; `name` is the file's, for errors.
namespace reel::data {

/// An image as the formats have it: rows from the top, the channels of a pixel side by side.
struct Pixels {
  std::int64_t height = 0, width = 0;
  std::vector<std::uint8_t> values = {};
};

/// The most pixels that an image may have: what files claim is not allocated unseen.
inline constexpr std::int64_t kMaxPixels = std::int64_t{1} << 28;

/// What the bytes of a file show, with 1 or 3 channels. A FormatError if they are damaged.
Pixels decode_png(const std::string& name, std::string_view bytes, std::int64_t channels);
Pixels decode_jpeg(const std::string& name, std::string_view bytes, std::int64_t channels);

/// The bytes of a file that shows the image, which has 1 or 3 channels.
std::string encode_png(const std::string& name, const Pixels& image, std::int64_t channels);
std::string encode_jpeg(const std::string& name, const Pixels& image, std::int64_t channels, int quality);

}  // namespace reel::data
