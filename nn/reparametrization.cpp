// Parameters that are computed before each call.

#include <reel/nn/reparametrization.h>

#include <algorithm>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/autograd/tape/rebind.h>
#include <reel/nn/module_state.h>
#include <reel/nn/reparametrized.h>
#include <reel/tensor/core/check.h>

namespace reel::nn::utils::detail {
namespace {

void erase(NamedTensors& list, const std::string& name) {
  std::erase_if(list, [&](const auto& entry) { return entry.first == name; });
}

}  // namespace

Tensor parameter_to_replace(const std::string& kind, const Module& module, const std::string& name) {
  for (const Reparametrization& known : state_of(module).reparametrizations) {
    check<ValueError>(known.name != name, "{}: expected a plain parameter, got \"{}\", which has {}; remove that first",
                      kind, name, known.kind);
  }
  const Tensor weight = module.get_parameter(name);
  check<ValueError>(weight.defined(), "{}: expected a parameter, got \"{}\", which is absent", kind, name);
  return weight;
}

void reparametrize(Module module, const Tensor& weight, const Recipe& recipe) {
  const Tensor value = recipe.compute(false);  // may fail, and then nothing has changed
  ModuleState& state = state_of(module);
  for (const auto& [name, tensor] : recipe.parameters) module.register_parameter(name, tensor, weight.requires_grad());
  for (const auto& [name, tensor] : recipe.buffers) module.register_buffer(name, tensor);
  erase(state.parameters, recipe.name);
  reel::detail::rebind(weight, value);
  const std::size_t hook =
      module.register_forward_pre_hook([weight, compute = recipe.compute](const Module& self, Tensors&) {
        reel::detail::rebind(weight, compute(self.is_training()));
      });
  std::vector<std::string> members;
  for (const NamedTensors* list : {&recipe.parameters, &recipe.buffers}) {
    for (const auto& entry : *list) members.push_back(entry.first);
  }
  state.reparametrizations.push_back({recipe.kind, recipe.name, hook, weight, recipe.compute, members});
}

void remove_reparametrization(Module module, const std::string& kind, const std::string& name) {
  ModuleState& state = state_of(module);
  const auto found = std::find_if(state.reparametrizations.begin(), state.reparametrizations.end(),
                                  [&](const Reparametrization& r) { return r.kind == kind && r.name == name; });
  check<ValueError>(found != state.reparametrizations.end(), "remove_{}: expected a parameter with {}, got \"{}\"",
                    kind, kind, name);
  const Tensor value = no_grad([&] { return found->compute(false); });
  const Reparametrization old = std::move(*found);
  state.reparametrizations.erase(found);
  module.remove_hook(old.hook);
  bool requires_grad = false;
  for (const std::string& member : old.members) {
    for (const auto& [key, tensor] : state.parameters) {
      requires_grad = requires_grad || (key == member && tensor.requires_grad());
    }
    erase(state.parameters, member);
    erase(state.buffers, member);
  }
  reel::detail::rebind(old.weight, value);
  module.register_parameter(name, old.weight, requires_grad);
}

}  // namespace reel::nn::utils::detail
