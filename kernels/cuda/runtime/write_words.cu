// Writes numbers to the GPU's memory.
//
// As parameters of a kernel they need no memory of the host's that would have to stay as it is until the GPU has read
// it.

#include <reel/kernels/cuda/runtime/write_words.h>

#include <algorithm>

#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

struct Words {
  static constexpr int kCount = 256;
  std::uint64_t word[kCount];
};

__global__ void write(std::uint64_t* to, Words words, int n) {
  const int i = static_cast<int>(threadIdx.x);
  if (i < n) to[i] = words.word[i];
}

}  // namespace

void write_words(std::uint64_t* to, std::span<const std::uint64_t> values) {
  for (std::size_t first = 0; first < values.size(); first += Words::kCount) {
    const std::size_t n = std::min<std::size_t>(Words::kCount, values.size() - first);
    Words words;
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(first), n, words.word);
    std::fill(words.word + n, words.word + Words::kCount, 0);
    launch(write, 1, Words::kCount, 0, to + first, words, static_cast<int>(n));
  }
}

}  // namespace reel::kernels::cuda
