// What making batches could cost at best, and what a training loop waits for them.

#include <optional>

#include <reel/kernels/vector_math.h>

#include "../data_names.h"
#include "../work.h"
#include "own_rows.h"

namespace bench {
namespace {

using reel::DType;

REEL_VECTOR_CLONES void to_float(const std::uint8_t* in, float* out, std::int64_t n) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) out[i] = in[i];
}

/// Reads and writes what a batch does, one piece of memory after the other.
Row batch_limit(std::int64_t images, std::int64_t batch) {
  return limit("bytes to floats, batch " + std::to_string(batch), [=] {
    const Tensor bytes = reel::full({images * kMnistPixels}, 7, {.dtype = DType::u8});
    const Tensor floats = reel::ones({batch * kMnistPixels});
    return Work{[=, at = std::int64_t{0}]() mutable {
      if (at + batch > images) at = 0;
      to_float(bytes.data_ptr<std::uint8_t>() + at * kMnistPixels, floats.data_ptr<float>(), batch * kMnistPixels);
      at += batch;
    }};
  });
}

/// A training step of about a millisecond.
std::function<void()> step(Sizes sizes) {
  const std::int64_t n = sizes(512, 16);
  return [a = reel::randn({n, n}), b = reel::randn({n, n})] { reel::matmul(a, b); };
}

/// Batch and step in turn, epoch after epoch.
Work loop(Sizes sizes) {
  const std::int64_t images = sizes(60'000, 2'000);
  const reel::data::ImageDataset set(reel::full({images, 1, 28, 28}, 7, {.dtype = DType::u8}), lib::labels(10, images));
  auto loader = std::make_shared<reel::data::DataLoader>(
      set, reel::data::DataLoaderOptions{.batch_size = 64, .shuffle = true, .num_workers = 1});
  auto place = std::make_shared<std::optional<reel::data::DataLoader::Iterator>>();
  return {[=, step = step(sizes)] {
    if (*place && **place != loader->end()) ++**place;
    if (!*place || **place == loader->end()) *place = loader->begin();
    step();
  }};
}

}  // namespace

void add_loader_rows(Rows& rows, Sizes sizes) {
  for (const std::int64_t batch : kGatherBatches) {
    const Row at_best = batch_limit(sizes(60'000, 2'000), batch);
    rows.push_back(share(named(rows, gather(batch), "row"), {at_best.name}));
    rows.push_back(at_best);
  }
  const Row alone = limit("the step alone, 512x512 product", [=] { return Work{step(sizes)}; });
  rows.push_back({.name = "step of 1 ms and a prefetched batch of 64",
                  .group = "loader",
                  .variants = one_way([=] { return loop(sizes); }),
                  .beside = {alone.name}});
  rows.push_back(alone);
}

}  // namespace bench
