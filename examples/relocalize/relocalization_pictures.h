#pragma once

#include "relocalization.h"
#include "support.h"

/// What the program `relocalize` draws.
namespace rooms {

/// Test pictures of each room, two rows of six.
inline training::Plot views_plot(const std::vector<Scene>& scenes) {
  constexpr std::int64_t kRows = 2, kColumns = 6;
  Tensors parts;
  for (const Scene& scene : scenes) {
    const Tensor& all = scene.test.data;
    const std::int64_t side = all.size(2), shown = std::min(all.size(0), kRows * kColumns);
    const Tensor empty = ones({kRows * kColumns - shown, 3, side, side}, Device::cpu());
    parts.push_back(cat({all.narrow(0, 0, shown), empty})
                        .reshape({kRows, kColumns, 3, side, side})
                        .permute({2, 0, 3, 1, 4})
                        .reshape({3, kRows * side, kColumns * side}));
  }
  return {.title = "views of the rooms", .field = {.values = cat(parts, 1)}};
}

/// Arrows from the positions of poses in the directions that their cameras look in, seen from above.
inline training::Series arrows(const std::string& name, const std::vector<Pose>& poses, double size) {
  training::Series series{name};
  const auto go = [&](const Vec3& from, double yaw, double distance) {
    const Vec3 to = from + distance * Vec3{std::cos(yaw), std::sin(yaw), 0};
    series.add(to[0], to[1]);
    return to;
  };
  for (const Pose& pose : poses) {
    series.add(pose.position[0], pose.position[1]);
    const double yaw = pose.angles[0];
    const Vec3 tip = go(pose.position, yaw, size);
    for (const double turn : {150, -150}) {  // back to the tip after each side of the head
      go(tip, yaw + radians(turn), size / 3);
      series.add(tip[0], tip[1]);
    }
    series.add(NAN, NAN);
  }
  return series;
}

/// The outlines of a room and of what is in it.
inline training::Series outlines(const Room& room) {
  training::Series series{"walls and furniture"};
  const auto rectangle = [&](const Vec3& low, const Vec3& high) {
    for (const auto& [x, y] : {std::pair{low[0], low[1]}, {high[0], low[1]}, {high[0], high[1]}, {low[0], high[1]}})
      series.add(x, y);
    series.add(low[0], low[1]);
    series.add(NAN, NAN);
  };
  rectangle({}, room.size);
  for (std::size_t i = Room::kShell; i < room.boxes.size(); ++i) rectangle(room.boxes[i].low, room.boxes[i].high);
  return series;
}

/// A room from above, with some true and found poses, and lines between the positions.
inline training::Plot plan(const Scene& scene, const std::vector<Pose>& found) {
  constexpr std::size_t kShown = 16;
  std::vector<Pose> truth = to_poses(scene.test.target), guesses = found;
  truth.resize(std::min(kShown, truth.size()));
  guesses.resize(truth.size());
  const double size = scene.room.longest() / 18;
  training::Series between{"error"};
  for (std::size_t i = 0; i < truth.size(); ++i) {
    for (const Pose& pose : {truth[i], guesses[i]}) between.add(pose.position[0], pose.position[1]);
    between.add(NAN, NAN);
  }
  return {.title = scene.room.name,
          .x_label = "x in m",
          .y_label = "y in m",
          .series = {arrows("true", truth, size), arrows("found", guesses, size), between, outlines(scene.room)}};
}

/// Writes the views, and the plans of all rooms, which are 3 : 2 like the space for each.
inline void draw_poses(const support::Options& options, const std::vector<Scene>& scenes,
                       const std::vector<Result>& results) {
  std::vector<training::Plot> plans;
  for (std::size_t i = 0; i < scenes.size(); ++i) plans.push_back(plan(scenes[i], results[i].found));
  support::write_plots(options, "relocalize_views", {views_plot(scenes)}, {.width = 480, .height = 480});
  support::write_plots(options, "relocalize_poses", plans, {.columns = 3, .width = 1320, .height = 420});
}

}  // namespace rooms
