#pragma once

#include <cmath>
#include <cstdlib>
#include <map>

#include "vocabulary.h"

/// How near generated sentences come to what people wrote (Papineni et al. 2002, "BLEU: a method for automatic
/// evaluation of machine translation").
namespace support {

/// How often each sequence of n words occurs in a sentence.
inline std::map<Sentence, std::int64_t> ngram_counts(const Sentence& sentence, std::size_t n) {
  std::map<Sentence, std::int64_t> counts;
  for (auto first = sentence.begin(); sentence.end() - first >= static_cast<std::ptrdiff_t>(n); ++first) {
    ++counts[Sentence(first, first + static_cast<std::ptrdiff_t>(n))];
  }
  return counts;
}

/// A share of n-grams.
struct Matches {
  std::int64_t matched = 0, total = 0;
};

/// The modified n-gram precision of one sentence: each n-gram matches at most as often as it occurs in that reference
/// which has it most often.
inline Matches modified_precision(const Sentence& candidate, const std::vector<Sentence>& references, std::size_t n) {
  std::map<Sentence, std::int64_t> most;
  for (const Sentence& reference : references) {
    for (const auto& [ngram, count] : ngram_counts(reference, n)) most[ngram] = std::max(most[ngram], count);
  }
  Matches matches;
  for (const auto& [ngram, count] : ngram_counts(candidate, n)) {
    const auto known = most.find(ngram);
    if (known != most.end()) matches.matched += std::min(count, known->second);
    matches.total += count;
  }
  return matches;
}

/// BLEU of a corpus: `add` every sentence, then ask for the `value`.
class Bleu {
 public:
  /// With n-grams of up to `order` words. A ValueError if that is below 1.
  explicit Bleu(std::size_t order = 4) : matches_(order) {
    if (order < 1) throw ValueError("Bleu: expected an order of at least 1, got 0");
  }

  /// One more sentence, with the sentences that would be right. A ValueError if there are none.
  void add(const Sentence& candidate, const std::vector<Sentence>& references) {
    if (references.empty()) throw ValueError("Bleu: expected at least one reference, got none");
    for (std::size_t n = 1; n <= matches_.size(); ++n) {
      const Matches more = modified_precision(candidate, references, n);
      matches_[n - 1].matched += more.matched;
      matches_[n - 1].total += more.total;
    }
    candidate_length_ += std::ssize(candidate);
    reference_length_ += closest_length(std::ssize(candidate), references);
  }

  /// p_n: the n-grams of all sentences that match, over all of them; 0 if there are none.
  double precision(std::size_t n) const {
    const Matches& m = matches_.at(n - 1);
    return m.total > 0 ? static_cast<double>(m.matched) / static_cast<double>(m.total) : 0;
  }

  /// 1 if all sentences together are longer than their references, else exp(1 - r / c).
  double brevity_penalty() const {
    if (candidate_length_ == 0) return 0;
    if (candidate_length_ > reference_length_) return 1;
    return std::exp(1 - static_cast<double>(reference_length_) / static_cast<double>(candidate_length_));
  }

  /// The brevity penalty times the geometric mean of p_1 ... p_order, from 0 to 1; not smoothed: 0 if one of them is.
  double value() const {
    double log_sum = 0;
    for (std::size_t n = 1; n <= matches_.size(); ++n) log_sum += std::log(precision(n));
    return brevity_penalty() * std::exp(log_sum / static_cast<double>(matches_.size()));
  }

 private:
  /// The length nearest to that of the candidate, of two as near the shorter one.
  static std::int64_t closest_length(std::int64_t length, const std::vector<Sentence>& references) {
    std::int64_t closest = std::ssize(references[0]);
    for (const Sentence& reference : references) {
      const std::int64_t other = std::ssize(reference);
      const std::int64_t farther = std::abs(other - length) - std::abs(closest - length);
      if (farther < 0 || (farther == 0 && other < closest)) closest = other;
    }
    return closest;
  }

  std::vector<Matches> matches_;
  std::int64_t candidate_length_ = 0, reference_length_ = 0;
};

}  // namespace support
