// A language model that talks and learns; run build/release/examples/smollm2 [--help].
//
// SmolLM2-135M-Instruct from a file of 4-bit weights. Continues prompts, or answers as an assistant with --chat. With
// --learn it first learns a text through small adapters (LoRA), which are saved as a file of their own; --adapter takes
// one up again.
// `./dev data smollm2` fetches the model.
#include <fstream>

#include "language_models.h"

#include <reel/nn/lora.h>
#include <reel/nn/models/generate.h>
#include <reel/training/pretrained.h>

using namespace reel;
namespace fs = std::filesystem;
using Ids = std::vector<std::int64_t>;

/// What the model was trained to answer.
std::string as_chat(const std::string& question) {
  return "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
         "<|im_start|>user\n" +
         question + "<|im_end|>\n<|im_start|>assistant\n";
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.empty()) throw IOError("expected a text in " + path + ", got none");
  return text;
}

/// The mean loss of predicting each token of the text from those before it.
Tensor loss_of(const nn::models::Llama& net, const Ids& ids) {
  const auto count = static_cast<std::int64_t>(ids.size());
  const Tensor tokens = tensor(ids, {1, count}).to(net.parameters().front().device());
  return cross_entropy(net(tokens.narrow(1, 0, count - 1)).squeeze(0), tokens[0].narrow(0, 1, count - 1));
}

/// Trains adapters on a text, in one piece of at most 256 tokens a step, and saves them.
void learn(const nn::models::Llama& net, const nn::LoRA& lora, const Ids& text, const support::Options& options) {
  if (text.size() < 2)
    throw ValueError("expected a text of at least two tokens to learn, got " + std::to_string(text.size()));
  constexpr std::size_t kPiece = 256;
  optim::AdamW adamw(lora.parameters(), {.lr = options.lr});
  std::size_t at = 0;
  for (std::int64_t step = 1; step <= options.epochs; ++step) {
    if (at + 2 > text.size()) at = 0;
    const std::size_t end = std::min(at + kPiece, text.size());
    adamw.zero_grad();
    const Tensor loss = loss_of(
        net, Ids(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end)));
    loss.backward();
    adamw.step();
    std::printf("step %d: loss %.4f\n", static_cast<int>(step), loss.item());
    at = end;
  }
  fs::create_directories(options.out);
  const std::string path = (fs::path(options.out) / "smollm2_adapter.safetensors").string();
  save(lora, path);
  std::printf("wrote %s, %.1f MB; the model's weights are %.0f MB\n", path.c_str(),
              static_cast<double>(fs::file_size(path)) / 1e6,
              static_cast<double>(support::parameter_count(net)) * 4e-6);
}

int main(int argc, char** argv) {
  CLI::App app("Talks with SmolLM2-135M-Instruct, and teaches it a text.");
  support::Options options{.epochs = 20, .lr = 1e-3};
  options.add_common(app);
  std::string folder, text, adapter;
  std::vector<std::string> prompts;
  bool chat = false;
  nn::models::GenerateOptions generate{.max_new_tokens = 60};
  app.add_option("--model", folder, "Folder with the model (else smollm2/ in REEL_DATA, else in the user's cache)");
  app.add_option("--prompt", prompts, "What is to be continued, or answered");
  app.add_flag("--chat", chat, "Answer the prompts as an assistant");
  app.add_option("--tokens", generate.max_new_tokens, "The longest answer")->capture_default_str();
  app.add_option("--temperature", generate.sampling.temperature, "0: the most probable tokens")->capture_default_str();
  app.add_option("--top-k", generate.sampling.top_k, "Draw from so many tokens; 0: all")->capture_default_str();
  app.add_option("--top-p", generate.sampling.top_p, "Draw from this share of probability")->capture_default_str();
  app.add_option("--learn", text, "A file with a text to learn");
  app.add_option("--steps", options.epochs, "Steps of learning")->check(support::positive)->capture_default_str();
  app.add_option("--lr", options.lr, "Learning rate")->check(support::positive)->capture_default_str();
  app.add_option("--adapter", adapter, "Adapters that --learn has saved");

  return support::run(app, options, argc, argv, [&] {
    const std::string path = support::pretrained_file("smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", folder);
    const data::GGUFFile file = data::load_gguf(path);
    const nn::models::Llama net = training::load_llama(file);
    const data::Tokenizer tokenizer = data::load_tokenizer(file);
    net.to(options.target());
    if (!text.empty() || !adapter.empty()) {
      nn::LoRA lora(net, {.r = 8, .lora_alpha = 16});
      if (!adapter.empty()) load(lora, adapter);
      if (!text.empty()) learn(net, lora, tokenizer.encode(text_of(text)), options);
      lora.merge();
    }
    if (prompts.empty() && text.empty()) prompts = {"The capital of France is"};
    const auto end = file.get<std::int64_t>("tokenizer.ggml.eos_token_id");
    generate.stop_tokens = {end};
    generate.on_token = [&](std::int64_t token) {
      std::cout << tokenizer.decode({token}) << std::flush;
      return true;
    };
    for (const std::string& prompt : prompts) {
      std::cout << "> " << prompt << (chat ? "\n" : "");
      nn::models::generate(net, tokenizer.encode(chat ? as_chat(prompt) : prompt), generate);
      std::cout << '\n';
    }
    return 0;
  });
}
