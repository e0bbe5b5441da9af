// Checkpoints: the states of many objects in one file.

#include <reel/training/checkpoint.h>

#include <bit>
#include <set>

#include <reel/data/safetensors.h>
#include <reel/ops/factories.h>
#include <reel/tensor/core/check.h>

namespace reel::training {
namespace {

constexpr const char* default_generator_part = "__generator__";
constexpr const char* former_generator_part = "generator";  // which is what everyone calls the generator of a GAN

Checkpoint::State generator_state(const Generator& generator) {
  const PhiloxState state = generator.state();
  return {{"philox", tensor({std::bit_cast<std::int64_t>(state.seed), std::bit_cast<std::int64_t>(state.offset)},
                            {.dtype = DType::i64, .device = Device::cpu()})}};
}

void load_generator(Generator& generator, const Checkpoint::State& state) {
  const auto found = state.find("philox");
  check<ValueError>(found != state.end() && state.size() == 1 && found->second.dtype() == DType::i64 &&
                        found->second.shape() == Shape{2},
                    "Checkpoint: expected a generator's state of one tensor \"philox\", two numbers of i64");
  const std::vector<std::int64_t> words = found->second.to_vector<std::int64_t>();
  generator.set_state({std::bit_cast<std::uint64_t>(words[0]), std::bit_cast<std::uint64_t>(words[1])});
}

Checkpoint::State copy_of(const Checkpoint::State& state) {
  Checkpoint::State out;
  for (const auto& [name, tensor] : state) out.emplace(name, tensor.detach().clone());
  return out;
}

/// Loads a former state. If that fails, the other parts must still be restored.
void put_back(const std::function<void(const Checkpoint::State&)>& load, const Checkpoint::State& state) noexcept {
  try {
    load(state);
  } catch (...) {  // the error that the caller gets is the first one
  }
}

std::set<std::string> split_names(const std::string& list) {
  std::set<std::string> out;
  for (std::size_t start = 0; start <= list.size();) {
    const std::size_t end = std::min(list.find(',', start), list.size());
    out.insert(list.substr(start, end - start));
    start = end + 1;
  }
  return out;
}

}  // namespace

Checkpoint::Checkpoint() { add(default_generator_part, default_generator()); }

Checkpoint& Checkpoint::add(const std::string& name, Generator& generator) {
  return add_part({name, [&generator] { return generator_state(generator); },
                   [&generator](const State& state) { load_generator(generator, state); }});
}

Checkpoint& Checkpoint::add_part(Part part) {
  check<ValueError>(!part.name.empty() && part.name.find_first_of(".,") == std::string::npos,
                    "Checkpoint: expected a name without '.' and ',', got \"{}\"", part.name);
  check<ValueError>(parts_.empty() || part.name != default_generator_part,
                    "Checkpoint: the name \"{}\" is reserved for the default generator", part.name);
  for (const Part& other : parts_) {
    check<ValueError>(other.name != part.name, "Checkpoint: expected a name that is not taken, got \"{}\"", part.name);
  }
  parts_.push_back(std::move(part));
  return *this;
}

void Checkpoint::save(const std::string& path, const Metadata& metadata) const {
  Metadata all = metadata;
  for (const auto& [key, value] : metadata) {
    check<ValueError>(!key.starts_with("reel."),
                      "Checkpoint: expected a metadata key that does not begin with \"reel.\", got \"{}\"", key);
  }
  State tensors;
  std::string& names = all[kPartsKey];
  for (const Part& part : parts_) {
    names += (names.empty() ? "" : ",") + part.name;
    for (const auto& [name, tensor] : part.state_dict()) tensors.emplace(part.name + "." + name, tensor);
  }
  data::save_safetensors(path, tensors, all);
}

Checkpoint::Metadata Checkpoint::load(const std::string& path) const {
  data::SafetensorsFile file = data::load_safetensors(path);
  const auto names = file.metadata.extract(kPartsKey);
  check<FormatError>(!names.empty(), "{}: is not a checkpoint: its metadata have no \"{}\"", path, kPartsKey);
  std::set<std::string> present = split_names(names.mapped());
  const bool former = !present.contains(default_generator_part) && present.contains(former_generator_part);
  if (former) present.insert(default_generator_part);
  for (const Part& part : parts_) {
    check<FormatError>(present.contains(part.name), "{}: expected a checkpoint with a part \"{}\", got one with {}",
                       path, part.name, names.mapped());
  }
  std::map<std::string, State> states;
  for (auto& [name, tensor] : file.tensors) {
    const std::size_t dot = name.find('.');
    check<FormatError>(dot != std::string::npos && present.contains(name.substr(0, dot)),
                       "{}: expected tensors of the parts {}, got \"{}\"", path, names.mapped(), name);
    states[name.substr(0, dot)].emplace(name.substr(dot + 1), tensor);
  }

  if (former) states[default_generator_part] = states[former_generator_part];

  std::vector<State> before;  // to be put back if a later part does not fit
  for (const Part& part : parts_) before.push_back(copy_of(part.state_dict()));
  std::size_t begun = 0;
  try {
    for (const Part& part : parts_) {
      ++begun;
      part.load_state_dict(states[part.name]);
    }
  } catch (...) {
    // In reverse order, with the one that failed: a part that is not Reel's may have changed halfway.
    for (std::size_t i = begun; i-- > 0;) put_back(parts_[i].load_state_dict, before[i]);
    throw;
  }
  return std::move(file.metadata);
}

}  // namespace reel::training
