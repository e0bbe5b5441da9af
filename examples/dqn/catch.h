#pragma once

#include "game.h"

namespace games {

/// Catch: balls fall one after the other, each with a slant of its own, and the paddle should be where they arrive. A
/// caught ball counts 1; an episode has ten balls.
class Catch final : public Game {
 public:
  static constexpr int kBalls = 10;

  explicit Catch(std::uint64_t seed) : random_(seed) { reset(); }

  void reset() override {
    paddle_ = {};
    left_ = kBalls;
    drop();
  }

  Outcome act(Action action) override {
    paddle_.move(action);
    ball_.move();
    if (ball_.y < kSide - 1) return {};
    const bool caught = paddle_.meets(ball_.x);
    if (--left_ > 0) drop();
    return {.reward = caught ? 1.0 : 0.0, .ball_lost = !caught, .over = left_ == 0};
  }

  Frame frame() const override {
    Frame frame{};
    draw(frame, ball_, paddle_);
    return frame;
  }

  /// Goes to the column where the ball will arrive, and waits there. It catches all that can be caught: a ball takes 15
  /// frames to fall, and the paddle needs at most 12 to come from wherever it is.
  Action scripted() const override {
    Ball landed = ball_;
    while (landed.y < kSide - 1) landed.move();
    return paddle_.towards(landed.x);
  }

 private:
  void drop() {
    ball_ = {.x = std::uniform_real_distribution(0.0, kSide - 1.0)(random_),
             .vx = std::uniform_real_distribution(-1.0, 1.0)(random_)};
  }

  Random random_;
  Ball ball_;
  Paddle paddle_;
  int left_ = kBalls;
};

}  // namespace games
