#pragma once

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/pool.h>
#include <reel/kernels/vector_math.h>

/// How pooling walks over images. Channels-last memory is a set of [H, W, C] images whose innermost loop runs over
/// channels; else every plane is an image of its own, and the innermost loop runs along lines.
namespace reel::kernels::cpu {

struct PoolImages {
  explicit PoolImages(const PoolShape& s)
      : count(s.channels_last ? s.batch : s.batch * s.channels),
        step(s.channels_last ? s.channels : 1),
        in_line(s.w.in * step),
        in_size(s.h.in * in_line),
        out_line(s.w.out * step),
        out_size(s.h.out * out_line) {}

  std::int64_t count;
  std::int64_t step;  // from one pixel to the next
  std::int64_t in_line, in_size, out_line, out_size;
};

/// Calls `body(image, line)` for all lines of all images, `work` elements each, in parallel.
template <class F> void for_each_line(std::int64_t images, std::int64_t lines, std::int64_t work, F&& body) {
  parallel_for(images * lines, std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(work, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t unit = begin; unit < end; ++unit) body(unit / lines, unit % lines);
               });
}

/// The windows of a regular axis whose tap `k` lies inside the image: [first, last), at element `first * stride +
/// offset` and so on.
struct TapRange {
  TapRange(const PoolAxis& axis, std::int64_t k) : offset(k * axis.dilation - axis.padding) {
    first = offset >= 0 ? 0 : (-offset + axis.stride - 1) / axis.stride;
    last = offset >= axis.in ? 0 : std::min(axis.out, (axis.in - 1 - offset) / axis.stride + 1);
  }
  std::int64_t offset, first, last;
};

}  // namespace reel::kernels::cpu
