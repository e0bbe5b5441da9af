// Training steps of a transformer in libtorch.

#include "../transformers.h"
#include "../work.h"
#include "gpt2.h"

namespace bench {
namespace {

Work transformer_step(const Transformer& t) {
  const auto net = std::make_shared<GPT2>(t);
  const auto adamw = std::make_shared<torch::optim::AdamW>(net->parameters(), torch::optim::AdamWOptions(1e-3));
  const Tensor ids = lib::labels(t.vocabulary, t.batch * t.positions).view({t.batch, t.positions});
  const Tensor next = lib::labels(t.vocabulary, t.batch * t.positions);
  return {[=] {
    for (const Tensor& parameter : adamw->param_groups()[0].params()) lib::clear_grad(parameter);
    lib::cross_entropy(net->forward(ids).flatten(0, 1), next).backward();
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
