// Every operation gives the same on the GPU and the CPU: outputs and gradients of all samples, in every dtype.

#include <algorithm>
#include <set>
#include <string>

#include <doctest/doctest.h>
#include <reel/autograd/tape/autocast.h>
#include <reel/kernels/float32_precision.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/sanitizers.h>

#include "support/default_device.h"
#include "support/op_runs.h"
#include "support/requirement.h"

using namespace reel;
using namespace reel::testing;

namespace {

std::vector<OpRow> rows_on(Device device) {
  const DefaultDeviceGuard guard(device);
  return selected_rows();
}

double tolerance(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return 1e-10;
    case DType::f32:
      return 2e-5;
    case DType::f16:  // sums in another order may fall on the other side of a rounding
      return 0x1p-10;
    case DType::bf16:
      return 0x1p-7;
    default:
      return 0;
  }
}

/// What differs; gradients are sums, whose order is each device's own.
std::string difference_of(const OpRow& row, const Run& got, const Run& expected, DType dtype) {
  const std::string outputs =
      difference(Run{got.outputs, {}}, Run{expected.outputs, {}}, row.exact ? 0 : tolerance(dtype));
  return outputs.empty() ? difference(Run{{}, got.grads}, Run{{}, expected.grads}, tolerance(dtype)) : outputs;
}

/// f32 convolutions round their factors by default on a GPU, but not on the CPU.
struct IeeeConvolutions {
  IeeeConvolutions() { set_float32_precision(Float32Op::conv, Float32Precision::ieee); }
  IeeeConvolutions(const IeeeConvolutions&) = delete;
  IeeeConvolutions& operator=(const IeeeConvolutions&) = delete;
  ~IeeeConvolutions() { set_float32_precision(Float32Op::conv, former); }

  Float32Precision former = float32_precision(Float32Op::conv);
};

/// The inputs as leaves of `dtype`. Operations that take every dtype move numbers; some of their gradients are sums,
/// which take no half floats.
Tensors leaves(const OpRow& row, const Sample& sample, DType dtype) {
  if (!is_floating(dtype) || (kHalf.contains(dtype) && row.dtypes.bits == kAnyDType.bits))
    return converted(sample.inputs, dtype);
  return laid_out(sample.inputs,
                  [&](const Tensor& x) { return is_floating(x.dtype()) ? x.to(dtype).clone() : x.clone(); });
}

Run run_on(Device device, const OpRow& row, const Sample& sample, DType dtype) {
  const DefaultDeviceGuard guard(device);
  return run(sample, leaves(row, sample, dtype));
}

}  // namespace

/// How many samples of an operation are run: one under AddressSanitizer, where emulation is slow.
constexpr std::size_t kSamples = detail::kAddressSanitizer ? 1 : SIZE_MAX;

TEST_CASE("operations under autocast give on the GPU what they give on the CPU" * op_table_driven_on_gpu) {
  const AutocastGuard guard(DType::bf16);
  const std::set<std::string_view> names{"matmul", "bmm",    "addmm",           "dot", "linear", "einsum",
                                         "conv2d", "conv1d", "conv_transpose2d"};
  const std::vector<OpRow> host = rows_on(Device::cpu()), device = rows_on(Device::cuda());
  for (std::size_t r = 0; r < host.size(); ++r) {
    if (!names.contains(host[r].name)) continue;
    for (std::size_t s = 0; s < std::min(host[r].samples.size(), kSamples); ++s) {
      INFO(host[r].name << " / " << host[r].samples[s].label);
      const Run expected = run_on(Device::cpu(), host[r], host[r].samples[s], DType::f32);
      const Run got = run_on(Device::cuda(), device[r], device[r].samples[s], DType::f32);
      CHECK(difference_of(host[r], got, expected, DType::f32) == "");
    }
  }
}

TEST_CASE("every operation gives on the GPU what it gives on the CPU" * op_table_driven_on_gpu) {
  const IeeeConvolutions ieee;
  const std::vector<OpRow> host = rows_on(Device::cpu()), device = rows_on(Device::cuda());
  std::set<std::string_view> compared;
  for (std::size_t r = 0; r < host.size(); ++r) {
    for (std::size_t s = 0; s < std::min(host[r].samples.size(), kSamples); ++s) {
      for (const DType dtype : {DType::f64, DType::f32, DType::f16, DType::bf16, DType::i64, DType::i32, DType::u8}) {
        if (!host[r].dtypes.contains(dtype)) continue;
        const Sample &a = host[r].samples[s], &b = device[r].samples[s];
        INFO(host[r].name << " / " << a.label << " / " << to_string(dtype));
        try {
          const Run expected = run_on(Device::cpu(), host[r], a, dtype);
          const Run got = run_on(Device::cuda(), device[r], b, dtype);
          for (const Tensor& output : got.outputs) CHECK((!output.defined() || output.device().is_cuda()));
          CHECK(difference_of(host[r], got, expected, dtype) == "");
          compared.insert(host[r].name);
        } catch (const std::exception& e) {
          FAIL_CHECK("threw: " << std::string(e.what()));
        }
      }
    }
  }
  CHECK(compared.size() == host.size());
  MESSAGE(compared.size() << " of " << host.size() << " operations compared");
}
