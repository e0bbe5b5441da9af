#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <reel/reel.h>

/// A text as numbers, one for each different byte.
namespace support {

using namespace reel;

class CharText {
 public:
  /// Reads a file and keeps its last tenth for validation. A FormatError for a file that holds fewer than `least`
  /// bytes.
  CharText(const std::string& path, std::int64_t least) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (static_cast<std::int64_t>(text.size()) < least) {
      throw FormatError(path + ": expected a text of at least " + std::to_string(least) + " bytes, got " +
                        std::to_string(text.size()));
    }
    characters_ = text;
    std::sort(characters_.begin(), characters_.end());
    characters_.erase(std::unique(characters_.begin(), characters_.end()), characters_.end());
    const Tensor ids = tensor(encode(text));
    const std::int64_t training = ids.numel() * 9 / 10;
    training_ = ids.narrow(0, 0, training);
    validation_ = ids.narrow(0, training, ids.numel() - training);
  }

  /// How many different characters there are.
  std::int64_t size() const { return static_cast<std::int64_t>(characters_.size()); }
  const Tensor& training() const { return training_; }
  const Tensor& validation() const { return validation_; }

  /// A ValueError for a character that the text does not have.
  std::vector<std::int64_t> encode(const std::string& text) const {
    std::vector<std::int64_t> ids;
    ids.reserve(text.size());
    for (const char c : text) {
      const auto at = characters_.find(c);
      if (at == std::string::npos)
        throw ValueError(std::string("char_transformer: the text has no character '") + c + "'");
      ids.push_back(static_cast<std::int64_t>(at));
    }
    return ids;
  }
  std::string decode(const std::vector<std::int64_t>& ids) const {
    std::string text;
    for (const std::int64_t id : ids) text += characters_.at(static_cast<std::size_t>(id));
    return text;
  }

 private:
  std::string characters_;
  Tensor training_, validation_;
};

/// Pieces of a text from random places, and the same a character later: [batch, length] each.
inline std::pair<Tensor, Tensor> random_pieces(const Tensor& text, std::int64_t batch, std::int64_t length,
                                               Generator& generator = default_generator()) {
  const Tensor first =
      randint(text.numel() - length, {batch, 1}, {.dtype = DType::i64, .device = text.device()}, generator);
  const Tensor places = first + arange(length, {.dtype = DType::i64, .device = text.device()});
  return {text.index({places}), text.index({places + 1})};
}

}  // namespace support
