#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include <reel/tensor/core/scalar.h>
#include <reel/tensor/core/shape.h>
#include <reel/tensor/index.h>

namespace reel {

class Tensor;
class Generator;
Generator& default_generator();
enum class PadMode : std::uint8_t;

/// The operations as members of Tensor: `x.exp()` is `exp(x)`, with the same arguments, defaults, gradients and errors;
/// the headers in `reel/ops` document them. What PyTorch has in nn.functional alone (convolution, pooling,
/// normalisation, recurrence, losses) is a free function only.
class TensorMethods {
 public:
  // --- views: they share memory with this tensor and are differentiable

  /// The same elements in another shape; one size may be -1. A ShapeError if the strides do not allow a view.
  Tensor view(const Shape& shape) const;
  /// A view in the shape of `other`.
  Tensor view_as(const Tensor& other) const;
  /// A view where the strides allow one, else a copy.
  Tensor reshape(const Shape& shape) const;
  /// Dimensions start_dim to end_dim, inclusive, as one.
  Tensor flatten(std::int64_t start_dim = 0, std::int64_t end_dim = -1) const;
  /// Dimension `dim` as several of these sizes, one of which may be -1.
  Tensor unflatten(std::int64_t dim, const Shape& sizes) const;
  /// Two dimensions exchanged.
  Tensor transpose(std::int64_t dim0, std::int64_t dim1) const;
  /// The transpose of a matrix; a tensor of rank 0 or 1 as it is.
  Tensor t() const;
  /// Dimension i of the result is dimension dims[i] of this tensor.
  Tensor permute(const Dims& dims) const;
  Tensor movedim(const Dims& source, const Dims& destination) const;
  /// Dimensions of size 1 repeated, and new ones in front, without a copy; -1 keeps a size.
  Tensor expand(const Shape& shape) const;
  Tensor expand_as(const Tensor& other) const;
  /// Without its dimensions of size 1, or without dimension `dim` if that is one.
  Tensor squeeze() const;
  Tensor squeeze(std::int64_t dim) const;
  /// With a new dimension of size 1 at `dim`.
  Tensor unsqueeze(std::int64_t dim) const;
  /// Without dimension `dim`, at position `index` of it.
  Tensor select(std::int64_t dim, std::int64_t index) const;
  /// Positions [start, start + length) of a dimension.
  Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const;
  /// Positions [start, end) of a dimension, every `step`-th (positive), cut to its size as in Python.
  Tensor slice(std::int64_t dim, std::optional<std::int64_t> start, std::optional<std::int64_t> end,
               std::int64_t step = 1) const;
  /// The windows of `size` positions that begin every `step` positions of a dimension; a window's positions become the
  /// last dimension.
  Tensor unfold(std::int64_t dim, std::int64_t size, std::int64_t step) const;
  /// The diagonal of two dimensions as a new last one.
  Tensor diagonal(std::int64_t offset = 0, std::int64_t dim1 = 0, std::int64_t dim2 = 1) const;
  /// Pieces along a dimension.
  std::vector<Tensor> split(std::int64_t size, std::int64_t dim = 0) const;
  std::vector<Tensor> split(const std::vector<std::int64_t>& sizes, std::int64_t dim = 0) const;
  std::vector<Tensor> chunk(std::int64_t chunks, std::int64_t dim = 0) const;
  std::vector<Tensor> unbind(std::int64_t dim = 0) const;

  // --- indexing

  /// x[i] is `select(0, i)`.
  Tensor operator[](std::int64_t index) const;
  /// x[positions] and x[mask] gather a copy: `index({positions})`. Write to such places with `index_put_`.
  Tensor operator[](const Tensor& index) const;
  /// Basic indexing as in Python: integers, `Slice(start, end, step)`, `None`, `Ellipsis` give a view; index and mask
  /// tensors (i64 or i32, boolean) gather a copy. `x.index({Slice(0, 3), None, i})`.
  Tensor index(std::span<const Index> indices) const;
  Tensor index(std::initializer_list<Index> indices) const;
  /// A copy with `values` (broadcast) written, or added with `accumulate`, where `index(indices)` would read.
  Tensor index_put(const std::vector<Tensor>& indices, const Tensor& values, bool accumulate = false) const;
  /// Writes `value` (broadcast) where `index(indices)` would read.
  const Tensor& index_put_(std::initializer_list<Index> indices, const Tensor& value) const;
  const Tensor& index_put_(std::initializer_list<Index> indices, Scalar value) const;

  // --- joining, moving and choosing elements (ops/indexing.h)

  /// Copies with elements moved, repeated or left out.
  Tensor repeat(const Dims& repeats) const;
  Tensor flip(const Dims& dims) const;
  Tensor roll(const Dims& shifts, const Dims& dims = {}) const;
  Tensor rot90(std::int64_t k = 1, const Dims& dims = {0, 1}) const;
  Tensor pad(const std::vector<std::int64_t>& padding) const;
  Tensor pad(const std::vector<std::int64_t>& padding, PadMode mode, Scalar value = 0) const;
  Tensor diag_embed(std::int64_t offset = 0, std::int64_t dim1 = -2, std::int64_t dim2 = -1) const;
  Tensor diag(std::int64_t diagonal = 0) const;
  Tensor tril(std::int64_t diagonal = 0) const;
  Tensor triu(std::int64_t diagonal = 0) const;
  /// Elements chosen by other tensors.
  Tensor gather(std::int64_t dim, const Tensor& index) const;
  Tensor scatter(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor scatter_add(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor index_select(std::int64_t dim, const Tensor& index) const;
  Tensor masked_select(const Tensor& mask) const;
  Tensor masked_fill(const Tensor& mask, Scalar value) const;
  Tensor nonzero() const;
  Tensor one_hot(std::int64_t num_classes = -1) const;
  /// This tensor where the condition holds, else `other`.
  Tensor where(const Tensor& condition, const Tensor& other) const;
  Tensor where(const Tensor& condition, Scalar other) const;
  /// Elements in order, with their positions.
  std::tuple<Tensor, Tensor> sort(std::int64_t dim = -1, bool descending = false) const;
  Tensor argsort(std::int64_t dim = -1, bool descending = false) const;
  std::tuple<Tensor, Tensor> topk(std::int64_t k, std::int64_t dim = -1, bool largest = true) const;

  // --- arithmetic (ops/arithmetic.h)

  /// With a tensor, which is broadcast, or a number.
  Tensor add(const Tensor& other, Scalar alpha = 1) const;
  Tensor add(Scalar other) const;
  Tensor sub(const Tensor& other, Scalar alpha = 1) const;
  Tensor sub(Scalar other) const;
  Tensor mul(const Tensor& other) const;
  Tensor mul(Scalar other) const;
  Tensor div(const Tensor& other) const;
  Tensor div(Scalar other) const;
  Tensor floor_divide(const Tensor& other) const;
  Tensor floor_divide(Scalar other) const;
  Tensor remainder(const Tensor& other) const;
  Tensor remainder(Scalar other) const;
  Tensor pow(const Tensor& exponent) const;
  Tensor pow(Scalar exponent) const;
  Tensor maximum(const Tensor& other) const;
  Tensor minimum(const Tensor& other) const;
  Tensor atan2(const Tensor& x) const;
  Tensor lerp(const Tensor& end, const Tensor& weight) const;
  Tensor lerp(const Tensor& end, Scalar weight) const;
  Tensor neg() const;

  // --- comparisons and logic (ops/comparison.h)

  /// Boolean, element by element.
  Tensor eq(const Tensor& other) const;
  Tensor eq(Scalar other) const;
  Tensor ne(const Tensor& other) const;
  Tensor ne(Scalar other) const;
  Tensor lt(const Tensor& other) const;
  Tensor lt(Scalar other) const;
  Tensor le(const Tensor& other) const;
  Tensor le(Scalar other) const;
  Tensor gt(const Tensor& other) const;
  Tensor gt(Scalar other) const;
  Tensor ge(const Tensor& other) const;
  Tensor ge(Scalar other) const;
  Tensor isclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) const;
  Tensor isnan() const;
  Tensor isinf() const;
  Tensor logical_and(const Tensor& other) const;
  Tensor logical_or(const Tensor& other) const;
  Tensor logical_xor(const Tensor& other) const;
  Tensor logical_not() const;
  Tensor bitwise_and(const Tensor& other) const;
  Tensor bitwise_or(const Tensor& other) const;
  Tensor bitwise_xor(const Tensor& other) const;
  Tensor bitwise_not() const;
  /// One answer for all elements.
  bool allclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) const;
  bool equal(const Tensor& other) const;

  // --- functions of each element (ops/pointwise.h, ops/activation.h)

  /// Powers, exponentials, logarithms, rounding.
  Tensor abs() const;
  Tensor sign() const;
  Tensor exp() const;
  Tensor expm1() const;
  Tensor log() const;
  Tensor log1p() const;
  Tensor log2() const;
  Tensor sqrt() const;
  Tensor rsqrt() const;
  Tensor square() const;
  Tensor reciprocal() const;
  Tensor floor() const;
  Tensor ceil() const;
  Tensor round() const;
  Tensor clamp(std::optional<Scalar> min, std::optional<Scalar> max = std::nullopt) const;
  Tensor erf() const;
  Tensor erfc() const;
  Tensor erfinv() const;
  Tensor asinh() const;
  Tensor acosh() const;
  Tensor atanh() const;
  Tensor exp2() const;
  Tensor log10() const;
  Tensor sinc() const;
  Tensor logit(std::optional<double> eps = std::nullopt) const;
  Tensor xlogy(const Tensor& y) const;
  Tensor xlogy(Scalar y) const;
  Tensor i0() const;
  Tensor lgamma() const;
  Tensor digamma() const;
  Tensor polygamma(std::int64_t n) const;
  Tensor bitwise_left_shift(const Tensor& b) const;
  Tensor bitwise_left_shift(Scalar b) const;
  Tensor bitwise_right_shift(const Tensor& b) const;
  Tensor bitwise_right_shift(Scalar b) const;
  Tensor inverse() const;
  Tensor det() const;
  Tensor matrix_power(std::int64_t n) const;
  /// Trigonometric and hyperbolic functions.
  Tensor sin() const;
  Tensor cos() const;
  Tensor tan() const;
  Tensor asin() const;
  Tensor acos() const;
  Tensor atan() const;
  Tensor sinh() const;
  Tensor cosh() const;
  Tensor tanh() const;
  /// Activations.
  Tensor sigmoid() const;
  Tensor softplus(double beta = 1, double threshold = 20) const;
  Tensor relu() const;
  Tensor leaky_relu(double negative_slope = 0.01) const;
  Tensor prelu(const Tensor& weight) const;
  Tensor elu(double alpha = 1) const;
  Tensor selu() const;
  Tensor gelu() const;
  Tensor glu(std::int64_t dim = -1) const;
  Tensor swiglu(const Tensor& up) const;
  Tensor silu() const;
  Tensor mish() const;
  Tensor hardtanh(double min = -1, double max = 1) const;
  Tensor softmax(std::int64_t dim) const;
  Tensor log_softmax(std::int64_t dim) const;

  // --- reductions (ops/reduction.h)

  /// Over the given dimensions, or over all.
  Tensor sum(const Dims& dims = {}, bool keepdim = false) const;
  Tensor sum_to(const Shape& shape) const;
  Tensor mean(const Dims& dims = {}, bool keepdim = false) const;
  Tensor prod(const Dims& dims = {}, bool keepdim = false) const;
  Tensor var(const Dims& dims = {}, double correction = 1, bool keepdim = false) const;
  Tensor std(const Dims& dims = {}, double correction = 1, bool keepdim = false) const;
  Tensor stddev(const Dims& dims = {}, double correction = 1, bool keepdim = false) const;
  Tensor amax(const Dims& dims = {}, bool keepdim = false) const;
  Tensor amin(const Dims& dims = {}, bool keepdim = false) const;
  Tensor norm(double p = 2, const Dims& dims = {}, bool keepdim = false) const;
  Tensor logsumexp(const Dims& dims, bool keepdim = false) const;
  Tensor all(const Dims& dims = {}, bool keepdim = false) const;
  Tensor any(const Dims& dims = {}, bool keepdim = false) const;
  /// The extreme element of all, or the extremes along a dimension with their positions.
  Tensor max() const;
  Tensor min() const;
  std::tuple<Tensor, Tensor> max(std::int64_t dim, bool keepdim = false) const;
  std::tuple<Tensor, Tensor> min(std::int64_t dim, bool keepdim = false) const;
  Tensor argmax(std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false) const;
  Tensor argmin(std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false) const;
  /// Running sums and products.
  Tensor cumsum(std::int64_t dim) const;
  Tensor cumprod(std::int64_t dim) const;

  // --- products (ops/linear_algebra.h)

  /// Of matrices and vectors.
  Tensor matmul(const Tensor& other) const;
  Tensor bmm(const Tensor& other) const;
  Tensor mm(const Tensor& other) const;
  Tensor mv(const Tensor& vector) const;
  Tensor addmm(const Tensor& a, const Tensor& b, double beta = 1, double alpha = 1) const;
  Tensor linear(const Tensor& weight) const;
  Tensor linear(const Tensor& weight, const Tensor& bias) const;
  Tensor outer(const Tensor& other) const;
  Tensor dot(const Tensor& other) const;
  Tensor trace() const;

  // --- repeating, writing and taking elements by position (ops/selection.h)

  /// Copies with elements repeated, reversed, written or taken.
  Tensor tile(const Dims& repeats) const;
  Tensor repeat_interleave(std::int64_t repeats, std::optional<std::int64_t> dim = std::nullopt) const;
  Tensor repeat_interleave(const Tensor& repeats, std::optional<std::int64_t> dim = std::nullopt) const;
  Tensor fliplr() const;
  Tensor flipud() const;
  Tensor broadcast_to(const Shape& shape) const;
  Tensor scatter(std::int64_t dim, const Tensor& index, Scalar value) const;
  Tensor scatter_reduce(std::int64_t dim, const Tensor& index, const Tensor& source, std::string_view reduce,
                        bool include_self = true) const;
  Tensor index_add(std::int64_t dim, const Tensor& index, const Tensor& source, Scalar alpha = 1) const;
  Tensor index_copy(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor index_fill(std::int64_t dim, const Tensor& index, Scalar value) const;
  Tensor masked_scatter(const Tensor& mask, const Tensor& source) const;
  Tensor take(const Tensor& index) const;
  Tensor take_along_dim(const Tensor& index, std::optional<std::int64_t> dim = std::nullopt) const;

  // --- arithmetic beyond the operators (ops/numeric.h)

  /// Rounding towards 0, lengths, sums of exponentials, what is finite.
  Tensor trunc() const;
  Tensor frac() const;
  Tensor fmod(const Tensor& other) const;
  Tensor fmod(Scalar other) const;
  Tensor div(const Tensor& other, std::string_view rounding_mode) const;
  Tensor div(Scalar other, std::string_view rounding_mode) const;
  Tensor hypot(const Tensor& other) const;
  Tensor logaddexp(const Tensor& other) const;
  Tensor logaddexp2(const Tensor& other) const;
  Tensor isfinite() const;
  Tensor isposinf() const;
  Tensor isneginf() const;
  Tensor nan_to_num(double nan = 0, std::optional<double> posinf = std::nullopt,
                    std::optional<double> neginf = std::nullopt) const;

  // --- running extremes, differences (ops/scan.h)

  /// Along a dimension.
  std::tuple<Tensor, Tensor> cummax(std::int64_t dim) const;
  std::tuple<Tensor, Tensor> cummin(std::int64_t dim) const;
  Tensor logcumsumexp(std::int64_t dim) const;
  Tensor diff(std::int64_t n = 1, std::int64_t dim = -1) const;
  Tensor diff(std::int64_t n, std::int64_t dim, const Tensor& prepend, const Tensor& append) const;

  // --- statistics (ops/statistics.h)

  /// Order, counts, covariances.
  std::tuple<Tensor, Tensor> aminmax(std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false) const;
  Tensor nansum(const Dims& dims = {}, bool keepdim = false) const;
  Tensor nanmean(const Dims& dims = {}, bool keepdim = false) const;
  Tensor count_nonzero(const Dims& dims = {}) const;
  Tensor median() const;
  std::tuple<Tensor, Tensor> median(std::int64_t dim, bool keepdim = false) const;
  Tensor nanmedian() const;
  std::tuple<Tensor, Tensor> nanmedian(std::int64_t dim, bool keepdim = false) const;
  std::tuple<Tensor, Tensor> kthvalue(std::int64_t k, std::int64_t dim = -1, bool keepdim = false) const;
  std::tuple<Tensor, Tensor> mode(std::int64_t dim = -1, bool keepdim = false) const;
  Tensor quantile(double q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                  std::string_view interpolation = "linear") const;
  Tensor quantile(const Tensor& q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                  std::string_view interpolation = "linear") const;
  Tensor nanquantile(double q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                     std::string_view interpolation = "linear") const;
  Tensor nanquantile(const Tensor& q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                     std::string_view interpolation = "linear") const;
  Tensor bincount() const;
  Tensor bincount(const Tensor& weights, std::int64_t minlength = 0) const;
  Tensor histc(std::int64_t bins = 100, double min = 0, double max = 0) const;
  Tensor cov(std::int64_t correction = 1) const;
  Tensor corrcoef() const;

  // --- distinct elements (ops/sorted.h)

  /// The values, where each element is among them, how often each occurs.
  std::tuple<Tensor, Tensor, Tensor> unique(bool sorted = true, bool return_inverse = false, bool return_counts = false,
                                            std::optional<std::int64_t> dim = std::nullopt) const;
  std::tuple<Tensor, Tensor, Tensor> unique_consecutive(bool return_inverse = false, bool return_counts = false,
                                                        std::optional<std::int64_t> dim = std::nullopt) const;

  // --- random numbers whose distribution this tensor says (ops/random.h)

  /// Draws from probabilities or weights.
  Tensor bernoulli(Generator& generator = default_generator()) const;
  Tensor bernoulli(double p, Generator& generator = default_generator()) const;
  Tensor multinomial(std::int64_t num_samples, bool replacement = false,
                     Generator& generator = default_generator()) const;

  // --- products and lengths (ops/distance.h)

  /// Of vectors and matrices.
  Tensor baddbmm(const Tensor& a, const Tensor& b, double beta = 1, double alpha = 1) const;
  Tensor cross(const Tensor& other, std::optional<std::int64_t> dim = std::nullopt) const;
  Tensor kron(const Tensor& other) const;
  Tensor renorm(double p, std::int64_t dim, double maxnorm) const;

  // --- in place. On a tensor that requires grad these need `no_grad`, because the tape does not record them.

  /// Every element becomes `value`, or zero.
  const Tensor& fill_(Scalar value) const;
  const Tensor& zero_() const;
  /// Copies `source`, broadcast to this shape and converted to this dtype and device.
  const Tensor& copy_(const Tensor& source) const;
  /// this += alpha * other, and so on; `other` is broadcast to this shape.
  const Tensor& add_(const Tensor& other, Scalar alpha = 1) const;
  const Tensor& sub_(const Tensor& other, Scalar alpha = 1) const;
  const Tensor& mul_(const Tensor& other) const;
  const Tensor& div_(const Tensor& other) const;
  const Tensor& add_(Scalar other) const;
  const Tensor& sub_(Scalar other) const;
  const Tensor& mul_(Scalar other) const;
  const Tensor& div_(Scalar other) const;
  const Tensor& operator+=(const Tensor& other) const { return add_(other); }
  const Tensor& operator-=(const Tensor& other) const { return sub_(other); }
  const Tensor& operator*=(const Tensor& other) const { return mul_(other); }
  const Tensor& operator/=(const Tensor& other) const { return div_(other); }
  const Tensor& operator+=(Scalar other) const { return add_(other); }
  const Tensor& operator-=(Scalar other) const { return sub_(other); }
  const Tensor& operator*=(Scalar other) const { return mul_(other); }
  const Tensor& operator/=(Scalar other) const { return div_(other); }
  /// The function of each element.
  const Tensor& abs_() const;
  const Tensor& neg_() const;
  const Tensor& sign_() const;
  const Tensor& exp_() const;
  const Tensor& expm1_() const;
  const Tensor& log_() const;
  const Tensor& log1p_() const;
  const Tensor& log2_() const;
  const Tensor& sqrt_() const;
  const Tensor& rsqrt_() const;
  const Tensor& square_() const;
  const Tensor& reciprocal_() const;
  const Tensor& sin_() const;
  const Tensor& cos_() const;
  const Tensor& tan_() const;
  const Tensor& asin_() const;
  const Tensor& acos_() const;
  const Tensor& atan_() const;
  const Tensor& sinh_() const;
  const Tensor& cosh_() const;
  const Tensor& tanh_() const;
  const Tensor& erf_() const;
  const Tensor& floor_() const;
  const Tensor& ceil_() const;
  const Tensor& round_() const;
  const Tensor& sigmoid_() const;
  const Tensor& relu_() const;
  const Tensor& pow_(Scalar exponent) const;
  const Tensor& remainder_(Scalar divisor) const;
  const Tensor& clamp_(std::optional<Scalar> min, std::optional<Scalar> max = std::nullopt) const;
  const Tensor& masked_fill_(const Tensor& mask, Scalar value) const;
  /// Random numbers: uniform in [low, high), or normal. Floating dtypes. A ValueError for options that make no sense.
  const Tensor& uniform_(double low = 0, double high = 1, Generator& generator = default_generator()) const;
  const Tensor& normal_(double mean = 0, double std = 1, Generator& generator = default_generator()) const;

 private:
  const Tensor& self() const;
};

}  // namespace reel
