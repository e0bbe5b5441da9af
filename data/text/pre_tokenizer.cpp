// Words of texts.

#include <reel/data/text/pre_tokenizer.h>

#include <reel/data/text/unicode.h>

namespace reel::data {
namespace {

using Words = std::vector<std::u32string>;

bool is_bert_punctuation(char32_t c) {
  const bool ascii = (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
  return ascii || unicode::is_punctuation(c);
}

/// Cuts at white space, which goes, and around characters that are `alone`.
template <class Alone> void cut_at_spaces(const std::u32string& text, Words& out, Alone&& alone) {
  std::u32string word;
  const auto finish = [&] {
    if (!word.empty()) out.push_back(std::move(word));
    word.clear();
  };
  for (const char32_t c : text) {
    if (unicode::is_space(c) || alone(c)) finish();
    if (unicode::is_space(c)) continue;
    word.push_back(c);
    if (alone(c)) finish();
  }
  finish();
}

void cut_digits(const std::u32string& text, Words& out, bool single) {
  bool was_number = false;
  bool begins = true;
  for (const char32_t c : text) {
    const bool number = unicode::is_number(c);
    if (begins || number != was_number || (number && single)) out.emplace_back();
    out.back().push_back(c);
    was_number = number;
    begins = false;
  }
}

/// The alternatives of GPT-2's pattern, in their order.
class GPT2Pattern {
 public:
  explicit GPT2Pattern(std::u32string_view text) : text_(text) {}

  void cut(Words& out) const {
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t end = match(at);
      out.emplace_back(text_.substr(at, end - at));
      at = end;
    }
  }

 private:
  enum class Class : unsigned char { letter, number, space, other };

  Class class_at(std::size_t at) const {
    const char32_t c = text_[at];
    if (unicode::is_letter(c)) return Class::letter;
    if (unicode::is_number(c)) return Class::number;
    return unicode::is_space(c) ? Class::space : Class::other;
  }

  /// Where the run of characters of one class ends that begins at `at`.
  std::size_t run_end(std::size_t at) const {
    const Class kind = class_at(at);
    while (at < text_.size() && class_at(at) == kind) ++at;
    return at;
  }

  /// Where the match at `at` ends.
  std::size_t match(std::size_t at) const {
    for (const std::u32string_view ending : {U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"}) {
      if (text_.substr(at, ending.size()) == ending) return at + ending.size();
    }
    const bool blank = text_[at] == U' ' && at + 1 < text_.size() && class_at(at + 1) != Class::space;
    if (blank) return run_end(at + 1);
    const std::size_t end = run_end(at);
    // White space leaves its last character for the word that follows.
    const bool word_follows = class_at(at) == Class::space && end < text_.size() && end - at > 1;
    return word_follows ? end - 1 : end;
  }

  std::u32string_view text_;
};

void cut(PreTokenizerStep step, const std::u32string& text, Words& out) {
  using Kind = PreTokenizerStep::Kind;
  switch (step.kind) {
    case Kind::bert:
      return cut_at_spaces(text, out, is_bert_punctuation);
    case Kind::white_space:
      return cut_at_spaces(text, out, [](char32_t) { return false; });
    case Kind::gpt2:
      return GPT2Pattern(text).cut(out);
    case Kind::digits:
      return cut_digits(text, out, false);
    case Kind::single_digits:
      return cut_digits(text, out, true);
    case Kind::prefix_space:
      out.push_back(text.starts_with(U' ') ? text : U' ' + text);
      return;
  }
}

}  // namespace

std::vector<std::u32string> pre_tokenize(const PreTokenizer& steps, const std::u32string& text) {
  Words words;
  if (!text.empty()) words.push_back(text);
  for (const PreTokenizerStep step : steps) {
    Words next;
    for (const std::u32string& word : words) cut(step, word, next);
    words = std::move(next);
  }
  return words;
}

}  // namespace reel::data
