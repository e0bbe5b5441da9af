#pragma once

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include <reel/reel.h>
#include <CLI/CLI.hpp>

/// What the example programs share: their options and what they draw. Each program has its own training loop.
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
  std::uint64_t seeds = 1;
  int threads = 0;
  std::string device = "auto";
  bool deterministic = false;

  void add_training(CLI::App& app) {
    app.add_option("--epochs", epochs, "How often training goes through the data")
        ->check(positive)
        ->capture_default_str();
    app.add_option("--lr", lr, "Learning rate")->check(positive)->capture_default_str();
    add_common(app);
  }
  void add_common(CLI::App& app) {
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

  /// For programs that can train several times.
  void add_seeds(CLI::App& app) {
    app.add_option("--seeds", seeds, "Train with so many seeds, from --seed on")
        ->check(positive)
        ->capture_default_str();
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

/// Writes plots as one picture, OUT/NAME.svg and .png, and the values of each as a table, OUT/NAME.csv, NAME_2.csv and
/// so on; only the tables where there is no gnuplot. Prints their names.
inline void write_plots(const Options& options, const std::string& name, const std::vector<training::Plot>& plots,
                        const training::PictureOptions& form = {}) {
  fs::create_directories(options.out);
  const std::string path = (fs::path(options.out) / name).string();
  std::string written;
  for (std::size_t i = 0; i < plots.size(); ++i) {
    if (plots[i].series.empty()) continue;
    const std::string number = i == 0 ? "" : "_" + std::to_string(i + 1);
    training::write_csv(path + number + ".csv", plots[i]);
    written += ", " + name + number + ".csv";
  }
  static const bool drawable = training::can_draw();
  if (drawable) {
    training::write_svg(path + ".svg", plots, form);
    training::write_png(path + ".png", plots, form);
    std::cout << "wrote " << path << ".png, " << name << ".svg" << written << '\n';
  } else if (written.empty()) {
    std::cout << "no pictures without gnuplot\n";
  } else {
    std::cout << "wrote " << fs::path(options.out).string() << '/' << written.substr(2) << " (pictures need gnuplot)\n";
  }
}
inline void write_plot(const Options& options, const std::string& name, const training::Plot& plot) {
  write_plots(options, name, {plot});
}

inline std::int64_t parameter_count(const nn::Module& module) {
  std::int64_t count = 0;
  for (const Tensor& p : module.parameters()) count += p.numel();
  return count;
}

/// The first `count` examples of a set, or all if there are fewer, as one batch.
inline data::Example first_examples(const data::Dataset& set, std::int64_t count) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(std::min(count, set.size())));
  std::iota(indices.begin(), indices.end(), 0);
  return set.get_batch(indices);
}
/// The same as a set of its own.
inline data::TensorDataset first(const data::Dataset& set, std::int64_t count) {
  const auto [images, labels] = first_examples(set, count);
  return data::TensorDataset(images, labels);
}

/// Calls train(seed) for each seed, with the default generator seeded, too.
template <class Train> void for_each_seed(const Options& options, Train&& train) {
  for (std::uint64_t seed = options.seed; seed < options.seed + options.seeds; ++seed) {
    manual_seed(seed);
    train(seed);
  }
}

}  // namespace support
