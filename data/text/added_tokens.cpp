// Tokens that stand in a text as they are.

#include <reel/data/text/added_tokens.h>

#include <algorithm>

#include <reel/data/text/unicode.h>

namespace reel::data {

AddedTokens::AddedTokens(const std::vector<AddedToken>& tokens) {
  for (const AddedToken& token : tokens) {
    if (token.content.empty()) continue;
    patterns_.push_back({unicode::from_utf8(token.content), token});
    const char32_t first = patterns_.back().content.front();
    if (beginnings_.find(first) == std::u32string::npos) beginnings_.push_back(first);
  }
  std::stable_sort(patterns_.begin(), patterns_.end(),
                   [](const Pattern& a, const Pattern& b) { return a.content.size() > b.content.size(); });
}

AddedTokens::Match AddedTokens::next(std::u32string_view text, std::size_t from) const {
  for (std::size_t begin = text.find_first_of(beginnings_, from); begin != std::u32string_view::npos;
       begin = text.find_first_of(beginnings_, begin + 1)) {
    const auto found = std::find_if(patterns_.begin(), patterns_.end(), [&](const Pattern& p) {
      return text.substr(begin, p.content.size()) == p.content;
    });
    if (found != patterns_.end()) return {&*found, begin, begin + found->content.size()};
  }
  return {};
}

void AddedTokens::cut(const std::u32string& text, const std::function<void(const std::u32string&)>& on_text,
                      const std::function<void(std::int64_t)>& on_token) const {
  const auto is_word = [&](std::size_t at) { return at < text.size() && unicode::is_word(text[at]); };
  std::size_t at = 0, from = 0;  // where what has been handed on ends, and where the search goes on
  for (Match match = next(text, from); match.pattern; match = next(text, from)) {
    from = match.end;  // as in Hugging Face's library, the white space that a token swallows may be another token
    const AddedToken& token = match.pattern->token;
    if (token.single_word && ((match.begin > 0 && is_word(match.begin - 1)) || is_word(match.end))) continue;
    std::size_t begin = match.begin, end = match.end;
    while (token.lstrip && begin > at && unicode::is_space(text[begin - 1])) --begin;
    while (token.rstrip && end < text.size() && unicode::is_space(text[end])) ++end;
    if (begin > at) on_text(text.substr(at, begin - at));
    on_token(token.id);
    at = end;
  }
  if (at < text.size()) on_text(text.substr(at));
}

}  // namespace reel::data
