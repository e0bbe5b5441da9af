#pragma once

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

/// The project's own source files, for the tests that read them.
namespace reel::testing {

/// The root of the project's tree.
const std::filesystem::path& source_dir();

inline std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// The C++ (and CUDA) files below a folder of the project, as paths relative to the project, in order.
std::vector<std::filesystem::path> source_files(const std::string& folder);

/// The text without comments and without the contents of string literals, line breaks kept.
std::string without_comments(const std::string& text);

/// The functions of tensors that headers of ops/ declare. Operators are another spelling of a named function.
std::set<std::string> declared_functions(const std::vector<std::filesystem::path>& headers);

/// How many lines the longest function body in a C++ text has, lambdas within functions included.
long longest_function(const std::string& text);

}  // namespace reel::testing
