// Shows what convolution computes, and three ways to compute it; run build/release/examples/convolution [--help].
//
// A part of a photograph is found again by its similarity with every window; similarity is convolution with the pattern
// turned by 180 degrees. Then the ways are timed, features counted, and feature maps compared while the image moves.
#include "claims.h"
#include "convolution_ways.h"
#include "image_file.h"

using namespace reel;
using support::check;

/// The inner product of a patch [1, 1, h, w] with each window of an image [1, 1, H, W], where both have mean 0 and norm
/// 1: a number from -1 to 1. The mean of a window does not matter to its product with a patch of mean 0.
Tensor similarity(const Tensor& image, const Tensor& patch) {
  const Size2d size{patch.size(2), patch.size(3)};
  const Tensor centred = patch - patch.mean();
  const Tensor variance = avg_pool2d(square(image), size, 1) - square(avg_pool2d(image, size, 1));
  const Tensor norm = sqrt(clamp(variance, 1e-9) * patch.numel());  // windows of one colour are similar to nothing
  return conv2d(image, centred / centred.norm()) / norm;
}

/// Prints where a map [1, 1, rows, columns] is largest, and whether that is at (row, column).
bool peaks_at(const std::string& name, const Tensor& map, std::int64_t row, std::int64_t column) {
  const std::int64_t place = argmax(map).item<std::int64_t>(), width = map.size(3);
  std::printf("%-36s peak at row %lld, column %lld: %.4f\n", name.c_str(), static_cast<long long>(place / width),
              static_cast<long long>(place % width), map.max().item());
  return place == row * width + column;
}

/// Finds a part of the photograph in it, and in a copy with other light, less contrast and noise.
bool find_pattern(const Tensor& photograph, std::int64_t top, std::int64_t left, std::int64_t side,
                  const support::Options& options) {
  const Tensor grey = photograph.mean(0).to(options.target(), DType::f64).index({None, None});
  const Tensor patch = grey.narrow(2, top, side).narrow(3, left, side);
  const Tensor map = similarity(grey, patch);
  const Tensor changed = grey * 0.4 + 0.3 + 0.05 * randn_like(grey);
  peaks_at("inner product as it is", conv2d(grey, patch), top, left);
  bool found = peaks_at("unit-norm patches", map, top, left);
  found = peaks_at("the same in the changed photograph", similarity(changed, patch), top, left) && found;
  support::write_plots(options, "convolution_pattern",
                       {support::outlined(photograph, top, left, side), support::heat_map("similarity", map[0][0])},
                       {.columns = 2});
  const bool one = check(std::abs(map.max().item() - 1) < 1e-6, "a pattern's similarity with itself is 1");
  return check(found, "both peaks are where the pattern was taken") && one;
}

/// Compares the ways and their times, on the middle of the photograph, for growing kernels.
bool compare_ways(const Tensor& image, const support::Options& options) {
  training::Plot plot{.title = "one convolution", .x_label = "kernel", .y_label = "milliseconds", .log_y = true};
  double worst = 0;
  set_float32_precision(Float32Op::conv, Float32Precision::ieee);  // a GPU would round the factors to 10 bits
  for (const support::Way& way : support::ways()) {
    training::Series& times = plot.series.emplace_back(training::Series{way.name, {}, {}});
    for (const std::int64_t size : {3, 5, 7, 11, 15, 21, 31}) {
      const Tensor kernel = randn({size, size}), expected = support::convolve_directly(image, kernel);
      const Tensor difference = abs(way.convolve(image, kernel).cpu() - expected);
      worst = std::max(worst, (difference.max() / abs(expected).max()).item());
      times.add(static_cast<double>(size), support::milliseconds([&] { return way.convolve(image, kernel); }));
    }
  }
  support::print_table(plot);
  support::write_plot(options, "convolution_ways", plot);
  std::printf("largest difference, as a share of the largest value: %.1e\n", worst);
  return check(worst < 1e-4, "all ways agree, conv2d with the turned kernel");
}

/// Counts features and weights where the lecture does.
bool count_features() {
  const std::int64_t features = no_grad([] { return nn::Conv2d(1, 400, 8)(zeros({1, 1, 96, 96})); }).numel();
  const std::int64_t weights = nn::Conv2d(64, 3, {5, 7}).weight.numel();
  const bool all = check(features == 89 * 89 * 400, "400 filters of 8 x 8 make 3168400 features of 96 x 96 pixels");
  return check(weights == 5 * 7 * 64 * 3, "3 filters of 5 x 7 over 64 channels have 6720 weights") && all;
}

/// How much feature maps change when the image moves, as a share of their norm: raw (windows of 1) and pooled. The
/// filters are patches of the image, with mean 0 and norm 1.
void compare_pooling(const Tensor& image, const support::Options& options) {
  const Tensor windows = im2col(image.index({None, None}), 8)[0].t();
  const Tensor patches = windows[randperm(windows.size(0)).narrow(0, 0, 16).to(image.device())];
  const Tensor centred = patches - patches.mean(1, true);
  const Tensor filters = (centred / clamp(centred.norm(2, 1, true), 1e-6)).reshape({16, 1, 8, 8});
  const auto features = [&](std::int64_t shift) {
    return relu(conv2d(image.narrow(1, shift, image.size(1) - 2).index({None, None}), filters));
  };
  const auto change = [](const Tensor& from, const Tensor& to) { return (norm(to - from) / norm(from)).item(); };
  training::Plot plot{.title = "change when the image moves", .x_label = "window", .y_label = "share of the norm"};
  for (const std::int64_t shift : {1, 2}) {
    const Tensor still = features(0), moved = features(shift);
    training::Series largest{"max, shift " + std::to_string(shift), {}, {}};
    training::Series mean{"mean, shift " + std::to_string(shift), {}, {}};
    for (const std::int64_t w : {1, 2, 4, 8}) {
      largest.add(static_cast<double>(w), change(max_pool2d(still, w), max_pool2d(moved, w)));
      mean.add(static_cast<double>(w), change(avg_pool2d(still, w), avg_pool2d(moved, w)));
    }
    plot.series.insert(plot.series.end(), {largest, mean});
  }
  support::print_table(plot);
  support::write_plot(options, "convolution_pooling", plot);
}

int main(int argc, char** argv) {
  CLI::App app("Finds a pattern in a photograph, and compares ways to convolve.");
  support::Options options;
  std::string file;
  std::int64_t top = 84, left = 138, side = 64;
  app.add_option("--image", file, "A PNG, JPEG, PGM or PPM file; else the first PNG file of REEL_DATA/images");
  app.add_option("--top", top, "First row of the pattern")->check(CLI::NonNegativeNumber)->capture_default_str();
  app.add_option("--left", left, "First column of the pattern")->check(CLI::NonNegativeNumber)->capture_default_str();
  app.add_option("--side", side, "Height and width of the pattern")->check(support::positive)->capture_default_str();
  options.add_common(app);

  return support::run(app, options, argc, argv, [&] {
    const Tensor photograph = support::read_image(support::find_image(file));
    const bool found = find_pattern(photograph, top, left, side, options);
    const Tensor square = support::middle(photograph, 256).mean(0).to(options.target());
    const bool agree = compare_ways(square, options), counted = count_features();
    compare_pooling(square, options);
    return found && agree && counted ? 0 : 1;
  });
}
