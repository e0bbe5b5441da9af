// The pages say what is there: files, links, commands, options, variables, examples and shown programs.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "support/docs.h"
#include "support/markdown.h"
#include "support/requirement.h"
#include "support/scratch_folder.h"
#include "support/source_files.h"

using namespace reel::testing;
namespace fs = std::filesystem;

namespace {

using Strings = std::vector<std::string>;
using StringSet = std::set<std::string>;

std::string page_text(const std::string& page) { return read_text(source_dir() / page); }

/// The names in backticks in the first column of the tables below a heading, of those that a pattern matches.
StringSet listed(const std::string& page, const char* heading, const char* pattern) {
  const std::regex wanted(pattern);
  StringSet names;
  for (const auto& row : table_rows(section(page_text(page), heading))) {
    for (const std::string& name : code_spans(row[0])) {
      if (std::regex_match(name, wanted)) names.insert(name);
    }
  }
  return names;
}

/// Runs a command of the project; its exit code.
int run(const std::string& command) {
  const int status = std::system(("cd '" + source_dir().string() + "' && " + command).c_str());
  return WEXITSTATUS(status);
}

/// The example programs: the sources that have a `main`, some of them in a folder of their own.
std::vector<fs::path> example_programs() {
  std::vector<fs::path> programs;
  for (const fs::path& file : source_files("examples")) {
    if (read_text(source_dir() / file).find("\nint main(") != std::string::npos) programs.push_back(file);
  }
  return programs;
}

}  // namespace

TEST_CASE("pages name only files and commands that exist") {
  REQUIRE(pages().size() > 5);
  for (const std::string& page : pages()) {
    for (const std::string& file : missing_files(page, page_text(page))) {
      FAIL_CHECK(page, " names ", file);
    }
    for (const std::string& command : unknown_commands(page_text(page))) FAIL_CHECK(page, " names ./dev ", command);
  }
  for (const std::string& file :
       missing_files("CHANGELOG.md", std::regex_replace(page_text("CHANGELOG.md"), std::regex("\\|.*"), ""))) {
    FAIL_CHECK("CHANGELOG.md names ", file);
  }
}

TEST_CASE("the README leads to every page") {
  Strings targets = link_targets(page_text("README.md"));
  for (const std::string& page : pages()) {
    if (page == "README.md") continue;
    CHECK_MESSAGE(std::find(targets.begin(), targets.end(), page) != targets.end(), page, " has no link");
  }
}

TEST_CASE("docs/configuration.md lists the options and variables that the sources read") {
  const char* page = "docs/configuration.md";
  CHECK(listed(page, "## Options of the build", "REEL_\\w+") == cmake_options());
  CHECK(listed(page, "## Environment variables", "(REEL|EMULATION)_\\w+") == environment_variables());
  CHECK(cmake_options().contains("REEL_CUDA"));
  CHECK(environment_variables().contains("REEL_CUDA_LIBRARIES"));
}

TEST_CASE("the README lists every example program") {
  StringSet programs, shown;
  for (const fs::path& program : example_programs()) programs.insert(program.string());
  for (const auto& row : table_rows(section(page_text("README.md"), "## Examples"))) {
    for (const std::string& target : link_targets(row[0])) shown.insert(target);
  }
  CHECK(shown == programs);
}

TEST_CASE("docs/examples.md has a section, or a place among the others, for every example program") {
  const std::string page = page_text("docs/examples.md");
  const std::string others = section(page, "## Others");
  for (const fs::path& program : example_programs()) {
    const std::string name = program.stem().string();
    const bool there =
        page.find("\n## " + name + "\n") != std::string::npos || others.find("`" + name + "`") != std::string::npos;
    CHECK_MESSAGE(there, name, " is not in docs/examples.md");
  }
}

TEST_CASE("docs/cuda.md has a row for every folder of kernels/cuda") {
  const StringSet names = listed("docs/cuda.md", "## How it is made", ".*");
  for (const auto& entry : fs::directory_iterator(source_dir() / "kernels/cuda")) {
    if (!entry.is_directory()) continue;
    const std::string folder = "kernels/cuda/" + entry.path().filename().string() + "/";
    CHECK_MESSAGE(names.contains(folder), folder, " has no row");
  }
}

TEST_CASE("docs/quick-start.md shows the project that tests/package builds") {
  const std::string page = page_text("docs/quick-start.md");
  const Strings programs = code_blocks(page, "cpp"), projects = code_blocks(page, "cmake");
  REQUIRE(programs.size() == 1);
  REQUIRE(projects.size() == 1);
  const std::string program = page_text("tests/package/consumer/main.cpp");
  CHECK(program.substr(program.find('\n') + 1) == programs[0]);  // after the sentence on the first line
  CHECK(std::count(programs[0].begin(), programs[0].end(), '\n') <= 35);
  const std::string project = page_text("tests/package/consumer/CMakeLists.txt");
  std::istringstream lines(projects[0]);
  for (std::string line; std::getline(lines, line);) {
    CHECK_MESSAGE(project.find(line + '\n') != std::string::npos, "the package test's project lacks ", line);
  }
}

TEST_CASE("docs/benchmarks.md has the tables of the records" * needs_python) {
  CHECK(run("tools/benchmark_page --check") == 0);

  const ScratchFolder folder;
  const std::string changed = (folder / "changed.md").string();
  std::string page = page_text("docs/benchmarks.md");
  const auto cell = page.find(" ms |");
  REQUIRE(cell != std::string::npos);
  page[cell - 1] = page[cell - 1] == '1' ? '2' : '1';
  std::ofstream(changed) << page;
  CHECK(run("tools/benchmark_page --check '" + changed + "' 2>/dev/null") == 1);
  std::ofstream(changed) << "No tables.\n";
  CHECK(run("tools/benchmark_page --check '" + changed + "' 2>/dev/null") == 1);
}

TEST_CASE("tools/check_docs wants a comment for every public function and class") {
  const ScratchFolder folder;
  const std::string header = (folder / "made_up.h").string(), log = (folder / "log").string();
  std::ofstream(header)
      << "/// A documented class.\nclass A {\n public:\n  A();\n  int size() const;\n\n"  // lines 1 to 6
         "  void change(int by);\n\n  int count = 0;\n};\n\nclass B {\n  int size() const;\n};\n\n"
         "void f();\n";
  const auto accepts = [&](int line, const std::string& what) {
    std::ofstream(log) << header << ":" << line << ": warning: " << what << " is not documented.\n";
    return run("tools/check_docs '" + log + "' >'" + log + ".out'") == 0;
  };
  CHECK(accepts(4, "Member A() (function) of class reel::A"));
  CHECK(accepts(5, "Member size() const (function) of class reel::A"));
  CHECK_FALSE(accepts(7, "Member change(int by) (function) of class reel::A"));
  CHECK(accepts(9, "Member count (variable) of class reel::A"));
  CHECK_FALSE(accepts(12, "Compound reel::B"));
  CHECK_FALSE(accepts(13, "Member size() const (function) of class reel::B"));
  CHECK_FALSE(accepts(16, "Member f() (function) of namespace reel"));
  std::ofstream(log) << header << ":1: error: something else\n";
  CHECK(run("tools/check_docs '" + log + "' >'" + log + ".out'") == 1);
}

TEST_CASE("what checks the pages finds what is wrong") {
  const auto missing = [](const std::string& text) { return missing_files("docs/made_up.md", text); };
  CHECK(missing("`ops/ops.h`, `kernels/<name>.h`, `kernels/cuda/*.cu`, `docs/`, `ops.h`, `x/y`, `build/z`").empty());
  CHECK(missing("`ops/gone.h` and `gone.h`") == Strings{"ops/gone.h", "gone.h"});
  CHECK(missing("`kernels/cuda/*.gone`") == Strings{"kernels/cuda/*.gone"});
  CHECK(missing("`#include <reel/ops/gone.h>`") == Strings{"<reel/ops/gone.h>"});
  CHECK(missing("    tools/gone --rows") == Strings{"tools/gone"});
  CHECK(missing("[a](design.md), [b](../README.md#reel), [c](https://x.org)").empty());
  CHECK(missing("[a](gone.md), `f[i](gone)`") == Strings{"gone.md"});
  CHECK(unknown_commands("`./dev test`, `./dev check cuda`, `./dev build cuda`").empty());
  CHECK(unknown_commands("`./dev gone`, `./dev check gone`, `./dev build gone`") ==
        Strings{"gone", "check gone", "build gone"});
  CHECK(section("# A\n## B\nb\n### C\nc\n## D\nd\n", "## B") == "b\n### C\nc\n");
  CHECK(table_rows("| h | i |\n|---|--:|\n| `a|b` | c |\n") == MarkdownTable{{"`a|b`", "c"}});
  CHECK(code_spans("`a` b `c`\n```\n`d`\n```\n") == Strings{"a", "c"});
}
