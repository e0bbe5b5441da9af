#pragma once

#include <reel/nn/module.h>

namespace reel::nn {

/// What the handles on one module share. Lists, not maps: the order of registration is the order of everything, and a
/// module has few members.
struct ModuleState {
  std::string type_name = "Module";
  std::string extra_text;
  std::any typed;  // an empty handle of the module's class, for Module::as
  NamedTensors parameters;
  NamedTensors buffers;
  NamedModules children;
  bool training = true;
  std::size_t next_hook = 0;
  std::vector<std::pair<std::size_t, ForwardPreHook>> pre_hooks;
  std::vector<std::pair<std::size_t, ForwardHook>> hooks;
};

}  // namespace reel::nn
