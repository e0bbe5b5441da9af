// Saves and loads single objects as safetensors files.

#include <reel/training/save.h>

#include <reel/data/safetensors.h>
#include <reel/tensor/core/check.h>
#include <reel/training/checkpoint.h>

namespace reel {
namespace {

constexpr const char* kind_key = "reel.kind";  // what the file holds, in its metadata
constexpr const char* tensor_name = "tensor";

using State = std::map<std::string, Tensor>;

void save_as(const std::string& kind, const std::string& path, const State& state) {
  data::save_safetensors(path, state, {{kind_key, kind}});
}

/// The tensors of a file that holds a `kind`, or that another program wrote.
State load_as(const std::string& kind, const std::string& path) {
  data::SafetensorsFile file = data::load_safetensors(path);
  check<FormatError>(!file.metadata.contains(training::Checkpoint::kPartsKey),
                     "{}: expected {}, got a checkpoint; load it with training::Checkpoint", path, kind);
  const auto found = file.metadata.find(kind_key);
  check<FormatError>(found == file.metadata.end() || found->second == kind, "{}: expected {}, got {}", path, kind,
                     found == file.metadata.end() ? "" : found->second);
  return std::move(file.tensors);
}

}  // namespace

void save(const Tensor& tensor, const std::string& path) {
  check<ValueError>(tensor.defined(), "save: expected a tensor, got an undefined one");
  save_as("a tensor", path, {{tensor_name, tensor}});
}

void save(const Tensors& tensors, const std::string& path) {
  State state;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    check<ValueError>(tensors[i].defined(), "save: expected tensors, got an undefined one at {}", i);
    state.emplace(std::to_string(i), tensors[i]);
  }
  save_as("a list of tensors", path, state);
}

void save(const nn::Module& module, const std::string& path) { save_as("a module", path, module.state_dict()); }

void save(const optim::Optimizer& optimizer, const std::string& path) {
  save_as("an optimizer", path, optimizer.state_dict());
}

void load(Tensor& tensor, const std::string& path) {
  const State state = load_as("a tensor", path);
  check<FormatError>(state.size() == 1, "{}: expected one tensor, got {}", path, state.size());
  tensor = state.begin()->second;
}

void load(Tensors& tensors, const std::string& path) {
  const State state = load_as("a list of tensors", path);
  Tensors list;
  for (std::size_t i = 0; i < state.size(); ++i) {
    const auto found = state.find(std::to_string(i));
    check<FormatError>(found != state.end(), "{}: expected a list of {} tensors, got none named \"{}\"", path,
                       state.size(), i);
    list.push_back(found->second);
  }
  tensors = std::move(list);
}

void load(const nn::Module& module, const std::string& path) { module.load_state_dict(load_as("a module", path)); }

void load(optim::Optimizer& optimizer, const std::string& path) {
  optimizer.load_state_dict(load_as("an optimizer", path));
}

}  // namespace reel
