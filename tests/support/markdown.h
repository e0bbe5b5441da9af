#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Just enough of Markdown to hold the project's pages against its sources.
namespace reel::testing {

/// The cells of a table row by row, without the head.
using MarkdownTable = std::vector<std::vector<std::string>>;

/// The text below a heading ("## Layers"), up to the next heading of its level or a higher one; empty if there is none.
std::string section(const std::string& page, std::string_view heading);

/// The rows of all tables in a text.
MarkdownTable table_rows(const std::string& text);

/// What stands in `backticks`, outside code blocks.
std::vector<std::string> code_spans(const std::string& text);

/// The targets of [links](target), outside code blocks.
std::vector<std::string> link_targets(const std::string& text);

/// The contents of the code blocks of a language ("cpp"; "" for blocks without one).
std::vector<std::string> code_blocks(const std::string& text, std::string_view language);

}  // namespace reel::testing
