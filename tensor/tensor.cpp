// The parts of Tensor that need no operation: its implementation object, checks, views and allocation.

#include <reel/tensor/tensor.h>

#include <reel/tensor/core/check.h>
#include <reel/tensor/core/live_count.h>

namespace reel {

std::int64_t live_tensors() { return detail::live_count(detail::Live::tensors); }

TensorImpl::TensorImpl(IntrusivePtr<Storage> storage_, DType dtype_, const Shape& shape_, const Strides& strides_,
                       std::int64_t offset_)
    : storage(std::move(storage_)),
      shape(shape_),
      strides(strides_),
      offset(offset_),
      numel(reel::numel(shape_)),
      dtype(dtype_),
      contiguous(numel == 0 || is_row_major(shape_, strides_)) {
  detail::count_live(detail::Live::tensors, 1);
}

TensorImpl::~TensorImpl() { detail::count_live(detail::Live::tensors, -1); }

void TensorImpl::destroy(TensorImpl* impl) { delete impl; }

void Tensor::fail_undefined() {
  fail<ValueError>(
      "Tensor: expected a tensor with shape, dtype and contents, got an undefined one (never assigned, or moved from)");
}

void Tensor::fail_item(const Scalar& value) {
  fail<ValueError>("item: expected a number that the type can hold, got {}", value);
}

void Tensor::check_data_type(DType requested) const {
  check<DTypeError>(requested == dtype(), "data_ptr: expected the type of dtype {}, got that of {}", dtype(),
                    requested);
}

std::int64_t Tensor::size(std::int64_t d) const {
  check<IndexError>(dim() > 0, "size: expected a tensor of rank 1 or more for dimension {}, got rank 0", d);
  return shape()[wrap_dim("size", d, dim())];
}

bool Tensor::is_channels_last() const {
  const TensorImpl& t = checked();
  const int rank = t.shape.size();
  return rank >= 3 && rank <= 5 && same_layout(t.shape, t.strides, channels_last_strides(t.shape));
}

Tensor Tensor::detach() const { return make_view(*this, shape(), strides(), storage_offset()); }

Index::Index(const Tensor& tensor) : value_(std::make_shared<const Tensor>(tensor)) {}

Tensor make_view(const Tensor& base, const Shape& shape, const Strides& strides, std::int64_t offset) {
  const TensorImpl& t = *base.impl();
  return Tensor(IntrusivePtr<TensorImpl>(new TensorImpl(t.storage, t.dtype, shape, strides, offset)));
}

Tensor empty_strided(const Shape& shape, const Strides& strides, DType dtype, Device device) {
  IntrusivePtr<TensorImpl> impl(new TensorImpl(nullptr, dtype, shape, strides, 0));
  const std::int64_t bytes = checked_mul(impl->numel, static_cast<std::int64_t>(size_of(dtype)));
  impl->storage = Storage::create(static_cast<std::size_t>(bytes), device);
  return Tensor(std::move(impl));
}

}  // namespace reel
