// The errors of containers, out of line.

#include <reel/nn/container.h>

#include <reel/tensor/core/check.h>

namespace reel::nn::detail {

void fail_name_taken(std::string_view container, const std::string& name) {
  fail<ValueError>("{}: expected a name that is not taken, got \"{}\"", container, name);
}

void fail_module_index(std::string_view container, std::int64_t index, std::int64_t count) {
  fail<IndexError>("{}: index {} is out of range for {} modules", container, index, count);
}

}  // namespace reel::nn::detail
