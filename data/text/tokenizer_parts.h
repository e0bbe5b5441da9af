#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <reel/data/text/added_tokens.h>
#include <reel/data/text/normalizer.h>
#include <reel/data/text/pre_tokenizer.h>
#include <reel/data/text/token_model.h>

namespace reel::data {

/// One place of a template: a special token, or one of the texts.
struct TemplateItem {
  /// A special token, the first text, or the second.
  enum class Kind : unsigned char { token, first, second };
  Kind kind;
  std::int64_t id = 0;    ///< Of a token.
  std::int64_t type = 0;  ///< Of what stands there.
};

/// How tokens become a text again.
struct TokenDecoder {
  /// With blanks between tokens; WordPiece's continuations joined; bytes of GPT-2's alphabet.
  enum class Kind : unsigned char { plain, wordpiece, bytes };
  Kind kind = Kind::plain;
  std::string prefix = "##";  ///< Of continuations.
  bool cleanup = true;        ///< Whether the blanks before punctuation go.
};

/// What a tokenizer consists of.
struct TokenizerParts {
  Vocabulary vocabulary;
  std::unique_ptr<TokenModel> model;
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  AddedTokens raw, normalized;  ///< Sought before and after normalisation.
  std::set<std::int64_t> special;
  std::vector<TemplateItem> single = {{TemplateItem::Kind::first}}, pair;  ///< Around texts; an empty pair: unknown.
  TokenDecoder decoder;

  /// Makes these known: they join the vocabulary.
  void add(std::string_view from, const std::vector<AddedToken>& tokens);
};

}  // namespace reel::data
