// Attention of 4 sequences with 8 heads of 64 numbers.

#include "work.h"

namespace bench {

void add_attention_rows(Rows& rows, Sizes sizes) {
  for (const std::int64_t positions : {128, 512, 2048}) {
    const lib::Shape shape{sizes(4, 1), sizes(8, 2), sizes(positions, 10), sizes(64, 6)};
    for (const bool causal : {false, true}) {
      const std::string name = "attention, 4x8x" + std::to_string(positions) + "x64" + (causal ? ", causal" : "");
      // Two products forward; backward four, and one of the weights once more.
      const double product = 2.0 * static_cast<double>(32 * positions * positions * 64) * (causal ? 0.5 : 1);
      const auto add = [&](const std::string& what, double products, const std::function<Work()>& prepare) {
        rows.push_back(
            {.name = name + what, .group = "layer", .operations = products * product, .variants = one_way(prepare)});
      };
      const Function f = [causal](const Tensors& in) { return lib::attention(in[0], in[1], in[2], causal); };
      const Inputs inputs = normal({shape, shape, shape});
      add("", 2, [=] { return forward(inputs(), f); });
      add(", both ways", 7, [=] {
        Tensors leaves;
        for (const Tensor& x : inputs()) leaves.push_back(lib::leaf(x));
        return both_ways(leaves, f);
      });
    }
  }
}

}  // namespace bench
