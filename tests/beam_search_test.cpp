// Beam search on a model of a few words, whose probabilities are a table.

#include "../examples/caption/beam_search.h"

#include <cmath>

#include <doctest/doctest.h>

using namespace support;

namespace {

struct NoState {
  Tensor input;  // [rows]
  NoState rows(const Tensor& index) const { return {index_select(input, 0, index)}; }
};

/// Words 3 and 4 beside the marks. The next word depends on the last one and on the input, 0 or 1, alone.
struct Table {
  Tensor probabilities;  // [inputs, last, next]

  std::pair<Tensor, NoState> next(const Tensor& words, const NoState& state) const {
    return {log(probabilities.index({state.input, words.squeeze(1)})).unsqueeze(1), state};
  }
};

/// For input 0 greedy says "3 3 3" (0.6 * 0.45 * 0.45), and "4 end" (0.4 * 0.9) is more probable. Input 1 has "4 4
/// ...".
Table table() {
  const Tensor p = full({2, 5, 5}, 1e-9);
  const auto set = [&](int input, int last, double end, double three, double four) {
    p.index({input, last, 2}) = end, p.index({input, last, 3}) = three, p.index({input, last, 4}) = four;
  };
  set(0, 1, 1e-9, 0.6, 0.4);
  set(0, 3, 0.35, 0.45, 0.2);
  set(0, 4, 0.9, 0.05, 0.05);
  set(1, 1, 1e-9, 0.1, 0.9);
  set(1, 3, 1, 1e-9, 1e-9);
  set(1, 4, 1e-9, 1e-9, 1);
  return {p};
}

using Words = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("width 1 is greedy, and wider beams find what is more probable") {
  const NoState first{tensor({0, 1})};
  const Decoded greedy = beam_search(table(), first, 2, 1, 3);
  CHECK(greedy.words[0] == Words{3, 3, 3});  // stopped after three words
  CHECK(greedy.log_probs[0] == doctest::Approx(std::log(0.6 * 0.45 * 0.45)));
  for (const std::int64_t width : {2, 3, 5}) {
    const Decoded wide = beam_search(table(), first, 2, width, 3);
    CHECK(wide.words[0] == Words{4, 2});
    CHECK(wide.log_probs[0] == doctest::Approx(std::log(0.4 * 0.9)));
    CHECK(wide.words[1] == Words{4, 4, 4});
    CHECK(wide.log_probs[1] == doctest::Approx(std::log(0.9)));
  }
}

TEST_CASE("log-probabilities are summed, not averaged") {
  // "4 4 4" of input 1 never ends and has 0.9; "3 end" has 0.1, whatever the lengths.
  const Decoded wide = beam_search(table(), NoState{tensor({1})}, 1, 2, 8);
  CHECK(wide.words[0] == Words(8, 4));
}
