// torch_rows [--threads N] [--tiny]: measures libtorch's rows on command.

#include <torch/torch.h>

#include "../program.h"

int main(int argc, char** argv) {
  const std::string version = std::to_string(TORCH_VERSION_MAJOR) + "." + std::to_string(TORCH_VERSION_MINOR) + "." +
                              std::to_string(TORCH_VERSION_PATCH);
  return bench::run_program(argc, argv, {"libtorch " + version, [](int threads) { torch::set_num_threads(threads); }});
}
