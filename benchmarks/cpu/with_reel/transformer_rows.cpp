// Training steps of a transformer in Reel.

#include <reel/nn/models/gpt2.h>

#include "../transformers.h"
#include "../work.h"

namespace bench {
namespace {

Work transformer_step(const Transformer& t) {
  const reel::nn::models::GPT2 net({.vocab_size = t.vocabulary,
                                    .n_positions = t.positions,
                                    .n_embd = t.width,
                                    .n_layer = t.layers,
                                    .n_head = t.heads,
                                    .dropout = 0});
  const auto adamw = std::make_shared<reel::optim::AdamW>(net.parameters(), 1e-3);
  const Tensor ids = reel::randint(t.vocabulary, {t.batch, t.positions}),
               next = reel::randint_like(ids, 0, t.vocabulary);
  return {[=] {
    adamw->zero_grad();
    reel::cross_entropy(net(ids).flatten(0, 1), next.flatten()).backward();
    adamw->step();
  }};
}

}  // namespace

void add_transformer_rows(Rows& rows, Sizes sizes) {
  for (const Transformer& t : kTransformers) {
    rows.push_back({.name = t.step(), .group = "step", .variants = one_way([=] {
                                                         return transformer_step(sizes.tiny ? t.small() : t);
                                                       })});
  }
}

}  // namespace bench
