#pragma once

#include <algorithm>

#include "claims.h"
#include "digits.h"
#include "report.h"

/// What programs share that repeat an experiment with several seeds.
namespace support {

/// Runs `values` with each seed: it returns one number for each epoch, or layer. The series has their means, with a
/// band from the smallest to the largest.
template <class F> training::Series over_seeds(const std::string& name, const Options& options, const F& values) {
  Curve curve;
  for_each_seed(options, [&](std::uint64_t seed) {
    const std::vector<double> run = values(seed);
    for (std::size_t i = 0; i < run.size(); ++i) curve.add(static_cast<double>(i + 1), run[i]);
  });
  return curve.series(name);
}

/// Prints the values of a plot and which series ends best, and writes it.
inline void show(const Options& options, const std::string& name, const training::Plot& plot, bool highest) {
  print_table(plot);
  const auto worse = [&](const training::Series& a, const training::Series& b) {
    return highest ? a.y.back() < b.y.back() : a.y.back() > b.y.back();
  };
  const auto best = std::max_element(plot.series.begin(), plot.series.end(), worse);
  std::printf("%s at the end: %s\n", highest ? "highest" : "lowest", best->name.c_str());
  write_plot(options, name, plot);
}

/// Digits to train with, the same sorted by class, and digits to test on.
struct Samples {
  data::TensorDataset train, sorted, test;
};

/// The first `count` digits of the training set and all of the test set.
inline Samples load_samples(const Options& options, std::int64_t count) {
  const Digits digits = load_digits(options);
  const auto images = [](const data::ImageDataset& set) { return set.images().to(DType::f32) / 255; };
  const std::int64_t size = std::min(count, digits.train.size());
  const Tensor train = images(digits.train).narrow(0, 0, size), labels = digits.train.labels().narrow(0, 0, size);
  const Tensor order = argsort(labels);
  return {data::TensorDataset(train, labels), data::TensorDataset(train[order], labels[order]),
          data::TensorDataset(images(digits.test), digits.test.labels())};
}

}  // namespace support
