// A loop that makes the same sizes again neither asks the system for memory nor gives any back.

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <reel/reel.h>

using namespace reel;

namespace {

std::atomic<int> calls{0};

void blocks_of_many_sizes() {
  std::vector<Tensor> tensors;
  for (std::int64_t i = 0; i < 100; ++i) {
    tensors.push_back(empty({(1000 << i % 12) + i}));
    if (i % 3 == 2) tensors.erase(tensors.begin() + i / 3);
  }
}

/// A small network in training.
struct Training {
  nn::Sequential net{nn::Conv2d(1, 8, 3, {.padding = 1}), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                     nn::Linear(8 * 14 * 14, 10)};
  optim::Adam adam{net.parameters(), {.lr = 0.001}};
  Tensor images = rand({64, 1, 28, 28}), labels = zeros({64}, DType::i64);

  void step() {
    adam.zero_grad();
    cross_entropy(net(images), labels).backward();
    adam.step();
  }
};

}  // namespace

// In place of the C library's, for the library's own calls.
extern "C" {
void* mmap(void* address, std::size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
  ++calls;
  return reinterpret_cast<void*>(syscall(SYS_mmap, address, bytes, protection, flags, file, offset));
}
int munmap(void* address, std::size_t bytes) noexcept {
  ++calls;
  return static_cast<int>(syscall(SYS_munmap, address, bytes));
}
int madvise(void* address, std::size_t bytes, int advice) noexcept {
  ++calls;
  return static_cast<int>(syscall(SYS_madvise, address, bytes, advice));
}
}

int main() {
  Training training;
  const auto both = [&] {
    blocks_of_many_sizes();
    training.step();
  };
  for (int i = 0; i < 5; ++i) both();
  const int before = calls;
  for (int i = 0; i < 20; ++i) both();
  const int after = calls;
  empty_cache();
  std::printf("%d calls in the first steps, %d in later ones, %d to empty the cache\n", before, after - before,
              calls - after);
  return before > 0 && after == before && calls > after ? 0 : 1;
}
