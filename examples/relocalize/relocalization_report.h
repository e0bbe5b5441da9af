#pragma once

#include <functional>

#include <fmt/format.h>

#include "relocalization.h"
#include "support.h"

/// How the program `relocalize` tells of its training: lines, and tables laid out like the lecture's.
namespace rooms {

/// The results of one variant in all rooms.
using Results = std::vector<Result>;
/// Trains a variant in all rooms.
using TrainAll = std::function<Results(const Variant&)>;

/// Draws the rooms and their pictures.
inline std::vector<Scene> make_scenes(std::int64_t views, std::int64_t tests, const Camera& camera,
                                      const support::Options& options) {
  support::fs::create_directories(options.out);  // before the long work, in case it cannot be
  std::vector<Scene> scenes;
  for (const Room& room : make_rooms(options.seed)) {
    const std::uint64_t seed = 6 * options.seed + 2 * scenes.size();
    const data::Example train = random_views(room, views, camera, seed);
    scenes.push_back(
        {room, data::TensorDataset(train.data, train.target), random_views(room, tests, camera, seed + 1)});
  }
  std::printf("data: %lld pictures of each room to train with and %lld to test on, %lld x %lld\n",
              static_cast<long long>(views), static_cast<long long>(tests), static_cast<long long>(camera.side),
              static_cast<long long>(camera.side));
  return scenes;
}

/// One line for each training.
inline void print_training(const Room& room, const Variant& variant, std::int64_t parameters, const Result& result) {
  std::printf("%s, %s (%lld parameters): train loss %.4f after epoch 1, %.4f after epoch %zu\n", room.name.c_str(),
              variant.name.c_str(), static_cast<long long>(parameters), result.losses.front(), result.losses.back(),
              result.losses.size());
  std::fflush(stdout);
}

/// The means over the rooms.
inline Errors mean_errors(const Results& results) {
  Errors mean;
  for (const Result& r : results) {
    mean.metres += r.errors.metres / static_cast<double>(results.size());
    mean.degrees += r.errors.degrees / static_cast<double>(results.size());
  }
  return mean;
}

/// The lecture's table: a row for each scene, "x m, y deg" for each variant.
inline void print_table(const std::vector<Scene>& scenes, const std::vector<Variant>& variants,
                        const std::vector<Results>& results) {
  const auto print_row = [&](const std::string& name, const auto& errors_of) {
    std::printf("\n%-26s", name.c_str());
    for (const Results& r : results) {
      const Errors errors = errors_of(r);
      std::printf("  %6.2f m, %5.1f deg", errors.metres, errors.degrees);
    }
  };
  std::printf("median errors on test pictures\n%-26s", "scene");
  for (const Variant& variant : variants) std::printf("  %19s", variant.name.c_str());
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const auto& [name, size, boxes] = scenes[i].room;
    print_row(fmt::format("{}, {} x {} x {} m", name, size[0], size[1], size[2]),
              [i](const Results& r) { return r[i].errors; });
  }
  print_row("average", mean_errors);
  std::printf("\n");
}

/// Whether a variant is worse than the first one in every room, or better, by a tenth at least. With one training of
/// each less proves nothing.
inline std::string verdict(const Results& first, const Results& other, double Errors::*error) {
  bool worse = true, better = true;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const double ratio = other[i].errors.*error / (first[i].errors.*error);
    worse = worse && ratio > 1.1;
    better = better && ratio < 1 / 1.1;
  }
  return worse ? "worse" : better ? "better" : "no clear difference";
}

/// How often the average error of the first variant is another's.
inline void print_verdicts(const std::vector<Variant>& variants, const std::vector<Results>& results) {
  for (std::size_t v = 1; v < variants.size(); ++v) {
    const Errors base = mean_errors(results[0]), mean = mean_errors(results[v]);
    std::printf("%s against %s: position x %.2f, %s; angle x %.2f, %s\n", variants[v].name.c_str(),
                variants[0].name.c_str(), mean.metres / base.metres,
                verdict(results[0], results[v], &Errors::metres).c_str(), mean.degrees / base.degrees,
                verdict(results[0], results[v], &Errors::degrees).c_str());
  }
}

/// Whether the first variant reaches what it should: medians of 10 degrees and 5 % of a room's longest side, each as an
/// average over the rooms.
inline void print_goal(const std::vector<Scene>& scenes, const Results& results) {
  double share = 0;
  for (std::size_t i = 0; i < scenes.size(); ++i)
    share += results[i].errors.metres / scenes[i].room.longest() / static_cast<double>(scenes.size());
  const double angle = mean_errors(results).degrees;
  std::printf("%.1f%% of the longest side and %.1f deg on average; at most 5%% and 10 deg: %s\n", 100 * share, angle,
              share <= 0.05 && angle <= 10 ? "yes" : "NO");
}

/// Trains with several beta, with branches and without, and prints a table of each.
inline std::vector<training::Plot> sweep_beta(const std::vector<Scene>& scenes, const TrainAll& train_all) {
  std::vector<training::Plot> plots{
      {.title = "position", .x_label = "beta", .y_label = "median error in m", .log_x = true},
      {.title = "orientation", .x_label = "beta", .y_label = "median error in degrees", .log_x = true}};
  for (const bool branched : {true, false}) {
    const std::string net = branched ? "BranchNet" : "single trunk";
    std::vector<Variant> variants;
    std::vector<Results> results;
    for (training::Plot& plot : plots) plot.series.push_back({.name = net});
    for (const double beta : {0.01, 0.1, 1.0, 10.0, 100.0}) {
      variants.push_back({.name = fmt::format("beta {}", beta), .branched = branched, .beta = beta});
      results.push_back(train_all(variants.back()));
      const Errors mean = mean_errors(results.back());
      plots[0].series.back().add(beta, mean.metres);
      plots[1].series.back().add(beta, mean.degrees);
    }
    std::printf("%s: ", net.c_str());
    print_table(scenes, variants, results);
  }
  return plots;
}

}  // namespace rooms
