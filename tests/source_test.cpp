// The library's sources keep the rules that no compiler checks: layers, no printing, light headers, short functions.

#include <algorithm>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "support/markdown.h"
#include "support/source_files.h"

using namespace reel::testing;

namespace {

const std::vector<std::string> kFolders{"tensor", "kernels", "autograd", "ops", "nn", "optim", "data", "training"};

/// The layers that the table of docs/design.md names: a file belongs to the row with the longest folder that it lies
/// in.
class Layers {
 public:
  explicit Layers(const std::string& page) {
    for (const auto& row : table_rows(section(page, "## Layers"))) {
      REQUIRE(row.size() == 3);
      const std::vector<std::string> folder = code_spans(row[0]), allowed = code_spans(row[2]);
      REQUIRE(folder.size() == 1);
      rows_[folder[0]].insert(allowed.begin(), allowed.end());
    }
  }

  /// A file may include headers of its own row, of the rows that its row names, and the single headers named there.
  bool may_include(const std::string& file, const std::string& header) const {
    const auto from = row_of(file), to = row_of(header);
    if (from == rows_.end() || to == rows_.end()) return false;
    return from == to || from->second.contains(to->first) || from->second.contains(header);
  }

  /// Everything that the table names: folders and single headers.
  std::set<std::string> names() const {
    std::set<std::string> all;
    for (const auto& [folder, allowed] : rows_) {
      all.insert(folder);
      all.insert(allowed.begin(), allowed.end());
    }
    return all;
  }

 private:
  using Rows = std::map<std::string, std::set<std::string>>;

  Rows::const_iterator row_of(const std::string& file) const {
    auto best = rows_.end();
    for (auto row = rows_.begin(); row != rows_.end(); ++row) {
      if (file.starts_with(row->first) && (best == rows_.end() || row->first.size() > best->first.size())) best = row;
    }
    return best;
  }

  Rows rows_;
};

/// Calls `check(file, text)` for every file of the library.
template <class F> void for_each_file(F&& check) {
  for (const std::string& folder : kFolders) {
    for (const auto& file : source_files(folder)) check(file.string(), read_text(source_dir() / file));
  }
}

std::vector<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) found.push_back(it->str(1));
  return found;
}

/// The headers that a file includes against the table, that do not exist, or by a path that is not <reel/...>.
std::vector<std::string> wrong_includes(const Layers& layers, const std::string& file, const std::string& text) {
  static const std::regex ours(R"rx(#\s*include\s*[<"]reel/([^>"]+)[>"])rx");
  static const std::regex quoted(R"rx(#\s*include\s*"([^"]+)")rx");
  std::vector<std::string> wrong = matches(text, quoted);
  for (const std::string& header : matches(text, ours)) {
    if (!layers.may_include(file, header) || !std::filesystem::exists(source_dir() / header)) wrong.push_back(header);
  }
  return wrong;
}

/// The number that a pattern captures in a text; 0 if it is not there.
long number_in(const std::string& text, const std::string& pattern) {
  std::smatch found;
  return std::regex_search(text, found, std::regex(pattern)) ? std::stol(found[1]) : 0;
}

/// The folders of a drawing "tensor/   6  what it is", indented by two spaces a level, and their numbers of files.
std::map<std::string, long> tree_of(const std::string& page) {
  static const std::regex line(R"(( *)(\w+)/ +(\d+|-)  .*)");
  std::map<std::string, long> tree;
  std::vector<std::string> path;
  for (const std::string& block : code_blocks(section(page, "## The tree"), "")) {
    std::istringstream in(block);
    for (std::string text; std::getline(in, text);) {
      std::smatch parts;
      INFO("the tree has the line " << text);
      REQUIRE(std::regex_match(text, parts, line));
      path.resize(static_cast<std::size_t>(parts[1].length()) / 2);
      path.push_back(parts[2]);
      std::string folder;
      for (const std::string& name : path) folder += (folder.empty() ? "" : "/") + name;
      tree[folder] = parts[3] == "-" ? 0 : std::stol(parts[3]);
    }
  }
  return tree;
}

long files_in(const std::string& folder) {
  long files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() / folder)) files += entry.is_regular_file();
  return files;
}

}  // namespace

TEST_CASE("every include goes down the table of layers in docs/design.md") {
  const Layers layers(read_text(source_dir() / "docs/design.md"));
  for (const std::string& name : layers.names()) {
    INFO("the table names " << name);
    CHECK(std::filesystem::exists(source_dir() / name));
  }
  for_each_file([&](const std::string& file, const std::string& text) {
    const std::vector<std::string> wrong = wrong_includes(layers, file, text);
    INFO(file << " includes " << (wrong.empty() ? "" : wrong.front()));
    CHECK(wrong.empty());
  });
}

TEST_CASE("the library neither prints, nor ends the program, nor asserts") {
  static const std::regex forbidden(
      R"((?:^|[^\w.>])((?:std::)?(?:abort|exit|_Exit|quick_exit|terminate|printf|fprintf|vprintf|puts|fputs|putchar|perror|assert)\s*\(|std::c(?:out|err|log)\b|\bstd(?:out|err)\b|fmt::print|#\s*include\s*<(?:iostream|cassert|assert\.h)>))");
  for_each_file([](const std::string& file, const std::string& text) {
    const std::vector<std::string> found = matches(without_comments(text), forbidden);
    INFO(file << ": " << (found.empty() ? "" : found.front()));
    CHECK(found.empty());
  });
}

TEST_CASE("mutexes, what is told of forks, and parallel regions are where docs/design.md says") {
  struct Rule {
    std::regex pattern;
    std::vector<std::string> files;
  };
  const std::vector<Rule> rules{{std::regex(R"((std::(?:\w+_)?mutex\b|pthread_mutex))"),
                                 {"tensor/core/fork.h", "tensor/core/fork.cpp", "tensor/core/allocator.cpp",
                                  "tensor/core/live_count.cpp", "data/loader.cpp", "kernels/cuda/"}},
                                {std::regex("(pthread_atfork)"), {"tensor/core/fork.cpp"}},
                                {std::regex("(omp\\s+parallel)"), {"kernels/cpu/parallel.h"}}};
  for (const auto& [pattern, files] : rules) {
    std::set<std::string> unused(files.begin(), files.end());
    for_each_file([&, &pattern = pattern, &files = files](const std::string& file, const std::string& text) {
      const std::vector<std::string> found = matches(without_comments(text), pattern);
      if (found.empty()) return;
      const auto allowed =
          std::find_if(files.begin(), files.end(), [&](const std::string& prefix) { return file.starts_with(prefix); });
      INFO(file << " has a " << found.front());
      CHECK(allowed != files.end());
      if (allowed != files.end()) unused.erase(*allowed);
    });
    INFO("none is left in " << (unused.empty() ? "" : *unused.begin()));
    CHECK(unused.empty());
  }
}

TEST_CASE("headers are light: one guard, no using namespace, of fmt only its core") {
  static const std::regex heavy(R"((#\s*include\s*<(?:fmt/(?!core\.h)[^>]*|regex|iostream|omp\.h)>|using namespace))");
  for_each_file([](const std::string& file, const std::string& text) {
    if (!file.ends_with(".h")) return;
    INFO(file);
    CHECK(text.starts_with("#pragma once"));
    if (file.starts_with("kernels/cpu/")) return;  // not installed
    const std::vector<std::string> found = matches(without_comments(text), heavy);
    INFO((found.empty() ? "" : found.front()));
    CHECK(found.empty());
  });
}

TEST_CASE("files and functions are as short as docs/design.md says") {
  const std::string page = read_text(source_dir() / "docs/design.md");
  const long file_limit = number_in(page, "no\\s+file\\s+is\\s+longer\\s+than\\s+(\\d+)\\s+lines");
  const long function_limit =
      number_in(page, "no\\s+function\\s+of\\s+the\\s+library\\s+is\\s+longer\\s+than\\s+(\\d+)");
  REQUIRE(file_limit > 0);
  REQUIRE(function_limit > 0);
  const auto check_length = [&](const std::string& file, const std::string& text) {
    const long lines = std::count(text.begin(), text.end(), '\n');
    INFO(file << " has " << lines << " lines");
    CHECK(lines <= file_limit);
  };
  for_each_file([&](const std::string& file, const std::string& text) {
    check_length(file, text);
    INFO(file << " has a function of " << longest_function(text) << " lines");
    CHECK(longest_function(text) <= function_limit);
  });
  for (const std::string folder : {"tests", "benchmarks", "examples"}) {
    for (const auto& file : source_files(folder)) check_length(file.string(), read_text(source_dir() / file));
  }
}

TEST_CASE("the tree in docs/design.md is the tree") {
  const std::map<std::string, long> drawn = tree_of(read_text(source_dir() / "docs/design.md"));
  for (const auto& entry : drawn) {
    const auto& [folder, count] = entry;
    INFO(entry.first << " is drawn with " << entry.second << " files");
    REQUIRE(std::filesystem::is_directory(source_dir() / folder));
    if (count == 0) continue;  // not counted
    const long files = files_in(folder);
    INFO("it has " << files);
    CHECK(3 * std::abs(files - count) <= files + 3);  // a file more or less is no reason to draw anew
  }
  for (const std::string& folder : kFolders) {
    CHECK_MESSAGE(drawn.contains(folder), folder, " is not drawn");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source_dir() / folder)) {
      const std::string path = std::filesystem::relative(entry.path(), source_dir()).string();
      if (entry.is_directory()) CHECK_MESSAGE(drawn.contains(path), path, " is not drawn");
    }
  }
}

TEST_CASE("the rules themselves") {
  CHECK(without_comments("a // printf(\nb /* exit( */ c \"abort(\" '\\'' d") == "a \nb  c \"\"  d");

  CHECK(longest_function(
            "namespace a {\nstruct S {\n  int f() const {\n    return 1;\n  }\n};\nint g() { return 2; }\n}\n") == 3);
  CHECK(longest_function("template <class T> void f(T x) {\n  if (x) {\n    g([] {\n    });\n  }\n}\nint a[] = "
                         "{\n1,\n2,\n3,\n4,\n5,\n6};") == 6);
  CHECK(tree_of("## The tree\n```\nops/   3  x\n  internal/  12  y\ndocs/  -  z\n```\n") ==
        std::map<std::string, long>{{"ops", 3}, {"ops/internal", 12}, {"docs", 0}});

  const Layers layers(read_text(source_dir() / "docs/design.md"));
  CHECK(layers.may_include("ops/activations/relu.cpp", "autograd/tape/op.h"));
  CHECK_FALSE(layers.may_include("ops/activations/relu.cpp", "autograd/engine.h"));
  CHECK_FALSE(layers.may_include("ops/activations/relu.cpp", "nn/module.h"));
  CHECK_FALSE(layers.may_include("ops/activations/relu.cpp", "kernels/cpu/parallel.h"));
  CHECK(layers.may_include("ops/ops.h", "ops/options.h"));
  CHECK(layers.may_include("kernels/cpu/copy.cpp", "tensor/core/dtype.h"));
  CHECK(layers.may_include("kernels/cpu/conv/winograd/winograd.cpp", "kernels/cpu/parallel.h"));
  CHECK_FALSE(layers.may_include("kernels/cpu/copy.cpp", "tensor/tensor.h"));
  CHECK_FALSE(layers.may_include("kernels/cpu/copy.cpp", "kernels/cuda/launch.h"));
  CHECK_FALSE(layers.may_include("tensor/core/shape.h", "tensor/tensor.h"));
  CHECK_FALSE(layers.may_include("tensor/tensor.cpp", "ops/ops.h"));
  CHECK_FALSE(layers.may_include("autograd/tape/node.cpp", "ops/ops.h"));
  CHECK(layers.may_include("autograd/engine.cpp", "ops/ops.h"));
  CHECK_FALSE(layers.may_include("nn/layers/linear.cpp", "kernels/elementwise.h"));
  CHECK_FALSE(layers.may_include("data/mnist.cpp", "nn/module.h"));
  CHECK_FALSE(layers.may_include("elsewhere/file.cpp", "tensor/tensor.h"));

  const auto wrong = [](const Layers& table, const std::string& text) {
    return wrong_includes(table, "ops/made_up.cpp", text);
  };
  CHECK(wrong(layers, "#include <reel/tensor/tensor.h>\n#include <vector>\n").empty());
  CHECK(wrong(layers, "#include <reel/nn/module.h>\n") == std::vector<std::string>{"nn/module.h"});
  CHECK(wrong(layers, "#include <reel/tensor/gone.h>\n") == std::vector<std::string>{"tensor/gone.h"});
  CHECK(wrong(layers, "#include \"checks.h\"\n") == std::vector<std::string>{"checks.h"});
  const Layers other("## Layers\n\n| f | w | i |\n|---|---|---|\n| `ops/` | x | `nn/` |\n| `nn/` | y | |\n\n## More\n");
  CHECK(wrong(other, "#include <reel/nn/module.h>\n").empty());
  CHECK(wrong(other, "#include <reel/tensor/tensor.h>\n") == std::vector<std::string>{"tensor/tensor.h"});
}
