#pragma once

#include <string>
#include <string_view>
#include <vector>

/// How a tokenizer cuts a text into words before its model cuts these into tokens.
namespace reel::data {

/// One rule; each cuts the pieces that the one before has left.
struct PreTokenizerStep {
  /// `bert`: at white space, which goes, and around punctuation. `gpt2`: by GPT-2's pattern, which keeps blanks with
  /// the words behind them. `digits`: around numbers, or around each digit. `prefix_space`: no cut, but a blank before
  /// a piece that has none. `white_space`: at white space, which goes.
  enum class Kind : unsigned char { bert, gpt2, digits, single_digits, prefix_space, white_space };
  Kind kind;
};
using PreTokenizer = std::vector<PreTokenizerStep>;

/// GPT-2's pattern as files spell it.
inline constexpr std::string_view kGPT2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

/// The words of a text.
std::vector<std::u32string> pre_tokenize(const PreTokenizer& steps, const std::u32string& text);

}  // namespace reel::data
