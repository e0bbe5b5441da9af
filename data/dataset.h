#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <reel/tensor/core/generator.h>
#include <reel/tensor/tensor.h>

namespace reel::data {

/// One example, or a batch of them: then both tensors have a leading dimension for the batch. The target may be
/// undefined where there is none.
struct Example {
  Tensor data;    ///< The input.
  Tensor target;  ///< What the model should make of it.
};

/// A collection of examples. Derived classes implement `size` and `get`; those that can gather many examples at once
/// also override `get_batch`, which the loader calls. Loaders with workers call both from several threads at a time. A
/// loader asks `size` when an epoch begins, so a collection may grow or shrink between two epochs, but not in one.
class Dataset {
 public:
  virtual ~Dataset() = default;

  /// How many examples there are.
  virtual std::int64_t size() const = 0;
  /// The example at `index`, which is in [0, size()).
  virtual Example get(std::int64_t index) const = 0;
  /// The examples at `indices`, in that order, as one batch: the first size of its tensors is the number of indices.
  /// Unless overridden: `get` each, then `collate`.
  virtual Example get_batch(std::span<const std::int64_t> indices) const;

 protected:
  /// For derived classes: copying through the base would slice.
  Dataset() = default;
  Dataset(const Dataset&) = default;
  Dataset& operator=(const Dataset&) = default;
};

/// Stacks examples into a batch. A ShapeError or DTypeError if they do not match, a ValueError if there are none.
Example collate(const std::vector<Example>& examples);

/// A shared handle on any dataset, so that `Subset` and `DataLoader` take one by value (`MNIST(...)`) or by pointer.
class DatasetHandle {
 public:
  /// Shares a copy of the dataset.
  template <std::derived_from<Dataset> D> DatasetHandle(D dataset)
      : dataset_(std::make_shared<const D>(std::move(dataset))) {}
  /// A ValueError if the pointer is null.
  DatasetHandle(std::shared_ptr<const Dataset> dataset);

  /// The dataset.
  const Dataset& operator*() const { return *dataset_; }
  const Dataset* operator->() const { return dataset_.get(); }

 private:
  std::shared_ptr<const Dataset> dataset_;
};

/// Example i is row i of each tensor. A batch is one gather.
class TensorDataset : public Dataset {
 public:
  /// `target` may be undefined. A ShapeError if the first sizes differ or a tensor has rank 0.
  explicit TensorDataset(Tensor data, Tensor target = {});

  /// How many examples there are.
  std::int64_t size() const override { return data_.size(0); }
  Example get(std::int64_t index) const override;
  Example get_batch(std::span<const std::int64_t> indices) const override;

 private:
  Tensor data_, target_;
};

/// The examples of another dataset at chosen indices.
class Subset : public Dataset {
 public:
  /// An IndexError if an index is outside the dataset.
  Subset(DatasetHandle dataset, std::vector<std::int64_t> indices);

  /// How many examples there are.
  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  Example get(std::int64_t index) const override;
  Example get_batch(std::span<const std::int64_t> indices) const override;
  /// The indices of its examples in the whole dataset.
  const std::vector<std::int64_t>& indices() const { return indices_; }

 private:
  DatasetHandle dataset_;
  std::vector<std::int64_t> indices_;
};

/// The examples of another dataset, each changed by a function.
class MappedDataset : public Dataset {
 public:
  /// A ValueError if the function is empty.
  MappedDataset(DatasetHandle dataset, std::function<Example(const Example&)> function);

  /// How many examples there are.
  std::int64_t size() const override { return dataset_->size(); }
  Example get(std::int64_t index) const override { return function_(dataset_->get(index)); }

 private:
  DatasetHandle dataset_;
  std::function<Example(const Example&)> function_;
};

/// A dataset whose examples a function has changed when they are read: one of an Example, or one of its data alone. The
/// images of a dataset may have different sizes before, and one size after. The workers of a loader call the function
/// from several threads at a time, in any order. So random changes belong to the loader, as `each` in its transforms.
///
///     data::DataLoader loader(data::map(photos, [](const Tensor& image) { return resized(image); }));
template <class F>
requires std::invocable<const F&, const Example&> || std::invocable<const F&, const Tensor&> MappedDataset
map(DatasetHandle dataset, F function) {
  if constexpr (std::invocable<const F&, const Example&>) {
    return {std::move(dataset), std::move(function)};
  } else {
    return {std::move(dataset), [function = std::move(function)](const Example& e) -> Example {
              return {function(e.data), e.target};
            }};
  }
}

/// Deals the examples at random into subsets of the given sizes. A ValueError unless these add up to the whole.
std::vector<Subset> random_split(const DatasetHandle& dataset, const std::vector<std::int64_t>& lengths,
                                 Generator& generator = default_generator());

/// Images of one size in memory, one byte a pixel and channel, with a class for each. Examples are f32 images
/// [channels, height, width] in [0, 1] with an i64 label (rank 0); a batch is gathered and converted in one pass.
class ImageDataset : public Dataset {
 public:
  /// images [N, C, H, W] of dtype u8, labels [N] of dtype i64 or i32, both on the CPU.
  ImageDataset(Tensor images, Tensor labels);

  /// How many examples there are.
  std::int64_t size() const override { return images_.size(0); }
  Example get(std::int64_t index) const override;
  Example get_batch(std::span<const std::int64_t> indices) const override;

  /// All images, [N, C, H, W] in u8.
  const Tensor& images() const { return images_; }
  /// All labels, [N] in i64.
  const Tensor& labels() const { return labels_; }

 private:
  Tensor images_, labels_;
};

/// The two parts of a published dataset.
enum class Split : std::uint8_t { train, test };

}  // namespace reel::data
