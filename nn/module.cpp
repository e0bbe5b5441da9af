// The registry of modules: parameters, buffers, children and hooks.

#include <reel/nn/module.h>

#include <algorithm>
#include <unordered_set>

#include <reel/nn/module_state.h>
#include <reel/tensor/core/check.h>

namespace reel::nn {
namespace {

template <class T> T* find(std::vector<std::pair<std::string, T>>& list, std::string_view name) {
  for (auto& [key, value] : list) {
    if (key == name) return &value;
  }
  return nullptr;
}

template <class T> void set(std::vector<std::pair<std::string, T>>& list, const std::string& name, const T& value) {
  if (T* found = find(list, name)) *found = value;
  else list.emplace_back(name, value);
}

/// A new member may replace one of its own kind, not one of another.
void check_name(std::string_view what, ModuleState& state, const std::string& name, const void* own_list) {
  check<ValueError>(!name.empty(), "{}: expected a name, got an empty one", what);
  check<ValueError>(name.find('.') == std::string::npos,
                    "{}: expected a name without '.', which separates levels, got \"{}\"", what, name);
  const auto taken = [&](auto& list, std::string_view kind) {
    check<ValueError>(&list == own_list || !find(list, name),
                      "{}: expected a name that is not taken, got \"{}\", which is a {}", what, name, kind);
  };
  taken(state.parameters, "parameter");
  taken(state.buffers, "buffer");
  taken(state.children, "child module");
}

std::string join(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

template <class T> std::vector<T> values(const std::vector<std::pair<std::string, T>>& list) {
  std::vector<T> out;
  out.reserve(list.size());
  for (const auto& [name, value] : list) out.push_back(value);
  return out;
}

/// The names of a list, for a message about one that is not among them.
template <class T> std::string names_of(const std::vector<std::pair<std::string, T>>& list) {
  std::string names;
  for (const auto& [name, value] : list) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "none" : names;
}

/// "block.conv" of "block.conv.weight", and "weight".
std::pair<std::string, std::string> split_path(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos) return {"", path};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

}  // namespace

// --- building

Module::Module() : state_(std::make_shared<ModuleState>()) {}

void Module::fail_empty(std::string_view type) {
  fail<ValueError>("{}: this handle is empty; assign a module first", type);
}

void Module::check_not_empty(const std::type_info& type) const {
  if (!state_) fail_empty(type_name_of(type));
}

void Module::set_class(const std::type_info& type, std::any typed) const {
  state().type_name = type_name_of(type);
  state().typed = std::move(typed);
}

ModuleState& state_of(const Module& module) { return module.state(); }

const std::any& Module::typed_handle() const { return state().typed; }

void Module::add_child(const std::string& name, const Module& module) {
  check_name("register_module", state(), name, &state().children);
  check<ValueError>(static_cast<bool>(module), "register_module: \"{}\" is an empty handle; assign a module first",
                    name);
  for (const Module& m : module.modules()) {
    check<ValueError>(!m.is_same(*this),
                      "register_module: expected another module as \"{}\", got the module itself or one that holds it",
                      name);
  }
  set(state().children, name, module);
}

Tensor Module::register_parameter(const std::string& name, const Tensor& tensor, bool requires_grad) {
  check_name("register_parameter", state(), name, &state().parameters);
  if (tensor.defined()) {
    check<DTypeError>(is_floating(tensor.dtype()), "register_parameter: expected \"{}\" of a floating dtype, got {}",
                      name, tensor.dtype());
    check<AutogradError>(tensor.is_leaf(),
                         "register_parameter: expected a leaf as \"{}\", got the result of an operation; detach() it",
                         name);
    tensor.requires_grad_(requires_grad);
  }
  set(state().parameters, name, tensor);
  return tensor;
}

Tensor Module::register_buffer(const std::string& name, const Tensor& tensor, bool persistent) {
  check_name("register_buffer", state(), name, &state().buffers);
  set(state().buffers, name, tensor);
  if (persistent) state().unsaved_buffers.erase(name);
  else state().unsaved_buffers.insert(name);
  return tensor;
}

// --- what there is

namespace {

/// The tensors of one kind in the given modules, shared ones once.
NamedTensors collect(const NamedModules& modules, const std::vector<const NamedTensors*>& lists) {
  NamedTensors out;
  std::unordered_set<const TensorImpl*> seen;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    for (const auto& [name, tensor] : *lists[i]) {
      if (tensor.defined() && seen.insert(tensor.impl()).second) {
        out.emplace_back(join(modules[i].first, name), tensor);
      }
    }
  }
  return out;
}

}  // namespace

NamedTensors Module::named_parameters(bool recurse) const {
  const NamedModules modules = recurse ? named_modules() : NamedModules{{"", *this}};
  std::vector<const NamedTensors*> lists;
  for (const auto& [name, module] : modules) lists.push_back(&module.state().parameters);
  return collect(modules, lists);
}

NamedTensors Module::named_buffers(bool recurse) const {
  const NamedModules modules = recurse ? named_modules() : NamedModules{{"", *this}};
  std::vector<const NamedTensors*> lists;
  for (const auto& [name, module] : modules) lists.push_back(&module.state().buffers);
  return collect(modules, lists);
}

NamedModules Module::named_modules() const {
  NamedModules out;
  std::unordered_set<const ModuleState*> seen;
  const auto visit = [&](const auto& self, const std::string& prefix, const Module& module) -> void {
    if (!seen.insert(module.state_.get()).second) return;
    out.emplace_back(prefix, module);
    for (const auto& [name, child] : module.state().children) self(self, join(prefix, name), child);
  };
  visit(visit, "", *this);
  return out;
}

NamedModules Module::named_children() const {
  NamedModules out;
  std::unordered_set<const ModuleState*> seen;
  for (const auto& [name, child] : state().children) {
    if (seen.insert(child.state_.get()).second) out.emplace_back(name, child);
  }
  return out;
}

Tensors Module::parameters(bool recurse) const { return values(named_parameters(recurse)); }
Tensors Module::buffers(bool recurse) const { return values(named_buffers(recurse)); }
std::vector<Module> Module::children() const { return values(named_children()); }
std::vector<Module> Module::modules() const { return values(named_modules()); }

bool Module::has_child(std::string_view name) const { return find(state().children, name) != nullptr; }

Module Module::get_submodule(const std::string& path) const {
  Module module = *this;
  for (std::size_t start = 0; start < path.size();) {
    const std::size_t end = std::min(path.find('.', start), path.size());
    const Module* child = find(module.state().children, std::string_view(path).substr(start, end - start));
    check<ValueError>(child, "get_submodule: expected the name of a module, got \"{}\"; {} has {}", path,
                      module.type_name(), names_of(module.state().children));
    module = Module(*child);  // a copy first: assigning may free the parent, and with it the child
    start = end + 1;
  }
  return module;
}

Tensor Module::get_parameter(const std::string& path) const {
  const auto [prefix, name] = split_path(path);
  auto& parameters = get_submodule(prefix).state().parameters;
  const Tensor* found = find(parameters, name);
  check<ValueError>(found, "get_parameter: expected the name of a parameter, got \"{}\"; there are {}", path,
                    names_of(parameters));
  return *found;
}

Tensor Module::get_buffer(const std::string& path) const {
  const auto [prefix, name] = split_path(path);
  auto& buffers = get_submodule(prefix).state().buffers;
  const Tensor* found = find(buffers, name);
  check<ValueError>(found, "get_buffer: expected the name of a buffer, got \"{}\"; there are {}", path,
                    names_of(buffers));
  return *found;
}

// --- hooks

std::size_t Module::register_forward_pre_hook(ForwardPreHook hook) const {
  const std::size_t handle = state().next_hook++;
  state().pre_hooks.add(handle, std::move(hook));
  return handle;
}

std::size_t Module::register_forward_hook(ForwardHook hook) const {
  const std::size_t handle = state().next_hook++;
  state().hooks.add(handle, std::move(hook));
  return handle;
}

void Module::remove_hook(std::size_t handle) const {
  const std::shared_ptr<ModuleState> kept = state_;  // the hook may hold the last handle, even this one
  if (!kept) fail_empty("Module");
  kept->pre_hooks.remove(handle);
  kept->hooks.remove(handle);
}

bool Module::has_forward_hooks() const { return !state_ || !state_->pre_hooks.empty() || !state_->hooks.empty(); }

void Module::run_forward_pre_hooks(Tensors& inputs) const {
  const std::size_t count = inputs.size();
  state().pre_hooks.for_each([&](const ForwardPreHook& hook) {
    hook(*this, inputs);
    check<ValueError>(inputs.size() == count, "{}: expected a forward pre-hook to leave {} inputs, got {}", type_name(),
                      count, inputs.size());
  });
}

void Module::run_forward_hooks(const Tensors& inputs, Tensors& outputs) const {
  const std::size_t count = outputs.size();
  state().hooks.for_each([&](const ForwardHook& hook) {
    hook(*this, inputs, outputs);
    check<ValueError>(outputs.size() == count, "{}: expected a forward hook to leave {} outputs, got {}", type_name(),
                      count, outputs.size());
  });
}

}  // namespace reel::nn
