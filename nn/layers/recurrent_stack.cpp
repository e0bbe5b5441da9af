// The layers and directions of recurrent networks.

#include <reel/nn/layers/recurrent_stack.h>

#include <array>
#include <cmath>

#include <reel/nn/init.h>
#include <reel/nn/text.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/normalization.h>
#include <reel/ops/view.h>

namespace reel::nn::detail {

using reel::detail::check_at_least;
using reel::detail::check_defined;

RecurrentWeights register_weights(Module& module, const std::string& suffix, std::int64_t gates, std::int64_t in,
                                  std::int64_t hidden, bool bias, std::int64_t proj) {
  const double bound = 1 / std::sqrt(static_cast<double>(hidden));
  const auto parameter = [&](const char* name, bool exists, const Shape& shape) {
    if (!exists) return module.register_parameter(name + suffix, {});
    const Tensor t = empty(shape);
    init::uniform_(t, -bound, bound);
    return module.register_parameter(name + suffix, t);
  };
  const std::int64_t rows = gates * hidden, state = proj > 0 ? proj : hidden;
  RecurrentWeights weights{parameter("weight_ih", true, {rows, in}),
                           parameter("weight_hh", true, {rows, state}),
                           parameter("bias_ih", bias, {rows}),
                           parameter("bias_hh", bias, {rows}),
                           {}};
  if (proj > 0) weights.hr = parameter("weight_hr", true, {proj, hidden});
  return weights;
}

void check_sizes(std::string_view name, std::int64_t in, std::int64_t hidden) {
  check<ValueError>(in >= 0 && hidden > 0,
                    "{}: expected an input of at least 0 and a state of at least 1 features, got {} and {}", name, in,
                    hidden);
}

std::string sizes_text(std::int64_t in, std::int64_t hidden, std::int64_t proj) {
  return fmt::format("{}, {}", in, hidden) + (proj ? fmt::format(", proj_size={}", proj) : "");
}

RecurrentStack::RecurrentStack(Module& module, const RecurrentSettings& settings, Recurrence recurrence)
    : settings_(settings), recurrence_(recurrence) {
  const auto& s = settings_;
  check_sizes(s.name, s.input_size, s.hidden_size);
  check_at_least(s.name, "num_layers", s.num_layers, 1);
  reel::detail::check_option(s.name, "dropout", s.dropout, reel::detail::kZeroToOne);
  check<ValueError>(s.proj_size >= 0 && s.proj_size < s.hidden_size,
                    "{}: expected a proj_size of at least 0 and less than the hidden size {}, got {}", s.name,
                    s.hidden_size, s.proj_size);
  for (std::int64_t layer = 0; layer < s.num_layers; ++layer) {
    const std::int64_t out = s.proj_size > 0 ? s.proj_size : s.hidden_size;
    const std::int64_t in = layer == 0 ? s.input_size : out * directions();
    for (std::int64_t d = 0; d < directions(); ++d) {
      const std::string suffix = fmt::format("_l{}{}", layer, d ? "_reverse" : "");
      weights_.push_back(register_weights(module, suffix, s.gates, in, s.hidden_size, s.bias, s.proj_size));
    }
  }
}

std::string RecurrentStack::text() const {
  const auto& s = settings_;
  std::string out = sizes_text(s.input_size, s.hidden_size, s.proj_size);
  if (s.num_layers != 1) out += fmt::format(", num_layers={}", s.num_layers);
  if (!s.bias) out += ", bias=" + text::of(s.bias);
  if (s.batch_first) out += ", batch_first=" + text::of(s.batch_first);
  if (s.dropout != 0) out += ", dropout=" + text::of(s.dropout);
  if (s.bidirectional) out += ", bidirectional=" + text::of(s.bidirectional);
  return out;
}

void RecurrentStack::check_states(const Tensors& first, int rank) const {
  constexpr std::array names{"h0", "c0"};
  const std::int64_t count = settings_.num_layers * directions();
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (!first[i].defined()) continue;
    check<ShapeError>(first[i].dim() == rank && first[i].size(0) == count,
                      "{}: expected {} of shape [{}, {}hidden], got {}", settings_.name, names[i], count,
                      rank == 3 ? "batch, " : "", first[i].shape());
  }
}

Tensors RecurrentStack::run_layers(Tensor x, const Tensors& first, const std::vector<std::int64_t>& batch_sizes,
                                   bool training) const {
  std::vector<Tensors> last(first.size());
  const auto slices = static_cast<std::int64_t>(weights_.size());
  for (std::int64_t slice = 0; slice < slices;) {
    Tensors outputs;
    for (std::int64_t d = 0; d < directions(); ++d, ++slice) {
      Tensors states;
      for (const Tensor& t : first) states.push_back(t.defined() ? select(t, 0, slice) : t);
      const Tensors result = recurrence_(x, states, weights_[static_cast<std::size_t>(slice)],
                                         {.reverse = d == 1, .batch_sizes = batch_sizes});
      outputs.push_back(result[0]);
      for (std::size_t i = 0; i < last.size(); ++i) last[i].push_back(result[i + 1]);
    }
    x = outputs.size() == 1 ? outputs[0] : cat(outputs, -1);
    if (slice < slices && settings_.dropout > 0) x = dropout(x, settings_.dropout, training);
  }
  Tensors out{x};
  for (const Tensors& states : last) out.push_back(states.size() == 1 ? unsqueeze(states[0], 0) : stack(states));
  return out;
}

Tensors RecurrentStack::run(const Tensor& x, const Tensors& first, bool training) const {
  check_defined(settings_.name, x);
  check<ShapeError>(x.dim() == 2 || x.dim() == 3, "{}: expected input of rank 3, or 2 without a batch, got shape {}",
                    settings_.name, x.shape());
  check_states(first, x.dim());
  if (x.dim() == 2) {
    Tensors states;
    for (const Tensor& t : first) states.push_back(t.defined() ? unsqueeze(t, 1) : t);
    Tensors out = run_layers(unsqueeze(x, 1), states, {}, training);
    for (Tensor& t : out) t = squeeze(t, 1);
    return out;
  }
  if (!settings_.batch_first) return run_layers(x, first, {}, training);
  Tensors out = run_layers(transpose(x, 0, 1), first, {}, training);
  out[0] = transpose(out[0], 0, 1);
  return out;
}

std::pair<PackedSequence, Tensors> RecurrentStack::run(const PackedSequence& x, const Tensors& first,
                                                       bool training) const {
  check_defined(settings_.name, x.data, "the data of the packed sequence");
  check_defined(settings_.name, x.batch_sizes, "the batch_sizes of the packed sequence");
  check<ValueError>(x.batch_sizes.numel() > 0, "{}: expected a packed sequence with a step or more, got none",
                    settings_.name);
  check_states(first, 3);
  const auto in_order = [](const Tensor& states, const Tensor& indices) {
    return states.defined() && indices.defined() ? index_select(states, 1, indices) : states;
  };
  Tensors states;
  for (const Tensor& t : first) states.push_back(in_order(t, x.sorted_indices));
  Tensors out = run_layers(x.data, states, x.batch_sizes.to_vector<std::int64_t>(), training);
  PackedSequence y{out[0], x.batch_sizes, x.sorted_indices, x.unsorted_indices};
  out.erase(out.begin());
  for (Tensor& t : out) t = in_order(t, x.unsorted_indices);
  return {std::move(y), std::move(out)};
}

}  // namespace reel::nn::detail
