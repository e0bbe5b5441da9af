#pragma once

#include <array>
#include <cstdint>

#include <reel/kernels/elementwise.h>

/// The walk over the loop nest of an elementwise call. It knows neither functor nor dtype, so that it is compiled once
/// for all of them.
namespace reel::kernels::cpu::pointwise {

/// Computes n elements of a row: data[0][i * step[0]] = f(data[1][i * step[1]], ...), steps in elements.
using Row = void (*)(const void* f, void* const* data, const std::int64_t* step, std::int64_t n);

/// What the walk calls: a functor's loops for one dtype.
template <int Operands> struct RowLoops {
  std::array<std::int64_t, Operands> bytes;  // of an element of each operand
  /// For rows whose output is contiguous and whose inputs are contiguous or, where the mask has a bit, one value. Null
  /// where the value should be repeated in memory first, and for rows of which all inputs are one value.
  std::array<Row, 1u << (Operands - 1)> dense;
  Row strided;
};

/// Calls the loops for every row of `loop`, in parallel where that pays.
template <int Operands> void run_rows(const RowLoops<Operands>& loops, const void* f, const StridedLoop<Operands>& loop,
                                      const std::array<void*, Operands>& data);

}  // namespace reel::kernels::cpu::pointwise
