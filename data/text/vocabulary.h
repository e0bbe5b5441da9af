#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace reel::data {

/// Tokens and their numbers.
class Vocabulary {
 public:
  /// Adds a token. A FormatError, which begins with `from`, if another token has its number, the token another number,
  /// or the number is not one of 0 to 2^31 - 1. What is not `of_model`, unless it is there already, stands in texts as
  /// it is: no model makes it of their words.
  void add(std::string_view from, const std::string& token, std::int64_t id, bool of_model = true);

  /// The number of a token, if it is one; `model_id` of one that a model may make.
  std::optional<std::int64_t> id(std::string_view token) const;
  std::optional<std::int64_t> model_id(std::string_view token) const;
  /// The token with this number; null if there is none.
  const std::string* token(std::int64_t id) const;
  /// How many tokens there are.
  std::int64_t size() const { return static_cast<std::int64_t>(ids_.size()); }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> ids_;
  std::unordered_map<std::int64_t, std::string> tokens_;
  std::unordered_set<std::int64_t> added_;  // not of the model
};

}  // namespace reel::data
