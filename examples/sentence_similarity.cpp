// Which sentences mean the same; run build/release/examples/sentence_similarity [--help].
//
// all-MiniLM-L6-v2 makes a vector of 384 numbers of each sentence; the cosine of two says how alike they are. Prints
// the table of cosines, and for each sentence the one that is most like it. `./dev data minilm` fetches the model.
#include "language_models.h"

using namespace reel;

const std::vector<std::string> examples{
    "A man is playing a guitar.",
    "Someone plays an instrument on a stage.",
    "A woman slices a tomato in the kitchen.",
    "She is cutting vegetables for dinner.",
    "The stock market fell sharply on Monday.",
    "Shares lost a tenth of their value this week.",
    "Two dogs chase a ball across the grass.",
    "Puppies are running after a toy in the park.",
    "Gradient descent minimises a function step by step.",
    "Neural networks learn by following the slope of a loss, unaffordably na\xc3\xafve as that may sound!",
};

int main(int argc, char** argv) {
  CLI::App app("Compares the meanings of sentences with all-MiniLM-L6-v2.");
  support::Options options;
  options.add_common(app);
  std::string folder;
  std::vector<std::string> sentences;
  app.add_option("--model", folder, "Folder with the model (else minilm/ in REEL_DATA, else in the user's cache)");
  app.add_option("--sentence", sentences, "Two sentences or more, instead of the ten that are built in");

  return support::run(app, options, argc, argv, [&] {
    if (sentences.empty()) sentences = examples;
    if (sentences.size() < 2) throw ValueError("expected two sentences or more, got one");
    const support::MiniLM model(folder);
    model.bert.to(options.target());
    const NoGradGuard no_grad;
    const Tensor vectors = model.embed(sentences);
    const Tensor cosines = matmul(vectors, vectors.t()).cpu();
    const auto count = static_cast<std::int64_t>(sentences.size());
    for (std::int64_t i = 0; i < count; ++i) {
      std::printf("%2d ", static_cast<int>(i + 1));
      for (std::int64_t j = 0; j <= i; ++j) std::printf(" %5.2f", cosines[i][j].item());
      std::printf("\n");
    }
    const Tensor others = cosines - 3 * eye(count, count, {.device = Device::cpu()});  // but for the sentence itself
    const Tensor nearest = argmax(others, 1);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto j = nearest[i].item<std::int64_t>();
      std::printf("%.2f  %s\n      %s\n", cosines[i][j].item(), sentences[static_cast<std::size_t>(i)].c_str(),
                  sentences[static_cast<std::size_t>(j)].c_str());
    }
    return 0;
  });
}
