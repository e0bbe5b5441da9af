// In builds without libjpeg.

#include <reel/data/image_codec.h>
#include <reel/tensor/core/check.h>

namespace reel::data {

Pixels decode_jpeg(const std::string& name, std::string_view, std::int64_t) {
  fail<IOError>("read_image: \"{}\" is a JPEG file, and Reel was built without libjpeg (Debian: libjpeg-dev)", name);
}

std::string encode_jpeg(const std::string& name, const Pixels&, std::int64_t, int) {
  fail<IOError>("write_image: cannot write \"{}\": Reel was built without libjpeg (Debian: libjpeg-dev)", name);
}

}  // namespace reel::data
