#pragma once

#include <limits>
#include <string_view>

#include <reel/tensor/core/check.h>

/// The check of numeric options, the same everywhere. `tests/options_test.cpp` has a row for every option.
namespace reel::detail {

/// The numbers that an option takes: an interval, without the ends that are open. NaN is in none.
struct NumberRange {
  double low, high;
  bool low_open = false, high_open = false;

  constexpr bool contains(double x) const {
    return (low_open ? x > low : x >= low) && (high_open ? x < high : x <= high);
  }
};

inline constexpr double kInfinite = std::numeric_limits<double>::infinity();
inline constexpr NumberRange kNotNan{-kInfinite, kInfinite};
inline constexpr NumberRange kFinite{-kInfinite, kInfinite, true, true};
inline constexpr NumberRange kAtLeastZero{0, kInfinite};
inline constexpr NumberRange kFiniteAtLeastZero{0, kInfinite, false, true};
inline constexpr NumberRange kPositive{0, kInfinite, true, true};
inline constexpr NumberRange kZeroToOne{0, 1};
inline constexpr NumberRange kZeroToBelowOne{0, 1, false, true};

[[noreturn, gnu::cold]] void fail_option(std::string_view op, std::string_view option, double value,
                                         const NumberRange& range);
[[noreturn, gnu::cold]] void fail_at_least(std::string_view op, std::string_view option, std::int64_t value,
                                           std::int64_t least);

/// Throws a ValueError unless `range` contains the value: `check_option("elu", "alpha", alpha, kFinite)`.
inline void check_option(std::string_view op, std::string_view option, double value, const NumberRange& range) {
  if (!range.contains(value)) [[unlikely]]
    fail_option(op, option, value, range);
}

/// The same for whole numbers that have only a smallest value.
inline void check_at_least(std::string_view op, std::string_view option, std::int64_t value, std::int64_t least) {
  if (value < least) [[unlikely]]
    fail_at_least(op, option, value, least);
}

}  // namespace reel::detail
