// Tensors made from sizes, values or memory: empty, full, arange, linspace, eye, tensor, from_blob and others.

#include <reel/ops/factories.h>

#include <cmath>
#include <cstring>

#include <reel/kernels/arange.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/empty.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/internal/neighbour.h>

namespace reel {
using namespace detail;
namespace {

Tensor with_options(Tensor x, const TensorOptions& options) {
  if (options.requires_grad) x.requires_grad_();
  return x;
}

/// An uninitialised tensor; where the shape is refused, it is in the name of `op`. That costs nothing where it is not.
[[gnu::always_inline]] inline Tensor unfilled(std::string_view op, const Shape& shape, const TensorOptions& options) {
  try {
    return empty_strided(shape, contiguous_strides(shape), options.dtype, options.device);
  } catch (const ShapeError&) {
    for (const std::int64_t size : shape) {
      check<ShapeError>(size >= 0, "{}: expected sizes of at least 0, got shape {}", op, shape);
    }
    fail<ShapeError>("{}: expected a shape whose bytes can be counted in 64 bits, got {}", op, shape);
  }
}

Tensor filled(std::string_view op, const Shape& shape, Scalar value, const TensorOptions& options) {
  check_scalar(op, value, options.dtype);
  const Tensor out = unfilled(op, shape, options);
  out.fill_(value);
  return with_options(out, options);
}

}  // namespace

Tensor detail::empty_as(std::string_view op, const Shape& shape, const TensorOptions& options) {
  return with_options(unfilled(op, shape, options), options);
}

Tensor empty(const Shape& shape, const TensorOptions& options) {
  return with_options(unfilled("empty", shape, options), options);
}

Tensor full(const Shape& shape, Scalar value, const TensorOptions& options) {
  return filled("full", shape, value, options);
}
Tensor zeros(const Shape& shape, const TensorOptions& options) { return filled("zeros", shape, 0, options); }
Tensor ones(const Shape& shape, const TensorOptions& options) { return filled("ones", shape, 1, options); }

Tensor arange(Scalar end) { return arange(0, end); }

Tensor arange(Scalar start, Scalar end, Scalar step) {
  const bool whole = start.is_integral() && end.is_integral() && step.is_integral();
  return arange(start, end, step, {.dtype = whole ? DType::i64 : DType::f32});
}

Tensor arange(Scalar end, const TensorOptions& options) { return arange(0, end, 1, options); }

namespace {

/// ceil((end - start) / step), exact if all are integers.
double arange_count(Scalar start, Scalar end, Scalar step) {
  if (!start.is_integral() || !end.is_integral() || !step.is_integral()) {
    return std::ceil((end.to<double>() - start.to<double>()) / step.to<double>());
  }
  const auto first = start.to<std::int64_t>(), last = end.to<std::int64_t>(), by = step.to<std::int64_t>();
  if (first != last && (first < last) != (by > 0)) return -1;
  const auto magnitude = [](std::int64_t v) { return v < 0 ? 0 - static_cast<std::uint64_t>(v) : std::uint64_t(v); };
  const std::uint64_t distance = first < last ? static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first)
                                              : static_cast<std::uint64_t>(first) - static_cast<std::uint64_t>(last);
  const std::uint64_t steps = distance / magnitude(by), rest = distance % magnitude(by);
  return static_cast<double>(steps + (rest != 0));
}

}  // namespace

Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options) {
  const double first = start.to<double>(), by = step.to<double>();
  check<ValueError>(by != 0, "arange: expected a step other than 0, got 0");
  const double count = arange_count(start, end, step);
  check<ValueError>(count >= 0 && count < 0x1p53, "arange: expected a step that leads from {} to {}, got {}", start,
                    end, step);
  check_dtype("arange", empty({0}, {.dtype = options.dtype}), kNumeric);
  const auto n = static_cast<std::int64_t>(count);
  if (!is_floating(options.dtype)) {
    check_scalar("arange", start, options.dtype);
    check_scalar("arange", step, DType::i64);
    const double last = first + static_cast<double>(std::max<std::int64_t>(n - 1, 0)) * by;
    if (options.dtype != DType::i64) check_scalar("arange", last, options.dtype);
  }
  const Tensor out = empty({n}, {.dtype = options.dtype, .device = options.device});
  kernels::ArangeArgs args{.dtype = options.dtype, .data = out.data(), .n = n, .first = first, .step = by};
  if (is_floating(options.dtype)) {
    args.last = number_before(end.to<double>(), by > 0, options.dtype);
  } else {
    args.integer_first = start.to<std::int64_t>();
    args.integer_step = step.to<std::int64_t>();
  }
  kernels::arange[out.device()](args);
  return with_options(out, options);
}

Tensor linspace(double start, double end, std::int64_t steps, const TensorOptions& options) {
  check_at_least("linspace", "steps", steps, 0);
  check_dtype("linspace", empty({0}, {.dtype = options.dtype}), kFloating);
  const Tensor out = empty({steps}, {.dtype = options.dtype, .device = options.device});
  kernels::ArangeArgs args{.dtype = options.dtype, .data = out.data(), .n = steps, .first = start};
  if (steps > 1) {  // counted from both ends, so that the last value is exact and the sequence symmetric
    args.last = end;
    const auto gaps = static_cast<double>(steps - 1);
    args.step = std::isfinite(end - start) ? (end - start) / gaps : end / gaps - start / gaps;
    args.from_both_ends = true;
  }
  kernels::arange[out.device()](args);
  return with_options(out, options);
}

Tensor eye(std::int64_t n, std::int64_t m, const TensorOptions& options) {
  if (m < 0) m = n;
  const Tensor out = filled("eye", {n, m}, 0, {.dtype = options.dtype, .device = options.device});
  const std::int64_t length = std::min(n, m);
  make_view(out, {length}, {m + 1}, 0).fill_(1);
  return with_options(out, options);
}

Tensor empty_like(const Tensor& x) {
  check_defined("empty_like", x);
  return empty_strided(x.shape(), dense_strides(x), x.dtype(), x.device());
}

Tensor full_like(const Tensor& x, Scalar value) {
  check_scalar("full_like", value, x);
  const Tensor out = empty_like(x);
  out.fill_(value);
  return out;
}

Tensor zeros_like(const Tensor& x) { return full_like(x, 0); }
Tensor ones_like(const Tensor& x) { return full_like(x, 1); }

Tensor from_blob(void* data, const Shape& shape, const TensorOptions& options) {
  return from_blob(data, shape, nullptr, options);
}

Tensor from_blob(void* data, const Shape& shape, std::function<void(void*)> deleter, const TensorOptions& options) {
  allocator_for(options.device);  // throws if the device does not exist
  const std::int64_t bytes = checked_mul(numel(shape), static_cast<std::int64_t>(size_of(options.dtype)));
  check<ValueError>(data || bytes == 0, "from_blob: expected memory for a tensor of shape {}, got a null pointer",
                    shape);
  check<DTypeError>(!options.requires_grad || is_floating(options.dtype),
                    "from_blob: expected a floating dtype for requires_grad, got {}", options.dtype);
  auto storage = Storage::borrow(data, static_cast<std::size_t>(bytes), options.device, std::move(deleter));
  const Tensor out(
      IntrusivePtr<TensorImpl>(new TensorImpl(std::move(storage), options.dtype, shape, contiguous_strides(shape), 0)));
  return with_options(out, options);
}

TensorLiteral::TensorLiteral(std::initializer_list<TensorLiteral> rows) : dtype_(DType::f32) {
  shape_.push_back(static_cast<std::int64_t>(rows.size()));
  bool first = true;
  for (const TensorLiteral& row : rows) {
    if (first) {
      for (std::int64_t size : row.shape_) shape_.push_back(size);
      dtype_ = row.dtype_;
    }
    check<ShapeError>(
        row.shape_.size() + 1 == shape_.size() && std::equal(row.shape_.begin(), row.shape_.end(), shape_.begin() + 1),
        "tensor: expected rows of one shape, got different ones");
    if (row.dtype_ != dtype_) {  // as in {1, 2.5}: the wider kind wins
      const bool floating = is_floating(row.dtype_) || is_floating(dtype_);
      dtype_ = floating ? DType::f32 : DType::i64;
    }
    values_.insert(values_.end(), row.values_.begin(), row.values_.end());
    first = false;
  }
}

Tensor tensor(const TensorLiteral& values) { return tensor(values, {.dtype = values.dtype()}); }

Tensor tensor(const TensorLiteral& values, const TensorOptions& options) {
  for (const Scalar& value : values.values()) check_scalar("tensor", value, options.dtype);
  const Tensor out = empty(values.shape(), {.dtype = options.dtype, .device = Device::cpu()});
  dispatch<kAnyDType>(options.dtype, [&]<class T>() {
    T* data = out.data_ptr<T>();
    for (const Scalar& value : values.values()) *data++ = value.to<T>();
  });
  return with_options(out.to(options.device), options);
}

template <class T>
Tensor detail::tensor_from_vector(const std::vector<T>& values, const Shape& shape, const TensorOptions& options) {
  check<ShapeError>(numel(shape) == static_cast<std::int64_t>(values.size()),
                    "tensor: expected {} values for the shape {}, got {}", numel(shape), shape, values.size());
  const Tensor out = empty(shape, {.dtype = dtype_of<T>, .device = Device::cpu()});
  std::copy(values.begin(), values.end(), out.data_ptr<T>());
  return with_options(out.to(options.device).to(options.dtype), options);
}

template Tensor detail::tensor_from_vector(const std::vector<float>&, const Shape&, const TensorOptions&);
template Tensor detail::tensor_from_vector(const std::vector<double>&, const Shape&, const TensorOptions&);
template Tensor detail::tensor_from_vector(const std::vector<Half>&, const Shape&, const TensorOptions&);
template Tensor detail::tensor_from_vector(const std::vector<BFloat16>&, const Shape&, const TensorOptions&);
template Tensor detail::tensor_from_vector(const std::vector<std::int64_t>&, const Shape&, const TensorOptions&);
template Tensor detail::tensor_from_vector(const std::vector<std::int32_t>&, const Shape&, const TensorOptions&);
template Tensor detail::tensor_from_vector(const std::vector<std::uint8_t>&, const Shape&, const TensorOptions&);
template Tensor detail::tensor_from_vector(const std::vector<bool>&, const Shape&, const TensorOptions&);

}  // namespace reel
