#pragma once

#include "beam_search.h"
#include "bleu.h"
#include "caption_network.h"
#include "report.h"
#include "scenes.h"

/// How good generated captions are, and how that is shown.
namespace support {

/// Scenes to test with, all at once.
struct CaptionTest {
  std::string name;
  Tensor images, captions;                        // [count, 3, 48, 48], [count, 12]
  std::vector<std::vector<Sentence>> references;  // all captions that are true
};

/// Scenes with two objects, of each kind of combinations; none of them is in the training set.
inline std::vector<CaptionTest> caption_tests(std::int64_t count, std::uint64_t seed) {
  const ScenesOptions options{.first = std::int64_t{1} << 31, .single = 0};  // training has lower numbers
  std::vector<CaptionTest> tests;
  for (const auto& [name, combinations] :
       {std::pair("seen", Combinations::seen), std::pair("new pairs", Combinations::new_pair),
        std::pair("new kinds", Combinations::new_kind)}) {
    const Scenes scenes(count, seed, combinations, options);
    const auto [images, captions] = first_examples(scenes, count);
    CaptionTest& test = tests.emplace_back(CaptionTest{name, images, captions, {}});
    for (std::int64_t i = 0; i < count; ++i) test.references.push_back(scenes.captions(i));
  }
  return tests;
}

inline bool is_true(const Sentence& caption, const std::vector<Sentence>& references) {
  return std::find(references.begin(), references.end(), caption) != references.end();
}

/// Captions for the scenes of a test: the mean of their log-probabilities, the share that is true, and their BLEU-4.
struct Captioned {
  std::vector<Sentence> captions;
  double log_prob = 0, exact = 0, bleu = 0;

  /// Scores captions of any origin; `log_prob` stays 0.
  Captioned(std::vector<Sentence> all, const std::vector<std::vector<Sentence>>& references)
      : captions(std::move(all)) {
    Bleu score;
    for (std::size_t i = 0; i < captions.size(); ++i) {
      score.add(captions[i], references[i]);
      if (is_true(captions[i], references[i])) exact += 1 / static_cast<double>(captions.size());
    }
    bleu = score.value();
  }
};

/// What a network says of the scenes of a test, found by a beam of this width.
inline Captioned caption(const CaptionNetwork& network, const CaptionTest& test, std::int64_t width, Device device) {
  const NoGradGuard no_grad;
  std::vector<Sentence> captions;
  training::Mean log_prob;
  for (const Tensor& images : split(test.images, 100)) {
    const std::int64_t count = images.size(0);
    const Decoded decoded = beam_search(network, network.start(images.to(device)), count, width, kCaptionLength - 1);
    for (const auto& words : decoded.words) captions.push_back(scene_vocabulary().decode(words));
    for (const double value : decoded.log_probs) log_prob.add(value);
  }
  Captioned result(std::move(captions), test.references);
  result.log_prob = log_prob.value();
  return result;
}

/// Shows losses after each epoch, and captions after each seed.
class CaptionReport {
 public:
  CaptionReport(const Options& options, std::int64_t beam) : options_(options), beam_(beam) {
    fs::create_directories(options.out);  // before the long work, in case it cannot be
  }

  /// One more epoch is done.
  void epoch(std::int64_t number, double train_loss, const CaptionNetwork& network,
             const std::vector<CaptionTest>& tests) {
    const NoGradGuard no_grad;
    const Device device = options_.target();
    const auto at = static_cast<double>(number);
    std::printf("epoch %lld: train loss %.4f", static_cast<long long>(number), train_loss);
    losses_["training"].add(at, train_loss);
    for (const CaptionTest& test : tests) {
      const double loss = network.loss(test.images.to(device), test.captions.to(device)).item();
      losses_[test.name].add(at, loss);
      std::printf(", %s %.4f", test.name.c_str(), loss);
    }
    std::printf("\n");
    std::fflush(stdout);
  }

  /// A network is trained: captions the scenes of all tests, by greedy and by beam search.
  void finish_seed(const CaptionNetwork& network, const std::vector<CaptionTest>& tests) {
    for (const CaptionTest& test : tests) {
      for (const std::int64_t width : {std::int64_t{1}, beam_}) {
        const Captioned result = caption(network, test, width, options_.target());
        add(test.name + (width == 1 ? ", greedy" : ", beam of " + std::to_string(width)), result);
        if (test.name == "new pairs") pictures_ = pictures(test, result.captions);
      }
      std::vector<Sentence> others;  // what BLEU gives to captions that are well-formed, and of another scene
      for (const auto& references : test.references) others.push_back(references[0]);
      std::rotate(others.begin(), others.begin() + 1, others.end());
      add(test.name + ", of another scene", Captioned(std::move(others), test.references));
    }
  }

  /// Prints the table, writes the pictures, and returns the mean BLEU-4 of greedy captions of new pairs.
  double finish() const {
    double bleu_of_new_pairs = 0;
    std::printf("%-28s %-24s %-22s %s\n", "captions", "exact", "BLEU-4", "log p");
    for (const Row& row : rows_) {
      const Spread exact = spread(row.exact), bleu = spread(row.bleu), log_prob = spread(row.log_prob);
      std::printf("%-28s %5.1f%% (%4.1f%% to %4.1f%%)", row.name.c_str(), exact.mean, exact.low, exact.high);
      std::printf("   %.3f (%.3f to %.3f)", bleu.mean, bleu.low, bleu.high);
      if (row.name == "new pairs, greedy") bleu_of_new_pairs = bleu.mean;
      if (log_prob.mean < 0) std::printf("   %.3f", log_prob.mean);
      std::printf("\n");
    }
    training::Plot plot{.title = "captions of scenes", .x_label = "epoch", .y_label = "loss of a word", .log_y = true};
    for (const auto& [name, curve] : losses_) plot.series.push_back(curve.series(name));
    write_plot(options_, "caption", plot);
    write_plots(options_, "caption_scenes", pictures_, {.columns = 3, .width = 1170, .height = 880});
    return bleu_of_new_pairs;
  }

 private:
  struct Row {
    std::string name;
    std::vector<double> exact, bleu, log_prob;  // one for each seed
  };

  void add(const std::string& name, const Captioned& result) {
    auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) { return row.name == name; });
    if (found == rows_.end()) found = rows_.insert(found, Row{name, {}, {}, {}});
    found->exact.push_back(100 * result.exact);
    found->bleu.push_back(result.bleu);
    found->log_prob.push_back(result.log_prob);
  }

  /// Twelve scenes with their captions below, and above whether these are true.
  static std::vector<training::Plot> pictures(const CaptionTest& test, const std::vector<Sentence>& captions) {
    std::vector<training::Plot> plots;
    for (std::size_t i = 0; i < std::min<std::size_t>(12, captions.size()); ++i) {
      const bool right = is_true(captions[i], test.references[i]);
      plots.push_back({.title = right ? "right" : "WRONG",
                       .x_label = joined(captions[i]),
                       .field = {.values = test.images[static_cast<std::int64_t>(i)]}});
    }
    return plots;
  }

  const Options& options_;
  std::int64_t beam_;
  std::map<std::string, Curve> losses_;
  std::vector<Row> rows_;
  std::vector<training::Plot> pictures_;
};

}  // namespace support
