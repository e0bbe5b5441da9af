#pragma once

#include <limits>
#include <utility>
#include <vector>

#include "vocabulary.h"

/// The most probable sentences of a model that says one word after the other.
namespace support {

/// What a search found for each of its inputs.
struct Decoded {
  std::vector<std::vector<std::int64_t>> words;  ///< Without begin, up to and with the end mark, if it was reached.
  std::vector<double> log_probs;                 ///< log p(sentence): the sum over its words and the end mark.
};

/// Beam search for a batch of inputs: at each word the `width` sentences of largest log-probability go on. Width 1 is
/// greedy decoding. `model.next(words [rows, 1], state)` gives logits [rows, 1, vocabulary] and the next state, whose
/// `rows(index)` chooses among its rows; `first` is the state before the first word, one row for each input.
///
/// The log-probabilities are summed, not divided by the length: of two sentences the model's more probable one wins,
/// and a sentence that has ended stays in the beam with its sum. After `longest` words the search stops. It runs on the
/// default device.
template <class Model, class State>
Decoded beam_search(const Model& model, State first, std::int64_t inputs, std::int64_t width, std::int64_t longest) {
  const NoGradGuard no_grad;
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  const Tensor firsts = arange(inputs).unsqueeze(1) * width;  // [inputs, 1], the first row of each input's beam
  State state = first.rows(flatten(arange(inputs).unsqueeze(1).expand({inputs, width})));
  Tensor sentences = full({inputs * width, 1}, Vocabulary::begin, DType::i64);
  // At first all rows of a beam are the same: only one of them counts.
  Tensor sums = where(arange(width) == 0, 0.0, kNever).expand({inputs, width});
  for (std::int64_t step = 0; step < longest; ++step) {
    const Tensor last = sentences.narrow(1, step, 1);
    const Tensor ended = logical_or(last == Vocabulary::end, last == Vocabulary::padding);
    if (all(ended).template item<bool>()) break;
    auto [logits, after] = model.next(last, state);
    const std::int64_t words = logits.size(2);
    const Tensor log_probs = log_softmax(logits.squeeze(1), 1);
    // What has ended goes on with padding alone, for nothing; what has not, with all else.
    const Tensor is_padding = (arange(words) == Vocabulary::padding).unsqueeze(0);
    const Tensor scores = where(ended, where(is_padding, 0.0, kNever), where(is_padding, kNever, log_probs));
    const Tensor candidates = (sums.reshape({inputs * width, 1}) + scores).reshape({inputs, width * words});
    const auto [best, places] = topk(candidates, width, 1);
    const Tensor parents = flatten(firsts + floor_divide(places, words));
    sums = best;
    state = after.rows(parents);
    sentences = cat({index_select(sentences, 0, parents), (places % words).reshape({inputs * width, 1})}, 1);
  }
  Decoded decoded;
  const Tensor winners = index_select(sentences, 0, flatten(firsts)).cpu();  // topk sorts: the first row is the best
  for (const Tensor& winner : unbind(winners)) {
    std::vector<std::int64_t> words = winner.to_vector<std::int64_t>();
    words.erase(words.begin());
    while (!words.empty() && words.back() == Vocabulary::padding) words.pop_back();
    decoded.words.push_back(std::move(words));
  }
  decoded.log_probs = sums.narrow(1, 0, 1).cpu().template to_vector<double>();
  return decoded;
}

}  // namespace support
