// weight_norm: a parameter as direction and length.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/nn/reparametrization.h>
#include <reel/nn/reparametrized.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/tensor/core/check.h>

namespace reel::nn::utils::detail {
namespace {

/// |v| for each index of a dimension, the others kept as 1; without a dimension of the whole tensor, of rank 0.
Tensor lengths(const Tensor& v, std::optional<std::int64_t> dim) {
  if (!dim) return norm(v);
  Dims others;
  for (int d = 0; d < v.dim(); ++d) {
    if (d != *dim) others.push_back(d);
  }
  return others.empty() ? abs(v) : norm(v, 2, others, true);  // no dimensions would be all of them
}

}  // namespace

void add_weight_norm(const Module& module, const std::string& name, std::optional<std::int64_t> dim) {
  const Tensor weight = parameter_to_replace("weight_norm", module, name);
  check<IndexError>(!dim || (*dim >= 0 && *dim < weight.dim()),
                    "weight_norm: expected a dimension of shape {}, from 0 on, or none for all, got {}", weight.shape(),
                    dim.value_or(0));
  const Tensor v = weight.detach().clone(), g = no_grad([&] { return lengths(v, dim).clone(); });
  reparametrize(module, weight, {"weight_norm", name, {{name + "_g", g}, {name + "_v", v}}, {}, [=](bool) {
                                   return v * (g / lengths(v, dim));
                                 }});
}

}  // namespace reel::nn::utils::detail
