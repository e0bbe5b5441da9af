// Reads the parts of a Markdown page that tests compare with the sources: sections, tables, code and links.
#include "support/markdown.h"

#include <regex>
#include <sstream>

namespace reel::testing {

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t heading_level(const std::string& line) {
  const std::size_t hashes = std::min(line.find_first_not_of('#'), line.size());
  return hashes < line.size() && line[hashes] == ' ' ? hashes : 0;
}

/// Calls `visit(line, in_code)` for every line; fences themselves are left out.
template <class F> void for_each_line(const std::string& text, F&& visit) {
  bool in_code = false;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with("```")) in_code = !in_code;
    else visit(line, in_code);
  }
}

std::string prose(const std::string& text) {
  std::string out;
  for_each_line(text, [&](const std::string& line, bool in_code) {
    if (!in_code && !line.starts_with("    ")) out += line + '\n';
  });
  return out;
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

/// The cells of "| a | `b | c` |"; a bar inside backticks belongs to the cell.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::string cell;
  bool in_code = false;
  for (const char c : line.substr(1)) {
    if (c == '`') in_code = !in_code;
    if (c != '|' || in_code) {
      cell += c;
    } else {
      cells.push_back(trimmed(cell));
      cell.clear();
    }
  }
  return cells;
}

std::vector<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) found.push_back(it->str(1));
  return found;
}

}  // namespace

std::string section(const std::string& page, std::string_view heading) {
  std::string out;
  std::size_t level = 0;
  bool in_code = false;
  for (const std::string& line : lines_of(page)) {
    if (line.starts_with("```")) in_code = !in_code;
    const std::size_t this_level = in_code ? 0 : heading_level(line);
    if (level != 0 && this_level != 0 && this_level <= level) break;
    if (level != 0) out += line + '\n';
    else if (line == heading) level = this_level;
  }
  return out;
}

MarkdownTable table_rows(const std::string& text) {
  MarkdownTable rows;
  for_each_line(text, [&](const std::string& line, bool in_code) {
    if (in_code || !line.starts_with("|")) return;
    if (line.find_first_not_of("|-: ") == std::string::npos && line.find('-') != std::string::npos) {
      if (!rows.empty()) rows.pop_back();  // the line above was the head
    } else {
      rows.push_back(cells_of(line));
    }
  });
  return rows;
}

std::vector<std::string> code_spans(const std::string& text) {
  static const std::regex span("`([^`]+)`");
  return matches(prose(text), span);
}

std::vector<std::string> link_targets(const std::string& text) {
  static const std::regex link(R"(\]\(([^)\s]+)\))");
  static const std::regex span("`[^`]+`");  // code may look like a link: f[i](x)
  return matches(std::regex_replace(prose(text), span, ""), link);
}

std::vector<std::string> code_blocks(const std::string& text, std::string_view language) {
  std::vector<std::string> blocks;
  bool in_block = false, wanted = false;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with("```")) {
      in_block = !in_block;
      wanted = in_block && line.substr(3) == language;
      if (wanted) blocks.emplace_back();
    } else if (wanted) {
      blocks.back() += line + '\n';
    }
  }
  return blocks;
}

}  // namespace reel::testing
