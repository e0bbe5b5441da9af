#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <reel/nn/layers/linear.h>

namespace reel::nn {

/// Options of LoRA, under PEFT's names.
struct LoRAOptions {
  std::int64_t r = 8;     ///< The rank of what is learnt.
  double lora_alpha = 8;  ///< What is learnt counts `lora_alpha / r` times.
  double dropout = 0;     ///< Of what the adapters see, while the layers that they adapt are in training.
  /// The layers with an adapter: those in whose names this regular expression is found.
  std::string target_modules = "q_proj$|v_proj$";
};

/// Low-rank adaptation (Hu et al. 2021): a model's weights stay as they are, and chosen linear layers (Linear, or
/// GPT2's Conv1D) give W x + lora_alpha / r * B A x with small learnt matrices A [r, in] and B [out, r]. A starts
/// kaiming-uniform with a = sqrt(5), B zero, so at first nothing changes.
///
/// This module holds the adapters alone, under the names that PEFT gives them: "base_model.model." and the layer's
/// name, then ".lora_A.weight" or ".lora_B.weight". Its state is a small file, and its parameters are what an optimizer
/// needs. They act through hooks of the layers, which every handle on the model shares.
///
///     nn::LoRA lora(net, {.r = 8, .lora_alpha = 16});
///     optim::AdamW adamw(lora.parameters());
///     ...
///     save(lora, "adapter.safetensors");  // load(lora, ...) for a model alike
///     lora.merge();                       // the adapters become part of the weights
class LoRA : public Module {
 public:
  /// Freezes the model and adapts its layers. A ValueError if the pattern matches no linear layer, or for a rank below
  /// 1; then nothing has changed.
  explicit LoRA(const Module& model, const LoRAOptions& options = {});

  /// The names of the layers with adapters.
  std::vector<std::string> layers() const;
  /// Adds what was learnt to the weights and takes the adapters off: the same results at the cost of the model alone.
  /// Parameters stay frozen. A ValueError if the adapters are not on the model any more, or if a layer shares its
  /// weight with another module (as `lm_head` does with the embedding), which would change, too.
  void merge();
  /// Takes the adapters off, so that the model is what it was. A ValueError if they are not on it any more.
  void remove();

 private:
  struct Adapter {
    std::string name;
    Module layer;      // of the model
    Tensor weight;     // its weight
    bool transposed;   // whether that is [in, out]
    Linear a, b;       // the two factors
    std::size_t hook;  // of the layer
    std::string tied;  // the name of another module that has this weight, too; else empty
  };

  void attach(const Module& model, const std::string& name, const Module& layer);
  /// The module of the dotted path in this one, made where it is missing.
  Module branch(const std::string& path);
  void check_attached(const char* call) const;

  LoRAOptions options_;
  std::map<std::string, Module> branches_;
  std::vector<Adapter> adapters_;
  std::shared_ptr<bool> attached_ = std::make_shared<bool>(true);  // all copies agree on it
};

}  // namespace reel::nn
