#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace reel::nn::detail {

/// Whether a regular expression (ECMAScript's) is found in a name; a ValueError of `op` for a pattern that is none.
std::function<bool(const std::string& name)> name_pattern(std::string_view op, const std::string& pattern);

}  // namespace reel::nn::detail
