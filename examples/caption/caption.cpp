// Shows a network that says what it sees; run build/release/examples/caption [--help].
//
// Scenes of one or two coloured figures are drawn with their captions. A CNN sees the scene, an LSTM the words so far,
// and both meet in a multimodal layer before each word (m-RNN, Mao et al. 2014). The tests are on scenes whose
// combinations never occur in training: pairs of known objects that never came together, and colours that never came
// with a figure. Captions are the most probable ones that greedy and beam search find, measured with BLEU-4.
#include "caption_report.h"

using namespace reel;

/// Trains a network on scenes with their captions.
support::CaptionNetwork train(const support::Options& options, std::int64_t count, std::uint64_t seed,
                              const std::vector<support::CaptionTest>& tests, support::CaptionReport& report) {
  const Device device = options.target();
  data::DataLoader batches(support::Scenes(count, seed, support::Combinations::seen),
                           {.batch_size = options.batch_size, .shuffle = true, .drop_last = true, .seed = seed});
  support::CaptionNetwork network({.words = support::scene_vocabulary().size()});
  network.to(device);
  optim::Adam adam(network.parameters(), {.lr = options.lr});
  optim::CosineAnnealingLR schedule(adam, options.epochs * batches.size());
  training::Progress progress = support::quiet_progress(options, batches.size());
  for (std::int64_t epoch = 1; epoch <= options.epochs; ++epoch) {
    network.train();
    training::Mean mean;
    for (auto [images, captions] : batches) {
      const Tensor loss = network.loss(images.to(device), captions.to(device));
      adam.zero_grad();
      loss.backward();
      adam.step();
      schedule.step();
      mean.add(loss.item());
      progress.update(images.size(0), mean.value());
    }
    progress.clear();
    network.eval();
    report.epoch(epoch, mean.value(), network, tests);
  }
  return network;
}

int main(int argc, char** argv) {
  CLI::App app("Trains a network to caption scenes, and tests it on combinations that it has not seen.");
  support::Options options{.epochs = 8, .batch_size = 32, .lr = 3e-3, .seeds = 3};
  options.add_training(app);
  options.add_batches(app);
  options.add_seeds(app);
  std::int64_t scenes = 16000, tests = 500, beam = 5;
  double min_bleu = 0;
  app.add_option("--scenes", scenes, "Scenes to train with")->check(support::positive)->capture_default_str();
  app.add_option("--tests", tests, "Scenes in each test")->check(support::positive)->capture_default_str();
  app.add_option("--beam", beam, "Width of the beam")->check(CLI::Range(2, 20))->capture_default_str();
  app.add_option("--min-bleu", min_bleu, "Fail if BLEU-4 of new pairs is lower")->check(CLI::Range(0.0, 1.0));

  return support::run(app, options, argc, argv, [&] {
    if (scenes < options.batch_size) {
      throw ValueError("caption: expected at least one batch of " + std::to_string(options.batch_size) +
                       " scenes, got --scenes " + std::to_string(scenes) + "; lower --batch-size");
    }
    support::CaptionReport report(options, beam);
    support::for_each_seed(options, [&](std::uint64_t seed) {
      std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
      const std::vector<support::CaptionTest> sets = support::caption_tests(tests, seed);
      report.finish_seed(train(options, scenes, seed, sets, report), sets);
    });
    return report.finish() >= min_bleu ? 0 : 1;
  });
}
