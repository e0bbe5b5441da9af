// BLEU: the examples of its paper (Papineni et al. 2002), and values of nltk 3 and sacrebleu 2.

#include "../examples/caption/bleu.h"

#include <sstream>

#include <doctest/doctest.h>

using namespace support;

namespace {

Sentence words(const std::string& text) {
  std::istringstream in(text);
  Sentence sentence;
  for (std::string word; in >> word;) sentence.push_back(word);
  return sentence;
}

std::vector<Sentence> sentences(const std::vector<std::string>& texts) {
  std::vector<Sentence> list;
  for (const std::string& text : texts) list.push_back(words(text));
  return list;
}

double bleu(const std::string& candidate, const std::vector<std::string>& references, std::size_t order = 4) {
  Bleu score(order);
  score.add(words(candidate), sentences(references));
  return score.value();
}

void check_precision(const std::string& candidate, const std::vector<std::string>& references, std::size_t n,
                     std::int64_t matched, std::int64_t total) {
  const Matches matches = modified_precision(words(candidate), sentences(references), n);
  CHECK(matches.matched == matched);
  CHECK(matches.total == total);
}

const std::vector<std::string> kCat{"the cat is on the mat", "there is a cat on the mat"};

// Example 1 of the paper.
const std::string kFirst =
    "It is a guide to action which ensures that the military always obeys the commands of the party";
const std::string kSecond = "It is to insure the troops forever hearing the activity guidebook that party direct";
const std::vector<std::string> kGuide{
    "It is a guide to action that ensures that the military will forever heed Party commands",
    "It is the guiding principle which guarantees the military forces always being under the command of the Party",
    "It is the practical guide for the army always to heed the directions of the party"};

}  // namespace

TEST_CASE("an n-gram matches as often as it occurs in one reference") {
  check_precision("the the the the the the the", kCat, 1, 2, 7);
  check_precision("the the the the the the the", kCat, 2, 0, 6);
}

TEST_CASE("precisions of the paper's first example") {
  check_precision(kFirst, kGuide, 1, 17, 18);
  check_precision(kSecond, kGuide, 1, 8, 14);
  check_precision(kFirst, kGuide, 2, 10, 17);
  check_precision(kSecond, kGuide, 2, 1, 13);
  check_precision(kFirst, kGuide, 3, 7, 16);  // as nltk's modified_precision, like the next
  check_precision(kFirst, kGuide, 4, 4, 15);
}

TEST_CASE("BLEU of a sentence and of a corpus") {
  // (17/18 * 10/17 * 7/16 * 4/15)^(1/4); no penalty, for 18 words are as many as in the second reference
  CHECK(bleu(kFirst, kGuide) == doctest::Approx(0.5045666840058485).epsilon(1e-12));  // nltk's sentence_bleu
  CHECK(bleu(kSecond, kGuide) == 0);                                                  // no sequence of three matches

  const std::string moved = "he read the book because he was interested in world history";
  const std::string reference = "he was interested in world history because he read the book";
  CHECK(bleu(moved, {reference}) == doctest::Approx(0.7400828044922853).epsilon(1e-12));  // nltk's sentence_bleu
  Bleu corpus;
  corpus.add(words(kFirst), sentences(kGuide));
  corpus.add(words(moved), {words(reference)});
  CHECK(corpus.precision(1) == doctest::Approx(28.0 / 29));
  CHECK(corpus.value() == doctest::Approx(0.5920778868801042).epsilon(1e-12));  // nltk's corpus_bleu; sacrebleu: 59.21
}

TEST_CASE("short sentences are penalised by the reference of the nearest length") {
  // All n-grams match, and 4 words stand against 6: exp(1 - 6/4), as nltk and sacrebleu (60.65) have it.
  CHECK(bleu("the cat is on", kCat) == doctest::Approx(std::exp(-0.5)).epsilon(1e-12));
  // Of references with 2 and 4 words the shorter one counts for 3 words, which are as near to both.
  CHECK(bleu("a b c", {"a b", "a b c d"}, 2) == doctest::Approx(1));
  // Long ones are not penalised beyond their precision: 2/3, and 1/2 for pairs.
  CHECK(bleu("a b c", {"a b"}, 2) == doctest::Approx(std::sqrt(2.0 / 3 * 1 / 2)).epsilon(1e-12));
}

TEST_CASE("corners") {
  CHECK(bleu("the cat is on the mat", kCat) == doctest::Approx(1));
  CHECK(bleu("", kCat) == 0);
  CHECK(Bleu().value() == 0);
  CHECK(bleu("cat", {"cat"}) == 0);  // nothing of four words: not smoothed
  CHECK_THROWS_AS(Bleu().add({"a"}, {}), reel::ValueError);
  CHECK_THROWS_AS(Bleu(0), reel::ValueError);
}
