// Embedding lookup and its gradient on the CPU.

#include <reel/kernels/embedding.h>

#include <algorithm>
#include <vector>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/pieces.h>
#include <reel/kernels/vector_math.h>

namespace reel::kernels::cpu {
namespace {

/// The positions where each row occurs in the index, in order: those of row r are order[begin[r]] ..
/// order[begin[r + 1] - 1].
struct Occurrences {
  std::vector<std::int64_t> begin, order;

  explicit Occurrences(const EmbeddingArgs& args)
      : begin(static_cast<std::size_t>(args.rows) + 1), order(static_cast<std::size_t>(args.count)) {
    for (std::int64_t i = 0; i < args.count; ++i) ++begin[static_cast<std::size_t>(args.index[i]) + 1];
    for (std::size_t r = 1; r < begin.size(); ++r) begin[r] += begin[r - 1];
    std::vector<std::int64_t> next(begin.begin(), begin.end() - 1);
    for (std::int64_t i = 0; i < args.count; ++i) {
      order[static_cast<std::size_t>(next[static_cast<std::size_t>(args.index[i])]++)] = i;
    }
  }
};

template <class T> struct Row {
  template <class Sum> REEL_VECTOR_CLONES static void add(const T* from, std::int64_t n, Sum* to) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) to[i] += static_cast<Sum>(from[i]);
  }
};

std::int64_t rows_per_chunk(std::int64_t width) {
  return std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(width, 1));
}

}  // namespace

void embedding(const EmbeddingArgs& args) {
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    const T* from = static_cast<const T*>(args.from);
    T* to = static_cast<T*>(args.to);
    const std::int64_t width = args.width;
    parallel_for(args.count, rows_per_chunk(width), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        if (args.index[i] == args.padding) std::fill_n(to + i * width, width, T(0));
        else std::copy_n(from + args.index[i] * width, width, to + i * width);
      }
    });
  });
}

void embedding_grad(const EmbeddingArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    const T* from = static_cast<const T*>(args.from);
    T* to = static_cast<T*>(args.to);
    const std::int64_t width = args.width;
    const Occurrences occurrences(args);  // each row has one writer, which adds in the order of the index
    parallel_for(args.rows, rows_per_chunk(width), [&](std::int64_t begin, std::int64_t end) {
      std::fill(to + begin * width, to + end * width, T(0));
      for (std::int64_t r = begin; r < end; ++r) {
        if (r == args.padding) continue;
        const auto first = static_cast<std::size_t>(occurrences.begin[static_cast<std::size_t>(r)]);
        const auto last = static_cast<std::size_t>(occurrences.begin[static_cast<std::size_t>(r) + 1]);
        const auto add_to = [&](auto* sum) {
          for (std::size_t k = first; k < last; ++k) Row<T>::add(from + occurrences.order[k] * width, width, sum);
        };
        if (last - first <= kColumnPiece) {
          add_to(to + r * width);
          continue;
        }
        std::vector<double> sum(static_cast<std::size_t>(width));
        add_to(sum.data());
        std::transform(sum.begin(), sum.end(), to + r * width, [](double s) { return static_cast<T>(s); });
      }
    });
  });
}

}  // namespace reel::kernels::cpu
