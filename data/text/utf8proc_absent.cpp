// In builds without utf8proc.

#include <reel/data/text/unicode.h>
#include <reel/tensor/core/check.h>

namespace reel::data::unicode {
namespace {

[[noreturn]] void absent(std::string_view op) {
  fail<IOError>("{}: Reel was built without utf8proc (Debian: libutf8proc-dev), which tokenizers need", op);
}

}  // namespace

void check_available(std::string_view op) { absent(op); }
bool is_letter(char32_t) { absent("Tokenizer"); }
bool is_number(char32_t) { absent("Tokenizer"); }
bool is_punctuation(char32_t) { absent("Tokenizer"); }
bool is_mark(char32_t) { absent("Tokenizer"); }
bool is_nonspacing_mark(char32_t) { absent("Tokenizer"); }
bool is_other(char32_t) { absent("Tokenizer"); }
bool is_word(char32_t) { absent("Tokenizer"); }
std::u32string lower(std::u32string_view) { absent("Tokenizer"); }
std::u32string normalized(std::u32string_view, Form) { absent("Tokenizer"); }

}  // namespace reel::data::unicode
