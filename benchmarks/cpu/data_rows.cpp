// Batches of images from memory.

#include <memory>

#include "data_names.h"
#include "work.h"

namespace bench {

void add_data_rows(Rows& rows, Sizes sizes) {
  const std::int64_t images = sizes(60'000, 2'000);
  for (const std::int64_t batch : kGatherBatches) {
    // An index, a byte and a float a pixel, a label read and written.
    const double bytes = 8 + kMnistPixels * (1 + kFloat) + 16;
    rows.push_back({.name = gather(batch),
                    .group = "data",
                    .bytes = bytes * static_cast<double>(batch),
                    .variants = one_way([=] {
                      const auto set = std::make_shared<lib::ShuffledImages>(images, batch);
                      return Work{[=] { set->next(); }};
                    })});
  }
}

}  // namespace bench
