#pragma once

#include <reel/tensor/core/require_cpp20.h>  // first

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <reel/tensor/core/device.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/scalar.h>
#include <reel/tensor/core/shape.h>
#include <reel/tensor/index.h>
#include <reel/tensor/storage.h>
#include <reel/tensor/tensor_methods.h>

namespace reel {

class Node;
class Tensor;
namespace cuda {
class Stream;
}

/// The autograd part of a tensor; `autograd/` derives the real one, so that this folder knows nothing of the tape.
class AutogradMetaBase {
 public:
  virtual ~AutogradMetaBase() = default;
};

/// What a Tensor handle points to: a storage and the layout of the elements in it.
class TensorImpl : public RefCounted, public detail::SmallObject {
 public:
  /// `shape` and `strides` must stay within the storage, which the caller has checked.
  TensorImpl(IntrusivePtr<Storage> storage, DType dtype, const Shape& shape, const Strides& strides,
             std::int64_t offset);
  /// Called with the last reference gone.
  static void destroy(TensorImpl* impl);

  IntrusivePtr<Storage> storage;               ///< shared with every view of it
  Shape shape;                                 ///< the sizes
  Strides strides;                             ///< in elements; 0 where a dimension is expanded
  std::int64_t offset;                         ///< of the first element, in elements
  std::int64_t numel;                          ///< the product of the sizes
  DType dtype;                                 ///< of the elements
  bool contiguous;                             ///< row-major, without gaps
  bool requires_grad = false;                  ///< whether operations on it are recorded
  std::unique_ptr<AutogradMetaBase> autograd;  ///< its place on the tape; null if it has none

 private:
  ~TensorImpl();
};

/// What a new tensor is made of.
struct TensorOptions {
  DType dtype = DType::f32;          ///< of the elements
  Device device = default_device();  ///< where they are
  bool requires_grad = false;        ///< whether it is a leaf that records
};

/// An n-dimensional array on a device, and a point on the tape. A Tensor is a handle: copies refer to the same array.
/// Operations are free functions (`reel/ops/ops.h`) and, in the base class, members; here is what a handle does itself.
class Tensor : public TensorMethods {
 public:
  /// An undefined tensor: an absent bias, a gradient that never arrived.
  Tensor() = default;
  /// A handle on `impl`.
  explicit Tensor(IntrusivePtr<TensorImpl> impl) : impl_(std::move(impl)) {}
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) = default;
  /// Assigning to a name makes it refer to another array; assigning to a temporary, as in `x[0] = y`, copies into it.
  Tensor& operator=(const Tensor&) & = default;
  Tensor& operator=(Tensor&&) & = default;
  Tensor& operator=(const Tensor& source) &&;
  Tensor& operator=(Tensor&& source) &&;  // NOLINT(performance-noexcept-move-constructor): copies elements
  Tensor& operator=(Scalar value) &&;

  // --- what it is
  /// False for a handle on nothing: every other member but the tape's questions then throws a ValueError.
  bool defined() const { return static_cast<bool>(impl_); }
  /// The sizes.
  const Shape& shape() const { return checked().shape; }
  const Shape& sizes() const { return shape(); }
  /// How far apart neighbours are in memory along each dimension, in elements.
  const Strides& strides() const { return checked().strides; }
  /// The size of one dimension; negative counts from the end.
  std::int64_t size(std::int64_t dim) const;
  /// The number of dimensions.
  int dim() const { return checked().shape.size(); }
  /// The number of elements.
  std::int64_t numel() const { return checked().numel; }
  /// The type of the elements.
  DType dtype() const { return checked().dtype; }
  /// Where the memory is.
  Device device() const { return checked().storage->device(); }
  /// Dtype and device, to make another tensor with: `zeros(shape, x.options())`. Without `requires_grad`.
  TensorOptions options() const { return {.dtype = dtype(), .device = device()}; }
  /// Where the first element is in the storage, in elements.
  std::int64_t storage_offset() const { return checked().offset; }
  /// Whether the elements lie in memory in row-major order, without gaps.
  bool is_contiguous() const { return checked().contiguous; }
  /// Whether the memory of a tensor of rank 3 to 5 runs N, (D, H,) W, C.
  bool is_channels_last() const;
  /// How often the contents have been changed in place, through any view.
  std::uint32_t version() const { return checked().storage->version(); }
  /// Whether both handles refer to the very same tensor.
  bool is_same(const Tensor& other) const { return impl_ == other.impl_; }

  // --- the contents
  /// The first element's address; T must be the dtype's C++ type. Reading is fine at any time; code that writes through
  /// it must call `bump_version()`.
  template <class T> T* data_ptr() const {
    check_data_type(dtype_of<std::remove_const_t<T>>);
    return static_cast<T*>(data());
  }
  /// The first element's address, untyped.
  void* data() const {
    const TensorImpl& t = checked();
    return static_cast<char*>(t.storage->data()) + t.offset * static_cast<std::int64_t>(size_of(t.dtype));
  }
  /// Says that the contents were changed through a pointer.
  void bump_version() const { checked().storage->bump_version(); }
  /// The value of a tensor of one element, converted to T; a ValueError if T cannot hold it.
  template <class T = double> T item() const {
    const Scalar value = item_scalar();
    if (!value.in_range<T>()) fail_item(value);
    return value.to<T>();
  }
  /// The value of a tensor of one element in its own kind of number.
  Scalar item_scalar() const;
  /// The elements in row-major order, converted to T.
  template <class T> std::vector<T> to_vector() const;

  // --- copies
  /// The tensor on another device or in another dtype; itself if it is already there. Differentiable.
  Tensor to(Device device) const;
  Tensor to(DType dtype) const;
  Tensor to(Device device, DType dtype) const;
  Tensor cpu() const { return to(Device::cpu()); }
  /// A copy to or from a GPU that may still run when the call returns, if the CPU's side is pinned memory: later work
  /// on the current stream waits for it, the CPU must (`cuda::synchronize`) before it reads or changes its side.
  Tensor to(Device device, NonBlocking non_blocking) const;
  /// The tensor in host memory that a GPU reads and writes by itself; itself if it is already there. Not
  /// differentiable.
  Tensor pin_memory() const;
  bool is_pinned() const;
  /// Says that work on `stream` uses the tensor's memory, which was allocated on another stream: once freed, it is
  /// not reused before that work is done. The CPU's memory has no streams.
  void record_stream(const cuda::Stream& stream) const;
  /// A copy in memory of its own, in the same dense layout. Differentiable.
  Tensor clone() const;
  /// Itself if row-major, else a row-major copy. Differentiable.
  Tensor contiguous() const;
  /// Itself or a copy whose memory runs N, D, H, W, C (rank 5), N, H, W, C (4) or N, L, C (3). Differentiable.
  Tensor channels_last() const;
  /// The same memory, off the tape.
  Tensor detach() const;
  /// Takes this tensor itself off the tape: a leaf that records nothing. Its gradient stays; its graph adds no more.
  const Tensor& detach_() const;

  // --- the tape
  /// Whether operations on it are recorded.
  bool requires_grad() const { return impl_ && impl_->requires_grad; }
  /// Makes a leaf of floating dtype record (or, with false, stop recording) what happens to it.
  const Tensor& requires_grad_(bool value = true) const;
  /// True unless an operation on the tape made it.
  bool is_leaf() const { return !grad_fn(); }
  /// The node that made it; null for leaves.
  Node* grad_fn() const;
  /// The accumulated gradient; undefined before the first backward. Later backward passes leave the tensor that this
  /// returned as it is; `zero_grad` with zeros does not.
  Tensor grad() const;
  /// Replaces the gradient; undefined clears it. The gradient is then `grad` itself, no copy: clipping changes it, too.
  /// A backward adds to it only where nobody else holds it. An AutogradError for the tensor itself, which would keep
  /// itself alive forever.
  void set_grad(const Tensor& grad) const;
  /// Adds d(this)/d(leaf) to the `grad` of every leaf that requires it. `gradient` may be left out for one element.
  void backward(const Tensor& gradient = {}, bool retain_graph = false, bool create_graph = false) const;
  /// Makes a non-leaf keep its gradient's values, as leaves do; for one to differentiate again call `grad` (engine.h).
  void retain_grad() const;
  /// Calls `hook` with the gradient of this tensor whenever backward computes it; a defined result replaces the
  /// gradient. Changing the argument in place is an AutogradError: others may share its memory. Returns a handle for
  /// `remove_hook`. A hook is one object until it is removed, so it may have a state of its own; passes on several
  /// threads may call it at once. It may remove itself and others, which run no more, and register new ones, which run
  /// from the next pass on. A hook that holds the tensor itself, or what was made of it, keeps both alive until it is
  /// removed.
  std::size_t register_hook(std::function<Tensor(const Tensor&)> hook) const;
  void remove_hook(std::size_t handle) const;

  /// Replaces the array behind this tensor for every handle that refers to it (modules use it to move to a device). The
  /// shape must be the same; saved tensors keep the old storage; `grad` is converted with it.
  void set_data(const Tensor& source) const;

  /// The array behind the handle; null if undefined.
  TensorImpl* impl() const { return impl_.get(); }

 private:
  TensorImpl& checked() const {
    if (!impl_) [[unlikely]]
      fail_undefined();
    return *impl_;
  }
  [[noreturn]] static void fail_undefined();
  [[noreturn]] static void fail_item(const Scalar& value);
  void check_data_type(DType requested) const;

  IntrusivePtr<TensorImpl> impl_;
};

/// Any number of tensors: parameters, outputs, gradients.
using Tensors = std::vector<Tensor>;

/// A new handle on (part of) the same storage, off the tape: the base of every view.
Tensor make_view(const Tensor& base, const Shape& shape, const Strides& strides, std::int64_t offset);
/// An uninitialised tensor with the given dense strides.
Tensor empty_strided(const Shape& shape, const Strides& strides, DType dtype, Device device);

/// How many TensorImpls are alive, for leak tests.
std::int64_t live_tensors();

inline const Tensor& TensorMethods::self() const { return static_cast<const Tensor&>(*this); }

}  // namespace reel
