// The loader of batches of tensors.

#include <reel/data/data_loader.h>

#include <utility>

namespace reel::data {
namespace {

std::vector<Example> examples_at(const Dataset& dataset, std::span<const std::int64_t> indices) {
  std::vector<Example> out;
  out.reserve(indices.size());
  for (const std::int64_t index : indices) out.push_back(dataset.get(index));
  return out;
}

LoaderOptions order_of(const DataLoaderOptions& o) {
  return {o.batch_size, o.shuffle, o.num_workers, o.drop_last, o.prefetch_factor, o.seed};
}

}  // namespace

DataLoader::DataLoader(DatasetHandle dataset, DataLoaderOptions options)
    : LoaderOf(dataset->size(), order_of(options),
               [dataset, options](std::span<const std::int64_t> indices, Generator& generator) {
                 Example batch =
                     options.collate ? options.collate(examples_at(*dataset, indices)) : dataset->get_batch(indices);
                 for (const Transform& transform : options.transforms) batch.data = transform(batch.data, generator);
                 return batch;
               }),
      dataset_(std::move(dataset)),
      options_(std::move(options)) {}

DataLoaderOptions DataLoader::options() const {
  DataLoaderOptions all = options_;
  all.seed = order_options().seed;
  return all;
}

}  // namespace reel::data
