#pragma once

#include <set>

#include "support.h"

#include <reel/data/image.h>

namespace support {

/// Parts of the photographs of a folder, at random places, in random sizes, half of them mirrored.
class PhotographCrops {
 public:
  /// All files of the folder that end in .png, .jpg or .jpeg and are large enough, but `without`. Parts have `side`
  /// pixels, and are at least as large there.
  PhotographCrops(const std::string& folder, const std::string& without, std::int64_t side, std::uint64_t seed)
      : side_(side), generator_(seed) {
    const std::set<std::string> endings{".png", ".jpg", ".jpeg"};
    std::set<fs::path> paths;  // in the same order everywhere
    if (fs::is_directory(folder)) {
      for (const auto& entry : fs::directory_iterator(folder)) paths.insert(entry.path());
    }
    for (const fs::path& path : paths) {
      if (!endings.contains(path.extension().string()) || fs::equivalent(path, without)) continue;
      const Tensor image = data::read_image(path.string());
      if (std::min(image.size(1), image.size(2)) >= side) photographs_.push_back(image);
    }
    if (photographs_.empty()) {
      throw IOError("expected photographs of at least " + std::to_string(side) + " pixels each way in the folder \"" +
                    folder + "\"; name another with --photographs");
    }
  }

  std::size_t size() const { return photographs_.size(); }

  /// f32 [count, 3, side, side] from 0 to 1, on the CPU.
  Tensor draw(std::int64_t count) {
    Tensors parts;
    for (std::int64_t i = 0; i < count; ++i) {
      const Tensor& image = photographs_[static_cast<std::size_t>(random(0, static_cast<std::int64_t>(size()) - 1))];
      const std::int64_t extent = random(side_, std::min(image.size(1), image.size(2)));
      const Tensor part = image.narrow(1, random(0, image.size(1) - extent), extent)
                              .narrow(2, random(0, image.size(2) - extent), extent);
      const Tensor scaled = data::resize(part.to(DType::f32) / 255, side_, side_);
      parts.push_back(random(0, 1) == 1 ? flip(scaled, {2}) : scaled);
    }
    return stack(parts, 0);
  }

 private:
  /// A whole number from `low` to `high`.
  std::int64_t random(std::int64_t low, std::int64_t high) {
    return randint(low, high + 1, {1}, {.dtype = DType::i64, .device = Device::cpu()}, generator_).item<std::int64_t>();
  }

  std::int64_t side_;
  Generator generator_;
  Tensors photographs_;
};

}  // namespace support
