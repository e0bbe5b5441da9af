// Byte pair encoding.

#include <array>
#include <queue>
#include <tuple>

#include <reel/data/text/token_model.h>
#include <reel/data/text/unicode.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

/// GPT-2's characters of all bytes: those of Latin-1 that can be seen are themselves, the others follow from 256 on.
std::array<char32_t, 256> make_alphabet() {
  std::array<char32_t, 256> out{};
  char32_t next = 256;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool visible = (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    out[byte] = visible ? byte : next++;
  }
  return out;
}

const std::array<char32_t, 256>& alphabet() {
  static const std::array<char32_t, 256> letters = make_alphabet();
  return letters;
}

}  // namespace

std::u32string byte_characters(std::string_view bytes) {
  std::u32string out;
  for (const char byte : bytes) out.push_back(alphabet()[static_cast<unsigned char>(byte)]);
  return out;
}

std::string bytes_of_characters(const std::string& text) {
  static const std::unordered_map<char32_t, char>& bytes =
      *[] {  // stays: other threads may compute while the program ends
        auto* out = new std::unordered_map<char32_t, char>;
        for (std::size_t byte = 0; byte < 256; ++byte) out->emplace(alphabet()[byte], static_cast<char>(byte));
        return out;
      }();
  std::string out;
  for (const char32_t c : unicode::from_utf8(text)) {
    const auto byte = bytes.find(c);
    if (byte == bytes.end()) return text;
    out.push_back(byte->second);
  }
  return out;
}

BytePairs::BytePairs(std::string_view from, const Vocabulary& vocabulary, const Merges& merges, const Options& options)
    : vocabulary_(vocabulary), options_(options) {
  const auto id_of = [&](const std::string& token, std::string_view what) {
    const std::optional<std::int64_t> id = vocabulary.id(token);
    check<FormatError>(id.has_value(), "{}: \"{}\", {}, is not in the vocabulary", from, token, what);
    return *id;
  };
  if (options.unknown) unknown_ = id_of(*options.unknown, "the unknown token");
  std::int64_t rank = 0;
  for (const auto& [left, right] : merges) {
    const std::int64_t l = id_of(left, "which is merged"), r = id_of(right, "which is merged");
    merges_[pair_of(l, r)] = {rank++, id_of(left + right, "which comes of a merge")};
  }
}

const BytePairs::Merge* BytePairs::merge_of(std::int64_t left, std::int64_t right) const {
  const auto found = merges_.find(pair_of(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

/// A token of the word; those that a merge has used up have no length.
struct BytePairs::Symbol {
  std::int64_t id;
  std::int64_t before, after;  // -1: none
  bool merged = false;
};

/// The tokens of a word as a list, and all pairs that could be merged, the first of the merges' list first and of equal
/// ones the leftmost. A word of n characters takes n log n steps.
class BytePairs::Line {
 public:
  Line(const BytePairs& model, const std::vector<std::int64_t>& ids) : model_(model) {
    const auto count = static_cast<std::int64_t>(ids.size());
    for (std::int64_t i = 0; i < count; ++i) {
      symbols_.push_back({ids[static_cast<std::size_t>(i)], i - 1, i + 1 < count ? i + 1 : -1});
    }
    for (std::int64_t i = 0; i + 1 < count; ++i) offer(i, i + 1);
  }

  void merge_all() {
    while (!open_.empty()) {
      const auto [rank, left, right, left_id, right_id] = open_.top();
      open_.pop();
      Symbol &l = at(left), &r = at(right);
      // What has changed since then has been offered anew.
      if (l.merged || r.merged || l.id != left_id || r.id != right_id || l.after != right) continue;
      l.id = model_.merge_of(left_id, right_id)->result;
      l.after = r.after;
      r.merged = true;
      if (l.after >= 0) at(l.after).before = left;
      offer(l.before, left);
      offer(left, l.after);
    }
  }

  void append_to(std::vector<std::int64_t>& out) const {
    for (const Symbol& s : symbols_) {
      if (!s.merged) out.push_back(s.id);
    }
  }

 private:
  /// Rank, places, and the tokens that were there.
  using Offer = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;

  Symbol& at(std::int64_t i) { return symbols_[static_cast<std::size_t>(i)]; }

  void offer(std::int64_t left, std::int64_t right) {
    if (left < 0 || right < 0) return;
    const std::int64_t l = at(left).id, r = at(right).id;
    if (const Merge* merge = model_.merge_of(l, r)) open_.emplace(merge->rank, left, right, l, r);
  }

  const BytePairs& model_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Offer, std::vector<Offer>, std::greater<>> open_;
};

void BytePairs::encode(const std::u32string& word, std::vector<std::int64_t>& out) const {
  const std::u32string letters = options_.bytes ? byte_characters(unicode::to_utf8(word)) : word;
  if (options_.ignore_merges) {
    if (const auto id = vocabulary_.model_id(unicode::to_utf8(letters))) return out.push_back(*id);
  }
  std::vector<std::int64_t> ids;
  bool unknown_before = false;
  for (const char32_t letter : letters) {
    const std::optional<std::int64_t> id = vocabulary_.model_id(unicode::to_utf8({&letter, 1}));
    const bool is_unknown = !id && unknown_;
    if (id) ids.push_back(*id);
    else if (is_unknown && !(options_.fuse_unknown && unknown_before)) ids.push_back(*unknown_);
    unknown_before = is_unknown;
  }
  Line line(*this, ids);
  line.merge_all();
  line.append_to(out);
}

}  // namespace reel::data
