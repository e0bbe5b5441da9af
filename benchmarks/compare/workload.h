#pragma once

#include <functional>
#include <string>
#include <vector>

/// What the two libraries are asked to do: the same rows, under the same names, written once for each
/// (`reel_workloads.cpp`, `torch_workloads.cpp`, which cannot see each other's headers).
namespace compare {

struct Workload {
  std::string name;
  std::function<void()> run;  ///< One repetition, complete when it returns.
  double per_run = 1;         ///< How many operations a repetition holds, for a time of one.
};

std::vector<Workload> reel_workloads();
std::vector<Workload> torch_workloads();

void set_reel_threads(int threads);
void set_torch_threads(int threads);

/// The shapes both sides use.
struct ConvShape {
  const char* name;
  int batch, in, size, out, kernel, stride, padding;
};
inline constexpr ConvShape kConvShapes[] = {{"conv 1->32 5x5, 28x28, batch 64", 64, 1, 28, 32, 5, 1, 2},
                                            {"conv 32->64 5x5, 14x14, batch 64", 64, 32, 14, 64, 5, 1, 2},
                                            {"conv 64->64 3x3, 32x32, batch 32", 32, 64, 32, 64, 3, 1, 1},
                                            {"conv 128->128 3x3, 16x16, batch 32", 32, 128, 16, 128, 3, 1, 1},
                                            {"conv 256->256 3x3, 8x8, batch 32", 32, 256, 8, 256, 3, 1, 1},
                                            {"conv 512->512 3x3, 4x4, batch 32", 32, 512, 4, 512, 3, 1, 1},
                                            {"conv 64->128 1x1 stride 2, 32x32, batch 32", 32, 64, 32, 128, 1, 2, 0}};

inline constexpr int kMatmulSizes[] = {16, 64, 256, 1024};

}  // namespace compare
