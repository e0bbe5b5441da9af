// Results and gradients against PyTorch's.

#include "support/golden_cases.h"

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/ops/ops.h>
#include <nlohmann/json.hpp>

#include "support/op_runs.h"
#include "support/source_files.h"

namespace reel::testing {
namespace {

using nlohmann::json;

/// Sums run in another order than PyTorch's; the largest results are near 1e3.
constexpr double kTolerance = 1e-12;

Tensor unpacked(const json& packed) {
  if (packed.is_null()) return {};
  std::vector<double> values;
  for (const json& v : packed["data"]) {
    values.push_back(v.is_string() ? std::strtod(v.get<std::string>().c_str(), nullptr) : v.get<double>());
  }
  Shape shape;
  for (const json& size : packed["shape"]) shape.push_back(size.get<std::int64_t>());
  const std::string dtype = packed["dtype"];
  return tensor(values, shape).to(dtype == "f64" ? DType::f64 : dtype == "i64" ? DType::i64 : DType::boolean);
}

void check_case(const json& golden, const TensorFunction& call) {
  Tensors inputs, differentiable, weights, wanted;
  for (const json& packed : golden["inputs"]) {
    const Tensor input = unpacked(packed);
    if (is_floating(input.dtype())) input.requires_grad_();
    inputs.push_back(input);
  }
  const Tensors outputs = call(inputs);
  REQUIRE(outputs.size() == golden["outputs"].size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    CHECK(difference(outputs[i].detach(), unpacked(golden["outputs"][i]), kTolerance) == "");
    if (golden["weights"][i].is_null()) continue;
    CHECK(outputs[i].requires_grad());
    differentiable.push_back(outputs[i]);
    weights.push_back(unpacked(golden["weights"][i]));
  }
  if (differentiable.empty()) return;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].requires_grad()) wanted.push_back(inputs[i]), positions.push_back(i);
  }
  const Tensors grads = grad(differentiable, wanted, {.grad_outputs = weights, .allow_unused = true});
  for (std::size_t i = 0; i < grads.size(); ++i) {
    INFO("gradient of input " << positions[i]);
    CHECK(difference(grads[i], unpacked(golden["grads"][positions[i]]), kTolerance, true) == "");
  }
}

}  // namespace

std::vector<std::string> check_goldens(const std::string& name_of_file,
                                       const std::map<std::string, TensorFunction>& calls) {
  std::ifstream file(source_dir() / "tests/goldens" / name_of_file);
  const json goldens = json::parse(file);
  CHECK(goldens["cases"].size() == calls.size());
  std::set<std::string> ops;
  for (const auto& entry : goldens["cases"].items()) {
    const std::string& name = entry.key();
    INFO(name);
    const auto call = calls.find(name);
    REQUIRE(call != calls.end());
    try {
      check_case(entry.value(), call->second);
    } catch (const std::exception& e) {
      FAIL_CHECK("threw: " << std::string(e.what()));
    }
    ops.insert(name.substr(0, name.find(' ')));
  }
  return {ops.begin(), ops.end()};
}

}  // namespace reel::testing
