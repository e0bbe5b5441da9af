// Selection by a condition, and one-hot encoding: nonzero, masked_select, one_hot.

#include <reel/kernels/indexing.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/indexing.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// The row-major positions of the elements that are not 0.
Tensor nonzero_positions(const Tensor& x) {
  const Tensor mask = x.detach().to(DType::boolean).contiguous();
  const std::int64_t n = mask.numel();
  const bool* data = mask.data_ptr<bool>();
  const std::int64_t count = n > 0 ? kernels::count_nonzero[x.device()](data, n) : 0;
  const Tensor positions = empty({count}, {.dtype = DType::i64, .device = x.device()});
  if (count > 0) kernels::nonzero[x.device()](data, n, positions.data_ptr<std::int64_t>());
  return positions;
}

}  // namespace

Tensor nonzero(const Tensor& x) {
  check_defined("nonzero", x);
  const Tensor positions = nonzero_positions(x);
  const std::int64_t count = positions.numel();
  const Tensor out = empty({count, x.dim()}, {.dtype = DType::i64, .device = x.device()});
  if (out.numel() > 0) {
    kernels::unravel_index[x.device()](positions.data_ptr<std::int64_t>(), count, x.shape(),
                                       out.data_ptr<std::int64_t>());
  }
  return out;
}

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  check_defined("masked_select", x);
  check_defined("masked_select", mask, "the mask");
  check_dtype("masked_select", mask, kBool);
  check_same_device("masked_select", x, mask);
  const auto [values, where] = broadcast("masked_select", x, mask);
  return take_slices(reshape(values, {-1}), 0, nonzero_positions(where));
}

Tensor one_hot(const Tensor& integers, std::int64_t num_classes) {
  check_defined("one_hot", integers, "the labels");
  const Tensor labels = as_i64("one_hot", "labels", integers);
  check<ValueError>(num_classes >= -1, "one_hot: expected num_classes of at least -1, got {}", num_classes);
  if (num_classes == -1) {
    check<ValueError>(labels.numel() > 0, "one_hot: expected num_classes where there are no labels, got -1");
    num_classes = amax(labels).item<std::int64_t>() + 1;
  }
  Shape shape = labels.shape();
  shape.push_back(num_classes);
  check_positions("one_hot", labels, labels.dim(), num_classes);
  const TensorOptions like{.dtype = DType::i64, .device = labels.device()};
  const Tensor index = unsqueeze(labels, -1);
  return scatter(zeros(shape, like), -1, index, ones({}, like).expand(index.shape()));
}

}  // namespace reel
