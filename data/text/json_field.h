#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <reel/tensor/core/check.h>

namespace reel::data {

/// A value in a JSON file and its name there, for messages: everything that is not as expected is a FormatError.
class JsonField {
 public:
  using Json = nlohmann::json;

  /// `name` is the file's; `json` must outlive the field.
  JsonField(std::string name, const Json& json) : name_(std::move(name)), json_(&json) {}

  const std::string& name() const { return name_; }
  bool is_null() const { return json_->is_null(); }
  bool is_string() const { return json_->is_string(); }
  bool is_array() const { return json_->is_array(); }

  /// Throws a FormatError that begins with the field's name.
  template <class... Args> [[noreturn]] void fail(fmt::format_string<Args...> message, Args&&... args) const {
    reel::fail<FormatError>("{}: {}", name_, fmt::vformat(message, fmt::make_format_args(args...)));
  }

  /// A member of an object: null if there is none.
  JsonField operator[](const std::string& key) const {
    static const Json& null = *new Json;  // stays: other threads may compute while the program ends
    if (!json_->is_object()) fail("expected an object, got {}", json_->type_name());
    const auto found = json_->find(key);
    return child(name_ + (name_.ends_with(": ") ? "" : ".") + key, found == json_->end() ? null : *found);
  }
  /// The items of an array; of null none.
  std::vector<JsonField> items() const {
    std::vector<JsonField> out;
    if (is_null()) return out;
    if (!json_->is_array()) fail("expected an array, got {}", json_->type_name());
    for (std::size_t i = 0; i < json_->size(); ++i) {
      out.push_back(child(name_ + "[" + std::to_string(i) + "]", (*json_)[i]));
    }
    return out;
  }
  /// Calls `f(key, value)` for each member of an object.
  template <class F> void for_each(F&& f) const {
    if (!json_->is_object()) fail("expected an object, got {}", json_->type_name());
    for (const auto& [key, value] : json_->items()) f(key, child(name_ + "." + key, value));
  }

  const std::string& text() const {
    if (!json_->is_string()) fail("expected a string, got {}", json_->type_name());
    return json_->get_ref<const std::string&>();
  }
  std::int64_t integer() const {
    if (!json_->is_number_integer()) fail("expected an integer, got {}", json_->type_name());
    return json_->get<std::int64_t>();
  }
  /// Null counts as the other value.
  bool truth_or(bool otherwise) const {
    if (is_null()) return otherwise;
    if (!json_->is_boolean()) fail("expected a truth value, got {}", json_->type_name());
    return json_->get<bool>();
  }
  /// Null counts as the other text.
  std::string text_or(const std::string& otherwise) const { return is_null() ? otherwise : text(); }

 private:
  /// What reads fields within fields does so by recursion, which a file must not drive any deeper.
  static constexpr int kDeepest = 64;

  JsonField child(std::string name, const Json& json) const {
    if (depth_ == kDeepest) fail("it is nested too deeply");
    JsonField out(std::move(name), json);
    out.depth_ = depth_ + 1;
    return out;
  }

  std::string name_;
  const Json* json_;
  int depth_ = 0;  // fields around it
};

}  // namespace reel::data
