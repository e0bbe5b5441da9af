#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>

#include <reel/tensor/core/error.h>
#include <reel/tensor/core/half.h>

namespace reel {

/// Element types. With f16 and bf16 operations compute in f32 and round each result once. Dtypes are never mixed
/// silently: an operation on two of them throws a DTypeError that names both.
enum class DType : std::uint8_t { f32, f64, f16, bf16, i64, i32, u8, boolean };

/// A set of dtypes, for the table of what an operation takes.
struct DTypeSet {
  unsigned bits = 0;  ///< One bit for each member.

  /// The empty set, or the dtypes listed.
  constexpr DTypeSet() = default;
  constexpr DTypeSet(std::initializer_list<DType> dtypes) {
    for (DType d : dtypes) bits |= 1u << static_cast<unsigned>(d);
  }
  /// Their union.
  friend constexpr DTypeSet operator|(DTypeSet a, DTypeSet b) {
    a.bits |= b.bits;
    return a;
  }
  /// What is in `a` alone.
  friend constexpr DTypeSet operator-(DTypeSet a, DTypeSet b) {
    a.bits &= ~b.bits;
    return a;
  }
  /// Whether both have the same members.
  constexpr bool operator==(const DTypeSet&) const = default;
  /// Whether `d` is a member.
  constexpr bool contains(DType d) const { return (bits >> static_cast<unsigned>(d)) & 1u; }
};

/// The dtypes of arithmetic, by kind.
inline constexpr DTypeSet kFloating{DType::f32, DType::f64, DType::f16, DType::bf16};
inline constexpr DTypeSet kInteger{DType::i64, DType::i32, DType::u8};
inline constexpr DTypeSet kBool{DType::boolean};
inline constexpr DTypeSet kIntegerAndBool = kInteger | kBool;
inline constexpr DTypeSet kNumeric = kFloating | kInteger;
inline constexpr DTypeSet kNumericAndBool = kNumeric | kBool;
/// The half-precision dtypes, and the sets without them: those of kernels that are given f32 in their place.
inline constexpr DTypeSet kHalf{DType::f16, DType::bf16};
inline constexpr DTypeSet kWideFloating = kFloating - kHalf;
inline constexpr DTypeSet kWideNumeric = kNumeric - kHalf;
inline constexpr DTypeSet kWideNumericAndBool = kNumericAndBool - kHalf;

/// True for f32, f64, f16 and bf16: the dtypes that can require a gradient.
constexpr bool is_floating(DType d) { return d <= DType::bf16; }

/// The dtype's short name, as messages and printing show it.
constexpr std::string_view to_string(DType d) {
  switch (d) {
    case DType::f32:
      return "f32";
    case DType::f64:
      return "f64";
    case DType::f16:
      return "f16";
    case DType::bf16:
      return "bf16";
    case DType::i64:
      return "i64";
    case DType::i32:
      return "i32";
    case DType::u8:
      return "u8";
    case DType::boolean:
      return "bool";
  }
  return "?";
}

/// Prints to_string(d).
std::ostream& operator<<(std::ostream& out, DType d);

/// "f32, f64": the members of a set, for messages.
std::string to_string(DTypeSet set);

namespace detail {
/// By dtype. Not a local array, which every call would fill again.
inline constexpr std::uint8_t kSizes[] = {4, 8, 2, 2, 8, 4, 1, 1};
}  // namespace detail

/// Bytes of one element.
constexpr std::size_t size_of(DType d) { return detail::kSizes[static_cast<unsigned>(d)]; }

/// The dtype of a C++ type: `dtype_of<float> == DType::f32`.
template <class T> inline constexpr DType dtype_of = [] {
  if constexpr (std::is_same_v<T, float>) return DType::f32;
  else if constexpr (std::is_same_v<T, double>) return DType::f64;
  else if constexpr (std::is_same_v<T, Half>) return DType::f16;
  else if constexpr (std::is_same_v<T, BFloat16>) return DType::bf16;
  else if constexpr (std::is_same_v<T, std::int64_t>) return DType::i64;
  else if constexpr (std::is_same_v<T, std::int32_t>) return DType::i32;
  else if constexpr (std::is_same_v<T, std::uint8_t>) return DType::u8;
  else {
    static_assert(std::is_same_v<T, bool>, "no Reel dtype for this type");
    return DType::boolean;
  }
}();

/// Whether tensors of a C++ type exist.
template <class T>
concept HasDType = std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, Half> ||
    std::is_same_v<T, BFloat16> || std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::int32_t> ||
    std::is_same_v<T, std::uint8_t> || std::is_same_v<T, bool>;

/// Calls `f.template operator()<T>()` with the C++ type of `dtype`, compiled only for the members of `Set`. Callers
/// check the dtype first, to name the operation in the error; any other dtype throws here.
template <DTypeSet Set, class F> decltype(auto) dispatch(DType dtype, F&& f) {
  if constexpr (Set.contains(DType::f32))
    if (dtype == DType::f32) return f.template operator()<float>();
  if constexpr (Set.contains(DType::f64))
    if (dtype == DType::f64) return f.template operator()<double>();
  if constexpr (Set.contains(DType::f16))
    if (dtype == DType::f16) return f.template operator()<Half>();
  if constexpr (Set.contains(DType::bf16))
    if (dtype == DType::bf16) return f.template operator()<BFloat16>();
  if constexpr (Set.contains(DType::i64))
    if (dtype == DType::i64) return f.template operator()<std::int64_t>();
  if constexpr (Set.contains(DType::i32))
    if (dtype == DType::i32) return f.template operator()<std::int32_t>();
  if constexpr (Set.contains(DType::u8))
    if (dtype == DType::u8) return f.template operator()<std::uint8_t>();
  if constexpr (Set.contains(DType::boolean))
    if (dtype == DType::boolean) return f.template operator()<bool>();
  throw DTypeError("no kernel for dtype " + std::string(to_string(dtype)) + ", expected one of " + to_string(Set));
}

/// Every dtype, for copies and conversions.
inline constexpr DTypeSet kAnyDType{DType::f32, DType::f64, DType::f16, DType::bf16,
                                    DType::i64, DType::i32, DType::u8,  DType::boolean};

}  // namespace reel
