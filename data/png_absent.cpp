// In builds without libpng.

#include <reel/data/image_codec.h>
#include <reel/tensor/core/check.h>

namespace reel::data {

Pixels decode_png(const std::string& name, std::string_view, std::int64_t) {
  fail<IOError>("read_image: \"{}\" is a PNG file, and Reel was built without libpng (Debian: libpng-dev)", name);
}

std::string encode_png(const std::string& name, const Pixels&, std::int64_t) {
  fail<IOError>("write_image: cannot write \"{}\": Reel was built without libpng (Debian: libpng-dev)", name);
}

}  // namespace reel::data
