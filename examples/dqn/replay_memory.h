#pragma once

#include <vector>

#include "episode.h"
#include "frame_tensor.h"

namespace dqn {

/// The last moments of play, from which batches are drawn at random: neighbours in a game are too much alike to learn
/// from one after the other.
class ReplayMemory {
 public:
  explicit ReplayMemory(std::int64_t capacity) : capacity_(static_cast<std::size_t>(capacity)) {}

  /// The moment of an action: the frames around it, and what it led to. What comes after a lost ball does not count, so
  /// that losing it costs all that could have been won: the paper does the same with the lives of its games.
  void add(const games::Episode& episode, games::Action action, const games::Outcome& outcome) {
    Moment moment{episode.frames(), action, static_cast<float>(outcome.reward), !outcome.ball_lost && !outcome.over};
    if (moments_.size() < capacity_) moments_.push_back(moment);
    else moments_[next_] = moment;
    next_ = (next_ + 1) % capacity_;
  }

  /// `size` moments, on the default device; some may be there twice.
  Batch sample(std::int64_t size, games::Random& random) const {
    std::vector<games::Frame> frames;
    std::vector<std::int64_t> actions;
    std::vector<float> rewards, goes_on;
    std::uniform_int_distribution<std::size_t> any(0, moments_.size() - 1);
    for (std::int64_t i = 0; i < size; ++i) {
      const Moment& moment = moments_[any(random)];
      frames.insert(frames.end(), moment.frames.begin(), moment.frames.end());
      actions.push_back(static_cast<std::int64_t>(moment.action));
      rewards.push_back(moment.reward);
      goes_on.push_back(moment.goes_on ? 1.0F : 0.0F);
    }
    return {frame_tensor(frames, kHistory + 1), tensor(actions), tensor(rewards), tensor(goes_on)};
  }

 private:
  struct Moment {
    std::array<games::Frame, kHistory + 1> frames;
    games::Action action;
    float reward;
    bool goes_on;
  };

  std::size_t capacity_, next_ = 0;
  std::vector<Moment> moments_;
};

}  // namespace dqn
