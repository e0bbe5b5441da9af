#pragma once

#include <cstdlib>

#include "support.h"

namespace support {

/// Images of digits to train with and to test on.
struct Digits {
  data::ImageDataset train, test;
};

/// MNIST from --data, REEL_DATA or the user's cache; otherwise as many generated digits. Says which.
inline Digits load_digits(const Options& options) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  fs::path cache = variable("XDG_CACHE_HOME");
  if (cache.empty()) cache = fs::path(variable("HOME")) / ".cache";
  fs::path dir = options.data;
  if (dir.empty()) {  // a folder that was named must do: then MNIST's error says what is missing
    for (const fs::path& candidate : {fs::path(variable("REEL_DATA")), cache / "reel"}) {
      if (dir.empty() && !candidate.empty() && data::MNIST::is_in(candidate)) dir = candidate;
    }
  }
  if (!dir.empty()) {
    Digits digits{data::MNIST(dir, data::Split::train), data::MNIST(dir, data::Split::test)};
    std::printf("data: MNIST from %s, %lld images to train with and %lld to test on\n", dir.c_str(),
                static_cast<long long>(digits.train.size()), static_cast<long long>(digits.test.size()));
    return digits;
  }
  constexpr std::int64_t kTrain = 60000, kTest = 10000;
  std::printf("data: generated digits (MNIST was not found), 60000 images to train with and 10000 to test on\n");
  return {data::Digits(kTrain, options.seed), data::Digits(kTest, options.seed, {.first = kTrain})};
}

/// The images of two digits, and 1 for those of the second.
inline data::TensorDataset two_classes(const data::ImageDataset& set, std::int64_t one, std::int64_t other) {
  std::vector<std::int64_t> chosen;
  const auto labels = set.labels().to_vector<std::int64_t>();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == one || labels[i] == other) chosen.push_back(static_cast<std::int64_t>(i));
  }
  if (chosen.empty())
    throw ValueError("expected images of " + std::to_string(one) + " or " + std::to_string(other) + ", got none");
  const auto [images, digits] = set.get_batch(chosen);
  return data::TensorDataset(flatten(images, 1), (digits == other).to(DType::f32).unsqueeze(1));
}

}  // namespace support
