// Linear recurrences along a dimension on the CPU.

#include <reel/kernels/recurrence.h>

#include <algorithm>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/functors/pointwise.h>

namespace reel::kernels::cpu {
namespace {

/// Neighbouring slices that are computed side by side, so that memory is read along its rows.
constexpr std::int64_t kTile = 64;

/// `width` neighbouring slices, whose first element is at `first`; from one element to the next it is `step`.
template <class T>
void run_tile(const RecurrenceArgs& args, std::int64_t first, std::int64_t step, std::int64_t width) {
  using State = RecurrenceState<T>;
  const T* factors = static_cast<const T*>(args.factors) + first;
  const T* addends = args.addends ? static_cast<const T*>(args.addends) + first : nullptr;
  auto* out = static_cast<RecurrenceResult<T>*>(args.out) + first;
  State state[kTile];
  std::fill_n(state, width, State(addends ? 0 : 1));
  for (std::int64_t i = 0; i < args.n; ++i) {
    const std::int64_t row = i * step;
    for (std::int64_t j = 0; j < width; ++j) {
      state[j] = times(static_cast<State>(factors[row + j]), state[j]);
      if (addends) state[j] = plus(static_cast<State>(addends[row + j]), state[j]);
      out[row + j] = static_cast<RecurrenceResult<T>>(state[j]);
    }
  }
}

}  // namespace

void recurrence(const RecurrenceArgs& args) {
  if (args.outer * args.n * args.inner == 0) return;
  const std::int64_t tiles = (args.inner + kTile - 1) / kTile;
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / (args.n * std::min(args.inner, kTile)));
  dispatch<kWideNumericAndBool>(args.dtype, [&]<class T>() {
    parallel_for(args.outer * tiles, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t t = begin; t < end; ++t) {
        const std::int64_t column = t % tiles * kTile, row = t / tiles * args.n + (args.reverse ? args.n - 1 : 0);
        run_tile<T>(args, row * args.inner + column, args.reverse ? -args.inner : args.inner,
                    std::min(kTile, args.inner - column));
      }
    });
  });
}

}  // namespace reel::kernels::cpu
