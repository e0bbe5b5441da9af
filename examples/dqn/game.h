#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>

/// Small games on a screen of 16 x 16 pixels, in which a paddle at the bottom meets a ball.
namespace games {

using Random = std::mt19937_64;

constexpr int kSide = 16;

/// What a player can do in each frame. Every game has these three actions.
enum class Action : std::uint8_t { left, stay, right };
constexpr int kActions = 3;

/// The brightness of each pixel, row by row from the top.
using Frame = std::array<std::uint8_t, static_cast<std::size_t>(kSide* kSide)>;

/// What one action led to.
struct Outcome {
  double reward = 0;       ///< Added to the score.
  bool ball_lost = false;  ///< The ball has passed the paddle.
  bool over = false;       ///< The episode has ended.
};

/// What a learner sees of a game, and can do.
class Game {
 public:
  virtual ~Game() = default;
  /// Begins an episode.
  virtual void reset() = 0;
  /// Plays one frame. Not after the episode has ended.
  virtual Outcome act(Action action) = 0;
  /// The screen as it is now.
  virtual Frame frame() const = 0;
  /// What the scripted player would do now. It is written for the game and knows where everything is.
  virtual Action scripted() const = 0;
};

/// A ball, whose velocity is in pixels per frame. The side walls throw it back.
struct Ball {
  double x = 0, y = 0, vx = 0, vy = 1;

  void move() {
    x += vx;
    y += vy;
    const double reflected = x < 0 ? -x : x > kSide - 1 ? 2 * (kSide - 1) - x : x;
    if (reflected != x) vx = -vx;
    x = reflected;
  }
};

/// The paddle, three pixels wide in the last row; it moves one pixel in each frame.
struct Paddle {
  int x = kSide / 2;  ///< The column of its centre.

  void move(Action action) {
    const int next = x + static_cast<int>(action) - static_cast<int>(Action::stay);
    if (next >= 1 && next <= kSide - 2) x = next;
  }
  /// Whether it touches a ball in this column: half its width and half a ball away.
  bool meets(double column) const { return std::abs(column - x) <= 2; }
  /// The action that brings its centre closer to a column.
  Action towards(double column) const {
    return column > x + 0.5 ? Action::right : column < x - 0.5 ? Action::left : Action::stay;
  }
};

constexpr int kBallLevel = 255, kPaddleLevel = 180, kBrickLevel = 110;

inline std::uint8_t& pixel(Frame& frame, int row, int column) {
  return frame[static_cast<std::size_t>(row * kSide + column)];
}

/// Draws a ball and the paddle. A ball between two columns lights both, each by its share.
inline void draw(Frame& frame, const Ball& ball, const Paddle& paddle) {
  for (int i = -1; i <= 1; ++i) pixel(frame, kSide - 1, paddle.x + i) = kPaddleLevel;
  const int left = static_cast<int>(ball.x), row = static_cast<int>(ball.y);
  const auto add = [&](int column, double share) {
    if (share > 0) pixel(frame, row, column) = static_cast<std::uint8_t>(std::lround(kBallLevel * share));
  };
  add(left, 1 - (ball.x - left));
  add(left + 1, ball.x - left);
}

}  // namespace games
