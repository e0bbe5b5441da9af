#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <reel/data/text/vocabulary.h>

namespace reel::data {

/// Cuts words into tokens.
class TokenModel {
 public:
  TokenModel() = default;
  TokenModel(const TokenModel&) = delete;
  TokenModel& operator=(const TokenModel&) = delete;
  virtual ~TokenModel() = default;

  /// Appends the numbers of a word's tokens.
  virtual void encode(const std::u32string& word, std::vector<std::int64_t>& out) const = 0;
};

/// Longest first, from the left (Schuster and Nakajima 2012, as in BERT).
class WordPiece : public TokenModel {
 public:
  /// What a file may say.
  struct Options {
    std::string unknown = "[UNK]";    ///< The token of a word that cannot be cut.
    std::string prefix = "##";        ///< Before tokens that do not begin a word.
    std::int64_t longest_word = 100;  ///< Words of more characters are unknown.
  };
  /// A FormatError, which begins with `from`, if the vocabulary has no unknown token. It must outlive the model.
  WordPiece(std::string_view from, const Vocabulary& vocabulary, Options options);
  void encode(const std::u32string& word, std::vector<std::int64_t>& out) const override;

 private:
  const Vocabulary& vocabulary_;
  Options options_;
  std::int64_t unknown_;
};

/// Byte pair encoding (Sennrich et al. 2016): pairs of neighbouring tokens become one, in the order of a list.
class BytePairs : public TokenModel {
 public:
  /// What a file may say.
  struct Options {
    bool bytes = true;           ///< Whether words are bytes, each written as a character of GPT-2's alphabet.
    bool ignore_merges = false;  ///< Whether a word that is a token is not cut.
    std::optional<std::string> unknown = std::nullopt;  ///< The token of a character that is none; else it goes.
    bool fuse_unknown = false;                          ///< Whether unknown characters side by side are one token.
  };
  using Merges = std::vector<std::pair<std::string, std::string>>;
  /// A FormatError, which begins with `from`, if what is merged, or comes of it, is no token. The vocabulary must
  /// outlive the model.
  BytePairs(std::string_view from, const Vocabulary& vocabulary, const Merges& merges, const Options& options);
  void encode(const std::u32string& word, std::vector<std::int64_t>& out) const override;

 private:
  struct Merge {
    std::int64_t rank, result;
  };
  struct Symbol;
  class Line;

  /// The pair as one number.
  static std::uint64_t pair_of(std::int64_t left, std::int64_t right) {
    return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint64_t>(right);
  }
  const Merge* merge_of(std::int64_t left, std::int64_t right) const;

  const Vocabulary& vocabulary_;
  Options options_;
  std::optional<std::int64_t> unknown_;
  std::unordered_map<std::uint64_t, Merge> merges_;
};

/// GPT-2's alphabet: bytes as characters that can be seen.
std::u32string byte_characters(std::string_view bytes);
/// What `byte_characters` has made of bytes; text with other characters stays as it is.
std::string bytes_of_characters(const std::string& text);

}  // namespace reel::data
