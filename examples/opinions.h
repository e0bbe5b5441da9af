#pragma once

#include <string>
#include <utility>
#include <vector>

/// A small set of opinions, made of parts: whoever knows what words mean can tell the good ones from the bad ones.
namespace support {

/// Sentences and 1 for a good opinion, else 0.
struct Opinions {
  std::vector<std::string> texts;
  std::vector<std::int64_t> labels;
};

/// Each opinion about each thing, in two wordings. Those of `test` share no thing and no word of praise or blame with
/// the others, so nothing can be learnt by heart.
inline Opinions make_opinions(bool test) {
  using Words = std::vector<std::string>;
  const Words things =
      test ? Words{"hotel", "concert", "teacher"} : Words{"film", "restaurant", "book", "phone", "holiday"};
  const std::pair<std::int64_t, Words> good{
      1, test ? Words{"superb", "charming", "a joy from start to end", "worth every penny", "splendid"}
              : Words{"wonderful", "great", "excellent", "delightful", "better than I had hoped", "brilliant"}};
  const std::pair<std::int64_t, Words> bad{
      0, test ? Words{"dreadful", "tedious", "a waste of time and money", "a great disappointment", "not good at all"}
              : Words{"terrible", "awful", "boring", "worse than I had feared", "not worth the trouble", "poor"}};
  Opinions out;
  for (const std::string& thing : things) {
    for (const auto& [label, words] : {good, bad}) {
      for (const std::string& word : words) {
        for (const std::string& text : {"The " + thing + " was " + word + ".",
                                        "My sister, who knows a lot about it, found the " + thing + " " + word + "."}) {
          out.texts.push_back(text);
          out.labels.push_back(label);
        }
      }
    }
  }
  return out;
}

}  // namespace support
