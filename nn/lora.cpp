// Low-rank adaptation.

#include <reel/nn/lora.h>

#include <cmath>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/nn/init.h>
#include <reel/nn/models/gpt2.h>
#include <reel/nn/name_pattern.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/normalization.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/option.h>

namespace reel::nn {
namespace {

/// The weight of a layer that can be adapted, [out, in] or transposed; else undefined.
std::pair<Tensor, bool> weight_of(const Module& layer) {
  if (const auto linear = layer.as<Linear>()) return {linear->weight, false};
  if (const auto conv = layer.as<models::Conv1D>()) return {conv->weight, true};
  return {};
}

/// The name of another module than `layer` that has this parameter; empty if there is none.
std::string other_owner(const Module& model, const Module& layer, const Tensor& weight) {
  for (const auto& [name, module] : model.named_modules()) {
    for (const Tensor& p : module.parameters(false)) {
      if (p.is_same(weight) && !module.is_same(layer)) return name;
    }
  }
  return {};
}

}  // namespace

LoRA::LoRA(const Module& model, const LoRAOptions& options) : options_(options) {
  reel::detail::check_at_least("LoRA", "r", options.r, 1);
  reel::detail::check_option("LoRA", "lora_alpha", options.lora_alpha, reel::detail::kFinite);
  reel::detail::check_option("LoRA", "dropout", options.dropout, reel::detail::kZeroToOne);
  const auto matches = detail::name_pattern("LoRA", options.target_modules);
  NamedModules chosen;
  for (const auto& [name, layer] : model.named_modules()) {
    if (matches(name) && weight_of(layer).first.defined()) chosen.emplace_back(name, layer);
  }
  check<ValueError>(!chosen.empty(), "LoRA: expected a pattern that a linear layer's name matches, got \"{}\"",
                    options.target_modules);
  set_type_name("LoRA");
  set_extra_text(fmt::format("r={}, lora_alpha={}, layers={}", options.r, options.lora_alpha, chosen.size()));
  for (const auto& [name, layer] : chosen) attach(model, name, layer);
  model.requires_grad_(false);
}

void LoRA::attach(const Module& model, const std::string& name, const Module& layer) {
  const auto [weight, transposed] = weight_of(layer);
  const std::int64_t out = weight.size(transposed ? 1 : 0), in = weight.size(transposed ? 0 : 1);
  Module place = branch("base_model.model." + name);
  const Linear a = place.register_module("lora_A", Linear(in, options_.r, LinearOptions{.bias = false}));
  const Linear b = place.register_module("lora_B", Linear(options_.r, out, LinearOptions{.bias = false}));
  init::kaiming_uniform_(a.weight, {.a = std::sqrt(5)});
  init::zeros_(b.weight);
  place.to(weight.device(), weight.dtype());
  const double scale = options_.lora_alpha / static_cast<double>(options_.r), dropped = options_.dropout;
  // The hook must not hold the layer: they would keep each other alive.
  const auto adapt = [a, b, scale, dropped](const Module& adapted, const Tensors& inputs, Tensors& outputs) {
    const Tensor x = dropout(inputs.at(0), dropped, adapted.is_training() && dropped > 0);
    outputs.at(0) = outputs.at(0) + b(a(x)) * scale;
  };
  adapters_.push_back(
      {name, layer, weight, transposed, a, b, layer.register_forward_hook(adapt), other_owner(model, layer, weight)});
}

Module LoRA::branch(const std::string& path) {
  if (const auto found = branches_.find(path); found != branches_.end()) return found->second;
  const std::size_t dot = path.rfind('.');
  const Module made;
  if (dot == std::string::npos) register_module(path, made);
  else branch(path.substr(0, dot)).register_module(path.substr(dot + 1), made);
  branches_.emplace(path, made);
  return made;
}

std::vector<std::string> LoRA::layers() const {
  std::vector<std::string> names;
  for (const Adapter& adapter : adapters_) names.push_back(adapter.name);
  return names;
}

void LoRA::check_attached(const char* call) const {
  check<ValueError>(*attached_, "LoRA: expected adapters on their model in {}(), but merge() or remove() took them off",
                    call);
}

void LoRA::merge() {
  check_attached("merge");
  for (const Adapter& adapter : adapters_) {
    check<ValueError>(adapter.tied.empty(),
                      "LoRA: expected layers with weights of their own in merge(), but \"{}\" shares its weight with "
                      "\"{}\", which would change, too; leave the adapters on",
                      adapter.name, adapter.tied);
  }
  const NoGradGuard no_grad;
  const double scale = options_.lora_alpha / static_cast<double>(options_.r);
  Tensors changes;  // all before the first weight changes: memory may run out
  for (const Adapter& adapter : adapters_) {
    const Tensor change = matmul(adapter.b.weight, adapter.a.weight) * scale;
    changes.push_back(adapter.transposed ? t(change) : change);
  }
  for (std::size_t i = 0; i < adapters_.size(); ++i) adapters_[i].weight.add_(changes[i]);
  remove();
}

void LoRA::remove() {
  check_attached("remove");
  for (const Adapter& adapter : adapters_) adapter.layer.remove_hook(adapter.hook);
  *attached_ = false;
}

}  // namespace reel::nn
