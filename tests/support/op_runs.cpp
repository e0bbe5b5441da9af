// Runs samples of the op table and compares the results.

#include "support/op_runs.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <unordered_set>

#include <fmt/core.h>

#include <reel/autograd/engine.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/autograd/tape/node.h>

namespace reel::testing {
namespace {

bool is_zero(const Tensor& x) {
  for (const double v : x.to_vector<double>()) {
    if (v != 0) return false;
  }
  return true;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  const Tensor x = a.detach().cpu().contiguous(), y = b.detach().cpu().contiguous();
  const auto bytes = static_cast<std::size_t>(x.numel()) * size_of(x.dtype());
  return bytes == 0 || std::memcmp(x.data(), y.data(), bytes) == 0;
}

bool close(double a, double b, double tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::abs(a - b) <= tolerance * (1 + std::abs(b));
}

/// Which rows of the table are wanted: every `step`th from `first` on.
struct RowPart {
  std::size_t first = 0, step = 1;
} row_part;

/// Keeps the rows whose names are in a list with commas. Throws if it has a name that no row has.
void keep_named(std::vector<OpRow>& table, const std::string& list) {
  std::set<std::string, std::less<>> wanted;
  std::istringstream words(list);
  for (std::string name; std::getline(words, name, ',');) wanted.insert(name);
  std::string known;
  for (const OpRow& row : table) known += fmt::format(" {}", row.name);
  const auto selected = [&](const OpRow& row) { return wanted.contains(row.name); };
  std::erase_if(table, std::not_fn(selected));
  for (const OpRow& row : table) wanted.erase(std::string(row.name));
  if (wanted.empty() && !table.empty()) return;
  throw std::invalid_argument(fmt::format("REEL_TEST_OPS={}: the op table has no row {}; it has{}", list,
                                          wanted.empty() ? "\"\"" : *wanted.begin(), known));
}

}  // namespace

Tensors fresh_inputs(const Tensors& inputs) {
  return laid_out(inputs, [](const Tensor& x) { return x.clone(); });
}

Tensor converted(const Tensor& input, DType dtype) {
  const NoGradGuard guard;
  const Tensor x = input.detach();
  if (is_floating(dtype)) return x.to(dtype);
  std::vector<double> values = x.to_vector<double>();
  for (double& v : values) v = 1 + std::floor(3 * std::abs(v));
  return tensor(values, x.shape()).to(dtype);
}

Tensors converted(const Tensors& inputs, DType dtype) {
  Tensors result;
  for (const Tensor& input : inputs) {
    result.push_back(input.defined() && is_floating(input.dtype()) ? converted(input, dtype) : input);
  }
  return result;
}

Tensor grad_of_output(const Tensor& output, std::size_t i) {
  return uniform(output.shape(), -1, 1, 100 + i).to(DType::bf16).to(output.dtype());
}

Run run(const Sample& sample, const Tensors& inputs, GradLayout layout) {
  Run result{sample.call(inputs), Tensors(inputs.size())};
  Tensors differentiable, weights, wanted;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < result.outputs.size(); ++i) {
    const Tensor& output = result.outputs[i];
    if (!output.requires_grad()) continue;
    const Tensor weight = grad_of_output(output, i);
    differentiable.push_back(output);
    weights.push_back(layout == GradLayout::strided ? strided(weight) : weight);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].requires_grad()) continue;
    wanted.push_back(inputs[i]);
    positions.push_back(i);
  }
  if (wanted.empty() || differentiable.empty()) return result;
  const Tensors grads = grad(differentiable, wanted, {.grad_outputs = weights, .allow_unused = true});
  for (std::size_t i = 0; i < grads.size(); ++i) result.grads[positions[i]] = grads[i];
  return result;
}

Tensor strided(const Tensor& x) {
  const NoGradGuard guard;
  constexpr std::int64_t gap = 2;
  Strides strides = x.strides();
  std::int64_t step = gap;
  for (int d = 0; d < x.dim(); ++d) {
    strides[d] = step;
    step *= std::max<std::int64_t>(x.shape()[d], 1);
  }
  const Tensor memory = zeros({step + 1}, x.options());
  const Tensor result = make_view(memory, x.shape(), strides, 1);
  result.copy_(x);
  return result;
}

Tensor expanded(const Tensor& x) {
  const NoGradGuard guard;
  for (int d = 0; d < x.dim(); ++d) {
    if (x.shape()[d] > 1) {
      Strides strides = x.strides();
      strides[d] = 0;
      return make_view(x, x.shape(), strides, x.storage_offset());
    }
  }
  return x;
}

std::string difference(const Tensor& a, const Tensor& b, double tolerance, bool undefined_is_zero) {
  if (!a.defined() && !b.defined()) return "";
  if (undefined_is_zero && (!a.defined() || !b.defined())) {
    return is_zero(a.defined() ? a : b) ? "" : "one is undefined, the other not zero";
  }
  if (!a.defined() || !b.defined()) return "one is undefined";
  if (a.shape() != b.shape()) return fmt::format("shapes {} and {}", to_string(a.shape()), to_string(b.shape()));
  if (a.dtype() != b.dtype()) return fmt::format("dtypes {} and {}", to_string(a.dtype()), to_string(b.dtype()));
  if (tolerance == 0 && same_bits(a, b)) return "";
  const auto x = a.to_vector<double>(), y = b.to_vector<double>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!close(x[i], y[i], tolerance)) return fmt::format("element {}: {} and {}", i, x[i], y[i]);
  }
  return tolerance == 0 ? "the bits differ" : "";
}

std::string difference(const Run& a, const Run& b, double tolerance) {
  if (a.outputs.size() != b.outputs.size()) return "the numbers of outputs differ";
  for (std::size_t i = 0; i < a.outputs.size(); ++i) {
    const std::string d = difference(a.outputs[i], b.outputs[i], tolerance);
    if (!d.empty()) return fmt::format("output {}: {}", i, d);
  }
  for (std::size_t i = 0; i < a.grads.size(); ++i) {
    const std::string d = difference(a.grads[i], b.grads[i], tolerance, true);
    if (!d.empty()) return fmt::format("gradient of input {}: {}", i, d);
  }
  return "";
}

Snapshot::Snapshot(const Tensors& tensors) : tensors_(tensors) {
  for (const Tensor& t : tensors) {
    copies_.push_back(t.defined() ? t.detach().clone() : Tensor());
    versions_.push_back(t.defined() ? t.version() : 0);
  }
}

std::string Snapshot::changes() const {
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    if (!tensors_[i].defined()) continue;
    if (tensors_[i].version() != versions_[i]) return fmt::format("input {} has another version", i);
    const std::string d = difference(tensors_[i].detach(), copies_[i], 0);
    if (!d.empty()) return fmt::format("input {} has changed: {}", i, d);
  }
  return "";
}

void collect_node_names(const Tensors& outputs, std::set<std::string>& names) {
  std::unordered_set<const Node*> seen;
  std::vector<const Node*> stack;
  const auto visit = [&](const Node* node) {
    if (node && seen.insert(node).second) stack.push_back(node);
  };
  for (const Tensor& output : outputs) {
    if (output.defined()) visit(output.grad_fn());
  }
  while (!stack.empty()) {
    const Node* node = stack.back();
    stack.pop_back();
    names.emplace(node->name());
    for (const Edge& edge : node->edges) visit(edge.node.get());
  }
}

bool all_rows_selected() { return std::getenv("REEL_TEST_OPS") == nullptr; }

std::vector<OpRow> selected_rows() {
  std::vector<OpRow> table = op_table();
  if (!all_rows_selected()) keep_named(table, std::getenv("REEL_TEST_OPS"));
  std::erase_if(table, [](const OpRow& row) { return !row.missing.empty(); });
  std::vector<OpRow> rows;
  for (std::size_t i = row_part.first; i < table.size(); i += row_part.step) rows.push_back(std::move(table[i]));
  return rows;
}

std::string rows_left_out() {
  std::string text;
  for (const OpRow& row : op_table()) {
    if (!row.missing.empty()) text += fmt::format("{}{} (needs {})", text.empty() ? "" : ", ", row.name, row.missing);
  }
  return text;
}

void select_rows(std::string_view part) {
  std::size_t nth = 0, parts = 0;
  if (std::sscanf(std::string(part).c_str(), "%zu/%zu", &nth, &parts) != 2 || nth < 1 || nth > parts) {
    throw std::invalid_argument(fmt::format("expected a part of the rows like 2/3, got {}", part));
  }
  row_part = {nth - 1, parts};
}

}  // namespace reel::testing
