// The table of op samples is complete: no public function without a row, no recorded operation without a test.

#include <algorithm>
#include <regex>
#include <set>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/op.h>
#include <reel/kernels/linalg.h>
#include <reel/tensor/core/cuda.h>

#include "support/op_runs.h"
#include "support/requirement.h"
#include "support/source_files.h"

using namespace reel;
using namespace reel::testing;

namespace {

/// The headers of ops/ with operations, one for each family: all but those of factories and options.
std::vector<std::filesystem::path> family_headers() {
  std::vector<std::filesystem::path> headers;
  for (const auto& file : source_files("ops")) {
    if (file.parent_path() != "ops" || file.extension() != ".h") continue;
    if (file != "ops/ops.h" && file != "ops/factories.h" && file != "ops/options.h") headers.push_back(file);
  }
  return headers;
}

/// The names of the op structs in the library's sources.
std::set<std::string> ops_in_sources() {
  const std::regex name(R"rx(string_view name = "(\w+)")rx");
  std::set<std::string> names;
  for (const std::string folder : {"ops", "nn", "optim"}) {
    for (const auto& file : source_files(folder)) {
      const std::string text = read_text(source_dir() / file);
      for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it) names.insert((*it)[1]);
    }
  }
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    out += ' ';
    out += name;
  }
  return out;
}

template <class A, class B> std::string missing(const A& from, const B& in) {
  std::vector<std::string> names;
  std::set_difference(from.begin(), from.end(), in.begin(), in.end(), std::back_inserter(names));
  return listed(names);
}

}  // namespace

TEST_CASE("ops.h includes the headers of all families") {
  const std::string text = read_text(source_dir() / "ops/ops.h");
  CHECK(family_headers().size() > 10);
  for (const auto& file : family_headers()) {
    INFO(file.string());
    CHECK(text.find("#include <reel/" + file.string() + ">") != std::string::npos);
  }
}

TEST_CASE("every function in ops.h has a row, and every row a function") {
  std::set<std::string> rows;
  for (const OpRow& row : op_table()) {
    INFO(row.name);
    CHECK_MESSAGE(rows.insert(std::string(row.name)).second, "two rows");
    CHECK_MESSAGE(!row.samples.empty(), "no samples");
    CHECK_MESSAGE(!row.errors.empty(), "no error samples");
  }
  std::erase_if(rows, [](const std::string& name) { return name.starts_with("Tensor::"); });  // members, as a bonus
  const std::set<std::string> functions = declared_functions(family_headers());
  CHECK(functions.size() > 100);  // the pattern still matches the header
  CHECK_MESSAGE(missing(functions, rows) == "", "functions without a row");
  CHECK_MESSAGE(missing(rows, functions) == "", "rows without a function");
}

TEST_CASE("every operation that can be recorded was recorded by a gradient test") {
  std::set<std::string> recorded;
  for_each_sample([&](const OpRow& row, const Sample& sample) {
    if (!row.differentiable) return;
    const Tensors inputs = fresh_inputs(sample.inputs);
    const Tensors outputs = sample.call(inputs);
    collect_node_names(outputs, recorded);
    Tensors differentiable, weights, wanted;
    for (const Tensor& output : outputs) {
      if (!output.requires_grad()) continue;
      differentiable.push_back(output);
      weights.push_back(ones_like(output).requires_grad_());  // else a linear gradient is not recorded
    }
    for (const Tensor& input : inputs) {
      if (input.requires_grad()) wanted.push_back(input);
    }
    if (wanted.empty()) return;
    collect_node_names(
        grad(differentiable, wanted, {.grad_outputs = weights, .create_graph = true, .allow_unused = true}), recorded);
  });
  std::set<std::string> registered;
  for (const std::string_view name : op_registry()) {
    if (!name.starts_with("test_")) registered.emplace(name);  // not one of the tests' own
  }
  std::set<std::string> possible = registered;
  if (!kernels::lapack_available()) {
    std::erase_if(possible, [](const std::string& name) { return name.starts_with("linalg_"); });
  }
  CHECK_MESSAGE(missing(possible, recorded) == "", "registered, but in no sample's graph");
  // An object file that nothing refers to would be missing from the registry: look into the sources as well.
  CHECK_MESSAGE(missing(ops_in_sources(), registered) == "", "written, but never applied");
}

TEST_CASE("every error sample throws its typed message and changes nothing" * op_table_driven) {
  for (const OpRow& row : selected_rows()) {
    for (const ErrorSample& sample : row.errors) {
      INFO(row.name << ": " << sample.message);
      const Snapshot before(sample.inputs);
      bool thrown = false;
      try {
        sample.call();
        if (default_device().is_cuda()) cuda::synchronize();  // wrong positions are told now
      } catch (const std::exception& e) {
        thrown = true;
        INFO("message: " << std::string(e.what()));
        CHECK(sample.is_expected(e));
        CHECK(std::string(e.what()).find(sample.message) != std::string::npos);
      }
      CHECK(thrown);
      CHECK(before.changes() == "");
    }
  }
}
