#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <reel/ops/factories.h>
#include <reel/ops/options.h>
#include <reel/tensor/tensor.h>

/// Every operation of Reel: the table of contents. Names, argument order and defaults are PyTorch's. Unless a line says
/// otherwise an operation takes f32 and f64, is differentiable, twice and more, broadcasts its operands as NumPy does,
/// and throws a typed error (tensor/core/error.h) that names it when operands do not fit. Operands of one call share
/// dtype and device; a C++ number takes the tensor's dtype.
namespace reel {

// --- arithmetic (also integers)

/// a + alpha * b.
Tensor add(const Tensor& a, const Tensor& b, Scalar alpha = 1);
Tensor add(const Tensor& a, Scalar b);
/// a - alpha * b.
Tensor sub(const Tensor& a, const Tensor& b, Scalar alpha = 1);
Tensor sub(const Tensor& a, Scalar b);
/// a * b, element by element.
Tensor mul(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, Scalar b);
/// a / b; floating dtypes only (integers: convert first, or `floor_divide`).
Tensor div(const Tensor& a, const Tensor& b);
Tensor div(const Tensor& a, Scalar b);
/// floor(a / b), rounding towards minus infinity; not differentiable. Integer division by 0 is a ValueError.
Tensor floor_divide(const Tensor& a, const Tensor& b);
Tensor floor_divide(const Tensor& a, Scalar b);
/// a - b * floor(a / b): the sign is that of b, as in Python. Integer division by 0 is a ValueError.
Tensor remainder(const Tensor& a, const Tensor& b);
Tensor remainder(const Tensor& a, Scalar b);
/// a to the power b; floating dtypes only.
Tensor pow(const Tensor& a, const Tensor& b);
Tensor pow(const Tensor& a, Scalar b);
Tensor pow(Scalar a, const Tensor& b);
/// The larger of a and b; equal operands share the gradient, NaN wins.
Tensor maximum(const Tensor& a, const Tensor& b);
/// The smaller of a and b; equal operands share the gradient, NaN wins.
Tensor minimum(const Tensor& a, const Tensor& b);
/// The angle of the point (x, y) in (-pi, pi].
Tensor atan2(const Tensor& y, const Tensor& x);
/// start + weight * (end - start).
Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight);
Tensor lerp(const Tensor& start, const Tensor& end, Scalar weight);
/// -x.
Tensor neg(const Tensor& x);

/// The operators: add, sub, mul, div and neg.
Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator+(const Tensor& a, Scalar b);
Tensor operator+(Scalar a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, Scalar b);
Tensor operator-(Scalar a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, Scalar b);
Tensor operator*(Scalar a, const Tensor& b);
Tensor operator/(const Tensor& a, const Tensor& b);
Tensor operator/(const Tensor& a, Scalar b);
Tensor operator/(Scalar a, const Tensor& b);
Tensor operator-(const Tensor& x);

// --- functions of each element

/// |x|; the gradient at 0 is 0. Also integers.
Tensor abs(const Tensor& x);
/// -1, 0 or 1; the gradient is 0. Also integers.
Tensor sign(const Tensor& x);
/// e^x.
Tensor exp(const Tensor& x);
/// e^x - 1, accurate near 0.
Tensor expm1(const Tensor& x);
/// The natural logarithm.
Tensor log(const Tensor& x);
/// log(1 + x), accurate near 0.
Tensor log1p(const Tensor& x);
/// The logarithm to base 2.
Tensor log2(const Tensor& x);
/// The square root.
Tensor sqrt(const Tensor& x);
/// 1 / sqrt(x).
Tensor rsqrt(const Tensor& x);
/// x * x. Also integers.
Tensor square(const Tensor& x);
/// 1 / x.
Tensor reciprocal(const Tensor& x);
/// The sine; arguments of the trigonometric functions are radians.
Tensor sin(const Tensor& x);
/// The cosine.
Tensor cos(const Tensor& x);
/// The tangent.
Tensor tan(const Tensor& x);
/// The inverse sine, in [-pi/2, pi/2].
Tensor asin(const Tensor& x);
/// The inverse cosine, in [0, pi].
Tensor acos(const Tensor& x);
/// The inverse tangent, in [-pi/2, pi/2].
Tensor atan(const Tensor& x);
/// The hyperbolic sine.
Tensor sinh(const Tensor& x);
/// The hyperbolic cosine.
Tensor cosh(const Tensor& x);
/// The hyperbolic tangent.
Tensor tanh(const Tensor& x);
/// The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.
Tensor erf(const Tensor& x);
/// The largest whole number not above x; the gradient is 0.
Tensor floor(const Tensor& x);
/// The smallest whole number not below x; the gradient is 0.
Tensor ceil(const Tensor& x);
/// The nearest whole number, halves to even; the gradient is 0.
Tensor round(const Tensor& x);
/// x limited to [min, max]; the gradient is 1 inside and on the limits, 0 outside. Also integers.
Tensor clamp(const Tensor& x, std::optional<Scalar> min, std::optional<Scalar> max = std::nullopt);
/// Whether x is NaN; boolean.
Tensor isnan(const Tensor& x);
/// Whether x is infinite; boolean.
Tensor isinf(const Tensor& x);

// --- activations

/// 1 / (1 + exp(-x)).
Tensor sigmoid(const Tensor& x);
/// log(1 + exp(beta x)) / beta; x itself where beta x > threshold.
Tensor softplus(const Tensor& x, double beta = 1, double threshold = 20);
/// max(x, 0). Its gradient at 0 is 0, as in PyTorch (some texts write 1; both are subgradients). Also integers.
Tensor relu(const Tensor& x);
/// x where x > 0, else slope * x.
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.01);
/// x where x > 0, else weight * x with a learnt weight: of one element, or one for each channel (dimension 1).
Tensor prelu(const Tensor& x, const Tensor& weight);
/// x where x > 0, else alpha * (exp(x) - 1).
Tensor elu(const Tensor& x, double alpha = 1);
/// The self-normalising unit: 1.0507 * elu(x, 1.6733) (Klambauer et al. 2017).
Tensor selu(const Tensor& x);
/// x * Phi(x) with Phi the standard normal distribution function (Hendrycks and Gimpel 2016).
Tensor gelu(const Tensor& x);
/// x * sigmoid(x).
Tensor silu(const Tensor& x);
/// x limited to [min, max]; the gradient is 1 inside, 0 on the limits and outside.
Tensor hardtanh(const Tensor& x, double min = -1, double max = 1);
/// exp(x) / sum(exp(x)) along a dimension, exact for logits of any size.
Tensor softmax(const Tensor& x, std::int64_t dim);
/// log(softmax(x)), exact for logits of any size.
Tensor log_softmax(const Tensor& x, std::int64_t dim);

// --- comparisons and choices (also integers and boolean; comparisons give boolean)

/// Whether a == b, element by element.
Tensor eq(const Tensor& a, const Tensor& b);
Tensor eq(const Tensor& a, Scalar b);
/// Whether a != b.
Tensor ne(const Tensor& a, const Tensor& b);
Tensor ne(const Tensor& a, Scalar b);
/// Whether a < b.
Tensor lt(const Tensor& a, const Tensor& b);
Tensor lt(const Tensor& a, Scalar b);
/// Whether a <= b.
Tensor le(const Tensor& a, const Tensor& b);
Tensor le(const Tensor& a, Scalar b);
/// Whether a > b.
Tensor gt(const Tensor& a, const Tensor& b);
Tensor gt(const Tensor& a, Scalar b);
/// Whether a >= b.
Tensor ge(const Tensor& a, const Tensor& b);
Tensor ge(const Tensor& a, Scalar b);
/// The operators: eq, ne, lt, le, gt and ge.
Tensor operator==(const Tensor& a, const Tensor& b);
Tensor operator==(const Tensor& a, Scalar b);
Tensor operator!=(const Tensor& a, const Tensor& b);
Tensor operator!=(const Tensor& a, Scalar b);
Tensor operator<(const Tensor& a, const Tensor& b);
Tensor operator<(const Tensor& a, Scalar b);
Tensor operator<=(const Tensor& a, const Tensor& b);
Tensor operator<=(const Tensor& a, Scalar b);
Tensor operator>(const Tensor& a, const Tensor& b);
Tensor operator>(const Tensor& a, Scalar b);
Tensor operator>=(const Tensor& a, const Tensor& b);
Tensor operator>=(const Tensor& a, Scalar b);
/// a and b, counting anything but 0 as true.
Tensor logical_and(const Tensor& a, const Tensor& b);
/// a or b.
Tensor logical_or(const Tensor& a, const Tensor& b);
/// Exactly one of a and b.
Tensor logical_xor(const Tensor& a, const Tensor& b);
/// Not x.
Tensor logical_not(const Tensor& x);
/// a where the boolean condition holds, else b.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, Scalar b);
Tensor where(const Tensor& condition, Scalar a, const Tensor& b);
/// x with `value` wherever the boolean mask holds.
Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value);
/// Whether |a - b| <= atol + rtol * |b|, element by element.
Tensor isclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// Whether all elements are close.
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// Whether shape and all elements are the same.
bool equal(const Tensor& a, const Tensor& b);

// --- reductions; `dims` empty means all, negative counts from the end

/// The sum. Also integers and boolean, summed as i64, and half floats, summed in f32.
Tensor sum(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// The sum over the dimensions that broadcasting would add or stretch: the inverse of `expand`.
Tensor sum_to(const Tensor& x, const Shape& shape);
/// The mean; floating dtypes only (convert integers first).
Tensor mean(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// The product. Also integers, as i64.
Tensor prod(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// The variance with divisor n - correction.
Tensor var(const Tensor& x, const Dims& dims = {}, double correction = 1, bool keepdim = false);
/// The standard deviation with divisor n - correction; the gradient where it is 0 is 0.
Tensor std(const Tensor& x, const Dims& dims = {}, double correction = 1, bool keepdim = false);
/// The maximum; equal maxima share the gradient evenly, NaN wins. Also integers.
Tensor amax(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// The minimum; equal minima share the gradient evenly, NaN wins. Also integers.
Tensor amin(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// The maxima along a dimension and where they are (i64): the first of equals, which gets the gradient. Also integers.
std::tuple<Tensor, Tensor> max(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// The minima along a dimension and where they are (i64): the first of equals, which gets the gradient. Also integers.
std::tuple<Tensor, Tensor> min(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// The index (i64) of the first maximum along `dim`; without one, in the flattened tensor. Also integers.
Tensor argmax(const Tensor& x, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false);
/// The index (i64) of the first minimum along `dim`; without one, in the flattened tensor. Also integers.
Tensor argmin(const Tensor& x, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false);
/// (sum |x|^p)^(1/p); p may be infinity (the largest |x|). The gradient of the 2-norm at 0 is 0.
Tensor norm(const Tensor& x, double p = 2, const Dims& dims = {}, bool keepdim = false);
/// log(sum(exp(x))), exact for arguments of any size.
Tensor logsumexp(const Tensor& x, const Dims& dims, bool keepdim = false);
/// Whether all elements are non-zero; boolean. Also integers and boolean.
Tensor all(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// Whether any element is non-zero; boolean. Also integers and boolean.
Tensor any(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// The running sum along a dimension. Also integers, as i64.
Tensor cumsum(const Tensor& x, std::int64_t dim);

// --- views: no copy, any dtype. The members of Tensor of the same names do the same

/// The same elements in another shape; one size may be -1. A copy where the strides allow no view.
Tensor reshape(const Tensor& x, const Shape& shape);
/// Dimensions start..end as one.
Tensor flatten(const Tensor& x, std::int64_t start_dim = 0, std::int64_t end_dim = -1);
/// Two dimensions exchanged.
Tensor transpose(const Tensor& x, std::int64_t dim0, std::int64_t dim1);
/// The transpose of a matrix; vectors stay as they are.
Tensor t(const Tensor& x);
/// The dimensions in another order.
Tensor permute(const Tensor& x, const Dims& dims);
/// Dimensions `source` moved to positions `destination`, the others keep their order.
Tensor movedim(const Tensor& x, const Dims& source, const Dims& destination);
/// Dimensions of size 1 stretched to `shape` (-1: keep), new ones added in front.
Tensor expand(const Tensor& x, const Shape& shape);
/// Without its dimensions of size 1, or without `dim` if its size is 1.
Tensor squeeze(const Tensor& x);
Tensor squeeze(const Tensor& x, std::int64_t dim);
/// With a new dimension of size 1.
Tensor unsqueeze(const Tensor& x, std::int64_t dim);
/// One index of a dimension, which disappears.
Tensor select(const Tensor& x, std::int64_t dim, std::int64_t index);
/// `length` indices of a dimension from `start` on.
Tensor narrow(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length);
/// start:end:step of a dimension, with Python's rules for missing, negative and too large limits.
Tensor slice(const Tensor& x, std::int64_t dim, std::optional<std::int64_t> start, std::optional<std::int64_t> end,
             std::int64_t step = 1);
/// Sliding windows of `size` every `step` along a dimension; the window is a new last dimension.
Tensor unfold(const Tensor& x, std::int64_t dim, std::int64_t size, std::int64_t step);
/// The diagonal of two dimensions as a new last one.
Tensor diagonal(const Tensor& x, std::int64_t offset = 0, std::int64_t dim1 = 0, std::int64_t dim2 = 1);
/// Pieces of `size` along a dimension (the last may be smaller), or pieces of the given sizes.
Tensors split(const Tensor& x, std::int64_t size, std::int64_t dim = 0);
Tensors split(const Tensor& x, const std::vector<std::int64_t>& sizes, std::int64_t dim = 0);
/// The slices along a dimension, without it.
Tensors unbind(const Tensor& x, std::int64_t dim = 0);
/// `chunks` pieces of (nearly) equal size.
Tensors chunk(const Tensor& x, std::int64_t chunks, std::int64_t dim = 0);

// --- joining, moving and choosing elements (any dtype)

/// The tensors one after the other along a dimension.
Tensor cat(const Tensors& tensors, std::int64_t dim = 0);
/// The tensors as slices of a new dimension.
Tensor stack(const Tensors& tensors, std::int64_t dim = 0);
/// `repeats` copies along each dimension.
Tensor repeat(const Tensor& x, const Dims& repeats);
/// The order reversed along the given dimensions.
Tensor flip(const Tensor& x, const Dims& dims);
/// Shifted along the given dimensions, what falls off coming back in; without dimensions, the flattened tensor.
Tensor roll(const Tensor& x, const Dims& shifts, const Dims& dims = {});
/// Turned by k * 90 degrees from dims[0] towards dims[1].
Tensor rot90(const Tensor& x, std::int64_t k = 1, const Dims& dims = {0, 1});
/// Values (before, after) around the last dimensions, given from the last one backwards; negative amounts crop.
Tensor pad(const Tensor& x, const std::vector<std::int64_t>& padding, PadMode mode = PadMode::constant,
           Scalar value = 0);
/// The lower triangle of the last two dimensions, up to the given diagonal; 0 elsewhere.
Tensor tril(const Tensor& x, std::int64_t diagonal = 0);
/// The upper triangle of the last two dimensions, from the given diagonal on; 0 elsewhere.
Tensor triu(const Tensor& x, std::int64_t diagonal = 0);
/// out[i][j] = x[index[i][j]][j] for dim 0, and so on; index is i64 and not larger than x in the other dimensions.
Tensor gather(const Tensor& x, std::int64_t dim, const Tensor& index);
/// x with source written to the places that gather would read; where an index repeats, the last one wins.
Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
/// x with source added to the places that gather would read.
Tensor scatter_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
/// The slices of a dimension at the positions of a 1-d i64 index.
Tensor index_select(const Tensor& x, std::int64_t dim, const Tensor& index);
/// x[indices...] with i64 tensors, broadcast together; undefined ones stand for a whole dimension.
Tensor index(const Tensor& x, const Tensors& indices);
/// x with values (broadcast) written, or added with `accumulate`, where `index` would read.
Tensor index_put(const Tensor& x, const Tensors& indices, const Tensor& values, bool accumulate = false);
/// The elements where the boolean mask (broadcast) holds, as a vector.
Tensor masked_select(const Tensor& x, const Tensor& mask);
/// The positions (i64, [count, rank]) of the elements that are not 0.
Tensor nonzero(const Tensor& x);
/// 1 at each label's position of a new last dimension, else 0 (i64); -1 classes: the largest label + 1.
Tensor one_hot(const Tensor& labels, std::int64_t num_classes = -1);
/// The elements in order along a dimension, and where they came from (i64); equal ones keep their order, NaN is
/// largest.
std::tuple<Tensor, Tensor> sort(const Tensor& x, std::int64_t dim = -1, bool descending = false);
/// The positions (i64) that sort would return.
Tensor argsort(const Tensor& x, std::int64_t dim = -1, bool descending = false);
/// The k largest (or smallest) elements along a dimension, in order, and where they came from (i64).
std::tuple<Tensor, Tensor> topk(const Tensor& x, std::int64_t k, std::int64_t dim = -1, bool largest = true);

// --- products, also of integers and half floats; these are summed in f32, and each result is rounded once

/// The matrix product, with all of PyTorch's cases: vectors, matrices, and batches whose leading dimensions broadcast.
Tensor matmul(const Tensor& a, const Tensor& b);
/// Products of batches: [B, n, k] @ [B, k, m].
Tensor bmm(const Tensor& a, const Tensor& b);
/// beta * c + alpha * (a @ b) for matrices; c is broadcast. f32 and f64.
Tensor addmm(const Tensor& c, const Tensor& a, const Tensor& b, double beta = 1, double alpha = 1);
/// x @ weight^T + bias: x [..., in], weight [out, in], bias [out] or undefined. Not of integers.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});
/// All products of two vectors: [n, m].
Tensor outer(const Tensor& a, const Tensor& b);
/// The inner product of two vectors.
Tensor dot(const Tensor& a, const Tensor& b);
/// Einstein summation, "bij,bjk->bik"; with "..." for broadcast dimensions and repeated letters for diagonals.
Tensor einsum(std::string_view equation, const Tensors& operands);

// --- convolution and pooling. Images are [N, C, H, W]; results have channels-last strides

/// Cross-correlation of [N, C, L] with weight [out, C / groups, K]. Also of half floats, summed in f32.
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const Conv1dOptions& options = {});
/// Cross-correlation of [N, C, H, W] with weight [out, C / groups, KH, KW]. Also of half floats, summed in f32.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const Conv2dOptions& options = {});
/// The gradient of conv2d with respect to its input, as an operation: weight [in, out / groups, KH, KW].
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                        const ConvTranspose2dOptions& options = {});
/// The windows of an image as columns: [N, C * KH * KW, windows] (PyTorch's nn.functional.unfold).
Tensor im2col(const Tensor& x, Size2d kernel_size, const WindowOptions& options = {});
/// Adds columns back into an image of size `output_size`: the transpose of im2col.
Tensor col2im(const Tensor& columns, Size2d output_size, Size2d kernel_size, const WindowOptions& options = {});
/// The largest element of each window; the first of equals gets the gradient.
Tensor max_pool2d(const Tensor& x, Size2d kernel_size, const MaxPool2dOptions& options = {});
/// The same, and where each was found (i64, the position in its H x W plane).
std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& x, Size2d kernel_size,
                                                   const MaxPool2dOptions& options = {});
/// The mean of each window.
Tensor avg_pool2d(const Tensor& x, Size2d kernel_size, const AvgPool2dOptions& options = {});
/// The means of windows chosen so that the result has `output_size`.
Tensor adaptive_avg_pool2d(const Tensor& x, Size2d output_size);
/// The maxima of windows chosen so that the result has `output_size`.
Tensor adaptive_max_pool2d(const Tensor& x, Size2d output_size);
/// Resized by `options.mode`, nearest or bilinear.
Tensor interpolate(const Tensor& x, Size2d size, const InterpolateOptions& options = {});

// --- normalisation, regularisation, embedding

/// Normalises each channel (dimension 1) over all others, then weight * x + bias. In training with the batch's own
/// statistics, folding them into the running ones (if defined): r += momentum * (statistic - r), the variance with
/// divisor n - 1 there; else with the running ones (Ioffe and Szegedy 2015).
Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight = {},
                  const Tensor& bias = {}, bool training = false, double momentum = 0.1, double eps = 1e-5);
/// relu(batch_norm(...)) in one pass over memory each way.
Tensor batch_norm_relu(const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
                       const Tensor& weight = {}, const Tensor& bias = {}, bool training = false, double momentum = 0.1,
                       double eps = 1e-5);
/// Normalises over the last dimensions, whose shape is `normalized_shape`, then weight * x + bias (Ba et al. 2016).
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);
/// Normalises groups of channels of each sample, then weight * x + bias for each channel (Wu and He 2018).
Tensor group_norm(const Tensor& x, std::int64_t num_groups, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);
/// x / (k + alpha / size * sum of x^2 over `size` neighbouring channels)^beta (Krizhevsky et al. 2012, with PyTorch's
/// division of alpha by size).
Tensor local_response_norm(const Tensor& x, std::int64_t size, double alpha = 1e-4, double beta = 0.75, double k = 1);
/// In training, zeroes elements with probability p and scales the others by 1 / (1 - p); else x itself.
Tensor dropout(const Tensor& x, double p = 0.5, bool training = true);
/// The same for whole channels of [N, C, ...].
Tensor dropout2d(const Tensor& x, double p = 0.5, bool training = true);
/// The rows of weight [num, dim] at the positions of an i64 index of any shape; `padding_idx` (negative: from
/// the end) gets no gradient.
Tensor embedding(const Tensor& index, const Tensor& weight, std::optional<std::int64_t> padding_idx = std::nullopt);

// --- recurrence. Weights and biases have the rows of the input, forget, cell and output gate after each other; biases
// may be undefined, and so may states, which then are zeros

/// One step of an LSTM: x [batch, in] and the state h, c [batch, hidden] give the new h and c (Hochreiter and
/// Schmidhuber 1997, with the forget gate of Gers et al. 2000). weight_ih [4 hidden, in], weight_hh [4 hidden, hidden],
/// biases [4 hidden].
std::tuple<Tensor, Tensor> lstm_cell(const Tensor& x, const Tensor& h, const Tensor& c, const Tensor& weight_ih,
                                     const Tensor& weight_hh, const Tensor& bias_ih = {}, const Tensor& bias_hh = {});
/// An LSTM over x [steps, batch, in]: the h of all steps, [steps, batch, hidden], and the last h and c.
std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& x, const Tensor& h0, const Tensor& c0, const Tensor& weight_ih,
                                        const Tensor& weight_hh, const Tensor& bias_ih = {},
                                        const Tensor& bias_hh = {});

// --- losses
// The target has the shape of the prediction: losses do not broadcast, for that hides mistakes.

/// -log softmax(logits)[target], over dimension 1 (0 for a vector). Targets are class indices (i64) or probabilities
/// (the logits' shape and dtype).
Tensor cross_entropy(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options = {});
/// -log_probs[target] over dimension 1, for class indices (i64).
Tensor nll_loss(const Tensor& log_probs, const Tensor& target, const NllLossOptions& options = {});
/// (y - t)^2.
Tensor mse_loss(const Tensor& y, const Tensor& target, Reduction reduction = Reduction::mean);
/// 1/(2N) * sum over the N samples of |y - t|^2: the lecture's Euclidean loss, K/2 times mse_loss for K outputs.
Tensor euclidean_loss(const Tensor& y, const Tensor& target);
/// |y - t|.
Tensor l1_loss(const Tensor& y, const Tensor& target, Reduction reduction = Reduction::mean);
/// d^2 / (2 beta) where d = |y - t| < beta, else d - beta / 2.
Tensor smooth_l1_loss(const Tensor& y, const Tensor& target, Reduction reduction = Reduction::mean, double beta = 1);
/// -(t log y + (1 - t) log(1 - y)); the logarithms are not below -100.
Tensor binary_cross_entropy(const Tensor& y, const Tensor& target, const BinaryCrossEntropyOptions& options = {});
/// binary_cross_entropy of sigmoid(logits), exact for logits of any size; pos_weight scales the positive term.
Tensor binary_cross_entropy_with_logits(const Tensor& logits, const Tensor& target,
                                        const BinaryCrossEntropyWithLogitsOptions& options = {});
/// t * (log t - x) for log-probabilities x; with log_target the target is a logarithm too.
Tensor kl_div(const Tensor& log_probs, const Tensor& target, const KlDivOptions& options = {});

}  // namespace reel
