// Steps of normalisation.

#include <reel/data/text/normalizer.h>

#include <algorithm>

namespace reel::data {
namespace {

/// The blocks of ideographs that BERT's code lists.
bool is_chinese(char32_t c) {
  constexpr std::pair<char32_t, char32_t> blocks[] = {{0x4e00, 0x9fff},   {0x3400, 0x4dbf},   {0x20000, 0x2a6df},
                                                      {0x2a700, 0x2b73f}, {0x2b740, 0x2b81f}, {0x2b920, 0x2ceaf},
                                                      {0xf900, 0xfaff},   {0x2f800, 0x2fa1f}};
  return std::any_of(std::begin(blocks), std::end(blocks), [=](auto b) { return c >= b.first && c <= b.second; });
}

std::u32string cleaned(const std::u32string& text) {
  std::u32string out;
  for (const char32_t c : text) {
    const bool kept = c == '\t' || c == '\n' || c == '\r';  // control characters, but white space, too
    const bool dropped = c == 0 || c == 0xfffd || c >= unicode::kInvalid || (!kept && unicode::is_other(c));
    if (!dropped) out.push_back(unicode::is_space(c) ? U' ' : c);
  }
  return out;
}

std::u32string spaced(const std::u32string& text) {
  std::u32string out;
  for (const char32_t c : text) {
    if (is_chinese(c)) out += {U' ', c, U' '};
    else out.push_back(c);
  }
  return out;
}

std::u32string step(const NormalizerStep& s, std::u32string text) {
  using Kind = NormalizerStep::Kind;
  switch (s.kind) {
    case Kind::clean:
      return cleaned(text);
    case Kind::cjk:
      return spaced(text);
    case Kind::strip_marks:
      std::erase_if(text, unicode::is_mark);
      return text;
    case Kind::strip_nonspacing:
      std::erase_if(text, unicode::is_nonspacing_mark);
      return text;
    case Kind::lower:
      return unicode::lower(text);
    case Kind::form:
      return unicode::normalized(text, s.form);
  }
  return text;
}

}  // namespace

std::u32string normalize(const Normalizer& steps, std::u32string text) {
  for (const NormalizerStep& s : steps) text = step(s, std::move(text));
  return text;
}

Normalizer bert_normalizer(bool clean, bool chinese, bool strip_accents, bool lowercase) {
  using Kind = NormalizerStep::Kind;
  Normalizer out;
  if (clean) out.push_back({Kind::clean});
  if (chinese) out.push_back({Kind::cjk});
  if (strip_accents) out.insert(out.end(), {{Kind::form, unicode::Form::nfd}, {Kind::strip_nonspacing}});
  if (lowercase) out.push_back({Kind::lower});
  return out;
}

}  // namespace reel::data
