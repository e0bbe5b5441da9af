// Trains GPT-2's architecture, small, to write text; run build/release/examples/char_transformer [--help].
//
// The text is any file, each byte a token. Training warms up, then follows half a cosine down; the state is saved every
// few hundred steps, and --restore goes on from it to the bit. In the end the network writes a text of its own.
#include "char_text.h"

#include "../support.h"

#include <reel/nn/models/generate.h>
#include <reel/nn/models/gpt2.h>

using namespace reel;
using support::fs::path;

namespace {

/// The mean loss, in nats for each character, of pieces that are the same in every call.
double validation_loss(const nn::models::GPT2& net, const Tensor& text, std::int64_t batch, std::int64_t length) {
  const NoGradGuard no_grad;
  Generator places(0);
  training::Mean mean;
  for (int i = 0; i < 8; ++i) {
    const auto [inputs, targets] = support::random_pieces(text, batch, length, places);
    mean.add(cross_entropy(net(inputs).flatten(0, 1), targets.flatten()).item());
  }
  return mean.value();
}

/// The prompt and as many characters more. Where the positions end, the network goes on from what it has written last.
std::vector<std::int64_t> written(const nn::models::GPT2& net, std::vector<std::int64_t> ids, std::int64_t count,
                                  double temperature) {
  while (count > 0) {
    const auto seen = std::min(static_cast<std::int64_t>(ids.size()), (net.max_positions() + 1) / 2);
    const std::vector<std::int64_t> last(ids.end() - seen, ids.end());
    const std::vector<std::int64_t> more =
        nn::models::generate(net, last, {.max_new_tokens = count, .sampling = {.temperature = temperature}});
    if (more.empty()) break;
    ids.insert(ids.end(), more.begin(), more.end());
    count -= static_cast<std::int64_t>(more.size());
  }
  return ids;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains a small transformer to write text, character by character.");
  support::Options options{.batch_size = 16, .lr = 1e-3};
  options.add_common(app);
  options.add_batches(app);
  std::string text_file = EXAMPLES_FOLDER "/../docs/design.md", prompt = "The ";
  std::int64_t steps = 1000, stop_after = 0, length = 128, width = 128, layers = 4, heads = 4, sample = 400;
  double dropout = 0.1, temperature = 0.8;
  bool restore = false;
  app.add_option("--text", text_file, "The file to learn from")->check(CLI::ExistingFile);
  app.add_option("--steps", steps, "Steps of training")->check(support::positive)->capture_default_str();
  app.add_option("--stop-after", stop_after, "Stop earlier, to go on with --restore")->check(CLI::NonNegativeNumber);
  app.add_option("--lr", options.lr, "Highest learning rate")->check(support::positive)->capture_default_str();
  app.add_option("--length", length, "Characters that the network sees")
      ->check(support::positive)
      ->capture_default_str();
  app.add_option("--width", width, "Numbers for each character")->check(support::positive)->capture_default_str();
  app.add_option("--layers", layers, "Blocks")->check(support::positive)->capture_default_str();
  app.add_option("--heads", heads, "Heads of each attention")->check(support::positive)->capture_default_str();
  app.add_option("--dropout", dropout, "Share of zeroed numbers")->check(CLI::Range(0.0, 0.9))->capture_default_str();
  app.add_option("--sample", sample, "Characters to write in the end")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--prompt", prompt, "How the sample begins")->capture_default_str();
  app.add_option("--temperature", temperature, "How freely it is drawn")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--restore", restore, "Go on from OUT/char_transformer.safetensors");

  return support::run(app, options, argc, argv, [&] {
    const support::CharText text(text_file, 10 * (length + 2));
    const std::vector<std::int64_t> begin = text.encode(prompt);  // what cannot be said is known before training
    if (begin.empty()) throw ValueError("char_transformer: expected a prompt of at least one character");
    const Device device = options.target();
    const Tensor training_text = text.training().to(device), validation_text = text.validation().to(device);
    nn::models::GPT2 net({.vocab_size = text.size(),
                          .n_positions = length,
                          .n_embd = width,
                          .n_layer = layers,
                          .n_head = heads,
                          .dropout = dropout});
    net.to(device);
    std::printf("%lld characters, %lld of them different; %lld parameters\n",
                static_cast<long long>(training_text.numel() + validation_text.numel()),
                static_cast<long long>(text.size()), static_cast<long long>(support::parameter_count(net)));

    optim::AdamW adamw(net.parameters(), {.lr = options.lr, .betas = {0.9, 0.99}, .weight_decay = 0.1});
    const std::int64_t warm = std::max<std::int64_t>(1, steps / 20);
    optim::LinearLR warm_up(adamw, 0.01, 1, warm);
    optim::CosineAnnealingLR decay(adamw, std::max<std::int64_t>(1, steps - warm), options.lr / 10);
    optim::SequentialLR schedule(adamw, {warm_up, decay}, {warm});
    training::Checkpoint checkpoint;
    checkpoint.add("model", net).add("optimizer", adamw).add("schedule", schedule);
    support::fs::create_directories(options.out);
    const std::string saved = path(options.out) / "char_transformer.safetensors";
    if (restore) checkpoint.load(saved);

    training::Mean mean;
    const std::int64_t every = std::max<std::int64_t>(1, steps / 10);
    const std::int64_t last = stop_after > 0 ? std::min(stop_after, steps) : steps;
    while (schedule.last_epoch() < last) {
      const auto [inputs, targets] = support::random_pieces(training_text, options.batch_size, length);
      const Tensor loss = cross_entropy(net(inputs).flatten(0, 1), targets.flatten());
      adamw.zero_grad();
      loss.backward();
      optim::clip_grad_norm_(net.parameters(), 1);
      adamw.step();
      schedule.step();
      mean.add(loss.item());
      const std::int64_t step = schedule.last_epoch();
      if (step % every != 0 && step != last) continue;
      net.eval();
      std::printf("step %5lld: loss %.4f, validation %.4f\n", static_cast<long long>(step), mean.value(),
                  validation_loss(net, validation_text, options.batch_size, length));
      net.train();
      mean = {};
      checkpoint.save(saved);
    }

    net.eval();
    std::printf("%s\n", text.decode(written(net, begin, sample, temperature)).c_str());
    return 0;
  });
}
