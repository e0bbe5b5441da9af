// The end of the program waits for calls of libraries.

#include <reel/kernels/cpu/library_uses.h>

#include <chrono>
#include <thread>

namespace reel::kernels::cpu {

void LibraryUses::close() noexcept {
  using Clock = std::chrono::steady_clock;
  static constinit Clock::duration left = std::chrono::seconds(10);  // of the one thread that ends the program
  closed_ = true;
  const Clock::time_point begin = Clock::now();
  while (count_.load() > 0 && Clock::now() < begin + left) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  left -= Clock::now() - begin;
}

}  // namespace reel::kernels::cpu
