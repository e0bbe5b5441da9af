#pragma once

#include <cstdint>

#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/linalg.h>

/// What decompositions do beside the libraries' calls, for a whole batch at once. All memory is the GPU's.
namespace reel::kernels::cuda::linalg {

/// Where a matrix's info is 0: the first k > 0 for which element k of the diagonal is not positive. Such factors tell
/// of a NaN, too, which a library may let pass.
void find_not_positive(DType dtype, std::int64_t batch, std::int64_t n, const void* factors, std::int32_t* info);

/// Parity and info of an LU decomposition, from U's diagonal and the rows (from 1 on) that were exchanged.
void describe_pivots(const LuArgs& args, const std::int64_t* pivots, std::int32_t* info);

/// Fills Q with A's columns, and further ones with those of the identity.
void start_q(const QrArgs& args);

/// Which elements of a matrix are read.
enum class Part { all, upper, lower };

/// Keeps matrices with a NaN or an infinity from algorithms that might never end: those see zeros in their place, and
/// all their results become NaN.
class FiniteMatrices {
 public:
  FiniteMatrices(DType dtype, std::int64_t batch);

  /// Looks through matrices [m, n], and overwrites those that are not finite.
  void take_out(void* a, std::int64_t m, std::int64_t n, Part part);
  /// A number for each matrix, in which the library says what went wrong.
  std::int32_t* info() const { return notes_.data() + batch_; }
  /// Makes the results of what was taken out NaN; each matrix has `elements` of them.
  void spoil(void* results, std::int64_t elements) const;
  /// Waits, and says what went wrong with each matrix, in the CPU's memory.
  void report(std::int32_t* info) const;

 private:
  DType dtype_;
  std::int64_t batch_;
  Scratch<std::int32_t> notes_;  // kNotFinite or 0 for each matrix, then the library's info
};

}  // namespace reel::kernels::cuda::linalg
