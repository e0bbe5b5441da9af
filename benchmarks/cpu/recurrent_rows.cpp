// Recurrent layers, forward and backward.

#include "work.h"

namespace bench {

void add_recurrent_rows(Rows& rows, Sizes sizes) {
  const std::int64_t size = sizes(256, 8), steps = sizes(35, 3), batch = sizes(32, 2);
  const auto add = [&](const std::string& name, lib::Recurrent (*make)(std::int64_t, std::int64_t, bool),
                       std::int64_t layers, bool both) {
    const std::string depth = layers == 1 ? "" : ", " + std::to_string(layers) + " layers";
    rows.push_back({.name = name + " 256" + depth + (both ? ", both directions" : "") + ", 35x32, both ways",
                    .group = "layer",
                    .variants = one_way([=] {
                      const lib::Recurrent layer = make(size, layers, both);
                      Tensors in{lib::leaf(lib::randn({steps, batch, size}))};
                      in.insert(in.end(), layer.parameters.begin(), layer.parameters.end());
                      return both_ways(in, [layer](const Tensors& t) { return layer.forward(t[0]); });
                    })});
  };
  for (const std::int64_t layers : {1, 2}) {
    for (const bool both : {false, true}) {
      add("LSTM", lib::lstm, layers, both);
      add("GRU", lib::gru, layers, both);
    }
  }
  add("RNN", lib::rnn, 1, false);
}

}  // namespace bench
