// ONNX's normalisations.

#include <reel/ops/distance.h>
#include <reel/ops/ops.h>

#include "support/onnx.h"

namespace reel::testing::onnx {
namespace {

/// In training also the running statistics. ONNX's momentum is the share of the old ones, and its variance has the
/// divisor n, Reel's n - 1.
Tensors batch_normalised(const Call& call) {
  const Tensor& x = call[0];
  const double eps = call.number("epsilon", 1e-5), kept = call.number("momentum", 0.9);
  const bool training = call.integer("training_mode", 0);
  const Tensor mean = call[3].clone(), variance = call[4].clone();
  const Tensor y = batch_norm(x, mean, variance, call[1], call[2], training, 1 - kept, eps);
  const double n = static_cast<double>(x.numel() / x.size(1));
  return {y, mean, kept * call[4] + (variance - kept * call[4]) * ((n - 1) / n)};
}

/// The shape of the dimensions from `axis` on.
Shape normalised_shape(const Call& call) {
  Shape shape;
  for (std::int64_t d = from_front(call.integer("axis", -1), call[0]); d < call[0].dim(); ++d) {
    shape.push_back(call[0].size(d));
  }
  return shape;
}

/// Also mean and reciprocal standard deviation.
Tensors layer_normalised(const Call& call) {
  const Tensor& x = call[0];
  const Shape shape = normalised_shape(call);
  const double eps = call.number("epsilon", 1e-5);
  Dims dims;
  for (int d = x.dim() - shape.size(); d < x.dim(); ++d) dims.push_back(d);
  return {layer_norm(x, shape, call[1], call[2], eps), mean(x, dims, true), rsqrt(var(x, dims, 0, true) + eps)};
}

Tensor rms_normalised(const Call& call) {
  return rms_norm(call[0], normalised_shape(call), call[1], call.number("epsilon", 1e-5));
}

Tensor group_normalised(const Call& call) {
  return group_norm(call[0], call.integer("num_groups", 1), call[1], call[2], call.number("epsilon", 1e-5));
}

Tensor instance_normalised(const Call& call) {
  return instance_norm(call[0], {}, {}, call[1], call[2], true, 0.1, call.number("epsilon", 1e-5));
}

Tensor response_normalised(const Call& call) {
  return local_response_norm(call[0], call.integer("size", 1), call.number("alpha", 1e-4), call.number("beta", 0.75),
                             call.number("bias", 1));
}

Tensor centred(const Call& call) {
  const Dims axes = call.integers("axes", {0, 2, 3});
  return (call[0] - mean(call[0], axes, true)) / stddev(call[0], axes, 0, true);
}

/// Without training nothing happens, and everything is kept.
Tensors dropped(const Call& call) {
  const bool training = call[2].defined() && call[2].item<bool>();
  const double ratio = call[1].defined() ? call[1].item() : call.number("ratio", 0.5);
  if (training && ratio > 0) throw LeftOut("random numbers");
  return {dropout(call[0], ratio, training), ones(call[0].shape(), DType::boolean)};
}

}  // namespace

void add_normalization(Operators& table) {
  table["BatchNormalization"] = batch_normalised;
  table["Dropout"] = dropped;
  table["LayerNormalization"] = layer_normalised;
  add(table, {{"GroupNormalization", group_normalised},
              {"InstanceNormalization", instance_normalised},
              {"LRN", response_normalised},
              {"LpNormalization",
               [](const Call& call) { return normalize(call[0], call.number("p", 2), call.integer("axis", -1)); }},
              {"MeanVarianceNormalization", centred},
              {"RMSNormalization", rms_normalised}});
}

}  // namespace reel::testing::onnx
