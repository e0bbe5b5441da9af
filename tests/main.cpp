// Runs all tests, on the GPU with --device=cuda, then checks that nothing of the library's is still alive.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <string_view>

#include <reel/autograd/tape/node.h>
#include <reel/kernels/float32_precision.h>
#include <reel/tensor/storage.h>
#include <reel/tensor/tensor.h>

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--device=cuda") continue;
    reel::set_default_device(reel::Device::cuda());
    reel::set_float32_precision(reel::Float32Op::conv, reel::Float32Precision::ieee);  // for the tests' tolerances
  }
  const int result = context.run();
  if (context.shouldExit()) return result;
  if (reel::live_tensors() || reel::live_nodes() || reel::live_storages() || reel::live_bytes()) {
    std::fprintf(stderr, "still alive after the tests: %lld tensors, %lld nodes, %lld storages, %lld bytes\n",
                 static_cast<long long>(reel::live_tensors()), static_cast<long long>(reel::live_nodes()),
                 static_cast<long long>(reel::live_storages()), static_cast<long long>(reel::live_bytes()));
    return 1;
  }
  return result;
}
