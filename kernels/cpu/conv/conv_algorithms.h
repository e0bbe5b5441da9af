#pragma once

#include <reel/kernels/algorithm.h>
#include <reel/kernels/conv.h>
#include <reel/kernels/cpu/onednn_support.h>

/// The algorithms of the CPU's convolutions, and the choice between them.
namespace reel::kernels::cpu::convolution {

/// The fastest algorithm for a convolution or gradient with a result in `dtype` and factors in `factors`, as measured
/// (the figures stand in conv.cpp). `allow_winograd` is what `reel::winograd()` says.
ConvAlgorithm choose(ConvOp op, DType dtype, DType factors, const ConvShape& shape, const OneDnnSupport& onednn,
                     bool allow_winograd);

/// f32, or bf16 factors under f32. False, with nothing done, where oneDNN turns out to have no optimised kernel for the
/// shape: only the attempt to create its primitive tells.
bool run_onednn(const ConvArgs& args);
bool run_onednn(const ConvInputGradArgs& args);
bool run_onednn(const ConvWeightGradArgs& args);

/// f32 and f64; from one channel to one with stride 1.
void run_planes(const ConvArgs& args);
void run_planes(const ConvInputGradArgs& args);
void run_planes(const ConvWeightGradArgs& args);

/// f32, f64, and bf16 factors under f32.
void run_im2col(const ConvArgs& args);
void run_im2col(const ConvInputGradArgs& args);
void run_im2col(const ConvWeightGradArgs& args);

}  // namespace reel::kernels::cpu::convolution
