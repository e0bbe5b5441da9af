// The optimizers' steps: one launch for many parameters.

#include <reel/kernels/optim.h>

#include <iterator>

#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/vector.h>

namespace reel::kernels::cuda {
namespace {

/// The parameters of one launch. The table is itself a kernel parameter, of up to 4 KB.
template <int Arrays> struct ParamTable {
  static constexpr int kParams = 3840 / (8 * Arrays + 8 + 4);
  int count;
  unsigned blocks_until[kParams];  // those of the parameters up to and with this one
  std::int64_t n[kParams];
  void* array[Arrays][kParams];

  /// The parameter that a block works on.
  __device__ int param_of(unsigned block) const {
    int low = 0, high = count - 1;
    while (low < high) {
      const int middle = (low + high) / 2;
      if (blocks_until[middle] > block) high = middle;
      else low = middle + 1;
    }
    return low;
  }
};

constexpr int kBlock = kThreads;
/// The elements of a block: a few accesses of 16 bytes for each thread and array.
template <class T> constexpr int kChunk = kBlock * 4 * kPerAccess<T>;

/// Buffers `I` are those that F takes, numbered from 0.
template <class F, std::size_t... I> __global__ void __launch_bounds__(kThreads)
    update_params(F f, StepNumbers numbers, const float* skip, ParamTable<sizeof...(I) + 2> table) {
  if (StepArgs::skips(skip)) return;
  using T = typename F::Element;
  constexpr int width = kPerAccess<T>;
  using Access = Vector<T, width>;

  const int p = table.param_of(blockIdx.x);
  const std::int64_t chunk = blockIdx.x - (p > 0 ? table.blocks_until[p - 1] : 0);
  const std::int64_t begin = chunk * kChunk<T>, left = table.n[p] - begin;
  const int n = left < kChunk<T> ? static_cast<int>(left) : kChunk<T>, thread = static_cast<int>(threadIdx.x);
  T* const param = static_cast<T*>(table.array[0][p]) + begin;
  const T* const grad = static_cast<const T*>(table.array[1][p]) + begin;
  T* const buffer[] = {(static_cast<T*>(table.array[I + 2][p]) + begin)..., nullptr};

  f.begin(numbers);
  int done = 0;
  if (is_aligned(param) && is_aligned(grad) && (is_aligned(buffer[I]) && ...)) {
    done = n / width * width;
    for (int i = thread * width; i < done; i += kBlock * width) {
      const Access g = *reinterpret_cast<const Access*>(grad + i);
      Access x = *reinterpret_cast<const Access*>(param + i);
      Access state[] = {*reinterpret_cast<const Access*>(buffer[I] + i)..., {}};
      for (int j = 0; j < width; ++j) f(x.value[j], g.value[j], state[I].value[j]...);
      *reinterpret_cast<Access*>(param + i) = x;
      ((*reinterpret_cast<Access*>(buffer[I] + i) = state[I]), ...);
    }
  }
  for (int i = done + thread; i < n; i += kBlock) f(param[i], grad[i], buffer[I][i]...);
}

template <class F, std::size_t... I, std::size_t... Buffer>
void update(const F& f, const StepArgs& args, std::index_sequence<I...>, std::index_sequence<Buffer...>) {
  using Table = ParamTable<sizeof...(I) + 2>;
  Table table{};
  unsigned blocks = 0;
  const auto run = [&] {
    if (table.count > 0) launch(update_params<F, I...>, blocks, kThreads, 0, f, args.numbers, args.skip, table);
    table.count = 0;
    blocks = 0;
  };
  for (const ParamArrays& p : args.params) {
    if (p.n == 0) continue;
    void* const arrays[] = {p.param, const_cast<void*>(p.grad), p.buffers[Buffer]...};
    for (std::size_t a = 0; a < std::size(arrays); ++a) table.array[a][table.count] = arrays[a];
    table.n[table.count] = p.n;
    blocks += blocks_for(p.n, kChunk<typename F::Element>);
    table.blocks_until[table.count] = blocks;
    if (++table.count == Table::kParams) run();
  }
  run();
}

template <class Args> void update(const Args& args) {
  with_update(args, [&]<class F>(const F& f) {
    using Buffers = typename F::Buffers;
    update(f, args, std::make_index_sequence<Buffers::size()>(), Buffers());
  });
}

}  // namespace

void sgd(const SgdArgs& args) { update(args); }
void adam(const AdamArgs& args) { update(args); }
void rmsprop(const RmspropArgs& args) { update(args); }
void adagrad(const AdagradArgs& args) { update(args); }

}  // namespace reel::kernels::cuda
