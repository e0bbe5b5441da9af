// Elementwise calls on half floats, by way of the f32 loops.

#include <reel/kernels/cpu/elementwise/half_rows.h>

#include <algorithm>

#include <reel/kernels/cpu/conversion.h>

namespace reel::kernels::cpu::pointwise {
namespace {

/// Elements that are converted at a time: four operands of f32 take half of a first-level cache of 32 KB.
constexpr std::int64_t kPiece = 1024;

/// What the rows below get as their functor.
template <int Operands> struct HalfCall {
  const RowLoops<Operands>& f32;
  const void* f;

  /// Whether an operand is a half float in memory; the others are boolean.
  bool is_half(std::size_t k) const { return f32.bytes[k] == sizeof(float); }
};

/// A row of the call. H is the half dtype.
template <class H, int Operands>
void half_row(const void* call, void* const* data, const std::int64_t* step, std::int64_t n) {
  const auto& [f32, f] = *static_cast<const HalfCall<Operands>*>(call);
  const auto& half = *static_cast<const HalfCall<Operands>*>(call);
  alignas(64) float buffer[Operands][kPiece];
  std::array<void*, Operands> piece;
  std::array<std::int64_t, Operands> piece_step;
  bool dense = true;
  for (std::size_t k = 0; k < Operands; ++k) {
    piece[k] = half.is_half(k) ? buffer[k] : data[k];
    piece_step[k] = half.is_half(k) ? 1 : step[k];
    dense &= piece_step[k] == 1;
    if (k > 0 && half.is_half(k) && step[k] == 0) {  // one value
      std::fill_n(buffer[k], std::min(n, kPiece), static_cast<float>(*static_cast<const H*>(data[k])));
    }
  }
  const Row row = dense ? f32.dense[0] : f32.strided;
  for (std::int64_t i = 0; i < n; i += kPiece) {
    const std::int64_t count = std::min(kPiece, n - i);
    for (std::size_t k = 0; k < Operands; ++k) {
      if (!half.is_half(k)) piece[k] = static_cast<char*>(data[k]) + i * step[k];
      else if (k > 0 && step[k] != 0) {
        Conversion<float, H>::run(buffer[k], 1, static_cast<const H*>(data[k]) + i * step[k], step[k], count);
      }
    }
    row(f, piece.data(), piece_step.data(), count);
    if (half.is_half(0)) {
      Conversion<H, float>::run(static_cast<H*>(data[0]) + i * step[0], step[0], buffer[0], 1, count);
    }
  }
}

template <class H, int Operands> void run_half(const RowLoops<Operands>& f32_loops, const void* f,
                                               const StridedLoop<Operands>& loop,
                                               const std::array<void*, Operands>& data) {
  const HalfCall<Operands> call{f32_loops, f};
  RowLoops<Operands> rows;
  for (std::size_t k = 0; k < Operands; ++k) {
    rows.bytes[k] = call.is_half(k) ? static_cast<std::int64_t>(sizeof(H)) : f32_loops.bytes[k];
  }
  rows.dense.fill(&half_row<H, Operands>);
  rows.strided = &half_row<H, Operands>;
  run_rows<Operands>(rows, &call, loop, data);
}

}  // namespace

template <int Operands> void run_half_rows(const RowLoops<Operands>& f32_loops, const void* f, DType half,
                                           const StridedLoop<Operands>& loop, const std::array<void*, Operands>& data) {
  dispatch<kHalf>(half, [&]<class H>() { run_half<H, Operands>(f32_loops, f, loop, data); });
}

template void run_half_rows<2>(const RowLoops<2>&, const void*, DType, const StridedLoop<2>&,
                               const std::array<void*, 2>&);
template void run_half_rows<3>(const RowLoops<3>&, const void*, DType, const StridedLoop<3>&,
                               const std::array<void*, 3>&);
template void run_half_rows<4>(const RowLoops<4>&, const void*, DType, const StridedLoop<4>&,
                               const std::array<void*, 4>&);

}  // namespace reel::kernels::cpu::pointwise
