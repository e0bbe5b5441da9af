#pragma once

#include <reel/reel.h>

/// The network and the loss of a step of deep Q-learning (Mnih et al., "Human-level control through deep reinforcement
/// learning", 2015), smaller, for screens of 16 x 16 pixels.
namespace dqn {

using namespace reel;

constexpr std::int64_t kHistory = 2;  ///< Frames that the network sees at once: two show where the ball goes.
constexpr std::int64_t kScreen = 16, kActionValues = 3;

/// From the last frames, [N, 2, 16, 16] from 0 to 1, to the value of each action, [N, 3].
struct Network : nn::Layer<Network> {
  nn::Conv2d conv1 = register_module("conv1", nn::Conv2d(kHistory, 16, 4, {.stride = 2}));  // 16x7x7
  nn::Conv2d conv2 = register_module("conv2", nn::Conv2d(16, 32, 3));                       // 32x5x5
  nn::Linear fc1 = register_module("fc1", nn::Linear(32 * 5 * 5, 128));
  nn::Linear fc2 = register_module("fc2", nn::Linear(128, kActionValues));

  Tensor forward(const Tensor& x) const { return fc2(relu(fc1(flatten(relu(conv2(relu(conv1(x)))), 1)))); }
};

/// N moments of play.
struct Batch {
  Tensor frames;   ///< [N, 3, 16, 16] from 0 to 1: the two frames before the action, and the one after it.
  Tensor actions;  ///< [N], i64.
  Tensor rewards;  ///< [N]
  Tensor goes_on;  ///< [N]: 0 where nothing that came later counts, else 1.
};

/// The Huber loss of Q(s, a) against r + gamma max_a' Q'(s', a'), where Q' is the target network.
inline Tensor loss(const Network& network, const Network& target, const Batch& batch, double gamma) {
  Tensor goal;
  {
    const NoGradGuard no_grad;
    const Tensor next = amax(target(batch.frames.narrow(1, 1, kHistory)), {1});
    goal = batch.rewards + gamma * batch.goes_on * next;
  }
  const Tensor values = network(batch.frames.narrow(1, 0, kHistory));
  return smooth_l1_loss(gather(values, 1, batch.actions.unsqueeze(1)).squeeze(1), goal);
}

}  // namespace dqn
