// Batches of byte images as floats.

#include <reel/kernels/image_batch.h>

#include <algorithm>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/vector_math.h>

namespace reel::kernels::cpu {
namespace {

/// byte / 255, correctly rounded but without a division, which would take as long as all the rest: the reciprocal is
/// split into two parts, and the product with the first is exact.
REEL_VECTOR_CLONES void unit_floats(const std::uint8_t* bytes, std::int64_t n, float* out) {
  constexpr float high = 0x1.01p-8F, low = static_cast<float>(1.0 / 255 - static_cast<double>(high));
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const auto x = static_cast<float>(static_cast<std::int32_t>(bytes[i]));
    out[i] = x * high + x * low;
  }
}

/// The next image can be anywhere, so the hardware prefetcher does not find it.
void prefetch(const std::uint8_t* image, std::int64_t bytes) {
  for (std::int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(image + i);
}

}  // namespace

void image_batch(const ImageBatchArgs& args) {
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, args.pixels));
  parallel_for(args.batch, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      if (i + 1 < end) prefetch(args.set + args.indices[i + 1] * args.pixels, args.pixels);
      unit_floats(args.set + args.indices[i] * args.pixels, args.pixels, args.out + i * args.pixels);
    }
  });
}

}  // namespace reel::kernels::cpu
