// Shows deep Q-learning, as in Mnih et al. 2015; run build/release/examples/dqn --game catch|breakout [--help].
//
// A network learns a game from its pixels and its score alone: it estimates for each action the rewards that will
// follow, each frame of waiting making them worth less. Two things make that stable: a memory from which moments of
// play are drawn at random, and a second network, renewed now and then, that says what the next moment is worth. The
// program knows nothing of the games, and all its constants are the same for both. A player that knows where the ball
// is, written for each game (catch.h, breakout.h), and one that acts at random tell what the scores mean.
#include "dqn_report.h"
#include "replay_memory.h"

using namespace reel;
using dqn::Settings;

double test(const dqn::Player& player, const Settings& settings) {
  return dqn::mean_score(games::maker(settings.game), player, settings.episodes);
}

/// Plays and learns; `scores` gets the mean score of each test.
dqn::Network train(const Settings& settings, const support::Options& options, std::uint64_t seed,
                   support::Curve& scores) {
  games::Random random(seed);
  games::Episode episode(games::maker(settings.game)(seed));
  dqn::ReplayMemory memory(settings.memory);
  dqn::Network network, target;
  network.to(options.target());
  target.to(options.target());
  target.load_state_dict(network.state_dict());
  optim::Adam adam(network.parameters(), options.lr);
  optim::LambdaLR schedule(adam, [&](std::int64_t step) { return settings.rate(step); });
  training::Mean mean_loss;
  for (std::int64_t frame = 1; frame <= settings.frames; ++frame) {
    const bool explore = std::bernoulli_distribution(settings.epsilon(frame))(random);
    const games::Action action = explore ? dqn::random_action(random) : dqn::best_actions(network, {&episode})[0];
    const games::Outcome outcome = episode.act(action);
    memory.add(episode, action, outcome);
    if (outcome.over) episode.restart();

    if (frame >= settings.first_step && frame % settings.frames_per_step == 0) {
      const Tensor loss = dqn::loss(network, target, memory.sample(options.batch_size, random), settings.gamma);
      adam.zero_grad();
      loss.backward();
      adam.step();
      schedule.step();
      mean_loss.add(loss.item());
    }
    if (frame % settings.target_every == 0) target.load_state_dict(network.state_dict());

    if (!settings.tests_after(frame)) continue;
    const double score = test(dqn::network_player(network, settings.test_epsilon, seed), settings);
    std::printf("seed %llu, frame %lld: score %.2f, loss %.5f\n", static_cast<unsigned long long>(seed),
                static_cast<long long>(frame), score, mean_loss.value());
    std::fflush(stdout);
    scores.add(static_cast<double>(frame) / 1000, score);
    mean_loss.reset();
  }
  return network;
}

/// The networks of all seeds, trained or loaded; trained ones leave a curve, and the weights of the first one.
std::vector<dqn::Network> networks(const Settings& settings, const support::Options& options,
                                   const dqn::Baselines& baselines) {
  std::vector<dqn::Network> trained;
  if (!settings.load.empty()) {
    trained.emplace_back().to(options.target());
    load(trained[0], settings.load);
    return trained;
  }
  support::fs::create_directories(options.out);  // before the long work, in case it cannot be
  support::Curve scores;
  support::for_each_seed(options,
                         [&](std::uint64_t seed) { trained.push_back(train(settings, options, seed, scores)); });
  const std::string name = "dqn_" + settings.game;
  save(trained[0], support::fs::path(options.out) / (name + ".safetensors"));
  support::write_plot(options, name, dqn::learning_curve(scores, baselines, settings));
  return trained;
}

int main(int argc, char** argv) {
  CLI::App app("Learns a game from its pixels by deep Q-learning.");
  support::Options options{.batch_size = 32, .lr = 1e-3};
  Settings settings;
  app.add_option("--lr", options.lr, "Learning rate")->check(support::positive)->capture_default_str();
  options.add_common(app);
  options.add_seeds(app);
  options.add_batches(app);
  settings.add(app);

  return support::run(app, options, argc, argv, [&] {
    const dqn::Baselines baselines{test(dqn::random_player(options.seed), settings),
                                   test(dqn::scripted_player(), settings)};
    const std::vector<dqn::Network> learned = networks(settings, options, baselines);
    std::vector<double> scores;
    for (const dqn::Network& network : learned) {
      scores.push_back(test(dqn::network_player(network, settings.test_epsilon, options.seed), settings));
    }
    dqn::print_scores(baselines, scores, settings);
    const dqn::Player greedy = dqn::network_player(learned[0], 0, options.seed);
    games::Episode episode(games::maker(settings.game)(options.seed));
    if (const auto film = dqn::film(episode, greedy); !film.empty()) {
      support::write_plots(options, "dqn_" + settings.game + "_game", film,
                           {.columns = 6, .width = 1140, .height = 420});
    }
    if (settings.play) dqn::play(episode, greedy);
    return 0;
  });
}
