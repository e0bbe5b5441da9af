// The members of Tensor that only call the operation of the same name.

#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/distance.h>
#include <reel/ops/indexing.h>
#include <reel/ops/linalg.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/numeric.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/products.h>
#include <reel/ops/random.h>
#include <reel/ops/reduction.h>
#include <reel/ops/scan.h>
#include <reel/ops/selection.h>
#include <reel/ops/shift.h>
#include <reel/ops/sorted.h>
#include <reel/ops/special.h>
#include <reel/ops/statistics.h>
#include <reel/ops/view.h>

namespace reel {

Tensor TensorMethods::view_as(const Tensor& other) const { return view(other.shape()); }
Tensor TensorMethods::reshape(const Shape& shape) const { return reel::reshape(self(), shape); }
Tensor TensorMethods::flatten(std::int64_t start_dim, std::int64_t end_dim) const {
  return reel::flatten(self(), start_dim, end_dim);
}
Tensor TensorMethods::unflatten(std::int64_t dim, const Shape& sizes) const {
  return reel::unflatten(self(), dim, sizes);
}
Tensor TensorMethods::transpose(std::int64_t dim0, std::int64_t dim1) const {
  return reel::transpose(self(), dim0, dim1);
}
Tensor TensorMethods::t() const { return reel::t(self()); }
Tensor TensorMethods::permute(const Dims& dims) const { return reel::permute(self(), dims); }
Tensor TensorMethods::movedim(const Dims& source, const Dims& destination) const {
  return reel::movedim(self(), source, destination);
}
Tensor TensorMethods::expand(const Shape& shape) const { return reel::expand(self(), shape); }
Tensor TensorMethods::expand_as(const Tensor& other) const { return reel::expand(self(), other.shape()); }
Tensor TensorMethods::squeeze() const { return reel::squeeze(self()); }
Tensor TensorMethods::squeeze(std::int64_t dim) const { return reel::squeeze(self(), dim); }
Tensor TensorMethods::unsqueeze(std::int64_t dim) const { return reel::unsqueeze(self(), dim); }
Tensor TensorMethods::select(std::int64_t dim, std::int64_t index) const { return reel::select(self(), dim, index); }
Tensor TensorMethods::narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const {
  return reel::narrow(self(), dim, start, length);
}
Tensor TensorMethods::slice(std::int64_t dim, std::optional<std::int64_t> start, std::optional<std::int64_t> end,
                            std::int64_t step) const {
  return reel::slice(self(), dim, start, end, step);
}
Tensor TensorMethods::unfold(std::int64_t dim, std::int64_t size, std::int64_t step) const {
  return reel::unfold(self(), dim, size, step);
}
Tensor TensorMethods::diagonal(std::int64_t offset, std::int64_t dim1, std::int64_t dim2) const {
  return reel::diagonal(self(), offset, dim1, dim2);
}
std::vector<Tensor> TensorMethods::split(std::int64_t size, std::int64_t dim) const {
  return reel::split(self(), size, dim);
}
std::vector<Tensor> TensorMethods::split(const std::vector<std::int64_t>& sizes, std::int64_t dim) const {
  return reel::split(self(), sizes, dim);
}
std::vector<Tensor> TensorMethods::chunk(std::int64_t chunks, std::int64_t dim) const {
  return reel::chunk(self(), chunks, dim);
}
std::vector<Tensor> TensorMethods::unbind(std::int64_t dim) const { return reel::unbind(self(), dim); }
Tensor TensorMethods::operator[](std::int64_t index) const { return select(0, index); }
Tensor TensorMethods::operator[](const Tensor& index) const { return this->index({index}); }
Tensor TensorMethods::index_put(const std::vector<Tensor>& indices, const Tensor& values, bool accumulate) const {
  return reel::index_put(self(), indices, values, accumulate);
}
Tensor TensorMethods::repeat(const Dims& repeats) const { return reel::repeat(self(), repeats); }
Tensor TensorMethods::flip(const Dims& dims) const { return reel::flip(self(), dims); }
Tensor TensorMethods::pad(const std::vector<std::int64_t>& padding) const { return reel::pad(self(), padding); }
Tensor TensorMethods::pad(const std::vector<std::int64_t>& padding, PadMode mode, Scalar value) const {
  return reel::pad(self(), padding, mode, value);
}
Tensor TensorMethods::diag_embed(std::int64_t offset, std::int64_t dim1, std::int64_t dim2) const {
  return reel::diag_embed(self(), offset, dim1, dim2);
}
Tensor TensorMethods::diag(std::int64_t diagonal) const { return reel::diag(self(), diagonal); }
Tensor TensorMethods::tril(std::int64_t diagonal) const { return reel::tril(self(), diagonal); }
Tensor TensorMethods::triu(std::int64_t diagonal) const { return reel::triu(self(), diagonal); }
Tensor TensorMethods::gather(std::int64_t dim, const Tensor& index) const { return reel::gather(self(), dim, index); }
Tensor TensorMethods::scatter(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return reel::scatter(self(), dim, index, source);
}
Tensor TensorMethods::scatter_add(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return reel::scatter_add(self(), dim, index, source);
}
Tensor TensorMethods::index_select(std::int64_t dim, const Tensor& index) const {
  return reel::index_select(self(), dim, index);
}
Tensor TensorMethods::masked_select(const Tensor& mask) const { return reel::masked_select(self(), mask); }
Tensor TensorMethods::masked_fill(const Tensor& mask, Scalar value) const {
  return reel::masked_fill(self(), mask, value);
}
Tensor TensorMethods::nonzero() const { return reel::nonzero(self()); }
Tensor TensorMethods::one_hot(std::int64_t num_classes) const { return reel::one_hot(self(), num_classes); }
Tensor TensorMethods::where(const Tensor& condition, const Tensor& other) const {
  return reel::where(condition, self(), other);
}
Tensor TensorMethods::where(const Tensor& condition, Scalar other) const {
  return reel::where(condition, self(), other);
}
std::tuple<Tensor, Tensor> TensorMethods::sort(std::int64_t dim, bool descending) const {
  return reel::sort(self(), dim, descending);
}
Tensor TensorMethods::argsort(std::int64_t dim, bool descending) const {
  return reel::argsort(self(), dim, descending);
}
std::tuple<Tensor, Tensor> TensorMethods::topk(std::int64_t k, std::int64_t dim, bool largest) const {
  return reel::topk(self(), k, dim, largest);
}
Tensor TensorMethods::add(const Tensor& other, Scalar alpha) const { return reel::add(self(), other, alpha); }
Tensor TensorMethods::add(Scalar other) const { return reel::add(self(), other); }
Tensor TensorMethods::sub(const Tensor& other, Scalar alpha) const { return reel::sub(self(), other, alpha); }
Tensor TensorMethods::sub(Scalar other) const { return reel::sub(self(), other); }
Tensor TensorMethods::mul(const Tensor& other) const { return reel::mul(self(), other); }
Tensor TensorMethods::mul(Scalar other) const { return reel::mul(self(), other); }
Tensor TensorMethods::div(const Tensor& other) const { return reel::div(self(), other); }
Tensor TensorMethods::div(Scalar other) const { return reel::div(self(), other); }
Tensor TensorMethods::floor_divide(const Tensor& other) const { return reel::floor_divide(self(), other); }
Tensor TensorMethods::floor_divide(Scalar other) const { return reel::floor_divide(self(), other); }
Tensor TensorMethods::remainder(const Tensor& other) const { return reel::remainder(self(), other); }
Tensor TensorMethods::remainder(Scalar other) const { return reel::remainder(self(), other); }
Tensor TensorMethods::pow(const Tensor& exponent) const { return reel::pow(self(), exponent); }
Tensor TensorMethods::pow(Scalar exponent) const { return reel::pow(self(), exponent); }
Tensor TensorMethods::maximum(const Tensor& other) const { return reel::maximum(self(), other); }
Tensor TensorMethods::minimum(const Tensor& other) const { return reel::minimum(self(), other); }
Tensor TensorMethods::atan2(const Tensor& x) const { return reel::atan2(self(), x); }
Tensor TensorMethods::lerp(const Tensor& end, const Tensor& weight) const { return reel::lerp(self(), end, weight); }
Tensor TensorMethods::lerp(const Tensor& end, Scalar weight) const { return reel::lerp(self(), end, weight); }
Tensor TensorMethods::neg() const { return reel::neg(self()); }
Tensor TensorMethods::eq(const Tensor& other) const { return reel::eq(self(), other); }
Tensor TensorMethods::eq(Scalar other) const { return reel::eq(self(), other); }
Tensor TensorMethods::ne(const Tensor& other) const { return reel::ne(self(), other); }
Tensor TensorMethods::ne(Scalar other) const { return reel::ne(self(), other); }
Tensor TensorMethods::lt(const Tensor& other) const { return reel::lt(self(), other); }
Tensor TensorMethods::lt(Scalar other) const { return reel::lt(self(), other); }
Tensor TensorMethods::le(const Tensor& other) const { return reel::le(self(), other); }
Tensor TensorMethods::le(Scalar other) const { return reel::le(self(), other); }
Tensor TensorMethods::gt(const Tensor& other) const { return reel::gt(self(), other); }
Tensor TensorMethods::gt(Scalar other) const { return reel::gt(self(), other); }
Tensor TensorMethods::ge(const Tensor& other) const { return reel::ge(self(), other); }
Tensor TensorMethods::ge(Scalar other) const { return reel::ge(self(), other); }
Tensor TensorMethods::isclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return reel::isclose(self(), other, rtol, atol, equal_nan);
}
Tensor TensorMethods::isnan() const { return reel::isnan(self()); }
Tensor TensorMethods::isinf() const { return reel::isinf(self()); }
Tensor TensorMethods::logical_and(const Tensor& other) const { return reel::logical_and(self(), other); }
Tensor TensorMethods::logical_or(const Tensor& other) const { return reel::logical_or(self(), other); }
Tensor TensorMethods::logical_xor(const Tensor& other) const { return reel::logical_xor(self(), other); }
Tensor TensorMethods::logical_not() const { return reel::logical_not(self()); }
Tensor TensorMethods::bitwise_and(const Tensor& other) const { return reel::bitwise_and(self(), other); }
Tensor TensorMethods::bitwise_or(const Tensor& other) const { return reel::bitwise_or(self(), other); }
Tensor TensorMethods::bitwise_xor(const Tensor& other) const { return reel::bitwise_xor(self(), other); }
Tensor TensorMethods::bitwise_not() const { return reel::bitwise_not(self()); }
bool TensorMethods::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return reel::allclose(self(), other, rtol, atol, equal_nan);
}
bool TensorMethods::equal(const Tensor& other) const { return reel::equal(self(), other); }
Tensor TensorMethods::abs() const { return reel::abs(self()); }
Tensor TensorMethods::sign() const { return reel::sign(self()); }
Tensor TensorMethods::exp() const { return reel::exp(self()); }
Tensor TensorMethods::expm1() const { return reel::expm1(self()); }
Tensor TensorMethods::log() const { return reel::log(self()); }
Tensor TensorMethods::log1p() const { return reel::log1p(self()); }
Tensor TensorMethods::log2() const { return reel::log2(self()); }
Tensor TensorMethods::sqrt() const { return reel::sqrt(self()); }
Tensor TensorMethods::rsqrt() const { return reel::rsqrt(self()); }
Tensor TensorMethods::square() const { return reel::square(self()); }
Tensor TensorMethods::reciprocal() const { return reel::reciprocal(self()); }
Tensor TensorMethods::floor() const { return reel::floor(self()); }
Tensor TensorMethods::ceil() const { return reel::ceil(self()); }
Tensor TensorMethods::round() const { return reel::round(self()); }
Tensor TensorMethods::clamp(std::optional<Scalar> min, std::optional<Scalar> max) const {
  return reel::clamp(self(), min, max);
}
Tensor TensorMethods::erf() const { return reel::erf(self()); }
Tensor TensorMethods::erfc() const { return reel::erfc(self()); }
Tensor TensorMethods::erfinv() const { return reel::erfinv(self()); }
Tensor TensorMethods::asinh() const { return reel::asinh(self()); }
Tensor TensorMethods::acosh() const { return reel::acosh(self()); }
Tensor TensorMethods::atanh() const { return reel::atanh(self()); }
Tensor TensorMethods::exp2() const { return reel::exp2(self()); }
Tensor TensorMethods::log10() const { return reel::log10(self()); }
Tensor TensorMethods::sinc() const { return reel::sinc(self()); }
Tensor TensorMethods::logit(std::optional<double> eps) const { return reel::logit(self(), eps); }
Tensor TensorMethods::xlogy(const Tensor& y) const { return reel::xlogy(self(), y); }
Tensor TensorMethods::xlogy(Scalar y) const { return reel::xlogy(self(), y); }
Tensor TensorMethods::i0() const { return reel::i0(self()); }
Tensor TensorMethods::lgamma() const { return reel::lgamma(self()); }
Tensor TensorMethods::digamma() const { return reel::digamma(self()); }
Tensor TensorMethods::polygamma(std::int64_t n) const { return reel::polygamma(n, self()); }
Tensor TensorMethods::bitwise_left_shift(const Tensor& b) const { return reel::bitwise_left_shift(self(), b); }
Tensor TensorMethods::bitwise_left_shift(Scalar b) const { return reel::bitwise_left_shift(self(), b); }
Tensor TensorMethods::bitwise_right_shift(const Tensor& b) const { return reel::bitwise_right_shift(self(), b); }
Tensor TensorMethods::bitwise_right_shift(Scalar b) const { return reel::bitwise_right_shift(self(), b); }
Tensor TensorMethods::inverse() const { return linalg::inv(self()); }
Tensor TensorMethods::det() const { return linalg::det(self()); }
Tensor TensorMethods::matrix_power(std::int64_t n) const { return linalg::matrix_power(self(), n); }
Tensor TensorMethods::sin() const { return reel::sin(self()); }
Tensor TensorMethods::cos() const { return reel::cos(self()); }
Tensor TensorMethods::tan() const { return reel::tan(self()); }
Tensor TensorMethods::asin() const { return reel::asin(self()); }
Tensor TensorMethods::acos() const { return reel::acos(self()); }
Tensor TensorMethods::atan() const { return reel::atan(self()); }
Tensor TensorMethods::sinh() const { return reel::sinh(self()); }
Tensor TensorMethods::cosh() const { return reel::cosh(self()); }
Tensor TensorMethods::tanh() const { return reel::tanh(self()); }
Tensor TensorMethods::sigmoid() const { return reel::sigmoid(self()); }
Tensor TensorMethods::softplus(double beta, double threshold) const { return reel::softplus(self(), beta, threshold); }
Tensor TensorMethods::relu() const { return reel::relu(self()); }
Tensor TensorMethods::leaky_relu(double negative_slope) const { return reel::leaky_relu(self(), negative_slope); }
Tensor TensorMethods::prelu(const Tensor& weight) const { return reel::prelu(self(), weight); }
Tensor TensorMethods::elu(double alpha) const { return reel::elu(self(), alpha); }
Tensor TensorMethods::selu() const { return reel::selu(self()); }
Tensor TensorMethods::gelu() const { return reel::gelu(self()); }
Tensor TensorMethods::glu(std::int64_t dim) const { return reel::glu(self(), dim); }
Tensor TensorMethods::swiglu(const Tensor& up) const { return reel::swiglu(self(), up); }
Tensor TensorMethods::silu() const { return reel::silu(self()); }
Tensor TensorMethods::mish() const { return reel::mish(self()); }
Tensor TensorMethods::hardtanh(double min, double max) const { return reel::hardtanh(self(), min, max); }
Tensor TensorMethods::softmax(std::int64_t dim) const { return reel::softmax(self(), dim); }
Tensor TensorMethods::log_softmax(std::int64_t dim) const { return reel::log_softmax(self(), dim); }
Tensor TensorMethods::sum_to(const Shape& shape) const { return reel::sum_to(self(), shape); }
Tensor TensorMethods::logsumexp(const Dims& dims, bool keepdim) const { return reel::logsumexp(self(), dims, keepdim); }
Tensor TensorMethods::max() const { return reel::max(self()); }
Tensor TensorMethods::min() const { return reel::min(self()); }
std::tuple<Tensor, Tensor> TensorMethods::max(std::int64_t dim, bool keepdim) const {
  return reel::max(self(), dim, keepdim);
}
std::tuple<Tensor, Tensor> TensorMethods::min(std::int64_t dim, bool keepdim) const {
  return reel::min(self(), dim, keepdim);
}
Tensor TensorMethods::argmax(std::optional<std::int64_t> dim, bool keepdim) const {
  return reel::argmax(self(), dim, keepdim);
}
Tensor TensorMethods::argmin(std::optional<std::int64_t> dim, bool keepdim) const {
  return reel::argmin(self(), dim, keepdim);
}
Tensor TensorMethods::cumsum(std::int64_t dim) const { return reel::cumsum(self(), dim); }
Tensor TensorMethods::cumprod(std::int64_t dim) const { return reel::cumprod(self(), dim); }
Tensor TensorMethods::matmul(const Tensor& other) const { return reel::matmul(self(), other); }
Tensor TensorMethods::bmm(const Tensor& other) const { return reel::bmm(self(), other); }
Tensor TensorMethods::mm(const Tensor& other) const { return reel::mm(self(), other); }
Tensor TensorMethods::mv(const Tensor& vector) const { return reel::mv(self(), vector); }
Tensor TensorMethods::addmm(const Tensor& a, const Tensor& b, double beta, double alpha) const {
  return reel::addmm(self(), a, b, beta, alpha);
}
Tensor TensorMethods::linear(const Tensor& weight) const { return reel::linear(self(), weight); }
Tensor TensorMethods::linear(const Tensor& weight, const Tensor& bias) const {
  return reel::linear(self(), weight, bias);
}
Tensor TensorMethods::outer(const Tensor& other) const { return reel::outer(self(), other); }
Tensor TensorMethods::trace() const { return reel::trace(self()); }
Tensor TensorMethods::dot(const Tensor& other) const { return reel::dot(self(), other); }

Tensor TensorMethods::roll(const Dims& shifts, const Dims& dims) const { return reel::roll(self(), shifts, dims); }
Tensor TensorMethods::rot90(std::int64_t k, const Dims& dims) const { return reel::rot90(self(), k, dims); }
Tensor TensorMethods::sum(const Dims& dims, bool keepdim) const { return reel::sum(self(), dims, keepdim); }
Tensor TensorMethods::mean(const Dims& dims, bool keepdim) const { return reel::mean(self(), dims, keepdim); }
Tensor TensorMethods::prod(const Dims& dims, bool keepdim) const { return reel::prod(self(), dims, keepdim); }
Tensor TensorMethods::amax(const Dims& dims, bool keepdim) const { return reel::amax(self(), dims, keepdim); }
Tensor TensorMethods::amin(const Dims& dims, bool keepdim) const { return reel::amin(self(), dims, keepdim); }
Tensor TensorMethods::all(const Dims& dims, bool keepdim) const { return reel::all(self(), dims, keepdim); }
Tensor TensorMethods::any(const Dims& dims, bool keepdim) const { return reel::any(self(), dims, keepdim); }
Tensor TensorMethods::var(const Dims& dims, double correction, bool keepdim) const {
  return reel::var(self(), dims, correction, keepdim);
}
Tensor TensorMethods::std(const Dims& dims, double correction, bool keepdim) const {
  return reel::stddev(self(), dims, correction, keepdim);
}
Tensor TensorMethods::stddev(const Dims& dims, double correction, bool keepdim) const {
  return reel::stddev(self(), dims, correction, keepdim);
}
Tensor TensorMethods::norm(double p, const Dims& dims, bool keepdim) const {
  return reel::norm(self(), p, dims, keepdim);
}

Tensor TensorMethods::tile(const Dims& repeats) const { return reel::tile(self(), repeats); }
Tensor TensorMethods::repeat_interleave(std::int64_t repeats, std::optional<std::int64_t> dim) const {
  return reel::repeat_interleave(self(), repeats, dim);
}
Tensor TensorMethods::repeat_interleave(const Tensor& repeats, std::optional<std::int64_t> dim) const {
  return reel::repeat_interleave(self(), repeats, dim);
}
Tensor TensorMethods::fliplr() const { return reel::fliplr(self()); }
Tensor TensorMethods::flipud() const { return reel::flipud(self()); }
Tensor TensorMethods::broadcast_to(const Shape& shape) const { return reel::broadcast_to(self(), shape); }
Tensor TensorMethods::scatter(std::int64_t dim, const Tensor& index, Scalar value) const {
  return reel::scatter(self(), dim, index, value);
}
Tensor TensorMethods::scatter_reduce(std::int64_t dim, const Tensor& index, const Tensor& source,
                                     std::string_view reduce, bool include_self) const {
  return reel::scatter_reduce(self(), dim, index, source, reduce, include_self);
}
Tensor TensorMethods::index_add(std::int64_t dim, const Tensor& index, const Tensor& source, Scalar alpha) const {
  return reel::index_add(self(), dim, index, source, alpha);
}
Tensor TensorMethods::index_copy(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return reel::index_copy(self(), dim, index, source);
}
Tensor TensorMethods::index_fill(std::int64_t dim, const Tensor& index, Scalar value) const {
  return reel::index_fill(self(), dim, index, value);
}
Tensor TensorMethods::masked_scatter(const Tensor& mask, const Tensor& source) const {
  return reel::masked_scatter(self(), mask, source);
}
Tensor TensorMethods::take(const Tensor& index) const { return reel::take(self(), index); }
Tensor TensorMethods::take_along_dim(const Tensor& index, std::optional<std::int64_t> dim) const {
  return reel::take_along_dim(self(), index, dim);
}
Tensor TensorMethods::trunc() const { return reel::trunc(self()); }
Tensor TensorMethods::frac() const { return reel::frac(self()); }
Tensor TensorMethods::fmod(const Tensor& other) const { return reel::fmod(self(), other); }
Tensor TensorMethods::fmod(Scalar other) const { return reel::fmod(self(), other); }
Tensor TensorMethods::div(const Tensor& other, std::string_view rounding_mode) const {
  return reel::div(self(), other, rounding_mode);
}
Tensor TensorMethods::div(Scalar other, std::string_view rounding_mode) const {
  return reel::div(self(), other, rounding_mode);
}
Tensor TensorMethods::hypot(const Tensor& other) const { return reel::hypot(self(), other); }
Tensor TensorMethods::logaddexp(const Tensor& other) const { return reel::logaddexp(self(), other); }
Tensor TensorMethods::logaddexp2(const Tensor& other) const { return reel::logaddexp2(self(), other); }
Tensor TensorMethods::isfinite() const { return reel::isfinite(self()); }
Tensor TensorMethods::isposinf() const { return reel::isposinf(self()); }
Tensor TensorMethods::isneginf() const { return reel::isneginf(self()); }
Tensor TensorMethods::nan_to_num(double nan, std::optional<double> posinf, std::optional<double> neginf) const {
  return reel::nan_to_num(self(), nan, posinf, neginf);
}
std::tuple<Tensor, Tensor> TensorMethods::cummax(std::int64_t dim) const { return reel::cummax(self(), dim); }
std::tuple<Tensor, Tensor> TensorMethods::cummin(std::int64_t dim) const { return reel::cummin(self(), dim); }
Tensor TensorMethods::logcumsumexp(std::int64_t dim) const { return reel::logcumsumexp(self(), dim); }
Tensor TensorMethods::diff(std::int64_t n, std::int64_t dim) const { return reel::diff(self(), n, dim); }
Tensor TensorMethods::diff(std::int64_t n, std::int64_t dim, const Tensor& prepend, const Tensor& append) const {
  return reel::diff(self(), n, dim, prepend, append);
}
std::tuple<Tensor, Tensor> TensorMethods::aminmax(std::optional<std::int64_t> dim, bool keepdim) const {
  return reel::aminmax(self(), dim, keepdim);
}
Tensor TensorMethods::nansum(const Dims& dims, bool keepdim) const { return reel::nansum(self(), dims, keepdim); }
Tensor TensorMethods::nanmean(const Dims& dims, bool keepdim) const { return reel::nanmean(self(), dims, keepdim); }
Tensor TensorMethods::count_nonzero(const Dims& dims) const { return reel::count_nonzero(self(), dims); }
Tensor TensorMethods::median() const { return reel::median(self()); }
std::tuple<Tensor, Tensor> TensorMethods::median(std::int64_t dim, bool keepdim) const {
  return reel::median(self(), dim, keepdim);
}
Tensor TensorMethods::nanmedian() const { return reel::nanmedian(self()); }
std::tuple<Tensor, Tensor> TensorMethods::nanmedian(std::int64_t dim, bool keepdim) const {
  return reel::nanmedian(self(), dim, keepdim);
}
std::tuple<Tensor, Tensor> TensorMethods::kthvalue(std::int64_t k, std::int64_t dim, bool keepdim) const {
  return reel::kthvalue(self(), k, dim, keepdim);
}
std::tuple<Tensor, Tensor> TensorMethods::mode(std::int64_t dim, bool keepdim) const {
  return reel::mode(self(), dim, keepdim);
}
Tensor TensorMethods::quantile(double q, std::optional<std::int64_t> dim, bool keepdim,
                               std::string_view interpolation) const {
  return reel::quantile(self(), q, dim, keepdim, interpolation);
}
Tensor TensorMethods::quantile(const Tensor& q, std::optional<std::int64_t> dim, bool keepdim,
                               std::string_view interpolation) const {
  return reel::quantile(self(), q, dim, keepdim, interpolation);
}
Tensor TensorMethods::nanquantile(double q, std::optional<std::int64_t> dim, bool keepdim,
                                  std::string_view interpolation) const {
  return reel::nanquantile(self(), q, dim, keepdim, interpolation);
}
Tensor TensorMethods::nanquantile(const Tensor& q, std::optional<std::int64_t> dim, bool keepdim,
                                  std::string_view interpolation) const {
  return reel::nanquantile(self(), q, dim, keepdim, interpolation);
}
Tensor TensorMethods::bincount() const { return reel::bincount(self()); }
Tensor TensorMethods::bincount(const Tensor& weights, std::int64_t minlength) const {
  return reel::bincount(self(), weights, minlength);
}
Tensor TensorMethods::histc(std::int64_t bins, double min, double max) const {
  return reel::histc(self(), bins, min, max);
}
Tensor TensorMethods::cov(std::int64_t correction) const { return reel::cov(self(), correction); }
Tensor TensorMethods::corrcoef() const { return reel::corrcoef(self()); }
std::tuple<Tensor, Tensor, Tensor> TensorMethods::unique(bool sorted, bool return_inverse, bool return_counts,
                                                         std::optional<std::int64_t> dim) const {
  return reel::unique(self(), sorted, return_inverse, return_counts, dim);
}
std::tuple<Tensor, Tensor, Tensor> TensorMethods::unique_consecutive(bool return_inverse, bool return_counts,
                                                                     std::optional<std::int64_t> dim) const {
  return reel::unique_consecutive(self(), return_inverse, return_counts, dim);
}
Tensor TensorMethods::bernoulli(Generator& generator) const { return reel::bernoulli(self(), generator); }
Tensor TensorMethods::bernoulli(double p, Generator& generator) const { return reel::bernoulli(self(), p, generator); }
Tensor TensorMethods::multinomial(std::int64_t num_samples, bool replacement, Generator& generator) const {
  return reel::multinomial(self(), num_samples, replacement, generator);
}
Tensor TensorMethods::baddbmm(const Tensor& a, const Tensor& b, double beta, double alpha) const {
  return reel::baddbmm(self(), a, b, beta, alpha);
}
Tensor TensorMethods::cross(const Tensor& other, std::optional<std::int64_t> dim) const {
  return reel::cross(self(), other, dim);
}
Tensor TensorMethods::kron(const Tensor& other) const { return reel::kron(self(), other); }
Tensor TensorMethods::renorm(double p, std::int64_t dim, double maxnorm) const {
  return reel::renorm(self(), p, dim, maxnorm);
}

}  // namespace reel
