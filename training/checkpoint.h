#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <reel/nn/module.h>
#include <reel/tensor/core/generator.h>
#include <reel/tensor/tensor.h>

namespace reel::training {

/// Something whose state is a map of tensors: modules, optimizers, schedulers, data loaders.
template <class T>
concept Stateful = requires(T& object, const std::map<std::string, Tensor>& state) {
  { object.state_dict() } -> std::convertible_to<std::map<std::string, Tensor>>;
  object.load_state_dict(state);
};

/// The whole state of a training run in one safetensors file: a run that loads it continues bit for bit as if it had
/// not been interrupted.
///
///     training::Checkpoint checkpoint;  // has the default generator from the start
///     checkpoint.add("model", net).add("optimizer", sgd).add("scheduler", schedule).add("data", loader);
///     checkpoint.save("run.safetensors", {{"epoch", std::to_string(epoch)}});
///     ...
///     const auto metadata = checkpoint.load("run.safetensors");
///
/// With a data loader, save between two epochs: its state is the number of the next one, so of an epoch that was left
/// in the middle the rest is not seen again. Construct everything before loading: a schedule's constructor sets rates.
///
/// In the file the tensors of a part carry its name: "model.conv1.weight". The objects, except modules, which are
/// handles, must outlive the checkpoint.
class Checkpoint {
 public:
  /// The state of a part, and the free text in the file.
  using State = std::map<std::string, Tensor>;
  using Metadata = std::map<std::string, std::string>;
  /// Where the metadata of every checkpoint have the names of its parts, with ',' between: a part may have no tensors.
  static constexpr const char* kPartsKey = "reel.parts";

  /// A checkpoint of the default generator, as the part "__generator__". (It was "generator" before that; such files
  /// load as well.)
  Checkpoint();

  /// Adds a part. Its name must be new, not empty, not "__generator__", and without '.' and ',' (ValueError).
  template <Stateful T> Checkpoint& add(const std::string& name, T& object) {
    if constexpr (std::derived_from<T, nn::Module>) {
      const nn::Module module = object;
      return add_part({name, [module] { return module.state_dict(); },
                       [module](const State& state) { module.load_state_dict(state); }});
    } else {
      return add_part({name, [&object] { return object.state_dict(); },
                       [&object](const State& state) { object.load_state_dict(state); }});
    }
  }
  /// Adds a random generator of the program's own. (A data loader needs none: it is a part itself.)
  Checkpoint& add(const std::string& name, Generator& generator);

  /// Writes all parts, and replaces the file at once when everything is on the disk: whatever happens, a complete
  /// checkpoint stays. Keys of the metadata that begin with "reel." are ours (ValueError).
  void save(const std::string& path, const Metadata& metadata = {}) const;
  /// Loads all parts and returns the metadata. The file may hold more parts: a checkpoint with the model alone reads
  /// the file of a whole run. A FormatError if a part is missing or a tensor belongs to no part of the file; if a part
  /// does not fit, its error. Then no part has changed.
  Metadata load(const std::string& path) const;

 private:
  struct Part {
    std::string name;
    std::function<State()> state_dict;
    std::function<void(const State&)> load_state_dict;
  };
  Checkpoint& add_part(Part part);

  std::vector<Part> parts_;
};

}  // namespace reel::training
