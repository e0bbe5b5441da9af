// Collects what pages say and what sources do about files, commands and settings.
#include "support/docs.h"

#include <algorithm>
#include <filesystem>
#include <regex>
#include <sstream>

#include "support/markdown.h"
#include "support/source_files.h"

namespace fs = std::filesystem;

namespace reel::testing {

namespace {

const std::vector<std::string> kFolders{"tensor", "kernels",  "autograd", "ops",    "nn",   "optim",
                                        "data",   "training", "tests",    "tools",  "docs", "benchmarks",
                                        "cmake",  "examples", ".ci",      ".github"};

/// All files of the project, relative to it.
const std::vector<std::string>& project_files() {
  static const std::vector<std::string> files = [] {
    std::vector<std::string> all;
    for (const std::string& folder : kFolders) {
      if (!fs::is_directory(source_dir() / folder)) continue;
      for (const auto& entry : fs::recursive_directory_iterator(source_dir() / folder)) {
        if (entry.is_regular_file()) all.push_back(fs::relative(entry.path(), source_dir()).string());
      }
    }
    for (const auto& entry : fs::directory_iterator(source_dir())) {
      if (entry.is_regular_file()) all.push_back(entry.path().filename().string());
    }
    return all;
  }();
  return files;
}

/// Whether a path or a pattern with * and <placeholders> stands for a file of the project, or for a folder.
bool exists(const std::string& path) {
  if (fs::exists(source_dir() / path)) return true;
  if (path.find_first_of("*<") == std::string::npos) return false;
  std::string pattern;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '*') {
      pattern += "[^/]*";
    } else if (path[i] == '<') {
      pattern += "[^/]+";
      i = std::min(path.find('>', i), path.size());
    } else {
      if (std::string("\\^$.|?+()[]{}").find(path[i]) != std::string::npos) pattern += '\\';
      pattern += path[i];
    }
  }
  const std::regex regex(pattern + "(/.*)?");
  return std::any_of(project_files().begin(), project_files().end(),
                     [&](const std::string& file) { return std::regex_match(file, regex); });
}

bool is_a_file_name(const std::string& name) {
  return std::any_of(project_files().begin(), project_files().end(),
                     [&](const std::string& file) { return fs::path(file).filename() == name; });
}

/// What stands in backticks or in code blocks, as words.
std::vector<std::string> code_words(const std::string& text) {
  std::string code;
  for (const std::string& span : code_spans(text)) code += span + '\n';
  for (const std::string language : {"", "sh", "cmake"}) {
    for (const std::string& block : code_blocks(text, language)) code += block;
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("    ")) code += line + '\n';
  }
  std::vector<std::string> words;
  std::istringstream in(code);
  for (std::string word; in >> word;) {
    while (!word.empty() && std::string(",;:.()\"'").find(word.back()) != std::string::npos) word.pop_back();
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::set<std::string> captures(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) found.insert(it->str(1));
  return found;
}

}  // namespace

std::vector<std::string> pages() {
  std::vector<std::string> all{"README.md", "CONTRIBUTING.md"};
  for (const auto& entry : fs::directory_iterator(source_dir() / "docs")) {
    if (entry.path().extension() == ".md") all.push_back("docs/" + entry.path().filename().string());
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::string> missing_files(const std::string& page, const std::string& text) {
  static const std::regex file_name(R"([A-Za-z]\w*\.(h|cpp|cu|sh))");
  static const std::regex path(R"([\w.*<>-]+(/[\w.*<>-]*)+)");
  std::vector<std::string> missing;
  for (const std::string& word : code_words(text)) {
    if (std::regex_match(word, file_name) && !is_a_file_name(word)) missing.push_back(word);
    const std::string folder = word.substr(0, word.find('/'));
    if (std::regex_match(word, path) && std::find(kFolders.begin(), kFolders.end(), folder) != kFolders.end() &&
        !exists(word)) {
      missing.push_back(word);
    }
  }
  for (const std::string& header : captures(text, R"(<reel/([^>]+)>)")) {
    if (!exists(header)) missing.push_back("<reel/" + header + ">");
  }
  for (std::string target : link_targets(text)) {
    target = target.substr(0, target.find('#'));
    const bool elsewhere = target.empty() || target.find("://") != std::string::npos;
    if (!elsewhere && !fs::exists(source_dir() / fs::path(page).parent_path() / target)) missing.push_back(target);
  }
  return missing;
}

std::vector<std::string> unknown_commands(const std::string& text) {
  static const std::regex command(R"(\./dev ([a-z]+)(?: ([a-z]+)\b)?)");
  static const std::set<std::string> words{"with", "on", "in"};
  const std::string dev = read_text(source_dir() / "dev");
  const std::string presets = read_text(source_dir() / "CMakePresets.json");
  std::vector<std::string> unknown;
  for (std::sregex_iterator it(text.begin(), text.end(), command), end; it != end; ++it) {
    const std::string name = it->str(1), argument = it->str(2);
    if (dev.find("\ncmd_" + name + "()") == std::string::npos) unknown.push_back(name);
    if (name == "check" && !argument.empty() && dev.find("\ncheck_" + argument + "()") == std::string::npos) {
      unknown.push_back("check " + argument);
    }
    if (name == "build" && !argument.empty() && presets.find("\"name\": \"" + argument + "\"") == std::string::npos) {
      unknown.push_back("build " + argument);
    }
  }
  return unknown;
}

std::set<std::string> cmake_options() {
  std::set<std::string> options;
  for (const std::string& file : project_files()) {
    // What tests build is not an option of the project.
    if (!file.ends_with("CMakeLists.txt") || file.starts_with("tests/package/")) continue;
    const std::string text = read_text(source_dir() / file);
    options.merge(captures(text, R"((?:option|cmake_dependent_option)\s*\(\s*(REEL_\w+))"));
    options.merge(captures(text, R"(set\s*\(\s*(REEL_\w+)[^)]*\bCACHE\b)"));
  }
  return options;
}

std::set<std::string> environment_variables() {
  std::set<std::string> variables;
  for (const std::string& file : project_files()) {
    if (file == "tests/mutation_test.sh") continue;  // its variables are for the copies of the tests that it changes
    const std::string extension = fs::path(file).extension().string();
    if (extension == ".h" || extension == ".cpp" || extension == ".cu") {
      variables.merge(captures(read_text(source_dir() / file),
                               R"rx((?:getenv|variable|environment)\("((?:REEL|EMULATION)_\w+)"\))rx"));
    } else if (extension == ".py") {
      variables.merge(captures(read_text(source_dir() / file), R"(environ\W+(?:get\W+)?(REEL_\w+))"));
    } else if (extension.empty() || extension == ".sh") {
      const std::string text = read_text(source_dir() / file);
      if (text.starts_with("#!")) variables.merge(captures(text, R"(\$\{?(REEL_\w+))"));
      variables.merge(captures(text, R"(environ\W+(?:get\W+)?(REEL_\w+))"));
    }
  }
  return variables;
}

}  // namespace reel::testing
