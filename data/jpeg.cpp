// JPEG through libjpeg.

// libjpeg reports errors through a function that may not return. Here it jumps back into the functions that call the
// library; these have no objects with destructors, which a jump would skip.
#include <csetjmp>
#include <cstdio>  // jpeglib.h wants it before
#include <cstdlib>

#include <jerror.h>  // after jpeglib.h
#include <jpeglib.h>

#include <reel/data/image_codec.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

/// Where libjpeg's errors go.
struct ErrorHandler : jpeg_error_mgr {
  std::jmp_buf where;
  char message[JMSG_LENGTH_MAX];
  bool damaged = false;  // a warning tells that pixels are missing or made up

  ErrorHandler() {
    jpeg_std_error(this);
    error_exit = [](j_common_ptr info) {
      auto& self = *static_cast<ErrorHandler*>(info->err);
      self.format_message(info, self.message);
      std::longjmp(self.where, 1);
    };
    emit_message = [](j_common_ptr info, int level) {
      auto& self = *static_cast<ErrorHandler*>(info->err);
      const bool harmless = self.msg_code == JWRN_EXTRANEOUS_DATA || self.msg_code == JWRN_JFIF_MAJOR ||
                            self.msg_code == JWRN_ADOBE_XFORM;  // of the file's form, not of its pixels
      if (level >= 0 || self.damaged || harmless) return;
      self.format_message(info, self.message);
      self.damaged = true;
    };
  }
};

/// A decompressor that is destroyed in any case. Its functions return whether they succeeded.
class Reader {
 public:
  Reader() { info_.err = &errors; }
  ~Reader() { jpeg_destroy_decompress(&info_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool begin(std::string_view bytes, std::int64_t channels) {
    if (setjmp(errors.where) != 0) return false;
    jpeg_create_decompress(&info_);
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_read_header(&info_, TRUE);
    info_.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_calc_output_dimensions(&info_);
    return true;
  }
  bool is_cmyk() const { return info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK; }
  std::int64_t height() const { return info_.output_height; }
  std::int64_t width() const { return info_.output_width; }

  bool read(std::uint8_t* pixels, std::int64_t row_size) {
    if (setjmp(errors.where) != 0) return false;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height && !errors.damaged) {
      JSAMPROW row = pixels + info_.output_scanline * row_size;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    if (errors.damaged) return false;
    jpeg_finish_decompress(&info_);
    return !errors.damaged;
  }

  ErrorHandler errors;

 private:
  jpeg_decompress_struct info_{};
};

/// A compressor, likewise.
class Writer {
 public:
  Writer() { info_.err = &errors; }
  ~Writer() {
    jpeg_destroy_compress(&info_);
    std::free(bytes);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  bool write(const Pixels& image, std::int64_t channels, int quality) {
    if (setjmp(errors.where) != 0) {
      // `bytes` may have been replaced by a larger block, which only this tells.
      if (info_.dest != nullptr) info_.dest->term_destination(&info_);
      return false;
    }
    jpeg_create_compress(&info_);
    jpeg_mem_dest(&info_, &bytes, &size);
    info_.image_width = static_cast<JDIMENSION>(image.width);
    info_.image_height = static_cast<JDIMENSION>(image.height);
    info_.input_components = static_cast<int>(channels);
    info_.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    jpeg_start_compress(&info_, TRUE);
    while (info_.next_scanline < info_.image_height) {
      // The library reads from it alone, though its type does not say so.
      auto* row = const_cast<std::uint8_t*>(image.values.data()) + info_.next_scanline * image.width * channels;
      jpeg_write_scanlines(&info_, &row, 1);
    }
    jpeg_finish_compress(&info_);
    return true;
  }

  ErrorHandler errors;
  unsigned char* bytes = nullptr;
  unsigned long size = 0;

 private:
  jpeg_compress_struct info_{};
};

}  // namespace

Pixels decode_jpeg(const std::string& name, std::string_view bytes, std::int64_t channels) {
  Reader reader;
  const auto expect_valid = [&](bool ok) {
    check<FormatError>(ok, "read_image: \"{}\" is no valid JPEG file: {}", name, reader.errors.message);
  };
  expect_valid(reader.begin(bytes, channels));
  check<FormatError>(!reader.is_cmyk(),
                     "read_image: expected red, green and blue or grey, got CMYK in \"{}\"; convert it", name);
  Pixels pixels{reader.height(), reader.width()};
  check<FormatError>(pixels.height * pixels.width <= kMaxPixels,
                     "read_image: expected at most {} pixels, got {} x {} in \"{}\"", kMaxPixels, pixels.width,
                     pixels.height, name);
  pixels.values.resize(static_cast<std::size_t>(pixels.height * pixels.width * channels));
  expect_valid(reader.read(pixels.values.data(), pixels.width * channels));
  return pixels;
}

std::string encode_jpeg(const std::string& name, const Pixels& image, std::int64_t channels, int quality) {
  Writer writer;
  check<IOError>(writer.write(image, channels, quality), "write_image: cannot write \"{}\": {}", name,
                 writer.errors.message);
  return {reinterpret_cast<const char*>(writer.bytes), writer.size};
}

}  // namespace reel::data
