// A program with one tensor: what a library costs before any work. Ends with its input.

#include <cstdio>

#include <torch/torch.h>

int main() {
  std::printf("%g\n", torch::ones({1}).item<double>());
  std::fflush(stdout);
  std::getchar();
}
