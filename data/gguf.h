#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include <reel/tensor/tensor.h>

/// Models in GGUF files (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), versions 2 and 3: metadata of any
/// kind, then tensors, often quantised. Nothing in a file is ever executed.
namespace reel::data {

/// A value of the metadata: a truth value, a number, text, or a list of one of them (or of lists).
class GGUFValue {
 public:
  /// The kinds; integers of all widths are i64, and f32 is a double.
  using Variant = std::variant<bool, std::int64_t, double, std::string, std::vector<bool>, std::vector<std::int64_t>,
                               std::vector<double>, std::vector<std::string>, std::vector<GGUFValue>>;

  /// A value with the key that messages name.
  GGUFValue(std::string key, Variant value) : key_(std::move(key)), value_(std::move(value)) {}

  /// The value itself, for those who want to know its kind.
  const Variant& variant() const { return value_; }
  /// The value as one kind, such as `as<std::int64_t>()` or `as<std::vector<std::string>>()`; a FormatError that names
  /// the key for another kind.
  template <class T> const T& as() const {
    const T* value = std::get_if<T>(&value_);
    if (!value) fail_kind(Variant(T()).index());
    return *value;
  }

 private:
  [[noreturn]] void fail_kind(std::size_t expected) const;

  std::string key_;
  Variant value_;
};

/// What a GGUF file holds.
struct GGUFFile {
  std::string path;                           ///< Where it was read.
  std::map<std::string, GGUFValue> metadata;  ///< By key: "llama.block_count".
  std::map<std::string, Tensor> tensors;      ///< On the CPU; by name: "blk.0.attn_q.weight".

  /// The value of a key as one kind; a FormatError if there is no such key, or it is of another kind.
  template <class T> const T& get(const std::string& key) const { return at(key).as<T>(); }
  /// The same, or `otherwise` if there is no such key.
  template <class T> T get_or(const std::string& key, T otherwise) const {
    return metadata.contains(key) ? at(key).as<T>() : std::move(otherwise);
  }

 private:
  const GGUFValue& at(const std::string& key) const;
};

/// Options of load_gguf.
struct GGUFOptions {
  bool keep_half = false;  ///< Whether F16 and BF16 stay what they are; else they become f32, as quantised tensors do.
  bool tensors = true;     ///< Whether tensors are read; else metadata alone, whatever types the tensors have.
};

/// Reads a file. It is not trusted: lengths, offsets and sizes are checked before memory is allocated for them, and the
/// tensors must follow one another as the format says. A FormatError names the file, the key or tensor, and what is
/// wrong; an IOError if the file cannot be read. Tensors of F64 F32 I64 I32 keep their dtype; F16 BF16 Q8_0 Q4_0 Q4_1
/// become f32. Shapes are row-major, as everywhere: the file has them the other way round.
///
///     const data::GGUFFile file = data::load_gguf("SmolLM2-135M-Instruct.Q4_1.gguf");
///     file.get<std::int64_t>("llama.block_count");
GGUFFile load_gguf(const std::string& path, const GGUFOptions& options = {});

}  // namespace reel::data
