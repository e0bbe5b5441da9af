// Copies between layouts on the GPU, which go through tiles in shared memory.

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/cuda.h>

#include "support/requirement.h"

using namespace reel;
using namespace reel::testing;

TEST_CASE("transposed copies on the GPU are right for matrices of any size, dtype and number" * needs_gpu) {
  const std::int64_t sizes[][3] = {{1, 2, 300},   {1, 300, 2},   {5, 3, 86},   {5, 86, 3},   {2, 9, 512},
                                   {2, 512, 9},   {2, 8, 32},    {1, 49, 700}, {1, 700, 49}, {3, 63, 65},
                                   {3, 64, 64},   {3, 65, 63},   {1, 31, 463}, {1, 463, 31}, {1, 461, 9},
                                   {1, 130, 200}, {1, 200, 130}, {40, 17, 33}, {1, 3, 2000}, {1, 2000, 3}};
  for (const auto& size : sizes) {
    const std::int64_t planes = size[0], rows = size[1], columns = size[2];
    INFO(planes << " x " << rows << " x " << columns);
    for (const DType dtype : {DType::u8, DType::bf16, DType::f32, DType::f64}) {
      const Tensor all = remainder(arange(planes * (rows + 1) * (columns + 2)), 251).to(dtype);
      const Tensor host = all.view({planes, rows + 1, columns + 2}).narrow(1, 1, rows).narrow(2, 1, columns);
      const Tensor wide = all.to(Device::cuda()).view({planes, rows + 1, columns + 2});
      const Tensor part = wide.narrow(1, 1, rows).narrow(2, 1, columns), whole = part.contiguous();
      const std::vector<double> expected = host.transpose(1, 2).to_vector<double>();
      CHECK(part.transpose(1, 2).contiguous().to_vector<double>() == expected);
      CHECK(whole.transpose(1, 2).contiguous().to_vector<double>() == expected);
      const Tensor target = zeros({planes, columns + 1, rows + 2}, {.dtype = dtype, .device = Device::cuda()});
      target.narrow(1, 1, columns).narrow(2, 1, rows).copy_(part.transpose(1, 2));
      CHECK(target.narrow(1, 1, columns).narrow(2, 1, rows).to_vector<double>() == expected);
      CHECK(target.narrow(1, 0, 1).to(DType::f64).sum().item() == 0);
      CHECK(target.narrow(2, 0, 1).to(DType::f64).sum().item() == 0);
      CHECK(target.narrow(2, rows + 1, 1).to(DType::f64).sum().item() == 0);
    }
  }
}
