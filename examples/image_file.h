#pragma once

#include <algorithm>
#include <fstream>

#include "support.h"

#include <reel/data/image.h>

/// Photographs from files, for programs that look at a single one.
namespace support {

/// What a binary PGM or PPM file (P5, P6) shows, f32 [1 or 3, height, width] from 0 to 1.
inline Tensor read_pnm(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string magic;
  std::int64_t width = 0, height = 0, largest = 0;
  in >> magic >> width >> height >> largest;
  const std::int64_t channels = magic == "P5" ? 1 : 3;
  if (!in || (magic != "P5" && magic != "P6") || width < 1 || height < 1 || width > (1 << 28) / height ||
      largest != 255) {
    throw IOError(path + ": expected a PNG or JPEG file, or a binary PGM or PPM file with 8 bits and no comments");
  }
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width * height * channels));
  in.ignore();
  in.read(reinterpret_cast<char*>(pixels.data()), static_cast<std::streamsize>(pixels.size()));
  if (!in) throw IOError(path + ": expected " + std::to_string(pixels.size()) + " bytes of pixels");
  return tensor(pixels, {height, width, channels}).permute({2, 0, 1}).to(DType::f32) / 255;
}

/// The file that was named, or the first PNG file in the folder images/ of REEL_DATA.
inline std::string find_image(const std::string& named) {
  if (!named.empty()) return named;
  std::vector<std::string> found;
  if (const char* data = std::getenv("REEL_DATA"); data && fs::is_directory(fs::path(data) / "images")) {
    for (const auto& entry : fs::directory_iterator(fs::path(data) / "images")) {
      if (entry.path().extension() == ".png") found.push_back(entry.path().string());
    }
  }
  if (found.empty())
    throw IOError("expected a photograph; name one with --image, or a folder with images/ in REEL_DATA");
  return *std::min_element(found.begin(), found.end());
}

/// A photograph, f32 [1 or 3, height, width] from 0 to 1.
inline Tensor read_image(const std::string& path) {
  const bool compressed = path.ends_with(".png") || path.ends_with(".jpg") || path.ends_with(".jpeg");
  const Tensor image = compressed ? data::read_image(path).to(DType::f32) / 255 : read_pnm(path);
  std::printf("photograph: %s, %lld x %lld\n", path.c_str(), static_cast<long long>(image.size(2)),
              static_cast<long long>(image.size(1)));
  return image;
}

/// The middle of a photograph, of at most so many rows and columns, an even number of each.
inline Tensor middle(const Tensor& image, std::int64_t most) {
  const std::int64_t height = std::min(most, image.size(1) / 2 * 2), width = std::min(most, image.size(2) / 2 * 2);
  return image.narrow(1, (image.size(1) - height) / 2, height).narrow(2, (image.size(2) - width) / 2, width);
}

/// A photograph with the outline of a square in it.
inline training::Plot outlined(const Tensor& image, std::int64_t top, std::int64_t left, std::int64_t side) {
  const double x = static_cast<double>(left), y = static_cast<double>(top), s = static_cast<double>(side);
  return {.title = "the photograph and the pattern",
          .series = {{"", {x, x + s, x + s, x, x}, {y, y, y + s, y + s, y}}},
          .field = {.values = image}};
}

/// A map [rows, columns] as colours, with the first row at the top as in the photograph.
inline training::Plot heat_map(const std::string& title, const Tensor& map) {
  return {.title = title,
          .x_label = "column",
          .y_label = "row",
          .field = {.values = flip(map, {0}),
                    .x_high = static_cast<double>(map.size(1) - 1),
                    .y_low = static_cast<double>(map.size(0) - 1),
                    .y_high = 0}};
}

}  // namespace support
