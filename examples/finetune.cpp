// A classifier of opinions from a trained model; run build/release/examples/finetune [--help].
//
// all-MiniLM-L6-v2 and a linear layer on the mean of its tokens learn which sentences are praise. The test's sentences
// are about other things in other words. With --frozen only the linear layer learns. `./dev data minilm` fetches the
// model.
#include "language_models.h"
#include "opinions.h"

#include <reel/nn/freeze.h>

using namespace reel;
namespace fs = std::filesystem;

struct Classifier : nn::Layer<Classifier> {
  support::MiniLM model;
  nn::Linear head = register_module("head", nn::Linear(support::MiniLM::kWidth, 2));

  explicit Classifier(const std::string& folder) : model(folder) { register_module("bert", model.bert); }
  Tensor logits(const std::vector<std::string>& texts) const { return head(model.embed(texts)); }
};

/// Those that `order` names from `begin` on, at most `count`.
support::Opinions part(const support::Opinions& set, const std::vector<std::int64_t>& order, std::size_t begin,
                       std::size_t count) {
  support::Opinions out;
  for (std::size_t i = begin; i < std::min(begin + count, order.size()); ++i) {
    const auto k = static_cast<std::size_t>(order[i]);
    out.texts.push_back(set.texts[k]);
    out.labels.push_back(set.labels[k]);
  }
  return out;
}

/// The share of right answers, in percent.
double accuracy(const Classifier& net, const support::Opinions& set) {
  const NoGradGuard no_grad;
  net.eval();
  const Tensor labels = tensor(set.labels);
  return 100 * (argmax(net.logits(set.texts), 1).cpu() == labels.cpu()).to(DType::f32).mean().item();
}

int main(int argc, char** argv) {
  CLI::App app("Fine-tunes all-MiniLM-L6-v2 to tell praise from blame.");
  support::Options options{.epochs = 3, .batch_size = 16, .lr = 5e-5};
  options.add_training(app);
  options.add_batches(app);
  std::string folder;
  bool frozen = false;
  app.add_option("--model", folder, "Folder with the model (else minilm/ in REEL_DATA, else in the user's cache)");
  app.add_flag("--frozen", frozen, "Train only the last layer");

  return support::run(app, options, argc, argv, [&] {
    Classifier net(folder);
    net.to(options.target());
    if (frozen) nn::freeze(net, "^bert");
    const support::Opinions train = support::make_opinions(false), test = support::make_opinions(true);
    std::printf("%zu sentences to train with, %zu to test on\n", train.texts.size(), test.texts.size());
    std::printf("before: %.1f%% of the test right\n", accuracy(net, test));
    // The new layer has everything to learn, the trained ones little. What is frozen gets no gradient and stays.
    optim::AdamW adamw(
        {{net.model.bert.parameters(), {.lr = options.lr}}, {net.head.parameters(), {.lr = 100 * options.lr}}});
    for (std::int64_t epoch = 1; epoch <= options.epochs; ++epoch) {
      net.train();
      training::Mean loss;
      const std::vector<std::int64_t> order =
          randperm(static_cast<std::int64_t>(train.texts.size())).to_vector<std::int64_t>();
      for (std::size_t begin = 0; begin < order.size(); begin += static_cast<std::size_t>(options.batch_size)) {
        const support::Opinions batch = part(train, order, begin, static_cast<std::size_t>(options.batch_size));
        adamw.zero_grad();
        const Tensor error = cross_entropy(net.logits(batch.texts), tensor(batch.labels).to(options.target()));
        error.backward();
        adamw.step();
        loss.add(error.item(), static_cast<double>(batch.labels.size()));
      }
      std::printf("epoch %d: loss %.4f, %.1f%% of the test right\n", static_cast<int>(epoch), loss.value(),
                  accuracy(net, test));
    }
    fs::create_directories(options.out);
    const std::string path = (fs::path(options.out) / "finetune.safetensors").string();
    save(net, path);
    Classifier again(folder);
    load(again, path);
    std::printf("wrote %s; read again: %.1f%% right\n", path.c_str(), accuracy(again, test));
    return 0;
  });
}
