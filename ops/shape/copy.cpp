// Copies and conversions: to, clone, contiguous, channels_last, copy_, fill_, item, to_vector.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/copy.h>
#include <reel/ops/internal/copy.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/layout.h>
#include <reel/tensor/core/cuda_stream.h>

namespace reel {
using namespace detail;
namespace {

/// A copy with the given strides, dtype and device; the gradient is converted back.
struct Copy {
  static constexpr std::string_view name = "copy";
  Strides strides;
  DType dtype;
  Device device;
  DType from_dtype;
  Device from_device;
  bool non_blocking = false;

  Tensor forward(Context&, const Tensor& x) const {
    const Tensor out = empty_strided(x.shape(), strides, dtype, device);
    copy_elements(out, x, non_blocking);
    return out;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {grad.to(from_device, from_dtype)}; }
};

Tensor copy_to(const Tensor& x, const Strides& strides, DType dtype, Device device) {
  const Copy op{
      .strides = strides, .dtype = dtype, .device = device, .from_dtype = x.dtype(), .from_device = x.device()};
  // Integers carry no gradient, so nothing is recorded.
  if (!is_floating(dtype)) {
    const NoGradGuard guard;
    return apply(op, x);
  }
  return apply(op, x);
}

void copy_on_device(const Tensor& destination, const Tensor& source) {
  kernels::CopyArgs args{.to = destination.dtype(),
                         .from = source.dtype(),
                         .loop = {},
                         .destination = destination.data(),
                         .source = source.data()};
  build_loop<2>(destination.shape(), {&destination.strides(), &source.strides()}, args.loop);
  kernels::copy[destination.device()](args);
}

/// Between devices bytes are transferred in the dtype of the CPU's side, so that the GPU converts.
void copy_across(const Tensor& destination, const Tensor& source, bool non_blocking) {
  const Device to = destination.device(), from = source.device();
  const Tensor run = dense(from.is_cuda() ? source.detach().to(destination.dtype()) : source);
  const bool direct = run.dtype() == destination.dtype() && is_dense(destination) &&
                      same_layout(run.shape(), run.strides(), destination.strides());
  const Tensor arrival = direct ? destination : empty_strided(run.shape(), run.strides(), run.dtype(), to);
  const auto bytes = static_cast<std::size_t>(run.numel()) * size_of(run.dtype());
  kernels::cuda::transfer(arrival.data(), to, run.data(), from, bytes, non_blocking && direct);
  if (!direct) copy_on_device(destination, arrival);
}

/// The address after the last element.
const char* end_of(const Tensor& x) {
  std::int64_t last = 0;
  for (int d = 0; d < x.dim(); ++d) last += (x.shape()[d] - 1) * x.strides()[d];
  return static_cast<const char*>(x.data()) + (last + 1) * static_cast<std::int64_t>(size_of(x.dtype()));
}

}  // namespace

void detail::copy_elements(const Tensor& destination, const Tensor& source, bool non_blocking) {
  if (destination.numel() == 0) return;
  if (destination.device() == source.device()) copy_on_device(destination, source);
  else copy_across(destination, source, non_blocking);
}

void detail::check_no_overlap(std::string_view op, const Tensor& x) {
  if (is_dense(x)) return;
  // In the order of the strides, each must be larger than all that the smaller ones reach together.
  Dims order;
  for (int d = 0; d < x.dim(); ++d) {
    if (x.shape()[d] != 1) order.push_back(d);
  }
  std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return x.strides()[static_cast<int>(a)] < x.strides()[static_cast<int>(b)];
  });
  std::int64_t reach = 0;
  for (std::int64_t dim : order) {
    const int d = static_cast<int>(dim);
    check<ValueError>(x.strides()[d] > reach,
                      "{}: expected a tensor whose elements have memory of their own, got shape {} with strides {}; "
                      "change its clone",
                      op, x.shape(), x.strides());
    reach += (x.shape()[d] - 1) * x.strides()[d];
  }
}

Tensor detail::copy_if_aliased(const Tensor& destination, const Tensor& source) {
  const bool aligned = source.data() == destination.data() && source.dtype() == destination.dtype() &&
                       same_layout(source.shape(), source.strides(), destination.strides());
  if (aligned || source.numel() == 0 || source.device() != destination.device()) return source;
  const bool apart = end_of(source) <= destination.data() || end_of(destination) <= source.data();
  return apart ? source : source.clone();
}

Tensor Tensor::to(Device device, DType dtype) const {
  if (device == this->device() && dtype == this->dtype()) return *this;
  return copy_to(*this, dense_strides(*this), dtype, device);
}
Tensor Tensor::to(Device device) const { return to(device, dtype()); }
Tensor Tensor::to(DType dtype) const { return to(device(), dtype); }

Tensor Tensor::to(Device device, NonBlocking non_blocking) const {
  if (device == this->device()) return *this;
  return apply(Copy{.strides = dense_strides(*this),
                    .dtype = dtype(),
                    .device = device,
                    .from_dtype = dtype(),
                    .from_device = this->device(),
                    .non_blocking = non_blocking == NonBlocking::yes},
               *this);
}

bool Tensor::is_pinned() const {
  return device().is_cpu() && cuda::is_available() && impl()->storage->allocator() == &cuda::pinned_allocator();
}

void Tensor::record_stream(const cuda::Stream& stream) const {
  if (device().is_cuda()) cuda::record_stream(impl()->storage->data(), stream);
}

Tensor Tensor::pin_memory() const {
  check<DeviceError>(device().is_cpu(), "pin_memory: expected a tensor on the CPU, got one on {}", device());
  if (is_pinned()) return *this;
  const auto bytes = static_cast<std::size_t>(numel()) * size_of(dtype());
  auto storage = Storage::create(bytes, Device::cpu(), cuda::pinned_allocator());
  const Tensor out(
      IntrusivePtr<TensorImpl>(new TensorImpl(std::move(storage), dtype(), shape(), dense_strides(*this), 0)));
  copy_elements(out, *this);
  return out;
}

Tensor Tensor::clone() const {
  check_defined("clone", *this);
  return copy_to(*this, dense_strides(*this), dtype(), device());
}

Tensor Tensor::contiguous() const {
  check_defined("contiguous", *this);
  if (is_contiguous()) return *this;
  return copy_to(*this, contiguous_strides(shape()), dtype(), device());
}

Tensor Tensor::channels_last() const {
  check_defined("channels_last", *this);
  check<ShapeError>(dim() >= 3 && dim() <= 5, "channels_last: expected rank 3 to 5, got shape {}", shape());
  if (is_channels_last()) return *this;
  return copy_to(*this, channels_last_strides(shape()), dtype(), device());
}

const Tensor& TensorMethods::copy_(const Tensor& source) const {
  const Tensor& x = self();
  check_in_place("copy_", x);
  check_unrecorded_operand("copy_", source);
  check_defined("copy_", source, "the source");
  check<ShapeError>(broadcast_shapes("copy_", x.shape(), source.shape()) == x.shape(),
                    "copy_: expected a source that broadcasts to {}, got shape {}", x.shape(), source.shape());
  const NoGradGuard guard;
  copy_elements(x, copy_if_aliased(x, source.expand(x.shape())));
  x.bump_version();
  return x;
}

const Tensor& TensorMethods::fill_(Scalar value) const {
  const Tensor& x = self();
  check_in_place("fill_", x);
  check_scalar("fill_", value, x);
  if (x.numel() == 0) return x;
  kernels::FillArgs args{.dtype = x.dtype(), .loop = {}, .data = x.data(), .value = value};
  build_loop<1>(x.shape(), {&x.strides()}, args.loop);
  kernels::fill[x.device()](args);
  x.bump_version();
  return x;
}

const Tensor& TensorMethods::zero_() const { return fill_(0); }

Scalar Tensor::item_scalar() const {
  check<ShapeError>(numel() == 1, "item: expected a tensor of one element, got shape {}; index or reduce it first",
                    shape());
  const Tensor copy = device().is_cpu() ? Tensor() : detach().to(Device::cpu());
  const void* number = copy.defined() ? copy.data() : data();
  return dispatch<kAnyDType>(dtype(), [&]<class T>() {
    const T value = *static_cast<const T*>(number);
    if constexpr (std::is_arithmetic_v<T>) return Scalar(value);
    else return Scalar(static_cast<float>(value));
  });
}

template <class T> std::vector<T> Tensor::to_vector() const {
  const Tensor host = detach().to(Device::cpu(), dtype_of<T>).contiguous();
  const T* data = host.data_ptr<T>();
  return std::vector<T>(data, data + host.numel());
}

template std::vector<float> Tensor::to_vector() const;
template std::vector<double> Tensor::to_vector() const;
template std::vector<std::int64_t> Tensor::to_vector() const;
template std::vector<std::int32_t> Tensor::to_vector() const;
template std::vector<std::uint8_t> Tensor::to_vector() const;
template std::vector<bool> Tensor::to_vector() const;

namespace {

/// Assigning to a temporary writes into its memory. Where nothing else refers to that, neither a tensor nor
/// the owner of borrowed memory, the values would be lost.
void check_assignment(const Tensor& x) {
  check<ValueError>(
      !x.impl() || x.impl()->use_count() > 1 || x.impl()->storage->use_count() > 1 || !x.impl()->storage->allocator(),
      "operator=: a temporary of shape {} shares its memory with no other tensor, so that what is "
      "assigned to it would be lost; write y = ... for a name, x.index_put_({{mask}}, value) for "
      "chosen elements",
      x.shape());
}

}  // namespace

Tensor& Tensor::operator=(const Tensor& source) && {
  check_assignment(*this);
  copy_(source);
  return *this;
}
Tensor& Tensor::operator=(Tensor&& source) && {  // NOLINT(performance-noexcept-move-constructor)
  check_assignment(*this);
  copy_(source);
  return *this;
}
Tensor& Tensor::operator=(Scalar value) && {
  check_assignment(*this);
  fill_(value);
  return *this;
}

}  // namespace reel
