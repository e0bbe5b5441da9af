// The state_dict and load_state_dict of modules.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/nn/module_state.h>
#include <reel/tensor/core/check.h>

namespace reel::nn {
namespace {

/// Why `source` cannot be copied into `target`; empty if it can.
std::string mismatch(const Tensor& target, const Tensor& source) {
  if (!source.defined()) return "the tensor is undefined";
  if (source.shape() != target.shape()) return fmt::format("expected shape {}, got {}", target.shape(), source.shape());
  if (source.dtype() != target.dtype()) {
    return fmt::format("expected dtype {}, got {}; convert it or the module with to()", target.dtype(), source.dtype());
  }
  return {};
}

}  // namespace

void Module::visit_tensors(const std::string& prefix,
                           const std::function<void(const std::string&, const Tensor&)>& visit) const {
  for (const NamedTensors* list : {&state().parameters, &state().buffers}) {
    for (const auto& [name, tensor] : *list) {
      const bool saved = list == &state().parameters || !state().unsaved_buffers.contains(name);
      if (tensor.defined() && saved) visit(prefix + name, tensor);
    }
  }
  for (const auto& [name, child] : state().children) child.visit_tensors(prefix + name + ".", visit);
}

StateDict Module::state_dict() const {
  StateDict out;
  visit_tensors("", [&](const std::string& name, const Tensor& tensor) { out.emplace(name, tensor.detach()); });
  return out;
}

IncompatibleKeys Module::load_state_dict(const StateDict& state, bool strict) const {
  const StateDict own = state_dict();
  IncompatibleKeys keys;
  std::string mismatches;
  for (const auto& [name, target] : own) {
    const auto found = state.find(name);
    if (found == state.end()) {
      keys.missing_keys.push_back(name);
    } else if (const std::string reason = mismatch(target, found->second); !reason.empty()) {
      mismatches += fmt::format("\n  {}: {}", name, reason);
    }
  }
  for (const auto& [name, source] : state) {
    if (!own.contains(name)) keys.unexpected_keys.push_back(name);
  }

  std::string report = mismatches;
  if (strict) {
    for (const std::string& name : keys.missing_keys) report += "\n  missing: " + name;
    for (const std::string& name : keys.unexpected_keys) report += "\n  unexpected: " + name;
  }
  check<ValueError>(report.empty(), "load_state_dict: the state does not fit the module:{}", report);

  const NoGradGuard guard;
  StateDict sources;  // on the device first, where memory may run out
  for (const auto& [name, target] : own) {
    if (const auto found = state.find(name); found != state.end()) {
      sources.emplace(name, found->second.detach().to(target.device()));
    }
  }
  for (const auto& [name, source] : sources) {
    const Tensor& target = own.at(name);
    if (source.data() != target.data()) target.copy_(source);  // else it is the module's own state
  }
  return keys;
}

}  // namespace reel::nn
