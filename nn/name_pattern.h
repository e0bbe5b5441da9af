#pragma once

#include <string>
#include <string_view>

#include <regex>

#include <reel/tensor/core/check.h>

namespace reel::nn::detail {

/// A regular expression that is sought in names; a ValueError of `op` for text that is none.
inline std::regex name_pattern(std::string_view op, const std::string& pattern) {
  try {
    return std::regex(pattern);
  } catch (const std::regex_error& e) {
    fail<ValueError>("{}: expected a regular expression, got \"{}\": {}", op, pattern, e.what());
  }
}

}  // namespace reel::nn::detail
