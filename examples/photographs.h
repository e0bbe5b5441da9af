#pragma once

#include <cstdlib>

#include "support.h"

/// The photographs that programs on larger networks learn from.
namespace support {

/// Photographs to train with and to test on, with mean 0 and variance 1 of each channel.
struct Photographs {
  data::TensorDataset train, test;
};

inline void add_photographs(CLI::App& app, Options& options) {
  options.add_seeds(app);
  options.add_batches(app);
  app.add_option("--data", options.data, "Folder with CIFAR-10's binary files, or with cifar10/ (else REEL_DATA)");
}

/// CIFAR-10, or as much of it as is there, from --data or REEL_DATA.
inline Photographs load_photographs(const Options& options) {
  fs::path dir = options.data;
  if (const char* variable = std::getenv("REEL_DATA"); dir.empty() && variable) dir = variable;
  if (dir.empty()) throw IOError("expected a folder with CIFAR-10's binary files; name it with --data or REEL_DATA");
  if (fs::exists(dir / "cifar10-jpeg-subset")) dir /= "cifar10-jpeg-subset";
  const data::CIFAR10 train(dir, data::Split::train), test(dir, data::Split::test);
  std::printf("data: CIFAR-10 from %s, %lld photographs to train with and %lld to test on\n", dir.c_str(),
              static_cast<long long>(train.size()), static_cast<long long>(test.size()));
  Generator none;
  const data::Normalize normalize({0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616});
  const auto all = [&](const data::ImageDataset& set) {
    const auto [images, labels] = first_examples(set, set.size());
    return data::TensorDataset(normalize(images, none), labels);
  };
  return {all(train), all(test)};
}

/// Shuffled batches of photographs, mirrored and shifted at random to make more of them.
inline data::DataLoader varied_batches(const data::TensorDataset& train, const Options& options, std::uint64_t seed) {
  return data::DataLoader(train, {.batch_size = options.batch_size,
                                  .shuffle = true,
                                  .seed = seed,
                                  .transforms = {data::RandomHorizontalFlip(), data::RandomShift(4)}});
}

/// Images [N, C, H, W] made `side` x `side`.
inline auto enlarge(std::int64_t side) {
  return [side](const Tensor& images) {
    return interpolate(images, {side, side}, {.mode = InterpolateMode::bilinear});
  };
}

}  // namespace support
