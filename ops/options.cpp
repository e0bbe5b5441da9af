// Padding given as a word.

#include <reel/ops/options.h>

#include <reel/tensor/core/check.h>

namespace reel {

Padding::Padding(const char* word) {
  const std::string_view name = word ? word : "";
  if (name == "valid") mode_ = Mode::valid;
  else if (name == "same") mode_ = Mode::same;
  else if (name == "full") mode_ = Mode::full;
  else fail<ValueError>("Padding: expected \"valid\", \"same\", \"full\" or numbers, got \"{}\"", name);
}

}  // namespace reel
