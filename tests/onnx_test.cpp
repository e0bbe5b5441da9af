// ONNX's node tests, which say what each of its operators computes, in Reel's operations.

#include <map>
#include <string>

#include <doctest/doctest.h>
#include <reel/kernels/linalg.h>

#include "support/onnx.h"
#include "support/op_runs.h"

using namespace reel::testing;

namespace {

/// How many tests are left out, by the reason. The numbers are exact, so that no test can become one of these
/// unnoticed.
std::map<std::string, std::size_t> left_out() {
  std::map<std::string, std::size_t> reasons{
      // dtypes, and what is no tensor
      {"dtype float4e2m1", 14},
      {"dtype float8e4m3fn", 22},
      {"dtype float8e4m3fnuz", 18},
      {"dtype float8e5m2", 20},
      {"dtype float8e5m2fnuz", 18},
      {"dtype float8e8m0", 4},
      {"dtype int16", 21},
      {"dtype int2", 17},
      {"dtype int4", 17},
      {"dtype int8", 34},
      {"dtype string", 26},
      {"dtype uint16", 20},
      {"dtype uint2", 17},
      {"dtype uint32", 18},
      {"dtype uint4", 17},
      {"dtype uint64", 21},
      {"a graph as an attribute", 33},
      {"a sequence or an optional value", 34},
      {"complex numbers: no such dtype", 12},
      {"the bits of one dtype read as another's", 7},
      // operators
      {"detection: deformed convolution, boxes, regions", 17},
      {"image files as operators: Reel has read_image", 9},
      {"linear attention: no operation", 14},
      {"quantised numbers", 20},
      {"trees, encoders and words of ONNX-ML", 10},
      {"windows of signals: no operation", 7},
      // options
      {"a GRU whose reset gate stands before the product", 3},
      {"an LSTM with peepholes", 1},
      {"col2im of volumes", 1},
      {"dilation of average pooling", 2},
      {"dilation of lp_pool", 1},
      {"kernels of resizing other than PyTorch's", 5},
      {"pooling of integers", 1},
      {"resizing to the nearest pixel with other positions or roundings", 3},
      {"smooth resizing with other positions", 10},
      {"softcap of attention", 11},
      // what is an error in Reel, as in PyTorch
      {"labels out of range, an error in Reel", 1},
      {"the maximum of nothing, an error in Reel", 2},
      {"the minimum of nothing, an error in Reel", 1},
      // tests that nobody can compare, or should store
      {"random numbers", 10},
      {"too large a file", 21},
  };
  if (!reel::kernels::lapack_available()) reasons["LAPACK, which this build has not"] = 2;
  return reasons;
}

void check_tests(reel::Tensor (*layout)(const reel::Tensor&)) {
  const onnx::Outcome outcome = onnx::run_tests(layout);
  for (const std::string& failure : outcome.failed) FAIL_CHECK(failure);
  std::map<std::string, std::size_t> expected = left_out();
  std::size_t tests = outcome.passed;
  for (const auto& entry : outcome.left_out) {  // clang 14 refuses names for its parts in INFO
    INFO(entry.first << ": " << entry.second.front() << "...");
    CHECK(entry.second.size() == expected[entry.first]);
    expected.erase(entry.first);
    tests += entry.second.size();
  }
  INFO("no test was left out for: " << (expected.empty() ? "" : expected.begin()->first));
  CHECK(expected.empty());
  CHECK(tests == 1884);  // onnx 1.23.2
}

}  // namespace

TEST_CASE("ONNX's node tests pass, but for those that are left out with a reason") {
  check_tests([](const reel::Tensor& x) { return x; });
}

TEST_CASE("ONNX's node tests pass with inputs that lie in memory in another way") { check_tests(strided); }
