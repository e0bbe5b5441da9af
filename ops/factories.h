#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

#include <reel/tensor/core/generator.h>
#include <reel/tensor/tensor.h>

/// Functions that make tensors, and print them. Options are `{.dtype = , .device = , .requires_grad = }`.
namespace reel {

/// Uninitialised.
Tensor empty(const Shape& shape, const TensorOptions& options = {});
/// Every element 0, 1, or `value`.
Tensor zeros(const Shape& shape, const TensorOptions& options = {});
Tensor ones(const Shape& shape, const TensorOptions& options = {});
Tensor full(const Shape& shape, Scalar value, const TensorOptions& options = {});
/// 0, 1, ... or start, start + step, ... below end. i64 where all arguments are integers and no dtype is given. Where
/// an element would round to `end`, it is the dtype's number before it.
Tensor arange(Scalar end);
Tensor arange(Scalar start, Scalar end, Scalar step = 1);
Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options);
Tensor arange(Scalar end, const TensorOptions& options);
/// `steps` values from start to end, both included, evenly spaced.
Tensor linspace(double start, double end, std::int64_t steps, const TensorOptions& options = {});
/// The positions, [2, count], of the elements of a matrix that tril or triu would keep, row by row; i64 unless the
/// options name another dtype.
Tensor tril_indices(std::int64_t rows, std::int64_t cols, std::int64_t offset = 0,
                    const TensorOptions& options = {.dtype = DType::i64});
Tensor triu_indices(std::int64_t rows, std::int64_t cols, std::int64_t offset = 0,
                    const TensorOptions& options = {.dtype = DType::i64});
/// The identity matrix, n x m (m = n if not given).
Tensor eye(std::int64_t n, std::int64_t m = -1, const TensorOptions& options = {});

/// A dtype or a device alone in place of the options: `zeros({3}, DType::i64)`, `randn({3}, Device::cuda())`.
template <class T>
concept TensorOption = std::same_as<T, DType> || std::same_as<T, Device>;
/// The default options with this dtype, or on this device.
inline TensorOptions options_with(DType dtype) { return {.dtype = dtype}; }
inline TensorOptions options_with(Device device) { return {.device = device}; }
/// The functions above with one option.
template <TensorOption T> Tensor empty(const Shape& shape, T option) { return empty(shape, options_with(option)); }
template <TensorOption T> Tensor zeros(const Shape& shape, T option) { return zeros(shape, options_with(option)); }
template <TensorOption T> Tensor ones(const Shape& shape, T option) { return ones(shape, options_with(option)); }
template <TensorOption T> Tensor full(const Shape& shape, Scalar value, T option) {
  return full(shape, value, options_with(option));
}
/// 0, 1, ... below end in this dtype.
inline Tensor arange(Scalar end, DType dtype) { return arange(end, options_with(dtype)); }
/// 0, 1, ... below end on this device: i64 for an integer, f32 for a fraction.
inline Tensor arange(Scalar end, Device device) {
  return arange(end, {.dtype = end.is_integral() ? DType::i64 : DType::f32, .device = device});
}
/// A square identity matrix.
template <TensorOption T> Tensor eye(std::int64_t n, T option) { return eye(n, n, options_with(option)); }

/// Uniform in [0, 1).
Tensor rand(const Shape& shape, const TensorOptions& options = {}, Generator& generator = default_generator());
/// Normal with mean 0 and standard deviation 1.
Tensor randn(const Shape& shape, const TensorOptions& options = {}, Generator& generator = default_generator());
template <TensorOption T> Tensor rand(const Shape& shape, T option) { return rand(shape, options_with(option)); }
template <TensorOption T> Tensor randn(const Shape& shape, T option) { return randn(shape, options_with(option)); }
/// Uniform integers in [low, high); dtype i64 unless the options name another. Floating dtypes take bounds up to 2^24
/// (f32) or 2^53 (f64), between which they hold every integer; others are a ValueError.
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape,
               const TensorOptions& options = {.dtype = DType::i64}, Generator& generator = default_generator());
/// Uniform integers in [0, high).
Tensor randint(std::int64_t high, const Shape& shape, const TensorOptions& options = {.dtype = DType::i64},
               Generator& generator = default_generator());
/// 0 .. n - 1 in random order (i64).
Tensor randperm(std::int64_t n, Generator& generator = default_generator());

// The `_like` functions take shape, dtype and device from `x`, those without random numbers its dense layout, too. For
// another shape or dtype write `zeros(shape, x.options())` or `zeros(x.shape(), {.dtype = DType::i64})`.

/// Uninitialised.
Tensor empty_like(const Tensor& x);
/// Every element 0, 1, or `value`.
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
Tensor full_like(const Tensor& x, Scalar value);
/// Uniform in [0, 1).
Tensor rand_like(const Tensor& x, Generator& generator = default_generator());
/// Normal with mean 0 and standard deviation 1.
Tensor randn_like(const Tensor& x, Generator& generator = default_generator());
/// Uniform integers in [low, high), in the dtype of `x`.
Tensor randint_like(const Tensor& x, std::int64_t low, std::int64_t high, Generator& generator = default_generator());

/// Nested braces of numbers: `tensor({{1, 2}, {3, 4}})`. Whole numbers are i64, numbers with a point f32 (double in C++
/// source, but f32 here, as in PyTorch), truth values boolean.
class TensorLiteral {
 public:
  /// A number, or rows of the same shape.
  template <class T>
  requires std::is_arithmetic_v<T> TensorLiteral(T value)
      : values_{Scalar(value)},
        dtype_(std::is_same_v<T, bool> ? DType::boolean
               : std::is_integral_v<T> ? DType::i64
                                       : DType::f32) {}
  /// Rows of the same shape.
  TensorLiteral(std::initializer_list<TensorLiteral> rows);

  /// What the braces say.
  const Shape& shape() const { return shape_; }
  const std::vector<Scalar>& values() const { return values_; }
  DType dtype() const { return dtype_; }

 private:
  Shape shape_;
  std::vector<Scalar> values_;
  DType dtype_ = DType::f32;
};

namespace detail {
template <class T>
Tensor tensor_from_vector(const std::vector<T>& values, const Shape& shape, const TensorOptions& options);
}

/// A tensor from nested braces, or from one number (rank 0).
Tensor tensor(const TensorLiteral& values);
Tensor tensor(const TensorLiteral& values, const TensorOptions& options);
/// A 1-d tensor with a copy of the values, of the values' own dtype: std::vector<int> gives i32.
template <class T> Tensor tensor(const std::vector<T>& values, const Shape& shape);
template <class T> Tensor tensor(const std::vector<T>& values) {
  return tensor(values, {static_cast<std::int64_t>(values.size())});
}
/// The same with options. The dtype of the options, f32 unless given, takes the place of the values'.
template <class T> Tensor tensor(const std::vector<T>& values, const Shape& shape, const TensorOptions& options) {
  static_assert(HasDType<T>,
                "tensor: expected a vector of float, double, std::int64_t, std::int32_t, std::uint8_t or "
                "bool; copy other integers, such as std::size_t, into one of std::int64_t");
  if constexpr (HasDType<T>) return detail::tensor_from_vector(values, shape, options);
  else return {};
}
/// The same in another shape.
template <class T> Tensor tensor(const std::vector<T>& values, const Shape& shape) {
  TensorOptions options;
  if constexpr (HasDType<T>) options.dtype = dtype_of<T>;
  return tensor(values, shape, options);
}
/// The same in another dtype, or on another device.
template <class T, TensorOption O> Tensor tensor(const std::vector<T>& values, const Shape& shape, O option) {
  TensorOptions options = options_with(option);
  if constexpr (std::same_as<O, Device> && HasDType<T>) options.dtype = dtype_of<T>;
  return tensor(values, shape, options);
}
/// The same for a 1-d tensor.
template <class T, TensorOption O> Tensor tensor(const std::vector<T>& values, O option) {
  return tensor(values, {static_cast<std::int64_t>(values.size())}, option);
}

/// A tensor over memory that the caller owns (row-major), which must outlive every tensor that shares it.
Tensor from_blob(void* data, const Shape& shape, const TensorOptions& options = {});
/// The same; `deleter` is called with `data` when no tensor refers to it any more.
Tensor from_blob(void* data, const Shape& shape, std::function<void(void*)> deleter, const TensorOptions& options = {});

/// Seeds the default generator.
void manual_seed(std::uint64_t seed);

/// How `to_string` shows a tensor.
struct PrintOptions {
  int precision = 4;              ///< Digits after the point.
  std::int64_t threshold = 1000;  ///< More elements than this are summarised.
  std::int64_t edge_items = 3;    ///< What a summary shows at each end of a dimension.
  int line_width = 80;            ///< Where long rows are broken.
};

/// The values in nested brackets, summarised when there are many, with dtype, device and grad_fn where they say
/// something: `tensor([1.0000, 2.5000], grad_fn=<mul>)`.
std::string to_string(const Tensor& x, const PrintOptions& options = {});
std::ostream& operator<<(std::ostream& out, const Tensor& x);

}  // namespace reel
