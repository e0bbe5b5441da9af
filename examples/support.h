#pragma once

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <reel/reel.h>
#include <CLI/CLI.hpp>

/// What the example programs share: their options, finding the digits, what they print and draw. Each program has its
/// own training loop.
namespace support {

using namespace reel;
namespace fs = std::filesystem;

/// Accepts numbers above 0.
inline const CLI::Validator positive(
    [](std::string& text) {
      double value = 0;
      return CLI::detail::lexical_cast(text, value) && value > 0 ? std::string() : text + " is not above 0";
    },
    "POSITIVE");

/// The options that most programs take, with each program's own defaults.
struct Options {
  std::int64_t epochs = 1;
  std::int64_t batch_size = 64;
  double lr = 0.01;
  std::string out = "results";
  std::string data = {};
  std::uint64_t seed = 1;
  int threads = 0;
  std::string device = "auto";
  bool deterministic = false;

  void add_training(CLI::App& app) {
    app.add_option("--epochs", epochs, "How often training goes through the data")
        ->check(positive)
        ->capture_default_str();
    app.add_option("--lr", lr, "Learning rate")->check(positive)->capture_default_str();
    app.add_option("--seed", seed, "Seed of all random numbers")->capture_default_str();
    app.add_option("--threads", threads, "Threads to use; 0: OMP_NUM_THREADS, or else all cores")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--device", device, "Where to compute; auto: on the GPU if there is one")
        ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
        ->capture_default_str();
    app.add_flag("--deterministic", deterministic, "The same numbers for any number of threads, at some cost");
    app.add_option("--out", out, "Folder for pictures and tables")->capture_default_str();
  }
  void add_batches(CLI::App& app) {
    app.add_option("--batch-size", batch_size, "Examples in each step")->check(positive)->capture_default_str();
  }
  void add_digits(CLI::App& app) {
    add_batches(app);
    app.add_option("--data", data, "Folder with MNIST's files, or with mnist/ (else REEL_DATA, else the user's cache)");
  }

  Device target() const {
    const bool gpu = device == "cuda" || (device == "auto" && cuda::is_available());
    return gpu ? Device::cuda() : Device::cpu();
  }
  /// "cuda:0", or "cpu (no CUDA driver is installed)" where nobody asked for the CPU.
  std::string target_text() const {
    const bool fallback = device == "auto" && !cuda::is_available();
    return to_string(target()) + (fallback ? " (" + cuda::unavailable_reason() + ")" : "");
  }
};

/// Parses the command line and runs `body`, which returns the exit code. Bad options give 2, errors 1.
template <class Body> int run(CLI::App& app, const Options& options, int argc, char** argv, Body&& body) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    if (options.threads > 0) set_num_threads(options.threads);
    set_deterministic(options.deterministic);
    manual_seed(options.seed);
    set_default_device(options.target());
    std::cout << "device: " << options.target_text() << '\n';
    return body();
  } catch (const std::exception& e) {
    std::cerr << "error: " << e.what() << '\n';
    return 1;
  }
}

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

/// Writes a plot as OUT/NAME.svg, .png and .csv, the last alone where there is no gnuplot, and prints their names.
inline void write_plot(const Options& options, const std::string& name, const training::Plot& plot) {
  fs::create_directories(options.out);
  const std::string path = (fs::path(options.out) / name).string();
  training::write_csv(path + ".csv", plot);
  if (!training::can_draw()) {
    std::cout << "wrote " << path << ".csv (pictures need gnuplot)\n";
    return;
  }
  training::write_svg(path + ".svg", plot);
  training::write_png(path + ".png", plot);
  std::cout << "wrote " << path << ".svg, .png and .csv\n";
}

/// The mean loss and the accuracy (a share) of a model.
struct Score {
  double loss, accuracy;
};

inline Tensor softmax_loss(const Tensor& logits, const Tensor& labels) { return cross_entropy(logits, labels); }

/// Scores a model on a dataset, in batches of 1000.
template <class Model, class Loss = decltype(&softmax_loss)>
Score evaluate(Model& model, const data::Dataset& set, Device device, const Loss& loss = &softmax_loss) {
  const NoGradGuard no_grad;
  model.eval();
  training::Mean mean;
  training::Accuracy accuracy;
  std::vector<std::int64_t> indices;
  const std::int64_t size = set.size();
  for (std::int64_t i = 0; i < size; ++i) {
    indices.push_back(i);
    if (indices.size() < 1000 && i + 1 < size) continue;
    const auto [images, labels] = set.get_batch(indices);
    const Tensor target = labels.to(device), outputs = model.forward(images.to(device));
    mean.add(loss(outputs, target).item(), static_cast<double>(indices.size()));
    accuracy.add(outputs, target);
    indices.clear();
  }
  return {mean.value(), accuracy.value()};
}

/// Shows how the training of a classifier goes: within an epoch, after each, and in a picture of the losses.
class Report {
 public:
  Report(std::string name, const Options& options, std::int64_t batches)
      : name_(std::move(name)),
        options_(options),
        progress_(std::cout, {.epochs = options.epochs, .batches = batches, .terminal = isatty(STDOUT_FILENO) == 1}) {
    fs::create_directories(options.out);  // before the long work, in case it cannot be
  }

  /// One more step of training is done.
  void step(const Tensor& loss, const Tensor& outputs, const Tensor& labels) {
    loss_.add(loss.item(), static_cast<double>(labels.size(0)));
    accuracy_.add(outputs, labels);
    progress_.update(labels.size(0), loss_.value(), accuracy_.value());
  }
  /// One more epoch is done, after which the model scores `test` on images that it was not trained with.
  void epoch(const Score& test) {
    test_ = test;
    const double at = static_cast<double>(++epochs_);
    std::printf("epoch %lld: train loss %.4f, test loss %.4f, test accuracy %.2f%%\n", static_cast<long long>(epochs_),
                loss_.value(), test.loss, 100 * test.accuracy);
    std::fflush(stdout);
    plot_.series[0].add(at, loss_.value());
    plot_.series[1].add(at, test.loss);
    loss_ = {};
    accuracy_ = {};
  }
  /// Writes the picture and returns the last test accuracy in per cent.
  double finish() const {
    write_plot(options_, name_, plot_);
    return 100 * test_.accuracy;
  }

 private:
  std::string name_;
  const Options& options_;
  training::Progress progress_;
  training::Plot plot_{
      .title = name_, .x_label = "epoch", .y_label = "loss", .series = {{"train", {}, {}}, {"test", {}, {}}}};
  training::Mean loss_;
  training::Accuracy accuracy_;
  std::int64_t epochs_ = 0;
  Score test_{};
};

/// The last line of every classifier.
inline void print_accuracy(double per_cent) { std::printf("test accuracy: %.2f%%\n", per_cent); }

}  // namespace support
