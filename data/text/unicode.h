#pragma once

#include <string>
#include <string_view>

/// What tokenizers must know of Unicode, through utf8proc.
namespace reel::data::unicode {

/// Throws an IOError that names `op` in a build without utf8proc. Everything below needs it.
void check_available(std::string_view op);

/// Code points of UTF-8. A byte that is none becomes `kInvalid` plus the byte, from which `to_utf8` makes it again: no
/// text is lost.
std::u32string from_utf8(std::string_view text);
std::string to_utf8(std::u32string_view text);
void append_utf8(std::string& out, char32_t c);
/// Beyond all code points.
inline constexpr char32_t kInvalid = 0x110000;

/// White space, the property White_Space.
bool is_space(char32_t c);
/// The categories L, N, P, M, Mn, and C but for characters without a meaning (so control, format, private).
bool is_letter(char32_t c);
bool is_number(char32_t c);
bool is_punctuation(char32_t c);
bool is_mark(char32_t c);
bool is_nonspacing_mark(char32_t c);
bool is_other(char32_t c);
/// What words are made of in Rust's regular expressions: letters, marks, decimal and Roman digits, underscores and
/// their like.
bool is_word(char32_t c);

/// Each character's lower case.
std::u32string lower(std::u32string_view text);

/// The normal forms: composed or decomposed, of compatible characters (K) or equal ones.
enum class Form : unsigned char { nfc, nfd, nfkc, nfkd };
/// A text in a normal form; invalid bytes stay.
std::u32string normalized(std::u32string_view text, Form form);

}  // namespace reel::data::unicode
