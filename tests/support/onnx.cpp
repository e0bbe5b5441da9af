// Reads and runs the node tests of ONNX.

#include "support/onnx.h"

#include <cmath>
#include <fstream>
#include <set>

#include <fmt/core.h>
#include <reel/data/safetensors.h>
#include <reel/ops/ops.h>
#include <nlohmann/json.hpp>

#include "support/source_files.h"

namespace reel::testing::onnx {
namespace {

using nlohmann::json;
using Pool = std::map<std::string, Tensor>;

Tensor from_pool(const Pool& pool, const json& number) {
  return pool.at(std::to_string(number.get<int>())).to(default_device());
}

Attribute attribute(const json& given, const Pool& pool) {
  if (given.is_string()) return {.text = given};
  if (given.is_object()) return {.tensor = from_pool(pool, given["tensor"])};
  if (given.is_number()) return {.numbers = {given.get<double>()}};
  if (!given.empty() && given[0].is_string()) throw LeftOut("dtype string");
  return {.numbers = given.get<std::vector<double>>()};
}

/// How far results may be off, relative to what is expected. ONNX allows 1e-3 everywhere.
double tolerance(const std::string& test, DType dtype) {
  static const std::set<std::string> few_digits{"test_averagepool_2d_ceil_last_window_starts_on_pad",
                                                "test_gridsample_bicubic"};
  if (few_digits.contains(test)) return 1e-3;
  switch (dtype) {
    case DType::f64:
      return test.find("_expanded") == std::string::npos ? 1e-12 : 1e-7;  // whose constants have the precision of f32
    case DType::f16:
      return 2e-3;  // two roundings
    case DType::bf16:
      return 1.6e-2;
    default:
      return 1e-5;
  }
}

bool close(double a, double b, double relative) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= relative * std::max(std::abs(b), 0.05);
}

std::string mismatch(const Tensor& actual, const Tensor& expected, double relative) {
  if (!actual.defined()) return "no result";
  if (actual.dtype() != expected.dtype()) {
    return fmt::format("dtype {}, not {}", to_string(actual.dtype()), to_string(expected.dtype()));
  }
  if (actual.shape() != expected.shape()) {
    return fmt::format("shape {}, not {}", to_string(actual.shape()), to_string(expected.shape()));
  }
  if (!is_floating(expected.dtype())) return equal(actual, expected) ? "" : "other integers";
  const auto a = actual.to_vector<double>(), b = expected.to_vector<double>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!close(a[i], b[i], relative)) return fmt::format("element {}: {}, not {}", i, a[i], b[i]);
  }
  return "";
}

/// What changes no result of Reel's: it says what the inputs say, too, or concerns other dtypes, or asks for less than
/// Reel does (half floats are computed in f32, and the largest elements come in order).
bool is_redundant(const std::string& attribute) {
  static const std::set<std::string> redundant{"hidden_size",       "saturate", "seed",
                                               "softmax_precision", "sorted",   "stash_type"};
  return redundant.contains(attribute);
}

/// Calls a node's operator with the values, and adds the results to them.
void run_node(const json& node, std::map<int, Tensor>& values, const Pool& pool) {
  const std::string name = node[0];
  Call call{.outputs = node[2].size()};
  for (const json& value : node[1]) call.inputs.push_back(value == -1 ? Tensor() : values.at(value.get<int>()));
  for (const auto& given : node[3].items()) call.attributes[given.key()] = attribute(given.value(), pool);
  const auto found = operators().find(name);
  if (found == operators().end()) throw std::runtime_error("there is no operator " + name);
  const Tensors results = found->second(call);
  for (const auto& given : call.attributes) {
    if (call.asked.contains(given.first) || is_redundant(given.first)) continue;
    throw std::runtime_error(name + " has ignored the attribute " + given.first);
  }
  for (std::size_t i = 0; i < std::min(results.size(), call.outputs); ++i) values[node[2][i].get<int>()] = results[i];
}

/// What is wrong with the results of a test; nothing if they are right.
std::string run_test(const std::string& name, const json& test, const Pool& pool, Tensor (*layout)(const Tensor&)) {
  for (const json& node : test["nodes"]) {
    const std::string reason = missing(node[0]);
    if (!reason.empty()) throw LeftOut(reason);
  }
  std::map<int, Tensor> values;
  for (std::size_t i = 0; i < test["in"].size(); ++i) {
    values[static_cast<int>(i)] = layout(from_pool(pool, test["in"][i]));
  }
  for (const json& node : test["nodes"]) run_node(node, values, pool);
  for (const json& result : test["out"]) {
    const Tensor expected = from_pool(pool, result[1]);
    const std::string wrong = mismatch(values[result[0].get<int>()], expected, tolerance(name, expected.dtype()));
    if (!wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace

std::vector<std::int64_t> Call::integers(const std::string& name, const std::vector<std::int64_t>& otherwise) const {
  if (!has(name)) return otherwise;
  const std::vector<double>& numbers = attributes.at(name).numbers;
  return {numbers.begin(), numbers.end()};
}

std::vector<std::int64_t> Call::integers(std::size_t input, const std::string& name) const {
  return (*this)[input].defined() ? (*this)[input].to_vector<std::int64_t>() : integers(name);
}

void add(Operators& table, const std::map<std::string, Tensor (*)(const Call&)>& functions) {
  for (const auto& [name, function] : functions) {
    table[name] = [f = function](const Call& call) { return Tensors{f(call)}; };
  }
}

const Operators& operators() {
  static const Operators table = [] {
    Operators all;
    for (const auto add_family :
         {add_elementwise, add_reductions, add_shapes, add_indexing, add_products, add_windows, add_resampling,
          add_normalization, add_recurrent, add_attention, add_losses, add_optimizers}) {
      add_family(all);
    }
    return all;
  }();
  return table;
}

Outcome run_tests(Tensor (*layout)(const Tensor&)) {
  std::ifstream file(source_dir() / "tests/goldens/onnx.json");
  const json tests = json::parse(file);
  const Pool pool = data::load_safetensors((source_dir() / "tests/goldens/onnx.safetensors").string()).tensors;
  Outcome outcome;
  for (const auto& [name, test] : tests.items()) {
    try {
      if (test.is_string()) throw LeftOut(test.get<std::string>());
      const std::string wrong = run_test(name, test, pool, layout);
      if (wrong.empty()) ++outcome.passed;
      else outcome.failed.push_back(name + ": " + wrong);
    } catch (const LeftOut& reason) {
      outcome.left_out[reason.what()].push_back(name);
    } catch (const std::exception& e) {
      outcome.failed.push_back(name + ": threw " + e.what());
    }
  }
  return outcome;
}

DType dtype_of_number(std::int64_t number) {
  static const std::map<std::int64_t, DType> dtypes{{1, DType::f32},  {2, DType::u8},      {6, DType::i32},
                                                    {7, DType::i64},  {9, DType::boolean}, {10, DType::f16},
                                                    {11, DType::f64}, {16, DType::bf16}};
  const auto found = dtypes.find(number);
  if (found == dtypes.end()) throw LeftOut("a dtype that Reel does not have");
  return found->second;
}

std::int64_t from_front(std::int64_t dim, const Tensor& x) { return dim < 0 ? dim + x.dim() : dim; }

}  // namespace reel::testing::onnx
