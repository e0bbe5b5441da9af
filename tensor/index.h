#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

namespace reel {

class Tensor;

/// Inserts a dimension of size 1; in a Slice, a limit that is left out.
struct NoneIndex {};
inline constexpr NoneIndex None{};

/// A limit of a Slice: a position, or `None` for the end of the dimension.
struct SliceLimit : std::optional<std::int64_t> {
  using std::optional<std::int64_t>::optional;
  /// No limit, or what an optional holds.
  constexpr SliceLimit(NoneIndex) {}
  constexpr SliceLimit(const std::optional<std::int64_t>& limit) : std::optional<std::int64_t>(limit) {}
};

/// A range of indices, `Slice(start, end, step)`, as `start:end:step` in Python; `Slice()` is everything.
struct Slice {
  std::optional<std::int64_t> start, end;  ///< Limits; missing ones are the ends.
  std::int64_t step = 1;                   ///< Every step-th index.

  /// Everything, or first:last:by.
  Slice() = default;
  explicit Slice(SliceLimit first, SliceLimit last = None, std::int64_t by = 1) : start(first), end(last), step(by) {}
};

/// Stands for all the dimensions that no other index names.
struct EllipsisIndex {};
inline constexpr EllipsisIndex Ellipsis{};

/// One entry of `Tensor::index`.
class Index {
 public:
  /// A position, a range, a new dimension, or the dimensions that nothing else names.
  Index(std::integral auto position) : value_(static_cast<std::int64_t>(position)) {}
  Index(Slice slice) : value_(slice) {}
  Index(NoneIndex none) : value_(none) {}
  Index(EllipsisIndex ellipsis) : value_(ellipsis) {}
  /// A tensor of positions (i64 or i32; of rank 0: an integer), or a boolean mask (of rank 0: for a new dimension).
  Index(const Tensor& tensor);

  /// What was given.
  using Value = std::variant<std::int64_t, Slice, NoneIndex, EllipsisIndex, std::shared_ptr<const Tensor>>;
  const Value& value() const { return value_; }

 private:
  Value value_;
};

}  // namespace reel
