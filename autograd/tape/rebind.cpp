// A tensor becomes another one for all who hold it.

#include <reel/autograd/tape/rebind.h>

#include <reel/autograd/tape/node.h>

namespace reel::detail {

void rebind(const Tensor& t, const Tensor& source) {
  TensorImpl& to = *t.impl();
  const TensorImpl& from = *source.impl();
  to.storage = from.storage;
  to.shape = from.shape;
  to.strides = from.strides;
  to.offset = from.offset;
  to.numel = from.numel;
  to.dtype = from.dtype;
  to.contiguous = from.contiguous;
  if (source.requires_grad()) {
    set_edge(t, gradient_edge(source));
    autograd_meta(t)->alias = source;  // nodes save this one, which the next rebind leaves alone
  } else {
    to.requires_grad = false;
    to.autograd = nullptr;
  }
}

}  // namespace reel::detail
