#pragma once

#include "game.h"

namespace games {

/// Breakout: the paddle sends the ball back up to a wall of 3 x 8 bricks, each of which counts 1. The farther from the
/// paddle's centre the ball is met, the flatter it leaves: a player can aim, and must foresee where the side walls send
/// a flat ball, for it is faster than the paddle. A little chance in each bounce keeps games from repeating. When all
/// bricks are gone there is a new wall. An episode has three balls and ends after 600 frames at the latest.
class Breakout final : public Game {
 public:
  static constexpr int kBalls = 3, kFrames = 600;

  explicit Breakout(std::uint64_t seed) : random_(seed) { reset(); }

  void reset() override {
    paddle_ = {};
    balls_ = kBalls;
    frames_ = 0;
    build_wall();
    serve();
  }

  Outcome act(Action action) override {
    Outcome outcome;
    paddle_.move(action);
    const double row_before = ball_.y;
    ball_.move();
    if (ball_.y <= 0) ball_.vy = 1;
    if (take_brick()) {
      outcome.reward = 1;
      ball_.y = row_before;
      ball_.vy = -ball_.vy;
      if (bricks_left_ == 0) build_wall();
    }
    if (ball_.y >= kSide - 1) {
      if (paddle_.meets(ball_.x)) send_up();
      else outcome.ball_lost = true;
    }
    if (outcome.ball_lost && --balls_ > 0) serve();
    outcome.over = balls_ == 0 || ++frames_ == kFrames;
    return outcome;
  }

  Frame frame() const override {
    Frame frame{};
    for (int row = 0; row < kRows; ++row) {
      for (int column = 0; column < kSide; ++column) {
        if (bricks_[brick(row, column)]) pixel(frame, kTop + row, column) = kBrickLevel;
      }
    }
    draw(frame, ball_, paddle_);
    return frame;
  }

  /// Follows the ball's column all the time. It does not foresee what the walls do to the ball, and does not aim.
  Action scripted() const override { return paddle_.towards(ball_.x); }

 private:
  static constexpr int kTop = 2, kRows = 3, kBrickWidth = 2, kColumns = kSide / kBrickWidth;

  static std::size_t brick(int row, int column) {
    return static_cast<std::size_t>(row * kColumns + column / kBrickWidth);
  }

  void build_wall() {
    bricks_.fill(true);
    bricks_left_ = kRows * kColumns;
  }
  /// Below the wall, on its way down.
  void serve() {
    ball_ = {.x = std::uniform_real_distribution(0.0, kSide - 1.0)(random_),
             .y = kTop + kRows,
             .vx = std::uniform_real_distribution(-1.0, 1.0)(random_)};
  }
  /// Takes the brick where the ball is, and says whether there was one.
  bool take_brick() {
    const int row = static_cast<int>(ball_.y) - kTop;
    if (row < 0 || row >= kRows) return false;
    bool& there = bricks_[brick(row, static_cast<int>(std::lround(ball_.x)))];
    if (!there) return false;
    there = false;
    --bricks_left_;
    return true;
  }
  /// From the paddle: up to 3.25 pixels to the side for each pixel up, by where it was met.
  void send_up() {
    ball_.y = kSide - 2;
    ball_.vy = -1;
    ball_.vx = 1.5 * (ball_.x - paddle_.x) + std::uniform_real_distribution(-0.25, 0.25)(random_);
  }

  Random random_;
  Ball ball_;
  Paddle paddle_;
  std::array<bool, static_cast<std::size_t>(kRows* kColumns)> bricks_{};
  int bricks_left_ = 0, balls_ = 0, frames_ = 0;
};

}  // namespace games
