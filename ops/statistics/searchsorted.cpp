// Positions in sorted sequences: searchsorted, bucketize.

#include <reel/kernels/searchsorted.h>

#include <reel/ops/internal/checks.h>
#include <reel/ops/sorted.h>

namespace reel {
using namespace detail;
namespace {

Tensor search(std::string_view op, const Tensor& sequence, const Tensor& values, bool out_int32, bool right) {
  const bool one = sequence.dim() == 1;
  const Tensor rows = sequence.detach().contiguous(), wanted = values.detach().contiguous();
  const Tensor out = empty_strided(values.shape(), contiguous_strides(values.shape()), DType::i64, values.device());
  const std::int64_t n = sequence.size(-1);
  const std::int64_t m = one ? values.numel() : values.size(-1);
  check<ValueError>(!out_int32 || n <= INT32_MAX, "{}: expected a sequence whose positions i32 holds, got {}", op, n);
  if (out.numel() > 0) {
    kernels::searchsorted[out.device()]({.dtype = values.dtype(),
                                         .right = right,
                                         .rows = values.numel() / m,
                                         .n = n,
                                         .m = m,
                                         .sequence = rows.data(),
                                         .one_sequence = one,
                                         .values = wanted.data(),
                                         .out = out.data_ptr<std::int64_t>()});
  }
  return out_int32 ? out.to(DType::i32) : out;
}

}  // namespace

Tensor searchsorted(const Tensor& sequence, const Tensor& values, bool out_int32, bool right) {
  check_same_dtype("searchsorted", sequence, values);
  check_same_device("searchsorted", sequence, values);
  bool fits = sequence.dim() == 1 || (sequence.dim() > 1 && sequence.dim() == values.dim());
  for (int d = 0; fits && d + 1 < sequence.dim(); ++d) fits = sequence.shape()[d] == values.shape()[d];
  check<ShapeError>(fits, "searchsorted: expected a vector, or a sequence for each row of values of shape {}, got {}",
                    values.shape(), sequence.shape());
  return search("searchsorted", sequence, values, out_int32, right);
}

Tensor bucketize(const Tensor& x, const Tensor& boundaries, bool out_int32, bool right) {
  check_same_dtype("bucketize", x, boundaries);
  check_same_device("bucketize", x, boundaries);
  check_rank("bucketize", "the boundaries", boundaries, 1);
  return search("bucketize", boundaries, x, out_int32, right);
}

}  // namespace reel
