#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <reel/data/dataset.h>
#include <reel/data/loader.h>
#include <reel/data/transforms.h>

namespace reel::data {

/// Options of DataLoader.
struct DataLoaderOptions {
  std::int64_t batch_size = 1;   ///< Examples in a batch.
  bool shuffle = false;          ///< A new order every epoch, from the seed.
  std::int64_t num_workers = 0;  ///< Threads that prepare batches ahead; 0: the loop prepares each when it asks.
  std::function<Example(std::vector<Example>)> collate = {};  ///< Makes a batch of single examples, if it is set.
  bool drop_last = false;                                     ///< Leaves out a last batch that is not full.
  std::int64_t prefetch_factor = 2;                           ///< Batches that may lie ready for each worker.
  std::optional<std::uint64_t> seed = {};  ///< Of order and transforms; if not given, drawn from default_generator().
  std::vector<Transform> transforms = {};  ///< Applied to the data of every batch, one after the other.
};

/// Iterates over a dataset in batches of tensors; for other types of examples or batches see `make_data_loader`.
///
///     data::DataLoader train(data::MNIST("mnist", data::Split::train), {.batch_size = 64, .shuffle = true});
///     for (auto [images, labels] : train) ...
///
/// Every loop is the next epoch. What it yields depends on dataset, seed and epoch alone, not on the number of workers.
/// An exception thrown while a batch is prepared reaches the loop where that batch would have come. Leaving a loop
/// early stops the workers.
class DataLoader : public LoaderOf<Example> {
 public:
  /// A ValueError for sizes below 1 and negative counts.
  explicit DataLoader(DatasetHandle dataset, DataLoaderOptions options = {});

  /// What it was made with; the seed is always set.
  const Dataset& dataset() const { return *dataset_; }
  DataLoaderOptions options() const;

 private:
  DatasetHandle dataset_;
  DataLoaderOptions options_;
};

}  // namespace reel::data
