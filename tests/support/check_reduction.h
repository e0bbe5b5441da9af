#pragma once

#include <functional>
#include <vector>

#include <doctest/doctest.h>
#include <reel/ops/ops.h>

#include "support/op_runs.h"

/// Compares reductions along a dimension with loops over the elements.
namespace reel::testing {

using Values = std::vector<double>;
using Reference = std::function<double(const Values&)>;

/// The lines of x along `dim`, reduced one by one, as a tensor without that dimension.
inline Tensor line_by_line(const Tensor& x, std::int64_t dim, const Reference& f) {
  const Tensor lines = movedim(x.detach().to(DType::f64), {dim}, {x.dim() - 1}).contiguous();
  const std::int64_t n = lines.size(-1);
  const Values all = lines.to_vector<double>();
  Values out;
  for (auto it = all.begin(); it != all.end(); it += n) out.push_back(f(Values(it, it + n)));
  Shape shape = lines.shape();
  shape.erase(shape.size() - 1);
  return tensor(out, shape);
}

/// `f` along each dimension of tensors whose sizes take the short, the long and the tiled paths, in several layouts.
inline void check_reduction(const std::function<Tensor(const Tensor&, std::int64_t)>& f, const Reference& reference,
                            double tolerance, double low = -1, double high = 1) {
  for (const Shape& shape :
       {Shape{3, 5}, Shape{70, 3}, Shape{3, 5000}, Shape{1200, 3}, Shape{2, 600, 530}, Shape{1, 40000}}) {
    const Tensor x = uniform(shape, low, high);
    for (const Tensor& layout : {x, strided(x), x.dim() == 3 ? x.channels_last() : x.t().contiguous().t()}) {
      for (std::int64_t dim = 0; dim < x.dim(); ++dim) {
        INFO("shape " << to_string(shape) << ", strides " << to_string(layout.strides()) << ", dimension " << dim);
        const Tensor want = line_by_line(x, dim, reference);
        CHECK(difference(f(layout, dim), want, 1e-12) == "");
        CHECK(difference(f(layout.to(DType::f32), dim).to(DType::f64), want, tolerance) == "");
      }
    }
  }
}

}  // namespace reel::testing
