#pragma once

#include <cmath>
#include <optional>
#include <string>

#include <fmt/core.h>

#include <reel/ops/options.h>

/// Option values as PyTorch prints them, in Python's spelling.
namespace reel::nn::text {

/// "True", "False".
inline std::string of(bool value) { return value ? "True" : "False"; }

/// "1.0", "0.1", "1e-05".
inline std::string of(double value) {
  std::string out = fmt::format("{}", value);
  if (std::isfinite(value) && out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

/// "(5, 5)".
inline std::string pair(Size2d size) { return fmt::format("({}, {})", size.height, size.width); }

/// "2" where height and width agree, else "(2, 3)".
inline std::string of(Size2d size) { return size.height == size.width ? std::to_string(size.height) : pair(size); }

/// "2".
inline std::string of(std::int64_t value) { return std::to_string(value); }

/// "2" where all agree, else "(1, 2, 3)".
inline std::string of(Size3d size) {
  return size == Size3d(size.depth) ? std::to_string(size.depth)
                                    : fmt::format("({}, {}, {})", size.depth, size.height, size.width);
}

/// "(2, 3)", "(2,)".
inline std::string tuple(const Shape& shape) {
  std::string out = "(";
  for (int i = 0; i < shape.size(); ++i) out += (i ? ", " : "") + std::to_string(shape[i]);
  return out + (shape.size() == 1 ? ",)" : ")");
}

/// What embeddings have beyond their sizes, where it is not the default: ", max_norm=2.0, norm_type=1.0".
inline std::string norm_limit(std::optional<double> max_norm, double norm_type, bool scale_grad_by_freq) {
  return (max_norm ? ", max_norm=" + of(*max_norm) : "") + (norm_type != 2 ? ", norm_type=" + of(norm_type) : "") +
         (scale_grad_by_freq ? ", scale_grad_by_freq=True" : "");
}

}  // namespace reel::nn::text
