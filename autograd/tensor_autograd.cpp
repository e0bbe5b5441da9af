// The members of Tensor that deal with the tape.

#include <utility>

#include <reel/autograd/accumulate_grad.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/node.h>
#include <reel/tensor/core/check.h>

namespace reel {
namespace {

/// The leaf as nodes save it.
Tensor leaf_alias(const Tensor& contents, const IntrusivePtr<Node>& accumulator) {
  const Tensor alias = contents.detach();
  set_edge(alias, {accumulator, 0});
  return alias;
}

AutogradMeta& ensure_meta(const Tensor& t) {
  if (!t.impl()->autograd) t.impl()->autograd = std::make_unique<AutogradMeta>();
  return *autograd_meta(t);
}

/// Whether `grad`, its own gradient or that one's... is `t`: a cycle of references, which nobody would ever free.
bool leads_to(Tensor grad, const Tensor& t) {
  while (grad.defined() && !grad.is_same(t)) grad = grad.grad();
  return grad.defined();
}

}  // namespace

const Tensor& Tensor::requires_grad_(bool value) const {
  if (checked().requires_grad == value) return *this;
  check<AutogradError>(
      !grad_fn(), "requires_grad_: expected a leaf, got a result of {}; call it on detach(), which is off the tape",
      grad_fn() ? grad_fn()->name() : "");
  check<DTypeError>(!value || is_floating(dtype()), "requires_grad_: expected a floating dtype, got {}", dtype());
  if (value) {
    AutogradMeta& meta = ensure_meta(*this);
    if (!meta.slot) meta.slot = std::make_shared<GradSlot>();
    if (!meta.accumulator) {
      const IntrusivePtr<Node> accumulator(new AccumulateGrad(*this, meta.slot));
      meta.alias = leaf_alias(*this, accumulator);
      meta.accumulator = accumulator;
    }
  }
  impl_->requires_grad = value;
  return *this;
}

const Tensor& Tensor::detach_() const {
  if (!grad_fn()) return requires_grad_(false);
  AutogradMeta& meta = *autograd_meta(*this);
  std::shared_ptr<GradSlot> own;  // the former one is still that of the result in the graph
  if (meta.slot) {
    own = std::make_shared<GradSlot>();
    const GradLock lock(*meta.slot);
    own->grad = std::move(meta.slot->grad);
  }
  meta.slot = std::move(own);
  meta.grad_fn = {};
  impl_->requires_grad = false;
  return *this;
}

Node* Tensor::grad_fn() const {
  const AutogradMeta* meta = impl_ ? autograd_meta(*this) : nullptr;
  return meta ? meta->grad_fn.node.get() : nullptr;
}

Tensor Tensor::grad() const {
  const AutogradMeta* meta = checked().autograd ? autograd_meta(*this) : nullptr;
  if (!meta || !meta->slot) return {};
  const GradLock lock(*meta->slot);
  return meta->slot->grad;
}

void Tensor::set_grad(const Tensor& grad) const {
  if (grad.defined()) {
    check<ShapeError>(grad.shape() == shape(), "set_grad: expected a gradient of shape {}, got {}", shape(),
                      grad.shape());
    check<DTypeError>(grad.dtype() == dtype(), "set_grad: expected a gradient of dtype {}, got {}", dtype(),
                      grad.dtype());
    check<DeviceError>(grad.device() == device(), "set_grad: expected a gradient on {}, got one on {}", device(),
                       grad.device());
    check<AutogradError>(!leads_to(grad, *this),
                         "set_grad: expected another tensor as the gradient, got the tensor itself, or one whose "
                         "gradient leads back to it, of shape {}: each would keep the other alive forever; pass a "
                         "clone or detach()",
                         shape());
  } else if (!checked().autograd || !autograd_meta(*this)->slot) {
    return;
  }
  AutogradMeta& meta = ensure_meta(*this);
  if (!meta.slot) meta.slot = std::make_shared<GradSlot>();
  // A non-leaf keeps values only, as with retain_grad: a gradient computed from the tensor would keep it alive forever.
  Tensor other = grad.defined() && !is_leaf() ? grad.detach() : grad;  // then the former one: freed outside the lock
  const GradLock lock(*meta.slot);
  std::swap(meta.slot->grad, other);
}

void Tensor::backward(const Tensor& gradient, bool retain_graph, bool create_graph) const {
  reel::backward({*this}, gradient.defined() ? Tensors{gradient} : Tensors{},
                 {.retain_graph = retain_graph, .create_graph = create_graph});
}

void Tensor::retain_grad() const {
  check<AutogradError>(requires_grad(),
                       "retain_grad: expected a tensor that requires grad, got one of shape {} that does not", shape());
  if (is_leaf()) return;
  AutogradMeta& meta = *autograd_meta(*this);
  const auto slot = meta.slot ? meta.slot : std::make_shared<GradSlot>();  // there may be one from set_grad
  meta.grad_fn.node->retain_grad(meta.grad_fn.nr, slot);
  meta.slot = slot;
}

std::size_t Tensor::register_hook(std::function<Tensor(const Tensor&)> hook) const {
  check<AutogradError>(requires_grad(),
                       "register_hook: expected a tensor that requires grad, got one of shape {} that does not",
                       shape());
  const Edge edge = gradient_edge(*this);
  return edge.node->add_hook(edge.nr, std::move(hook));
}

void Tensor::remove_hook(std::size_t handle) const {
  const AutogradMeta* meta = impl_ ? autograd_meta(*this) : nullptr;
  if (!meta) return;
  // A leaf that no longer requires grad has its accumulator, and with it its hooks, still.
  Node* node = meta->grad_fn.node ? meta->grad_fn.node.get() : meta->accumulator.get();
  if (node) node->remove_hook(handle);
}

void Tensor::set_data(const Tensor& source) const {
  TensorImpl& t = checked();
  check<ShapeError>(source.shape() == t.shape, "set_data: expected contents of shape {}, got {}", t.shape,
                    source.shape());
  check<AutogradError>(!grad_fn(), "set_data: expected a leaf, got a result of an operation");
  check<DTypeError>(!t.requires_grad || is_floating(source.dtype()),
                    "set_data: expected a floating dtype for a tensor that requires grad, got {}", source.dtype());
  const TensorImpl& s = *source.impl();
  AutogradMeta* meta = autograd_meta(*this);
  if (meta && meta->accumulator) {
    // Graphs recorded before keep the former alias; their gradients are converted on their way in, and so is the
    // gradient that is here.
    Tensor alias = leaf_alias(source, meta->accumulator), grad;
    const GradLock lock(*meta->slot);
    if (meta->slot->grad.defined()) {
      grad = meta->slot->grad.to(source.device(), source.dtype());
      std::swap(meta->slot->grad, grad);  // the former one is freed outside the lock
    }
    if (source.dtype() != dtype() || source.device() != device()) {
      static_cast<AccumulateGrad&>(*meta->accumulator).moved_to({source.shape(), source.dtype(), source.device()});
    }
    meta->alias = std::move(alias);
  }
  t.storage = s.storage;
  t.dtype = s.dtype;
  t.strides = s.strides;
  t.offset = s.offset;
  t.contiguous = s.contiguous;
}

}  // namespace reel
