#pragma once

#include <algorithm>

#include "support.h"

namespace dqn {

/// What training is made of, beside the common options. The defaults are for every game the same.
struct Settings {
  std::string game = "catch";
  std::int64_t frames = 80'000;      ///< That are played in training.
  std::int64_t memory = 50'000;      ///< Moments that are remembered.
  std::int64_t first_step = 1000;    ///< The frame of the first step of training.
  std::int64_t frames_per_step = 2;  ///< Frames played for each step of training.
  std::int64_t target_every = 500;   ///< Frames after which the target network becomes the one that learns.
  double gamma = 0.98;               ///< What a reward is worth one frame earlier.
  double exploration = 0.25;         ///< The share of the frames in which epsilon falls.
  double last_epsilon = 0.05;        ///< From then on.
  double test_epsilon = 0.01;        ///< In tests.
  std::int64_t tests = 16;           ///< Points of the curve.
  std::int64_t episodes = 100;       ///< In each test.
  std::string load = {};             ///< A file of weights to play with, without training.
  bool play = false;                 ///< Whether to draw a game in the terminal.

  void add(CLI::App& app) {
    app.add_option("--game", game, "What to learn")->check(CLI::IsMember({"catch", "breakout"}))->capture_default_str();
    const auto count = [&app](const char* name, std::int64_t& value, const char* text) {
      app.add_option(name, value, text)->check(support::positive)->capture_default_str();
    };
    count("--frames", frames, "Frames to play in training");
    count("--memory", memory, "Moments of play to remember");
    count("--tests", tests, "How often to test during training");
    count("--episodes", episodes, "Episodes of a test");
    app.add_option("--gamma", gamma, "What a reward is worth one frame earlier")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app.add_option("--load", load, "Play with the weights of this file, without training");
    app.add_flag("--play", play, "Draw a game in the terminal");
  }

  /// The probability of a random action falls from 1 in a line.
  double epsilon(std::int64_t frame) const {
    const double share = static_cast<double>(frame) / (exploration * static_cast<double>(frames));
    return std::max(last_epsilon, 1 - (1 - last_epsilon) * share);
  }
  /// The share of the learning rate in a step of training falls from 1 to nearly 0 in a line.
  double rate(std::int64_t step) const {
    return std::max(0.0, 1 - static_cast<double>(step * frames_per_step) / static_cast<double>(frames));
  }
  /// Whether to test after this frame: evenly spaced, and after the last one.
  bool tests_after(std::int64_t frame) const { return frame * tests / frames > (frame - 1) * tests / frames; }
};

}  // namespace dqn
