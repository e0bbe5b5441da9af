#include <reel/kernels/copy.h>

#include <cstring>

#include <reel/kernels/bits.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/strided.h>

namespace reel::kernels::cpu {
namespace {

/// Calls `body(row, begin, end)` for parts of rows of n elements, in parallel.
template <class F> void for_row_parts(std::int64_t rows, std::int64_t n, F&& body) {
  if (rows == 1) {
    parallel_for(n, kGrain, [&](std::int64_t begin, std::int64_t end) { body(0, begin, end); });
  } else {
    parallel_for(rows, std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(n, 1)),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t row = begin; row < end; ++row) body(row, 0, n);
                 });
  }
}

template <class To, class From> void copy_rows(const CopyArgs& args) {
  const auto& loop = args.loop;
  const std::int64_t n = loop.sizes[loop.rank - 1];
  const std::int64_t to_step = loop.strides[0][loop.rank - 1], from_step = loop.strides[1][loop.rank - 1];
  const std::int64_t rows = n ? loop.numel() / n : 0;
  const auto copy_part = [&](std::int64_t row, std::int64_t begin, std::int64_t end) {
    To* to = static_cast<To*>(args.destination) + row_offset(loop, 0, row);
    const From* from = static_cast<const From*>(args.source) + row_offset(loop, 1, row);
    if (to_step == 1 && from_step == 1) {
      if constexpr (std::is_same_v<To, From>) {
        std::memcpy(to + begin, from + begin, static_cast<std::size_t>(end - begin) * sizeof(To));
        return;
      }
      for (std::int64_t i = begin; i < end; ++i) to[i] = convert<To>(from[i]);
    } else {
      for (std::int64_t i = begin; i < end; ++i) to[i * to_step] = convert<To>(from[i * from_step]);
    }
  };
  for_row_parts(rows, n, copy_part);
}

/// A transposed copy: where the innermost dimension is contiguous in one operand only, blocks of 16 x 16 use each cache
/// line of both while it is there.
template <class T> bool copy_transposed(const CopyArgs& args) {
  const auto& loop = args.loop;
  if (loop.rank < 2) return false;
  const int inner = loop.rank - 1;
  int other = -1;  // the dimension that is contiguous in the source
  for (int d = 0; d < inner; ++d) {
    if (loop.strides[1][d] == 1) other = d;
  }
  if (loop.strides[0][inner] != 1 || other < 0 || loop.sizes[inner] < 8 || loop.sizes[other] < 8) return false;
  constexpr std::int64_t block = 16;
  const std::int64_t n = loop.sizes[inner], m = loop.sizes[other];
  const std::int64_t to_step = loop.strides[0][other], from_step = loop.strides[1][inner];
  StridedLoop<2> outer = loop;  // the remaining dimensions; a last one of size 1 stands for the two that are blocked
  outer.sizes[other] = 1;
  const std::int64_t planes = loop.numel() / (n * m);
  const std::int64_t stripes = (m + block - 1) / block;
  parallel_for(planes * stripes, std::max<std::int64_t>(1, kGrain / (block * n)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t unit = begin; unit < end; ++unit) {
                   T* to = static_cast<T*>(args.destination) + row_offset(outer, 0, unit / stripes);
                   const T* from = static_cast<const T*>(args.source) + row_offset(outer, 1, unit / stripes);
                   const std::int64_t j0 = unit % stripes * block, j1 = std::min(j0 + block, m);
                   for (std::int64_t i0 = 0; i0 < n; i0 += block) {
                     const std::int64_t i1 = std::min(i0 + block, n);
                     for (std::int64_t j = j0; j < j1; ++j) {
                       for (std::int64_t i = i0; i < i1; ++i) to[j * to_step + i] = from[i * from_step + j];
                     }
                   }
                 }
               });
  return true;
}

template <class T> void copy_bits(const CopyArgs& args) {
  if (!copy_transposed<T>(args)) copy_rows<T, T>(args);
}

}  // namespace

void copy(const CopyArgs& args) {
  if (args.from == args.to) {
    return dispatch_bits(size_of(args.from), [&]<class T>() { copy_bits<T>(args); });
  }
  dispatch<kAnyDType>(args.to, [&]<class To>() {
    dispatch<kAnyDType>(args.from, [&]<class From>() {
      if constexpr (!std::is_same_v<To, From>) copy_rows<To, From>(args);
    });
  });
}

void fill(const FillArgs& args) {
  dispatch<kAnyDType>(args.dtype, [&]<class T>() {
    const auto& loop = args.loop;
    const T value = args.value.to<T>();
    const std::int64_t n = loop.sizes[loop.rank - 1], step = loop.strides[0][loop.rank - 1];
    const std::int64_t rows = n ? loop.numel() / n : 0;
    const auto fill_part = [&](std::int64_t row, std::int64_t begin, std::int64_t end) {
      T* data = static_cast<T*>(args.data) + row_offset(loop, 0, row);
      if (step == 1) {
        std::fill(data + begin, data + end, value);
      } else {
        for (std::int64_t i = begin; i < end; ++i) data[i * step] = value;
      }
    };
    for_row_parts(rows, n, fill_part);
  });
}

}  // namespace reel::kernels::cpu
