// Finds and reads the sources of the tree.

#include "support/source_files.h"

#include <algorithm>
#include <cctype>
#include <regex>

namespace reel::testing {

const std::filesystem::path& source_dir() {
  static const std::filesystem::path dir = REEL_SOURCE_DIR;
  return dir;
}

std::vector<std::filesystem::path> source_files(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::exists(source_dir() / folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_dir() / folder)) {
    const auto extension = entry.path().extension();
    if (entry.is_regular_file() && (extension == ".h" || extension == ".cpp" || extension == ".cu")) {
      files.push_back(std::filesystem::relative(entry.path(), source_dir()));
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::set<std::string> declared_functions(const std::vector<std::filesystem::path>& headers) {
  const std::regex declaration(R"(^(?:Tensor|Tensors|bool|std::tuple<[^>]*>) (\w+)\()", std::regex::multiline);
  std::set<std::string> names;
  for (const auto& header : headers) {
    const std::string text = without_comments(read_text(source_dir() / header));
    for (std::sregex_iterator it(text.begin(), text.end(), declaration), end; it != end; ++it) {
      if ((*it)[1] != "operator") names.insert((*it)[1]);
    }
  }
  return names;
}

std::string without_comments(const std::string& text) {
  enum class State { code, line_comment, block_comment, string, character };
  State state = State::code;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i], next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c == '\n') {
      out += c;
      if (state == State::line_comment) state = State::code;
    } else if (state == State::code) {
      if (c == '/' && next == '/') state = State::line_comment;
      else if (c == '/' && next == '*') state = State::block_comment;
      else if (c == '"') state = State::string;
      else if (c == '\'' && !(i > 0 && std::isalnum(static_cast<unsigned char>(text[i - 1])))) state = State::character;
      if (state == State::code || state == State::string) out += c;
    } else if (state == State::block_comment) {
      if (c == '*' && next == '/') {
        state = State::code;
        ++i;
      }
    } else if (state == State::string || state == State::character) {
      if (c == '\\') {
        ++i;
      } else if (c == (state == State::string ? '"' : '\'')) {
        if (state == State::string) out += c;
        state = State::code;
      }
    }
  }
  return out;
}

namespace {

/// Whether what stands before a '{' opens a function: it has parameters, and is no type, namespace or initialiser.
bool opens_function(const std::string& head) {
  static const std::regex scope(R"(^\s*(inline\s+)?(namespace|extern)\b|\b(struct|class|enum|union)\b[^()]*$)");
  static const std::regex initialiser(R"(^[^(]*[^=!<>]=[^=])");
  static const std::regex noise(R"(operator\s*[^\s\w(]+|=\s*[\w:]+\s*(?=[,>]))");  // and default arguments
  return head.find(')') != std::string::npos && !std::regex_search(head, scope) &&
         !std::regex_search(std::regex_replace(head, noise, ""), initialiser);
}

}  // namespace

long longest_function(const std::string& text) {
  static const std::regex directive("(^|\n)#[^\n]*");
  const std::string code = std::regex_replace(without_comments(text), directive, "\n");
  long longest = 0;
  std::size_t head = 0, start = 0, depth = 0, function_depth = 0;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] == '{') {
      ++depth;
      if (function_depth == 0 && opens_function(code.substr(head, i - head))) {
        function_depth = depth;
        start = i;
      }
    } else if (code[i] == '}') {
      if (depth == function_depth && depth > 0) {
        longest = std::max(longest, 1 + std::count(code.begin() + static_cast<std::ptrdiff_t>(start),
                                                   code.begin() + static_cast<std::ptrdiff_t>(i), '\n'));
        function_depth = 0;
      }
      if (depth > 0) --depth;
    }
    if (code[i] == '{' || code[i] == '}' || code[i] == ';') head = i + 1;
  }
  return longest;
}

}  // namespace reel::testing
