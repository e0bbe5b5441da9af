#pragma once

#include <string>
#include <vector>

#include <reel/data/text/unicode.h>

/// What a tokenizer does to a text before it cuts it: steps, one after the other.
namespace reel::data {

/// One step.
struct NormalizerStep {
  /// `clean`: no control characters, and every white space is a blank; `cjk`: blanks around Chinese characters;
  /// `strip_marks`: without any marks; `strip_nonspacing`: without nonspacing ones; `lower`: lower case; else a normal
  /// form.
  enum class Kind : unsigned char { clean, cjk, strip_marks, strip_nonspacing, lower, form };
  Kind kind;
  unicode::Form form = unicode::Form::nfd;
};
using Normalizer = std::vector<NormalizerStep>;

/// The text after all steps.
std::u32string normalize(const Normalizer& steps, std::u32string text);

/// BERT's steps, in its order.
Normalizer bert_normalizer(bool clean, bool chinese, bool strip_accents, bool lowercase);

}  // namespace reel::data
