// The default random generator.

#include <reel/tensor/core/generator.h>

namespace reel {

Generator& default_generator() {
  static auto* generator = new Generator(5489);  // never destroyed: threads may draw until the process ends
  return *generator;
}

}  // namespace reel
