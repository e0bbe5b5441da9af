// The code of docs/adding-an-op.md is the library's, or is compiled and run here.

#include <doctest/doctest.h>

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include <reel/ops/ops.h>

#include "support/default_device.h"
#include "support/op_samples.h"
#include "support/source_files.h"

namespace reel {
/// The page's composite operation, which is not the library's: its source is support/rms.cpp.
Tensor rms(const Tensor& x, const Dims& dims, bool keepdim);
}  // namespace reel

namespace {

using namespace reel;
using namespace reel::testing;

/// What the first group of a pattern matches, everywhere in a text.
std::vector<std::string> all_matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) found.push_back((*it)[1]);
  return found;
}

/// The code blocks of a page, from fence to fence: they may contain backticks.
std::vector<std::string> code_blocks(const std::string& page) {
  const std::string open = "\n```cpp\n", close = "\n```\n";
  std::vector<std::string> blocks;
  for (std::size_t begin, end = 0; (begin = page.find(open, end)) != std::string::npos;) {
    begin += open.size();
    end = page.find(close, begin);
    REQUIRE(end != std::string::npos);
    blocks.push_back(page.substr(begin, end - begin));
  }
  return blocks;
}

/// Without white space.
std::string squeezed(const std::string& text) { return std::regex_replace(text, std::regex("\\s+"), ""); }

}  // namespace

TEST_CASE("docs/adding-an-op.md shows code that exists") {
  const std::string page = read_text(source_dir() / "docs/adding-an-op.md");
  std::vector<std::string> files = all_matches(page, "`([a-z_/]+\\.(?:h|cpp|cu))`");
  std::string sources;
  for (const std::string& file : files) sources += squeezed(read_text(source_dir() / file));
  const std::vector<std::string> blocks = code_blocks(page);
  CHECK(blocks.size() == 16);
  for (const std::string& block : blocks) {
    INFO(block);
    CHECK(sources.find(squeezed(block)) != std::string::npos);
  }
}

TEST_CASE("the composite operation of docs/adding-an-op.md works, and so does its row") {
  const DefaultDeviceGuard cpu(Device::cpu());
  CHECK(rms(tensor({3.0, 4.0, 0.0, 0.0}), {}, false).item() == 2.5);
  std::vector<OpRow> table;
  table.push_back({"rms",
                   {{"rows", {leaf({2, 3})}, call1([](const Tensor& x) { return rms(x, {1}, true); })},
                    {"all", {leaf({4})}, call1([](const Tensor& x) { return rms(x, {}, false); })}},
                   {error<DTypeError>("rms: expected dtype f32, f64", [] {
                     rms(tensor({1, 2}), {}, false);
                   })}});
  for (const Sample& sample : table[0].samples) {
    CHECK(gradcheck(sample.call, sample.inputs));
    CHECK(gradgradcheck(sample.call, sample.inputs));
  }
  CHECK_THROWS_WITH_AS(table[0].errors[0].call(), doctest::Contains(table[0].errors[0].message.c_str()), DTypeError);
}
