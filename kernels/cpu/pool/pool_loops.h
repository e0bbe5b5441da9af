#pragma once

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/pool.h>
#include <reel/kernels/vector_math.h>

/// How pooling iterates over images. Channels-last memory consists of [H, W, C] images, with the inner loop over
/// channels. Otherwise every plane [H, W] is an image, with the inner loop along its rows.
namespace reel::kernels::cpu::pooling {

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

/// Calls `body(image, line)` for all lines of all images in parallel. A line is about `work` elements of work.
template <class F> void for_each_line(std::int64_t images, std::int64_t lines, std::int64_t work, F&& body) {
  parallel_for(images * lines, std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(work, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t unit = begin; unit < end; ++unit) body(unit / lines, unit % lines);
               });
}

/// The windows [first, last) of a regular axis whose tap k lies inside the image. That of window j is the element
/// j * stride + offset.
struct TapRange {
  TapRange(const PoolAxis& axis, std::int64_t k) : offset(k * axis.dilation - axis.padding) {
    first = offset >= 0 ? 0 : (-offset + axis.stride - 1) / axis.stride;
    last = offset >= axis.in ? 0 : std::min(axis.out, (axis.in - 1 - offset) / axis.stride + 1);
  }
  std::int64_t offset, first, last;
};

}  // namespace reel::kernels::cpu::pooling
