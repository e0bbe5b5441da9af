// The recorded graph in Graphviz's language.

#include <reel/autograd/to_dot.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include <reel/autograd/tape/node.h>
#include <reel/tensor/core/check.h>

namespace reel {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// The nodes that the outputs depend on, operations oldest first, then the leaves' accumulators in the order found.
std::vector<const Node*> reachable(const Tensors& outputs) {
  std::unordered_map<const Node*, bool> seen;
  std::vector<const Node*> order, stack;
  const auto visit = [&](const Node* node) {
    if (node && seen.emplace(node, true).second) stack.push_back(node);
  };
  for (const Tensor& output : outputs) {
    check<ValueError>(output.defined(), "to_dot: expected an output to be a tensor, got an undefined one");
    visit(gradient_edge(output).node.get());
  }
  while (!stack.empty()) {
    const Node* node = stack.back();
    stack.pop_back();
    order.push_back(node);
    for (const Edge& edge : node->edges) visit(edge.node.get());
  }
  std::stable_sort(order.begin(), order.end(), [](const Node* a, const Node* b) {
    if (a->is_accumulator() != b->is_accumulator()) return b->is_accumulator();
    return a->sequence_nr() < b->sequence_nr();
  });
  return order;
}

std::string shape_of(const Node& node, std::uint32_t nr) {
  return nr < node.outputs.size() ? to_string(node.outputs[nr].shape) : "";
}

}  // namespace

std::string to_dot(const Tensors& outputs, const std::vector<std::pair<std::string, Tensor>>& names) {
  std::unordered_map<const Node*, std::string> labels;
  for (const auto& [name, tensor] : names) {
    if (tensor.requires_grad()) labels.emplace(gradient_edge(tensor).node.get(), name);
  }
  std::unordered_map<const Node*, std::size_t> ids;
  std::string text = "digraph reel {\n  rankdir=TB;\n";
  const auto add = [&]<class... Args>(fmt::format_string<Args...> format, Args&&... args) {
    text += fmt::format(format, std::forward<Args>(args)...);
  };
  for (const Node* node : reachable(outputs)) {
    const std::size_t id = ids.size();
    ids.emplace(node, id);
    const auto label = labels.find(node);
    const std::string name = label == labels.end() ? "" : label->second;
    if (node->is_accumulator()) {
      const std::string separator = name.empty() ? "" : " ";
      add("  n{} [shape=ellipse, label={}];\n", id, quoted(name + separator + shape_of(*node, 0)));
    } else {
      add("  n{} [shape=box, label={}];\n", id, quoted(std::string(node->name()) + (name.empty() ? "" : " " + name)));
    }
  }
  for (const Node* node : reachable(outputs)) {
    for (const Edge& edge : node->edges) {
      if (!edge.node) continue;
      const std::string shape = edge.node->is_accumulator() ? "" : shape_of(*edge.node, edge.nr);
      add("  n{} -> n{} [label={}];\n", ids[edge.node.get()], ids[node], quoted(shape));
    }
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Edge edge = gradient_edge(outputs[i]);
    add("  out{} [shape=plaintext, label={}];\n", i, quoted(fmt::format("output {}", i)));
    if (edge.node) add("  n{} -> out{} [label={}];\n", ids[edge.node.get()], i, quoted(to_string(outputs[i].shape())));
  }
  return text + "}\n";
}

}  // namespace reel
