// The default random generator.

#include <reel/tensor/core/generator.h>

#include <utility>

namespace reel {
namespace {

[[gnu::tls_model("initial-exec")]] constinit thread_local Generator* of_this_thread = nullptr;

}  // namespace

Generator& default_generator() {
  if (of_this_thread) return *of_this_thread;
  static auto* generator = new Generator(5489);  // never destroyed: threads may draw until the process ends
  return *generator;
}

detail::DefaultGeneratorGuard::DefaultGeneratorGuard(Generator& generator)
    : former_(std::exchange(of_this_thread, &generator)) {}
detail::DefaultGeneratorGuard::~DefaultGeneratorGuard() { of_this_thread = former_; }

}  // namespace reel
