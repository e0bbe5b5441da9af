// A program with one tensor: what a library costs before any work. Ends with its input.

#include <cstdio>

#include <reel/reel.h>

int main() {
  std::printf("%g\n", reel::ones({1}).item());
  std::fflush(stdout);
  std::getchar();
}
