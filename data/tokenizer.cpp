// Texts as tokens and back.

#include <reel/data/tokenizer.h>

#include <algorithm>

#include <reel/data/text/tokenizer_parts.h>
#include <reel/ops/factories.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

/// The tokens of a text, without those around it.
std::vector<std::int64_t> tokens_of(const TokenizerParts& parts, std::string_view text) {
  std::vector<std::int64_t> out;
  const auto on_token = [&](std::int64_t id) { out.push_back(id); };
  const auto on_words = [&](const std::u32string& piece) {
    for (const std::u32string& word : pre_tokenize(parts.pre_tokenizer, piece)) parts.model->encode(word, out);
  };
  const auto on_text = [&](const std::u32string& piece) {
    parts.normalized.cut(normalize(parts.normalizer, piece), on_words, on_token);
  };
  parts.raw.cut(unicode::from_utf8(text), on_text, on_token);
  return out;
}

TokenPair filled(const std::vector<TemplateItem>& items, const std::vector<std::int64_t>& first,
                 const std::vector<std::int64_t>& second) {
  TokenPair out;
  for (const TemplateItem& item : items) {
    const std::vector<std::int64_t> token{item.id};
    const std::vector<std::int64_t>& put = item.kind == TemplateItem::Kind::token   ? token
                                           : item.kind == TemplateItem::Kind::first ? first
                                                                                    : second;
    out.ids.insert(out.ids.end(), put.begin(), put.end());
    out.token_type_ids.insert(out.token_type_ids.end(), put.size(), item.type);
  }
  return out;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// A WordPiece token as it continues a text: after a blank, unless it is a continuation or, with cleanup, punctuation.
std::string wordpiece_text(const TokenDecoder& decoder, std::string token, bool begins) {
  if (!begins) token = token.starts_with(decoder.prefix) ? token.substr(decoder.prefix.size()) : " " + token;
  if (!decoder.cleanup) return token;
  constexpr std::pair<const char*, const char*> shorter[] = {
      {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
      {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : shorter) replace_all(token, from, to);
  return token;
}

}  // namespace

void TokenizerParts::add(std::string_view from, const std::vector<AddedToken>& tokens) {
  std::vector<AddedToken> before, after;
  for (const AddedToken& token : tokens) {
    vocabulary.add(from, token.content, token.id, false);
    if (token.special) special.insert(token.id);
    (token.normalized ? after : before).push_back(token);
  }
  for (AddedToken& token : after) {
    token.content = unicode::to_utf8(normalize(normalizer, unicode::from_utf8(token.content)));
  }
  raw = AddedTokens(before);
  normalized = AddedTokens(after);
}

std::vector<std::int64_t> Tokenizer::encode(std::string_view text, bool add_special_tokens) const {
  std::vector<std::int64_t> tokens = tokens_of(*parts_, text);
  return add_special_tokens ? filled(parts_->single, tokens, {}).ids : tokens;
}

TokenPair Tokenizer::encode_pair(std::string_view text, std::string_view second) const {
  check<ValueError>(!parts_->pair.empty(), "Tokenizer: expected a file with a template for two texts, got one without");
  return filled(parts_->pair, tokens_of(*parts_, text), tokens_of(*parts_, second));
}

std::string Tokenizer::decode(const std::vector<std::int64_t>& ids, bool skip_special_tokens) const {
  std::string out;
  bool begins = true;
  for (const std::int64_t id : ids) {
    const std::string& token = id_to_token(id);
    if (skip_special_tokens && parts_->special.contains(id)) continue;
    switch (parts_->decoder.kind) {
      case TokenDecoder::Kind::bytes:
        out += bytes_of_characters(token);
        break;
      case TokenDecoder::Kind::wordpiece:
        out += wordpiece_text(parts_->decoder, token, begins);
        break;
      case TokenDecoder::Kind::plain:
        out += (begins ? "" : " ") + token;
        break;
    }
    begins = false;
  }
  return out;
}

std::optional<std::int64_t> Tokenizer::token_to_id(std::string_view token) const {
  return parts_->vocabulary.id(token);
}

const std::string& Tokenizer::id_to_token(std::int64_t id) const {
  const std::string* token = parts_->vocabulary.token(id);
  check<ValueError>(token != nullptr, "Tokenizer: expected the number of one of {} tokens, got {}", vocab_size(), id);
  return *token;
}

std::int64_t Tokenizer::vocab_size() const { return parts_->vocabulary.size(); }

TokenBatch pad_tokens(const std::vector<std::vector<std::int64_t>>& lists, std::int64_t padding) {
  check<ValueError>(!lists.empty(), "pad_tokens: expected at least one list of tokens, got none");
  std::size_t longest = 0;
  for (const auto& list : lists) longest = std::max(longest, list.size());
  std::vector<std::int64_t> ids;
  std::vector<bool> mask;
  for (const auto& list : lists) {
    ids.insert(ids.end(), list.begin(), list.end());
    ids.insert(ids.end(), longest - list.size(), padding);
    mask.insert(mask.end(), list.size(), true);
    mask.insert(mask.end(), longest - list.size(), false);
  }
  const Shape shape{static_cast<std::int64_t>(lists.size()), static_cast<std::int64_t>(longest)};
  return {tensor(ids, shape), tensor(mask, shape)};
}

}  // namespace reel::data
