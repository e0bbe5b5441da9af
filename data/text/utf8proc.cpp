// Unicode's properties and normal forms through utf8proc.

#include <utf8proc.h>

#include <array>
#include <vector>

#include <reel/data/text/unicode.h>
#include <reel/tensor/core/check.h>

namespace reel::data::unicode {
namespace {

bool in_categories(char32_t c, utf8proc_category_t first, utf8proc_category_t last) {
  if (c >= kInvalid) return false;
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= first && category <= last;
}

/// The normal form of a text without invalid bytes.
std::u32string normalized_valid(std::u32string_view text, Form form) {
  int options = UTF8PROC_STABLE;
  const bool composed = form == Form::nfc || form == Form::nfkc;
  options |= composed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
  if (form == Form::nfkc || form == Form::nfkd) options |= UTF8PROC_COMPAT;
  const auto flags = static_cast<utf8proc_option_t>(options);
  const std::string bytes = to_utf8(text);
  const auto* in = reinterpret_cast<const utf8proc_uint8_t*>(bytes.data());
  const auto size = static_cast<utf8proc_ssize_t>(bytes.size());
  utf8proc_ssize_t count = utf8proc_decompose(in, size, nullptr, 0, flags);
  check<ValueError>(count >= 0, "Tokenizer: utf8proc cannot normalise a text: {}", utf8proc_errmsg(count));
  std::vector<utf8proc_int32_t> points(static_cast<std::size_t>(count) + 1);
  utf8proc_decompose(in, size, points.data(), count, flags);
  if (composed) count = utf8proc_normalize_utf32(points.data(), count, flags);
  return {points.begin(), points.begin() + count};
}

}  // namespace

void check_available(std::string_view) {}

bool is_letter(char32_t c) { return in_categories(c, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LO); }
bool is_number(char32_t c) { return in_categories(c, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO); }
bool is_punctuation(char32_t c) { return in_categories(c, UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO); }
bool is_mark(char32_t c) { return in_categories(c, UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_ME); }
bool is_nonspacing_mark(char32_t c) { return in_categories(c, UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_MN); }
bool is_other(char32_t c) { return in_categories(c, UTF8PROC_CATEGORY_CC, UTF8PROC_CATEGORY_CO); }
bool is_word(char32_t c) {
  const bool joins = c == 0x200c || c == 0x200d;  // written forms of letters
  return joins || is_letter(c) || is_mark(c) || in_categories(c, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NL) ||
         in_categories(c, UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PC);
}

std::u32string lower(std::u32string_view text) {
  std::u32string out;
  for (const char32_t c : text) {
    if (c == 0x130) out += U"i\u0307";  // the one letter whose lower case is two characters
    else out.push_back(c >= kInvalid ? c : static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
  }
  return out;
}

std::u32string normalized(std::u32string_view text, Form form) {
  std::u32string out;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && text[end] < kInvalid) ++end;
    out += normalized_valid(text.substr(begin, end - begin), form);
    for (begin = end; begin < text.size() && text[begin] >= kInvalid; ++begin) out.push_back(text[begin]);
  }
  return out;
}

}  // namespace reel::data::unicode
