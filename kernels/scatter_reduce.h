#pragma once

#include <reel/kernels/functors/arithmetic.h>
#include <reel/kernels/indexing.h>

namespace reel::kernels {

/// How `scatter_reduce` combines an element of the base with another: as their product, or as Choice(a, b), Maximum or
/// Minimum.
struct Multiply {
  template <class T> REEL_HD static void apply(T& to, T from) { to = times(to, from); }
};
template <class Choice> struct Choose {
  template <class T> REEL_HD static void apply(T& to, T from) { to = Choice{}(to, from); }
};
enum class ScatterReduction : std::uint8_t { product, largest, smallest };

/// Calls `f.template operator()<How>()`.
template <class F> void dispatch_reduction(ScatterReduction reduction, F&& f) {
  switch (reduction) {
    case ScatterReduction::product:
      return f.template operator()<Multiply>();
    case ScatterReduction::largest:
      return f.template operator()<Choose<Maximum>>();
    case ScatterReduction::smallest:
      return f.template operator()<Choose<Minimum>>();
  }
}

namespace cpu {
void scatter_reduce(const GatherArgs& args, ScatterReduction reduction);
}
namespace cuda {
void scatter_reduce(const GatherArgs& args, ScatterReduction reduction);
}

/// Each element of the base becomes the product, the maximum or the minimum of itself and all that goes to it, in the
/// order of the index. Numbers.
inline constexpr KernelTable<void(const GatherArgs&, ScatterReduction)> scatter_reduce{&cpu::scatter_reduce,
                                                                                       &cuda::scatter_reduce};

}  // namespace reel::kernels
