// The loader of batches of tensors.

#include <reel/data/data_loader.h>

#include <utility>

#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

std::vector<Example> examples_at(const Dataset& dataset, std::span<const std::int64_t> indices) {
  std::vector<Example> out;
  out.reserve(indices.size());
  for (const std::int64_t index : indices) out.push_back(dataset.get(index));
  return out;
}

/// What `get_batch` has returned, if it is a batch of so many examples. What a `collate` makes may have any shape.
Example checked(Example batch, std::size_t examples) {
  const auto count = static_cast<std::int64_t>(examples);
  const auto has = [count](const Tensor& t) { return t.dim() > 0 && t.size(0) == count; };
  check<ValueError>(batch.data.defined(),
                    "DataLoader: expected a batch of {} examples from get_batch, got undefined data", count);
  check<ShapeError>(has(batch.data), "DataLoader: expected a batch of {} examples from get_batch, got data of shape {}",
                    count, batch.data.shape());
  if (!batch.target.defined()) return batch;
  check<ShapeError>(has(batch.target),
                    "DataLoader: expected a target for each of {} examples from get_batch, got targets of shape {}",
                    count, batch.target.shape());
  return batch;
}

LoaderOptions order_of(const DataLoaderOptions& o) {
  return {o.batch_size, o.shuffle, o.num_workers, o.drop_last, o.prefetch_factor, o.seed};
}

}  // namespace

DataLoader::DataLoader(DatasetHandle dataset, DataLoaderOptions options)
    : LoaderOf([dataset] { return dataset->size(); }, order_of(options),
               [dataset, options](std::span<const std::int64_t> indices, Generator& generator) {
                 Example batch = options.collate ? options.collate(examples_at(*dataset, indices))
                                                 : checked(dataset->get_batch(indices), indices.size());
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
