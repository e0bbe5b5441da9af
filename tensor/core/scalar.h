#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include <reel/tensor/core/dtype.h>

namespace reel {

/// A C++ number on its way into an operation. It takes the tensor's dtype; where that cannot hold it (0.5 with i64),
/// the operation throws.
class Scalar {
 public:
  /// Any arithmetic value; integers stay integers.
  template <class T>
  requires std::is_arithmetic_v<T>
  constexpr Scalar(T value) : integral_(std::is_integral_v<T>) {
    if constexpr (std::is_floating_point_v<T>) {
      real_ = static_cast<double>(value);
    } else if (value > T(0) && static_cast<std::int64_t>(value) < 0) {  // beyond i64: no integer dtype takes it
      integral_ = false;
      real_ = static_cast<double>(value);
    } else {
      integer_ = static_cast<std::int64_t>(value);
    }
  }

  /// Whether it was given as an integer (or bool).
  constexpr bool is_integral() const { return integral_; }

  /// The value as a T.
  template <class T> constexpr T to() const { return integral_ ? static_cast<T>(integer_) : static_cast<T>(real_); }

  /// Whether `to<T>()` is the value, but for a fraction that is cut off.
  template <class T> constexpr bool in_range() const {
    if constexpr (!std::is_integral_v<T> || std::is_same_v<T, bool>) {
      return true;
    } else {
      using Limits = std::numeric_limits<T>;
      if (integral_)
        return std::cmp_greater_equal(integer_, Limits::min()) && std::cmp_less_equal(integer_, Limits::max());
      return real_ >= static_cast<double>(Limits::min()) && real_ < static_cast<double>(Limits::max()) + 1;
    }
  }

  /// Whether `dtype` holds the value: any floating dtype does; integers need a whole number in range, boolean 0 or 1.
  constexpr bool fits(DType dtype) const {
    if (is_floating(dtype)) return true;
    const double value = to<double>();
    switch (dtype) {
      case DType::i64:
        return integral_ ||
               (value >= -0x1p63 && value < 0x1p63 && value == static_cast<double>(static_cast<std::int64_t>(value)));
      case DType::i32:
        return value >= -0x1p31 && value < 0x1p31 && value == static_cast<double>(static_cast<std::int64_t>(value));
      case DType::u8:
        return value >= 0 && value < 256 && value == static_cast<double>(static_cast<std::int64_t>(value));
      default:
        return value == 0 || value == 1;
    }
  }

 private:
  std::int64_t integer_ = 0;
  double real_ = 0;
  bool integral_;
};

/// The number as written: "3" or "0.5".
std::string to_string(const Scalar& s);

}  // namespace reel
