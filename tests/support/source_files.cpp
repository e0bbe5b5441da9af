#include "support/source_files.h"

#include <algorithm>
#include <cctype>

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

}  // namespace reel::testing
