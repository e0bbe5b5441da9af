#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace reel::data {

/// A token that is found in a text as it is, before the model sees it.
struct AddedToken {
  std::string content;
  std::int64_t id = 0;
  bool special = false;      ///< Whether decoding leaves it out.
  bool single_word = false;  ///< Whether it must not touch a word's characters.
  bool lstrip = false;       ///< Whether it swallows the white space before it, and
  bool rstrip = false;       ///< behind it.
  bool normalized = false;   ///< Whether it is sought in the normalised text.
};

/// Finds the added tokens of a text: the leftmost, of several the longest; what has been found is not searched again,
/// even if it was no whole word.
class AddedTokens {
 public:
  AddedTokens() = default;
  explicit AddedTokens(const std::vector<AddedToken>& tokens);

  /// Calls `on_text` with the pieces between tokens, `on_token` with the tokens, in order.
  void cut(const std::u32string& text, const std::function<void(const std::u32string& piece)>& on_text,
           const std::function<void(std::int64_t id)>& on_token) const;

 private:
  struct Pattern {
    std::u32string content;
    AddedToken token;
  };
  struct Match {
    const Pattern* pattern = nullptr;  // null: none
    std::size_t begin = 0, end = 0;
  };
  Match next(std::u32string_view text, std::size_t from) const;

  std::vector<Pattern> patterns_;  // longest first
  std::u32string beginnings_;      // their first characters
};

}  // namespace reel::data
