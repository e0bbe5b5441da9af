// WordPiece.

#include <algorithm>

#include <reel/data/text/token_model.h>
#include <reel/data/text/unicode.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

std::int64_t unknown_id(std::string_view from, const Vocabulary& vocabulary, const std::string& token) {
  const std::optional<std::int64_t> id = vocabulary.id(token);
  check<FormatError>(id.has_value(), "{}: the unknown token \"{}\" is not in the vocabulary", from, token);
  return *id;
}

}  // namespace

WordPiece::WordPiece(std::string_view from, const Vocabulary& vocabulary, Options options)
    : vocabulary_(vocabulary), options_(std::move(options)), unknown_(unknown_id(from, vocabulary, options_.unknown)) {}

void WordPiece::encode(const std::u32string& word, std::vector<std::int64_t>& out) const {
  if (static_cast<std::int64_t>(word.size()) > options_.longest_word) return out.push_back(unknown_);
  const std::size_t before = out.size();
  for (std::size_t begin = 0; begin < word.size();) {
    std::size_t end = word.size();
    std::optional<std::int64_t> id;
    for (; end > begin; --end) {
      const std::string piece = unicode::to_utf8(std::u32string_view(word).substr(begin, end - begin));
      id = vocabulary_.model_id(begin > 0 ? options_.prefix + piece : piece);
      if (id) break;
    }
    if (!id) {
      out.resize(before);
      return out.push_back(unknown_);
    }
    out.push_back(*id);
    begin = end;
  }
}

}  // namespace reel::data
