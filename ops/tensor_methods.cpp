// The members of Tensor that only call a free function.

#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {

Tensor Tensor::reshape(const Shape& shape) const { return reel::reshape(*this, shape); }
Tensor Tensor::flatten(std::int64_t start_dim, std::int64_t end_dim) const {
  return reel::flatten(*this, start_dim, end_dim);
}
Tensor Tensor::transpose(std::int64_t dim0, std::int64_t dim1) const { return reel::transpose(*this, dim0, dim1); }
Tensor Tensor::t() const { return reel::t(*this); }
Tensor Tensor::permute(const Dims& dims) const { return reel::permute(*this, dims); }
Tensor Tensor::expand(const Shape& shape) const { return reel::expand(*this, shape); }
Tensor Tensor::squeeze() const { return reel::squeeze(*this); }
Tensor Tensor::squeeze(std::int64_t dim) const { return reel::squeeze(*this, dim); }
Tensor Tensor::unsqueeze(std::int64_t dim) const { return reel::unsqueeze(*this, dim); }
Tensor Tensor::select(std::int64_t dim, std::int64_t index) const { return reel::select(*this, dim, index); }
Tensor Tensor::narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const {
  return reel::narrow(*this, dim, start, length);
}
Tensor Tensor::slice(std::int64_t dim, std::optional<std::int64_t> start, std::optional<std::int64_t> end,
                     std::int64_t step) const {
  return reel::slice(*this, dim, start, end, step);
}
Tensor Tensor::unfold(std::int64_t dim, std::int64_t size, std::int64_t step) const {
  return reel::unfold(*this, dim, size, step);
}
Tensor Tensor::sum() const { return reel::sum(*this); }
Tensor Tensor::mean() const { return reel::mean(*this); }
Tensor Tensor::max() const { return reel::amax(*this); }
Tensor Tensor::min() const { return reel::amin(*this); }
Tensor Tensor::argmax(std::int64_t dim, bool keepdim) const { return reel::argmax(*this, dim, keepdim); }

}  // namespace reel
