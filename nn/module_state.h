#pragma once

#include <atomic>
#include <set>

#include <reel/autograd/tape/hook_list.h>
#include <reel/nn/module.h>

namespace reel::nn {

/// A parameter that is computed from other members before each call (nn/reparametrization.h).
struct Reparametrization {
  std::string kind, name;                        ///< "weight_norm", and the parameter's name.
  std::size_t hook;                              ///< The forward pre-hook that computes it.
  Tensor weight;                                 ///< What the layer uses.
  std::function<Tensor(bool training)> compute;  ///< What it becomes.
  std::vector<std::string> members;              ///< The names of what it is computed from.
};

/// What the handles on one module share. Lists, not maps: the order of registration is the order of everything, and a
/// module has few members.
struct ModuleState {
  std::string type_name = "Module";
  std::string extra_text;
  std::any typed;  // an empty handle of the module's class, for Module::as
  NamedTensors parameters;
  NamedTensors buffers;
  std::set<std::string> unsaved_buffers;  // the names of those that are not persistent
  NamedModules children;
  bool training = true;
  std::atomic<std::size_t> next_hook{0};
  HookList<ForwardPreHook> pre_hooks;
  HookList<ForwardHook> hooks;
  std::vector<Reparametrization> reparametrizations;
};

/// The registry behind a handle, for functions of this folder that are no members.
ModuleState& state_of(const Module& module);

}  // namespace reel::nn
