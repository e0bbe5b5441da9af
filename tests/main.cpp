// Runs the tests, on the GPU with --device=cuda, and reports what it skips and what of the library's is still alive.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <exception>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <reel/autograd/tape/node.h>
#include <reel/kernels/float32_precision.h>
#include <reel/tensor/storage.h>
#include <reel/tensor/tensor.h>

#include "support/op_runs.h"
#include "support/requirement.h"

namespace {

constexpr int kSkipped = 77;  // SKIP_RETURN_CODE of ctest

/// A filter as doctest's command line has it: {"test-suite", "op table*"}.
using Filter = std::pair<std::string, std::string>;

void add_filters(doctest::Context& context, const std::vector<Filter>& filters) {
  for (const auto& [option, value] : filters) context.addFilter(option.c_str(), value.c_str());
}

int counted = 0;

/// Hears from doctest how many tests a query matches, whatever reporter prints.
struct CountListener : doctest::IReporter {
  explicit CountListener(const doctest::ContextOptions&) {}
  void report_query(const doctest::QueryData& query) override {
    counted = static_cast<int>(query.run_stats->numTestCasesPassingFilters);
  }
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};
DOCTEST_REGISTER_LISTENER("count", 1, CountListener);

/// How many tests the command line and `filters` choose.
int count_tests(int argc, char** argv, const std::vector<Filter>& filters) {
  std::vector<const char*> arguments(argv, argv + argc);
  arguments.push_back("--count");
  doctest::Context context(static_cast<int>(arguments.size()), arguments.data());
  add_filters(context, filters);
  std::ostringstream text;
  context.setCout(&text);
  counted = 0;  // and stays so for --help, which counts nothing
  context.run();
  return counted;
}

/// What --device and --rows ask for.
void apply_options(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--device=cuda") {
      reel::set_default_device(reel::Device::cuda());
      reel::set_float32_precision(reel::Float32Op::conv, reel::Float32Precision::ieee);  // for the tests' tolerances
    } else if (option.starts_with("--rows=")) {
      reel::testing::select_rows(option.substr(option.find('=') + 1));
    }
  }
}

/// Runs what the command line chooses, except tests that this machine or REEL_TEST_OPS excludes.
int run(int argc, char** argv) {
  apply_options(argc, argv);
  const int chosen = count_tests(argc, argv, {});
  std::vector<Filter> filters;
  std::string reasons;
  const auto filter = [&](const Filter& added, const std::string& reason) {
    filters.push_back(added);
    if (const int without = chosen - count_tests(argc, argv, {added})) {
      reasons += "\n  " + std::to_string(without) + ": " + reason;
    }
  };
  if (!reel::testing::all_rows_selected()) {
    reel::testing::selected_rows();  // throws if it names none of them
    filter({"test-suite", reel::testing::kOpTableSuites}, "not of the op table's, and REEL_TEST_OPS is set");
  }
  for (const auto& [suite, problem] : reel::testing::Requirement::all()) {
    const std::string missing = problem();
    if (!missing.empty()) filter({"test-suite-exclude", suite}, suite + ": " + missing);
  }

  const int left = count_tests(argc, argv, filters);
  doctest::Context context(argc, argv);
  add_filters(context, filters);
  const int result = context.run();
  if (context.shouldExit()) return result;
  if (chosen == 0) {
    std::fprintf(stderr, "no test matches the filters\n");
    return 1;
  }
  if (const std::string rows = reel::testing::rows_left_out(); !rows.empty()) {
    std::printf("rows of the op table that were left out: %s\n", rows.c_str());
  }
  if (left < chosen) std::printf("%d of %d tests were skipped%s\n", chosen - left, chosen, reasons.c_str());
  return result == 0 && left == 0 ? kSkipped : result;
}

}  // namespace

int main(int argc, char** argv) {
  int result = 1;
  try {
    result = run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
  }
  if (reel::live_tensors() || reel::live_nodes() || reel::live_storages() || reel::live_bytes()) {
    std::fprintf(stderr, "still alive after the tests: %lld tensors, %lld nodes, %lld storages, %lld bytes\n",
                 static_cast<long long>(reel::live_tensors()), static_cast<long long>(reel::live_nodes()),
                 static_cast<long long>(reel::live_storages()), static_cast<long long>(reel::live_bytes()));
    return 1;
  }
  return result;
}
