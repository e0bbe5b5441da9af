// Tokens and their numbers.

#include <reel/data/text/vocabulary.h>

#include <reel/tensor/core/check.h>

namespace reel::data {

void Vocabulary::add(std::string_view from, const std::string& token, std::int64_t id, bool of_model) {
  check<FormatError>(id >= 0 && id <= INT32_MAX, "{}: token \"{}\" has the number {}, expected one of 0 to {}", from,
                     token, id, INT32_MAX);
  const auto [place, is_new] = ids_.emplace(token, id);
  check<FormatError>(place->second == id, "{}: token \"{}\" has two numbers, {} and {}", from, token, place->second,
                     id);
  const auto [name, is_free] = tokens_.emplace(id, token);
  check<FormatError>(name->second == token, "{}: tokens \"{}\" and \"{}\" share the number {}", from, name->second,
                     token, id);
  if (is_new && !of_model) added_.insert(id);
}

std::optional<std::int64_t> Vocabulary::id(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::int64_t> Vocabulary::model_id(std::string_view token) const {
  const std::optional<std::int64_t> found = id(token);
  return found && added_.contains(*found) ? std::nullopt : found;
}

const std::string* Vocabulary::token(std::int64_t id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? nullptr : &found->second;
}

}  // namespace reel::data
