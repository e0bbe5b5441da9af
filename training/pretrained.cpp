// Trained models from files.

#include <reel/training/pretrained.h>

#include <reel/ops/view.h>
#include <reel/tensor/core/check.h>

namespace reel::training {
namespace {

/// The longest texts that any model has been trained for are a tenth of it.
constexpr std::int64_t kMostPositions = 1 << 24;

nn::models::LlamaOptions options_of(const data::GGUFFile& file) {
  const auto& architecture = file.get<std::string>("general.architecture");
  check<FormatError>(architecture == "llama", "{}: expected the architecture \"llama\", got \"{}\"", file.path,
                     architecture);
  const auto scaling = file.get_or<std::string>("llama.rope.scaling.type", "none");
  check<FormatError>(scaling == "none", "{}: expected rotations without scaling, got \"{}\"", file.path, scaling);
  const auto table = file.tensors.find("token_embd.weight");
  check<FormatError>(table != file.tensors.end() && table->second.dim() == 2,
                     "{}: expected a matrix \"token_embd.weight\", got none", file.path);
  // What the tensors do not bear out is not allocated.
  const auto size = [&](const char* key, std::int64_t most) {
    const auto value = file.get<std::int64_t>(std::string("llama.") + key);
    check<FormatError>(value >= 1 && value <= most, "{}: expected llama.{} to be 1 to {}, got {}", file.path, key, most,
                       value);
    return value;
  };
  const std::int64_t width = size("embedding_length", table->second.size(1)),
                     heads = size("attention.head_count", width);
  const auto up = file.tensors.find("blk.0.ffn_up.weight");
  const std::int64_t hidden = up == file.tensors.end() ? 1 : up->second.numel();
  return {.vocab_size = table->second.size(0),
          .hidden_size = width,
          .intermediate_size = size("feed_forward_length", hidden),
          .num_hidden_layers = size("block_count", static_cast<std::int64_t>(file.tensors.size())),
          .num_attention_heads = heads,
          .num_key_value_heads =
              file.metadata.contains("llama.attention.head_count_kv") ? size("attention.head_count_kv", heads) : heads,
          .max_position_embeddings = size("context_length", kMostPositions),
          .rms_norm_eps = file.get<double>("llama.attention.layer_norm_rms_epsilon"),
          .rope_theta = file.get_or<double>("llama.rope.freq_base", 1e4),
          .tie_word_embeddings = !file.tensors.contains("output.weight")};
}

/// Hugging Face's name of a tensor; the file's, for the error, if there is none.
std::string name_of(const std::string& name) {
  using Names = std::map<std::string, std::string>;  // they stay: other threads may compute while the program ends
  static const Names& whole = *new Names{{"token_embd.weight", "model.embed_tokens.weight"},
                                         {"output_norm.weight", "model.norm.weight"},
                                         {"output.weight", "lm_head.weight"}};
  static const Names& layers = *new Names{
      {"attn_norm", "input_layernorm"}, {"attn_q", "self_attn.q_proj"},      {"attn_k", "self_attn.k_proj"},
      {"attn_v", "self_attn.v_proj"},   {"attn_output", "self_attn.o_proj"}, {"ffn_norm", "post_attention_layernorm"},
      {"ffn_gate", "mlp.gate_proj"},    {"ffn_up", "mlp.up_proj"},           {"ffn_down", "mlp.down_proj"}};
  if (const auto found = whole.find(name); found != whole.end()) return found->second;
  const std::size_t number = name.find('.'), layer = name.find('.', number + 1), end = name.rfind('.');
  if (!name.starts_with("blk.") || end == layer || layer == std::string::npos) return name;
  const auto found = layers.find(name.substr(layer + 1, end - layer - 1));
  if (found == layers.end()) return name;
  return "model.layers" + name.substr(number, layer - number) + "." + found->second + name.substr(end);
}

/// Rows of pairs (2 i, 2 i + 1) of each head as rows (i, i + half).
Tensor with_halves(const Tensor& weight, std::int64_t heads) {
  if (weight.dim() != 2 || weight.size(0) % (2 * heads) != 0) return weight;  // which does not fit the model
  const Tensor pairs = reshape(weight, {heads, weight.size(0) / heads / 2, 2, weight.size(1)});
  return reshape(transpose(pairs, 1, 2), weight.shape());
}

}  // namespace

nn::models::Llama load_llama(const data::GGUFFile& file) {
  const nn::models::LlamaOptions options = options_of(file);
  nn::StateDict state;
  for (const auto& [name, tensor] : file.tensors) {
    const bool query = name.ends_with(".attn_q.weight"), key = name.ends_with(".attn_k.weight");
    const std::int64_t heads = query ? options.num_attention_heads : options.num_key_value_heads;
    state.emplace(name_of(name), query || key ? with_halves(tensor, heads) : tensor);
  }
  nn::models::Llama net(options);
  net.load_pretrained(state);
  net.eval();
  return net;
}

}  // namespace reel::training
