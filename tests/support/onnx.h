#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <reel/tensor/tensor.h>

/// The node tests of ONNX (goldens/make_onnx.py): graphs of ONNX's operators, which are called as Reel's operations.
namespace reel::testing::onnx {

/// What Reel does not have, be it an operator or one of its options: a test that asks for it is left out.
struct LeftOut : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An attribute of a node, in the form that it has.
struct Attribute {
  std::vector<double> numbers = {};
  std::string text = {};
  Tensor tensor = {};
};

/// A call of an operator.
struct Call {
  Tensors inputs = {};                               ///< Undefined where left out.
  std::map<std::string, Attribute> attributes = {};  ///< Those that are given.
  std::size_t outputs = 0;                           ///< How many results are wanted.
  mutable std::set<std::string> asked = {};          ///< The attributes that somebody has looked for.

  /// An input; undefined if it was left out.
  Tensor operator[](std::size_t i) const { return i < inputs.size() ? inputs[i] : Tensor(); }
  bool has(const std::string& name) const {
    asked.insert(name);
    return attributes.contains(name);
  }
  double number(const std::string& name, double otherwise) const {
    return has(name) ? attributes.at(name).numbers.at(0) : otherwise;
  }
  std::int64_t integer(const std::string& name, std::int64_t otherwise) const {
    return has(name) ? static_cast<std::int64_t>(attributes.at(name).numbers.at(0)) : otherwise;
  }
  std::vector<std::int64_t> integers(const std::string& name, const std::vector<std::int64_t>& otherwise = {}) const;
  /// The whole numbers of an input; if it was left out, of the attribute `name`, as older versions have it.
  std::vector<std::int64_t> integers(std::size_t input, const std::string& name) const;
  std::string text(const std::string& name, const std::string& otherwise) const {
    return has(name) ? attributes.at(name).text : otherwise;
  }
};

/// What an operator is in Reel.
using Operator = std::function<Tensors(const Call&)>;
using Operators = std::map<std::string, Operator>;

/// Adds operators of one result.
void add(Operators& table, const std::map<std::string, Tensor (*)(const Call&)>& functions);

/// The operators, by family.
void add_elementwise(Operators& table);
void add_reductions(Operators& table);
void add_shapes(Operators& table);
void add_indexing(Operators& table);
void add_products(Operators& table);
void add_windows(Operators& table);
void add_resampling(Operators& table);
void add_normalization(Operators& table);
void add_recurrent(Operators& table);
void add_attention(Operators& table);
void add_losses(Operators& table);
void add_optimizers(Operators& table);

/// All of them.
const Operators& operators();

/// Why there is no operator of a name at all; nothing if there is one, or if nobody has looked.
std::string missing(const std::string& name);

/// What became of the tests.
struct Outcome {
  std::size_t passed = 0;
  std::map<std::string, std::vector<std::string>> left_out;  ///< Names, by the reason.
  std::vector<std::string> failed;                           ///< "name: what is wrong".
};

/// Runs all tests on the default device; `layout` says how the inputs lie in memory.
Outcome run_tests(Tensor (*layout)(const Tensor&));

/// The dtype of a number of onnx.proto.
DType dtype_of_number(std::int64_t number);
/// A dimension counted from the front.
std::int64_t from_front(std::int64_t dim, const Tensor& x);

}  // namespace reel::testing::onnx
