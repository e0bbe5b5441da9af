#pragma once

#include <chrono>
#include <thread>

#include "dqn_settings.h"
#include "players.h"
#include "report.h"

/// What is shown of players and their games.
namespace dqn {

/// The mean scores of the players that have not learned.
struct Baselines {
  double random, scripted;
};

/// A table of all players; `scores` are those of the network after training with each seed.
inline void print_scores(const Baselines& baselines, const std::vector<double>& scores, const Settings& settings) {
  const support::Spread network = support::spread(scores);
  std::printf("\n%s, mean score of %lld episodes\n", settings.game.c_str(), static_cast<long long>(settings.episodes));
  std::printf("%-18s %6.2f\n%-18s %6.2f\n", "random player", baselines.random, "scripted player", baselines.scripted);
  std::printf("%-18s %6.2f", "network", network.mean);
  if (network.count > 1) std::printf(" (mean of %zu seeds, %.2f to %.2f)", network.count, network.low, network.high);
  std::printf("\nthe network has %.0f %% of the scripted player's score, %.1f times the random player's\n",
              100 * network.mean / baselines.scripted, network.mean / baselines.random);
}

/// The scores over training, between those of the other players.
inline training::Plot learning_curve(const support::Curve& scores, const Baselines& baselines,
                                     const Settings& settings) {
  const double last = static_cast<double>(settings.frames) / 1000;
  const auto level = [&](const char* name, double value) { return training::Series{name, {0, last}, {value, value}}; };
  return {.title = settings.game + ": what the network scores while it learns",
          .x_label = "thousand frames",
          .y_label = "mean score of an episode",
          .series = {scores.series("network"), level("scripted player", baselines.scripted),
                     level("random player", baselines.random)}};
}

inline std::string score_text(const Episode& episode) { return std::to_string(std::lround(episode.score())); }

/// Up to twelve frames of a game, every fourth one from the 60th on; none of a game that is over by then.
inline std::vector<training::Plot> film(Episode& episode, const Player& player) {
  episode.restart();
  constexpr int kFirst = 60, kStep = 4, kCount = 12, kEnlarged = 8;
  std::vector<training::Plot> plots;
  for (int frame = 0; frame < kFirst + kStep * kCount && !episode.over(); ++frame) {
    if (frame >= kFirst && (frame - kFirst) % kStep == 0) {
      const Tensor image = frame_tensor({episode.frames().back()}, 1);
      plots.push_back({.title = "frame " + std::to_string(frame) + ", score " + score_text(episode),
                       .field = {.values = interpolate(image, {kEnlarged * kScreen, kEnlarged * kScreen})[0]}});
    }
    episode.act(player({&episode})[0]);
  }
  return plots;
}

/// Plays a game to its end and draws each frame, on a terminal in one place and slowly.
inline void play(Episode& episode, const Player& player) {
  episode.restart();
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  while (!episode.over()) {
    episode.act(player({&episode})[0]);
    std::string text = terminal ? "\x1b[H\x1b[J" : "";
    for (std::size_t i = 0; i < episode.frames().back().size(); ++i) {
      const int level = episode.frames().back()[i];
      text += level == 0 ? "  " : level < 128 ? "▒▒" : level < 192 ? "▓▓" : "██";
      if (i % kScreen == kScreen - 1) text += '\n';
    }
    std::printf("%sscore %s\n", text.c_str(), score_text(episode).c_str());
    std::fflush(stdout);
    if (terminal) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace dqn
