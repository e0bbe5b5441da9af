#pragma once

#include <concepts>
#include <string_view>

#include <fmt/core.h>

#include <reel/tensor/core/device.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/error.h>
#include <reel/tensor/core/scalar.h>
#include <reel/tensor/core/shape.h>

namespace reel {

/// The types of Reel that messages print, all through `to_string`.
template <class T>
concept Printable = std::same_as<T, Dims> || std::same_as<T, DType> || std::same_as<T, DTypeSet> ||
    std::same_as<T, Device> || std::same_as<T, Scalar>;

/// Throws E with the formatted message.
template <class E, class... Args>
[[noreturn, gnu::cold, gnu::noinline]] void fail(fmt::format_string<Args...> message, Args&&... args) {
  throw E(fmt::vformat(message, fmt::make_format_args(args...)));
}

/// Throws E with the formatted message unless `ok`:
/// `check<ShapeError>(a == b, "add: cannot broadcast {} with {}", a, b)`.
template <class E, class... Args> inline void check(bool ok, fmt::format_string<Args...> message, Args&&... args) {
  if (!ok) [[unlikely]]
    fail<E, Args...>(message, std::forward<Args>(args)...);
}

namespace detail {
[[noreturn, gnu::cold]] void fail_dim(std::string_view op, std::int64_t dim, int rank);
}  // namespace detail

/// `dim` counted from the front: -1 is the last of `rank` dimensions. An IndexError outside [-rank, rank).
inline int wrap_dim(std::string_view op, std::int64_t dim, int rank) {
  const std::int64_t limit = rank > 0 ? rank : 1;  // a 0-d tensor takes 0 and -1, as in PyTorch
  if (dim < -limit || dim >= limit) [[unlikely]]
    detail::fail_dim(op, dim, rank);
  return static_cast<int>(dim < 0 ? dim + limit : dim);
}

}  // namespace reel

template <reel::Printable T> struct fmt::formatter<T> {
  constexpr auto parse(fmt::format_parse_context& ctx) { return ctx.begin(); }
  template <class FormatContext> auto format(const T& value, FormatContext& ctx) const {
    auto out = ctx.out();
    for (const char c : to_string(value)) *out++ = c;
    return out;
  }
};
