#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include <reel/tensor/core/error.h>

namespace reel {

/// The highest rank of a tensor. Shapes are inline arrays, so that no operation allocates for them and a kernel can
/// take them by value.
inline constexpr int kMaxRank = 8;

/// Up to eight 64-bit numbers: the sizes, strides or dimensions of a tensor.
class Dims {
 public:
  /// No numbers (rank 0), or the ones given; more than eight are a ShapeError. One number needs no braces: `ones(3)`.
  constexpr Dims() = default;
  constexpr Dims(std::integral auto value) : values_{static_cast<std::int64_t>(value)}, rank_(1) {}
  constexpr Dims(std::initializer_list<std::int64_t> values) : Dims(std::span(values.begin(), values.size())) {}
  Dims(const std::vector<std::int64_t>& values) : Dims(std::span(values)) {}
  constexpr explicit Dims(std::span<const std::int64_t> values) {
    if (values.size() > kMaxRank) {
      throw ShapeError("rank " + std::to_string(values.size()) + " exceeds the highest rank, 8");
    }
    rank_ = static_cast<std::int64_t>(values.size());
    std::copy(values.begin(), values.end(), values_.begin());
  }

  /// `rank` copies of `value`.
  static constexpr Dims filled(int rank, std::int64_t value) {
    if (rank > kMaxRank) throw ShapeError("rank " + std::to_string(rank) + " exceeds the highest rank, 8");
    Dims d;
    d.rank_ = rank;
    std::fill_n(d.values_.begin(), rank, value);
    return d;
  }

  /// How many numbers; element access and iteration.
  constexpr int size() const { return static_cast<int>(rank_); }
  constexpr bool empty() const { return rank_ == 0; }
  constexpr std::int64_t operator[](int i) const { return values_[static_cast<std::size_t>(i)]; }
  constexpr std::int64_t& operator[](int i) { return values_[static_cast<std::size_t>(i)]; }
  constexpr std::int64_t back() const { return (*this)[size() - 1]; }
  constexpr const std::int64_t* begin() const { return values_.data(); }
  constexpr const std::int64_t* end() const { return values_.data() + rank_; }
  constexpr std::int64_t* begin() { return values_.data(); }
  constexpr std::int64_t* end() { return values_.data() + rank_; }
  std::vector<std::int64_t> to_vector() const { return {begin(), end()}; }

  /// Adding and removing numbers; a ninth is a ShapeError.
  constexpr void push_back(std::int64_t value) { insert(size(), value); }
  constexpr void insert(int position, std::int64_t value) {
    if (rank_ == kMaxRank) throw ShapeError("a tensor of rank 9 would exceed the highest rank, 8");
    std::copy_backward(begin() + position, end(), end() + 1);
    values_[static_cast<std::size_t>(position)] = value;
    ++rank_;
  }
  /// Removes the number at a position.
  constexpr void erase(int position) {
    std::copy(begin() + position + 1, end(), begin() + position);
    values_[static_cast<std::size_t>(--rank_)] = 0;
  }

  /// The same numbers.
  constexpr bool operator==(const Dims& other) const {
    if (rank_ != other.rank_) return false;
    for (int i = 0; i < size(); ++i) {  // not std::equal: a call of memcmp for a few numbers
      if ((*this)[i] != other[i]) return false;
    }
    return true;
  }

 private:
  std::array<std::int64_t, kMaxRank> values_{};
  std::int64_t rank_ = 0;
};

using Shape = Dims;    ///< Sizes, outermost first.
using Strides = Dims;  ///< Steps in elements, one for each dimension.

/// "[2, 3]".
std::string to_string(const Dims& dims);

/// Prints to_string(dims).
std::ostream& operator<<(std::ostream& out, const Dims& dims);

namespace detail {
// Out of line, so that the loops that every operation runs stay small.
[[noreturn, gnu::cold]] void fail_product(std::int64_t a, std::int64_t b);
[[noreturn, gnu::cold]] void fail_negative(const Shape& shape);
}  // namespace detail

/// a * b, or a ShapeError when it does not fit 64 bits.
inline std::int64_t checked_mul(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) detail::fail_product(a, b);
  return product;
}

/// The number of elements of a shape; 1 for rank 0. Negative sizes and overflow are ShapeErrors.
inline std::int64_t numel(const Shape& shape) {
  std::int64_t n = 1;
  bool zero = false;
  for (std::int64_t size : shape) {
    if (size < 0) detail::fail_negative(shape);
    if (size == 0) zero = true;
    else n = checked_mul(n, size);
  }
  return zero ? 0 : n;
}

/// Row-major strides: the last dimension is contiguous.
inline Strides contiguous_strides(const Shape& shape) {
  Strides strides = shape;  // for the rank
  std::int64_t step = 1;
  for (int i = shape.size() - 1; i >= 0; --i) {
    strides[i] = step;
    if (i > 0) step = checked_mul(step, std::max<std::int64_t>(shape[i], 1));
  }
  return strides;
}

/// Whether the elements, of which there are some, lie in row-major order without gaps. Dimensions of size 1 are never
/// stepped along, so their strides do not count.
inline bool is_row_major(const Shape& shape, const Strides& strides) {
  std::int64_t step = 1;
  for (int i = shape.size() - 1; i >= 0; --i) {
    if (shape[i] == 1) continue;
    if (strides[i] != step) return false;
    step *= shape[i];
  }
  return true;
}

/// Strides of an [N, C, H, W] (or [N, C, L]) tensor whose memory runs N, H, W, C: what convolutions are fastest on.
inline Strides channels_last_strides(const Shape& shape) {
  Strides strides = Dims::filled(shape.size(), 1);
  std::int64_t step = std::max<std::int64_t>(shape[1], 1);
  for (int i = shape.size() - 1; i >= 2; --i) {
    strides[i] = step;
    step = checked_mul(step, std::max<std::int64_t>(shape[i], 1));
  }
  strides[0] = step;
  return strides;
}

/// Whether the strides are those of `expected`, ignoring dimensions of size 1, which are never stepped along.
inline bool same_layout(const Shape& shape, const Strides& strides, const Strides& expected) {
  for (int i = 0; i < shape.size(); ++i) {
    if (shape[i] != 1 && strides[i] != expected[i]) return false;
  }
  return true;
}

/// Whether the elements fill one block of memory, each address once, in some order of the dimensions.
inline bool is_dense(const Shape& shape, const Strides& strides) {
  // Dimension by dimension, the one that continues the block filled so far.
  unsigned left = 0;
  for (int d = 0; d < shape.size(); ++d) {
    if (shape[d] == 0) return true;
    if (shape[d] != 1) left |= 1u << d;
  }
  std::int64_t filled = 1;
  while (left) {
    int next = -1;
    for (int d = 0; d < shape.size(); ++d) {
      if ((left >> d & 1u) && strides[d] == filled) next = d;
    }
    if (next < 0) return false;
    filled *= shape[next];
    left &= ~(1u << next);
  }
  return true;
}

}  // namespace reel
