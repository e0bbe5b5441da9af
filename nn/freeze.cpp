// Parameters that do not take part in training.

#include <reel/nn/freeze.h>

#include <reel/nn/name_pattern.h>
#include <reel/tensor/core/check.h>

namespace reel::nn {
namespace {

std::vector<std::string> set_requires_grad(std::string_view op, const Module& module, const std::string& pattern,
                                           bool value) {
  const auto chosen = detail::name_pattern(op, pattern);
  std::vector<std::string> names;
  for (const auto& [name, p] : module.named_parameters()) {
    if (!chosen(name)) continue;
    p.requires_grad_(value);
    names.push_back(name);
  }
  check<ValueError>(!names.empty(), "{}: expected a pattern that a parameter's name matches, got \"{}\"", op, pattern);
  return names;
}

}  // namespace

std::vector<std::string> freeze(const Module& module, const std::string& pattern) {
  return set_requires_grad("freeze", module, pattern, false);
}
std::vector<std::string> unfreeze(const Module& module, const std::string& pattern) {
  return set_requires_grad("unfreeze", module, pattern, true);
}

}  // namespace reel::nn
