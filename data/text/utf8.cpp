// UTF-8 and back.

#include <reel/data/text/unicode.h>

namespace reel::data::unicode {
namespace {

/// How many bytes a character takes that begins with this one; 0 if none does.
int length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/// The character at the beginning of `text`, if its first `length` bytes are one; else `kInvalid`.
char32_t character(std::string_view text, int length) {
  if (length == 0 || text.size() < static_cast<std::size_t>(length)) return kInvalid;
  const auto first = static_cast<unsigned char>(text[0]);
  if (length == 1) return first;
  char32_t c = first & (0x7fu >> length);
  for (int i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[static_cast<std::size_t>(i)]);
    if ((byte & 0xc0u) != 0x80) return kInvalid;
    c = c << 6 | (byte & 0x3fu);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = c >= 0xd800 && c < 0xe000;
  return c < least[length] || surrogate || c >= kInvalid ? kInvalid : c;
}

}  // namespace

std::u32string from_utf8(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const int length = length_of(first);
    const char32_t c = character(text, length);
    out.push_back(c == kInvalid ? kInvalid + first : c);
    text.remove_prefix(c == kInvalid ? 1 : static_cast<std::size_t>(length));
  }
  return out;
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  const auto rest = [&](int shift) { put(0x80u | ((c >> shift) & 0x3fu)); };
  if (c >= kInvalid) {
    put(c - kInvalid);
  } else if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0u | c >> 6);
    rest(0);
  } else if (c < 0x10000) {
    put(0xe0u | c >> 12);
    rest(6);
    rest(0);
  } else {
    put(0xf0u | c >> 18);
    rest(12);
    rest(6);
    rest(0);
  }
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

bool is_space(char32_t c) {
  return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
         c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

}  // namespace reel::data::unicode
