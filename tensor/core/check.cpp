// What checks in public headers throw. Formatting a message is compiled here, not in every source that has the header.

#include <reel/tensor/core/check.h>
#include <reel/tensor/core/option.h>

namespace reel::detail {

void fail_product(std::int64_t a, std::int64_t b) {
  throw ShapeError("the size " + std::to_string(a) + " * " + std::to_string(b) + " does not fit 64 bits");
}

void fail_negative(const Shape& shape) { throw ShapeError("negative size in shape " + to_string(shape)); }

void fail_dim(std::string_view op, std::int64_t dim, int rank) {
  const int limit = rank > 0 ? rank : 1;
  fail<IndexError>("{}: dimension {} is out of range for rank {} (expected {} to {})", op, dim, rank, -limit,
                   limit - 1);
}

void fail_option(std::string_view op, std::string_view option, double value, const NumberRange& range) {
  fail<ValueError>("{}: expected {} in {}{}, {}{}, got {}", op, option, range.low_open ? '(' : '[', range.low,
                   range.high, range.high_open ? ')' : ']', value);
}

void fail_at_least(std::string_view op, std::string_view option, std::int64_t value, std::int64_t least) {
  fail<ValueError>("{}: expected {} of at least {}, got {}", op, option, least, value);
}

}  // namespace reel::detail
