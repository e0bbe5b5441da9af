#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <reel/reel.h>

/// Words as numbers.
namespace support {

using namespace reel;

using Sentence = std::vector<std::string>;

/// "a red circle" of its words.
inline std::string joined(const Sentence& sentence) {
  std::string text;
  for (const std::string& word : sentence) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// Some words, numbered after three marks: what fills the end of short sentences, what comes before the first word of
/// each, and what comes after its last.
class Vocabulary {
 public:
  static constexpr std::int64_t padding = 0, begin = 1, end = 2;

  explicit Vocabulary(const Sentence& words) : words_{"<padding>", "<begin>", "<end>"} {
    words_.insert(words_.end(), words.begin(), words.end());
  }

  /// How many numbers there are, with the marks.
  std::int64_t size() const { return static_cast<std::int64_t>(words_.size()); }

  /// The number of a word. A ValueError if it is not here.
  std::int64_t number(const std::string& word) const {
    const auto found = std::find(words_.begin(), words_.end(), word);
    if (found == words_.end()) throw ValueError("vocabulary: expected one of its words, got '" + word + "'");
    return found - words_.begin();
  }

  /// begin, the words, end, and padding up to `length` numbers, on the CPU. A ValueError if they are more.
  Tensor encode(const Sentence& sentence, std::int64_t length) const {
    std::vector<std::int64_t> numbers{begin};
    for (const std::string& word : sentence) numbers.push_back(number(word));
    numbers.push_back(end);
    if (static_cast<std::int64_t>(numbers.size()) > length) {
      throw ValueError("vocabulary: expected at most " + std::to_string(length - 2) + " words, got " +
                       std::to_string(sentence.size()) + "; encode with a larger length");
    }
    numbers.resize(static_cast<std::size_t>(length), padding);
    return tensor(numbers).cpu();
  }

  /// The words before the first end mark; the other marks are left out.
  Sentence decode(const std::vector<std::int64_t>& numbers) const {
    Sentence sentence;
    for (const std::int64_t n : numbers) {
      if (n == end) break;
      if (n > end) sentence.push_back(words_.at(static_cast<std::size_t>(n)));
    }
    return sentence;
  }

 private:
  Sentence words_;
};

}  // namespace support
