#pragma once

#include <functional>
#include <string>

#include "breakout.h"
#include "catch.h"

namespace games {

/// Makes a game with a seed.
using Maker = std::function<std::unique_ptr<Game>(std::uint64_t seed)>;

inline Maker maker(const std::string& name) {
  if (name == "catch") return [](std::uint64_t seed) { return std::make_unique<Catch>(seed); };
  return [](std::uint64_t seed) { return std::make_unique<Breakout>(seed); };
}

/// A game that is being played, with its last frames and the score so far.
class Episode {
 public:
  explicit Episode(std::unique_ptr<Game> game) : game_(std::move(game)) { restart(); }

  void restart() {
    game_->reset();
    frames_.fill(game_->frame());
    score_ = 0;
    over_ = false;
  }
  Outcome act(Action action) {
    const Outcome outcome = game_->act(action);
    frames_ = {frames_[1], frames_[2], game_->frame()};
    score_ += outcome.reward;
    over_ = outcome.over;
    return outcome;
  }

  const Game& game() const { return *game_; }
  /// The last three frames, the newest one last; at the beginning all are the first one.
  const std::array<Frame, 3>& frames() const { return frames_; }
  double score() const { return score_; }
  bool over() const { return over_; }

 private:
  std::unique_ptr<Game> game_;
  std::array<Frame, 3> frames_{};
  double score_ = 0;
  bool over_ = false;
};

}  // namespace games
