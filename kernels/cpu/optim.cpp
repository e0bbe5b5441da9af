// The steps of the optimizers on the CPU: one parallel loop over many parameters.

#include <reel/kernels/optim.h>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {
namespace {

template <class F, class Buffers> struct Loop;

template <class F, std::size_t... I> struct Loop<F, std::index_sequence<I...>> {
  using T = typename F::Element;

  /// A pointer for each buffer that F takes.
  template <std::size_t> using Pointer = T*;

  /// One pass over the memory of all arrays.
  REEL_VECTOR_CLONES static void run(F f, T* param, const T* grad, Pointer<I>... buffer, std::int64_t n) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) f(param[i], grad[i], buffer[i]...);
  }

  static void run(const F& f, const ParamArrays& p, std::int64_t begin, std::int64_t end) {
    run(f, static_cast<T*>(p.param) + begin, static_cast<const T*>(p.grad) + begin,
        static_cast<T*>(p.buffers[I]) + begin..., end - begin);
  }
};

/// Updates all parameters in parallel, cut into pieces as if they were one after the other.
template <class Args> void update(const Args& args) {
  if (StepArgs::skips(args.skip)) return;
  std::int64_t total = 0;
  for (const ParamArrays& p : args.params) total += p.n;
  with_update(args, [&]<class F>(F f) {
    f.begin(args.numbers);
    parallel_for(total, kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (const ParamArrays& p : args.params) {
        if (begin < p.n) Loop<F, typename F::Buffers>::run(f, p, begin, std::min(end, p.n));
        begin = std::max<std::int64_t>(begin - p.n, 0);
        end -= p.n;
        if (end <= 0) break;
      }
    });
  });
}

}  // namespace

void sgd(const SgdArgs& args) { update(args); }
void adam(const AdamArgs& args) { update(args); }
void rmsprop(const RmspropArgs& args) { update(args); }
void adagrad(const AdagradArgs& args) { update(args); }

}  // namespace reel::kernels::cpu
