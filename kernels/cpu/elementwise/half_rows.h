#pragma once

#include <reel/kernels/cpu/elementwise/loop_nest.h>
#include <reel/tensor/core/dtype.h>

/// Elementwise calls on half floats: pieces of rows are converted to f32 in the first-level cache, the functor's f32
/// loops compute, and the results are rounded once. So no functor is compiled for half floats.
namespace reel::kernels::cpu::pointwise {

/// `run_rows` with the f32 loops of a functor, where f32 operands are of a half dtype in memory.
template <int Operands> void run_half_rows(const RowLoops<Operands>& f32_loops, const void* f, DType half,
                                           const StridedLoop<Operands>& loop, const std::array<void*, Operands>& data);

}  // namespace reel::kernels::cpu::pointwise
