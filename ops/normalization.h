#pragma once

#include <cstdint>
#include <optional>

#include <reel/tensor/tensor.h>

/// Normalisation, regularisation and embedding.
namespace reel {

/// Normalises each channel (dimension 1) over all others, then weight * x + bias. In training with the batch's own
/// statistics, folding them into the running ones (if defined): r += momentum * (statistic - r), the variance with
/// divisor n - 1 there; else with the running ones (Ioffe and Szegedy 2015). Inputs may be of any magnitude in
/// training; but a running variance out of the range of the dtype (f32: from deviations of some 1e19) is infinite, and
/// evaluation by it gives the bias.
Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight = {},
                  const Tensor& bias = {}, bool training = false, double momentum = 0.1, double eps = 1e-5);
/// relu(batch_norm(...)) in one pass over memory each way.
Tensor batch_norm_relu(const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
                       const Tensor& weight = {}, const Tensor& bias = {}, bool training = false, double momentum = 0.1,
                       double eps = 1e-5);
/// Normalises over the last dimensions, whose shape is `normalized_shape`, then weight * x + bias (Ba et al. 2016).
/// Inputs may be of any magnitude.
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);
/// x / sqrt(mean(x^2) + eps) * weight, the mean over the last dimensions, whose shape is `normalized_shape`: layer norm
/// without centering (Zhang and Sennrich 2019). `eps` defaults to the epsilon of the dtype, 2^-23 for f32. Inputs may
/// be of any magnitude.
Tensor rms_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {},
                std::optional<double> eps = std::nullopt);
/// Normalises groups of channels of each sample, then weight * x + bias for each channel (Wu and He 2018). Inputs may
/// be of any magnitude.
Tensor group_norm(const Tensor& x, std::int64_t num_groups, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);
/// Normalises each channel of each sample of [N, C, ...] over all dimensions behind, then weight * x + bias for each
/// channel (Ulyanov et al. 2016). With the input's own statistics, folding their means over the batch into the running
/// ones (if defined) as batch_norm does; without `use_input_stats` with the running ones. A ShapeError for a single
/// element per channel, which has no variance.
Tensor instance_norm(const Tensor& x, const Tensor& running_mean = {}, const Tensor& running_var = {},
                     const Tensor& weight = {}, const Tensor& bias = {}, bool use_input_stats = true,
                     double momentum = 0.1, double eps = 1e-5);
/// x / (k + alpha / size * sum of x^2 over `size` neighbouring channels)^beta (Krizhevsky et al. 2012, with PyTorch's
/// division of alpha by size). The squares of f32 may be out of range, those of f64 may not; nor may those of f32 in
/// second derivatives.
Tensor local_response_norm(const Tensor& x, std::int64_t size, double alpha = 1e-4, double beta = 0.75, double k = 1);
/// In training, zeroes elements with probability p and scales the others by 1 / (1 - p); else x itself.
Tensor dropout(const Tensor& x, double p = 0.5, bool training = true);
/// The same for whole channels of [N, C, ...].
Tensor dropout2d(const Tensor& x, double p = 0.5, bool training = true);
/// The same: dropout2d takes any rank from 2.
Tensor dropout3d(const Tensor& x, double p = 0.5, bool training = true);

/// Options of embedding.
struct EmbeddingOptions {
  std::optional<std::int64_t> padding_idx = std::nullopt;  ///< A row that gets no gradient; negative: from the end.
  /// Rows that are looked up and longer are shortened to this norm first: in place in the weight, off the tape.
  std::optional<double> max_norm = std::nullopt;
  double norm_type = 2;             ///< The order of that norm, above 0.
  bool scale_grad_by_freq = false;  ///< Whether a row's gradient is divided by how often the index has it.
};

/// The rows of weight [num, dim] at the positions of an index (i64 or i32) of any shape; `padding_idx` (negative: from
/// the end) gets no gradient.
Tensor embedding(const Tensor& index, const Tensor& weight, std::optional<std::int64_t> padding_idx = std::nullopt);
/// The same with more options.
Tensor embedding(const Tensor& index, const Tensor& weight, const EmbeddingOptions& options);

}  // namespace reel
