#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

/// Long sums of f32, as accurate as short ones: f32 inside a piece, where they are fast, and f64 across pieces.
namespace reel::kernels::cpu {

/// The terms of a piece that runs in a vector register.
inline constexpr std::int64_t kLanePiece = 1024;
/// The terms of a piece that one f32 takes one after the other, as each of several columns does.
inline constexpr std::int64_t kColumnPiece = 256;

/// The sum of `part(begin, count)` over pieces of n terms. The sum of a single piece is returned as it is.
template <class Part> auto sum_pieces(std::int64_t n, std::int64_t piece, const Part& part) {
  using T = decltype(part(std::int64_t{}, n));
  if (n <= piece) return part(0, n);
  double total = 0;
  for (std::int64_t i = 0; i < n; i += piece) total += static_cast<double>(part(i, std::min(piece, n - i)));
  return static_cast<T>(total);
}

/// The same for `width` <= Width columns: sums[j] of n rows, where `part(begin, count, sums)` makes those of some rows.
template <std::int64_t Width, class T, class Part>
void sum_column_pieces(std::int64_t n, std::int64_t piece, std::int64_t width, T* sums, const Part& part) {
  if (n <= piece) return part(0, n, sums);
  alignas(64) double totals[Width];
  std::fill_n(totals, width, 0.0);
  for (std::int64_t i = 0; i < n; i += piece) {
    part(i, std::min(piece, n - i), sums);
    for (std::int64_t j = 0; j < width; ++j) totals[j] += static_cast<double>(sums[j]);
  }
  for (std::int64_t j = 0; j < width; ++j) sums[j] = static_cast<T>(totals[j]);
}

/// Sums sums[0, n) that are made one term after the other.
template <class T> class RunningSums {
 public:
  RunningSums(T* sums, std::int64_t n) : sums_(sums), n_(static_cast<std::size_t>(n)) {}

  /// Says that each sum has got `terms` more. At the end of a piece they move on to f64 and begin again with 0.
  void count(std::int64_t terms) {
    pending_ += terms;
    if (pending_ >= kColumnPiece) flush();
  }
  /// Completes the sums.
  void finish() {
    if (totals_.empty()) return;
    flush();
    for (std::size_t j = 0; j < n_; ++j) sums_[j] = static_cast<T>(totals_[j]);
  }

 private:
  void flush() {
    totals_.resize(n_);
    for (std::size_t j = 0; j < n_; ++j) totals_[j] += static_cast<double>(sums_[j]);
    std::fill_n(sums_, n_, T(0));
    pending_ = 0;
  }

  T* sums_;
  std::size_t n_;
  std::int64_t pending_ = 0;
  std::vector<double> totals_;  // empty while there is one piece
};

}  // namespace reel::kernels::cpu
