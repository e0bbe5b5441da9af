#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <reel/nn/layers/packed_sequence.h>
#include <reel/nn/module.h>
#include <reel/ops/recurrent.h>

// The layers and directions that RNN, LSTM and GRU are made of.
namespace reel::nn::detail {

/// The parameters of one direction of a layer; absent ones are undefined.
struct RecurrentWeights {
  Tensor ih, hh, bias_ih, bias_hh, hr;
};

/// Registers parameters of these sizes, whose names end in `suffix`, all uniform in +-1/sqrt(hidden). `hr` exists if
/// proj is not 0.
RecurrentWeights register_weights(Module& module, const std::string& suffix, std::int64_t gates, std::int64_t in,
                                  std::int64_t hidden, bool bias, std::int64_t proj = 0);

/// Throws a ValueError unless in is at least 0 and hidden at least 1.
void check_sizes(std::string_view name, std::int64_t in, std::int64_t hidden);

/// What printing shows of a cell or a layer: the sizes, and `bias` if there is none.
std::string sizes_text(std::int64_t in, std::int64_t hidden, std::int64_t proj = 0);

/// The arguments of a layer's constructor, and how many gates it has.
struct RecurrentSettings {
  std::string_view name;
  std::int64_t gates, input_size, hidden_size, num_layers;
  bool bias, batch_first;
  double dropout;
  bool bidirectional;
  std::int64_t proj_size = 0;
};

/// One direction of a layer: the outputs of all steps, and the last states, from x and the first states.
using Recurrence = Tensors (*)(const Tensor& x, const Tensors& first, const RecurrentWeights& weights,
                               const SequenceOptions& options);

/// All layers and directions of a module, which runs them one after the other.
class RecurrentStack {
 public:
  RecurrentStack() = default;
  /// Checks the settings and registers all parameters.
  RecurrentStack(Module& module, const RecurrentSettings& settings, Recurrence recurrence);

  /// The parameters of the first layer, forwards.
  const RecurrentWeights& first() const { return weights_.front(); }
  /// What printing shows.
  std::string text() const;

  /// The outputs of all steps, arranged as x, and the last states [layers * directions, batch, n], without the batch if
  /// x has none. First states that are undefined are zeros. There is dropout in `training`.
  Tensors run(const Tensor& x, const Tensors& first, bool training) const;
  /// The same of packed sequences; the states are in the original order of the sequences.
  std::pair<PackedSequence, Tensors> run(const PackedSequence& x, const Tensors& first, bool training) const;

 private:
  Tensors run_layers(Tensor x, const Tensors& first, const std::vector<std::int64_t>& batch_sizes, bool training) const;
  std::int64_t directions() const { return settings_.bidirectional ? 2 : 1; }
  /// Throws a ShapeError unless a state has this rank and a slice for each layer and direction.
  void check_states(const Tensors& first, int rank) const;

  RecurrentSettings settings_{};
  Recurrence recurrence_ = nullptr;
  std::vector<RecurrentWeights> weights_;  // layer by layer, forwards and backwards
};

}  // namespace reel::nn::detail
