// PNG through libpng's simplified interface, which turns every kind of PNG into the bytes that are asked for.

#include <png.h>

#include <reel/data/image_codec.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

/// libpng's description of an image, and what it allocates for it.
struct Png {
  Png() { image.version = PNG_IMAGE_VERSION; }
  ~Png() { png_image_free(&image); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;

  png_image image{};
};

}  // namespace

Pixels decode_png(const std::string& name, std::string_view bytes, std::int64_t channels) {
  Png png;
  png_image& image = png.image;
  check<FormatError>(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) != 0,
                     "read_image: \"{}\" is no valid PNG file: {}", name, image.message);
  image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  Pixels pixels{image.height, image.width};
  check<FormatError>(pixels.height * pixels.width <= kMaxPixels,
                     "read_image: expected at most {} pixels, got {} x {} in \"{}\"", kMaxPixels, image.width,
                     image.height, name);
  pixels.values.resize(PNG_IMAGE_SIZE(image));
  const png_color white{255, 255, 255};
  check<FormatError>(png_image_finish_read(&image, &white, pixels.values.data(), 0, nullptr) != 0,
                     "read_image: \"{}\" is no valid PNG file: {}", name, image.message);
  return pixels;
}

std::string encode_png(const std::string& name, const Pixels& pixels, std::int64_t channels) {
  Png png;
  png_image& image = png.image;
  image.height = static_cast<png_uint_32>(pixels.height);
  image.width = static_cast<png_uint_32>(pixels.width);
  image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = bytes.size();
  check<IOError>(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.values.data(), 0, nullptr) != 0,
                 "write_image: cannot write \"{}\": {}", name, image.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace reel::data
