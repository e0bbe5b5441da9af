// Regular expressions for names. <regex> costs whoever includes it a second.

#include <reel/nn/name_pattern.h>

#include <regex>

#include <reel/tensor/core/check.h>

namespace reel::nn {

std::function<bool(const std::string&)> detail::name_pattern(std::string_view op, const std::string& pattern) {
  try {
    return [regex = std::regex(pattern)](const std::string& name) { return std::regex_search(name, regex); };
  } catch (const std::regex_error& e) {
    fail<ValueError>("{}: expected a regular expression, got \"{}\": {}", op, pattern, e.what());
  }
}

}  // namespace reel::nn
