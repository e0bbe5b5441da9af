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
/// Every loop is the next epoch. What it yields depends on dataset, seed and epoch alone, not on the number of workers:
/// while a thread makes a batch (`get`, `get_batch`, `collate`, `transforms`), all its settings that could change a
/// number are the same, whether it is a worker or, without workers, the one that runs the loop.
///
/// | setting of the thread | while a batch is made |
/// |---|---|
/// | `NoGradGuard` | on: batches are data |
/// | `AutocastGuard` | f32; a function that wants bf16 sets a guard of its own |
/// | `AnomalyGuard` | off |
/// | determinism | as after `set_deterministic(true)` |
/// | `cuda::StreamGuard` | that of the thread that began the epoch |
/// | number of threads | 1 in a worker, else the caller's; no result of an operation depends on it |
///
/// Settings of the whole program (`set_default_device`, `set_winograd`, `set_float32_precision`) and its default
/// generator are what they are when a batch is made, which workers do ahead: change them between two epochs, and draw
/// random numbers from the generator that transforms get.
///
/// The dataset's `size` is asked once when an epoch begins. An exception thrown while a batch is prepared reaches the
/// loop where that batch would have come. If that is the first one, or a worker's thread cannot be started (an Error),
/// the epoch has not begun, and the next loop is the same epoch. Leaving a loop early stops the workers.
class DataLoader : public LoaderOf<Example> {
 public:
  /// A ValueError for sizes below 1 and negative counts. Loops throw a ShapeError if the dataset's `get_batch` returns
  /// more or fewer examples or targets than were asked for.
  explicit DataLoader(DatasetHandle dataset, DataLoaderOptions options = {});

  /// What it was made with; the seed is always set.
  const Dataset& dataset() const { return *dataset_; }
  DataLoaderOptions options() const;

 private:
  DatasetHandle dataset_;
  DataLoaderOptions options_;
};

}  // namespace reel::data
