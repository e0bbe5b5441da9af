// Padding given as a word, and the names of modes.

#include <reel/ops/options.h>

#include <reel/tensor/core/check.h>

namespace reel {

PaddingMode detail::padding_mode(const char* word) {
  const std::string_view name = word ? word : "";
  if (name == "valid") return PaddingMode::valid;
  if (name == "same") return PaddingMode::same;
  if (name == "full") return PaddingMode::full;
  fail<ValueError>("Padding: expected \"valid\", \"same\", \"full\" or numbers, got \"{}\"", name);
}

std::string_view to_string(InterpolateMode mode) {
  constexpr std::string_view names[] = {"nearest",   "bilinear", "linear",       "bicubic",
                                        "trilinear", "area",     "nearest-exact"};
  return names[static_cast<std::size_t>(mode)];
}

}  // namespace reel
