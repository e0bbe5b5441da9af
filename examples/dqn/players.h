#pragma once

#include <functional>
#include <vector>

#include "episode.h"
#include "frame_tensor.h"

/// Who plays the games, and how well.
namespace dqn {

using games::Action;
using games::Episode;

/// Chooses an action for each of some episodes.
using Player = std::function<std::vector<Action>(const std::vector<Episode*>&)>;

inline Player scripted_player() {
  return [](const std::vector<Episode*>& episodes) {
    std::vector<Action> actions;
    for (const Episode* episode : episodes) actions.push_back(episode->game().scripted());
    return actions;
  };
}

inline Action random_action(games::Random& random) {
  return static_cast<Action>(std::uniform_int_distribution(0, games::kActions - 1)(random));
}

inline Player random_player(std::uint64_t seed) {
  return [random = games::Random(seed)](const std::vector<Episode*>& episodes) mutable {
    std::vector<Action> actions(episodes.size());
    for (Action& action : actions) action = random_action(random);
    return actions;
  };
}

/// The actions that the network values most, by the last two frames of each episode.
inline std::vector<Action> best_actions(const Network& network, const std::vector<Episode*>& episodes) {
  const NoGradGuard no_grad;
  std::vector<games::Frame> frames;
  for (const Episode* episode : episodes) {
    frames.insert(frames.end(), episode->frames().end() - kHistory, episode->frames().end());
  }
  std::vector<Action> actions;
  for (const std::int64_t action : argmax(network(frame_tensor(frames, kHistory)), 1).to_vector<std::int64_t>()) {
    actions.push_back(static_cast<Action>(action));
  }
  return actions;
}

/// Epsilon-greedy: a random action with probability epsilon, else the one that the network values most.
inline Player network_player(const Network& network, double epsilon, std::uint64_t seed) {
  return [network, epsilon, random = games::Random(seed)](const std::vector<Episode*>& episodes) mutable {
    std::vector<Action> actions = best_actions(network, episodes);
    for (Action& action : actions) {
      if (std::bernoulli_distribution(epsilon)(random)) action = random_action(random);
    }
    return actions;
  };
}

/// The mean score of `count` episodes, which are played at the same time. They are the same for every player, and
/// others than those of training, whose seeds are small.
inline double mean_score(const games::Maker& make, const Player& player, std::int64_t count) {
  constexpr std::uint64_t kFirstSeed = 1'000'000;
  std::vector<Episode> episodes;
  std::vector<Episode*> playing;
  for (std::int64_t i = 0; i < count; ++i) episodes.emplace_back(make(kFirstSeed + static_cast<std::uint64_t>(i)));
  for (Episode& episode : episodes) playing.push_back(&episode);
  while (!playing.empty()) {
    const std::vector<Action> actions = player(playing);
    for (std::size_t i = 0; i < playing.size(); ++i) playing[i]->act(actions[i]);
    std::erase_if(playing, [](const Episode* episode) { return episode->over(); });
  }
  training::Mean score;
  for (const Episode& episode : episodes) score.add(episode.score());
  return score.value();
}

}  // namespace dqn
