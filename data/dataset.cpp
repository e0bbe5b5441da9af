// Datasets of tensors, subsets and images in memory.

#include <reel/data/dataset.h>

#include <algorithm>

#include <reel/kernels/image_batch.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/random.h>

namespace reel::data {
namespace {

void check_index(std::string_view who, std::int64_t index, std::int64_t size) {
  check<IndexError>(index >= 0 && index < size, "{}: index {} is out of range for {} examples", who, index, size);
}

void check_indices(std::string_view who, std::span<const std::int64_t> indices, std::int64_t size) {
  for (const std::int64_t index : indices) check_index(who, index, size);
}

/// The rows of x at `indices`. Batches are data: they are never on the tape.
Tensor rows(const Tensor& x, std::span<const std::int64_t> indices) {
  const Tensor index = from_blob(const_cast<std::int64_t*>(indices.data()), {static_cast<std::int64_t>(indices.size())},
                                 {.dtype = DType::i64, .device = Device::cpu()});
  return index_select(x.detach(), 0, index.to(x.device()));
}

}  // namespace

Example Dataset::get_batch(std::span<const std::int64_t> indices) const {
  std::vector<Example> examples;
  examples.reserve(indices.size());
  for (const std::int64_t index : indices) examples.push_back(get(index));
  return collate(examples);
}

Example collate(const std::vector<Example>& examples) {
  check<ValueError>(!examples.empty(), "collate: expected at least one example, got none");
  Tensors data, targets;
  for (const Example& example : examples) {
    data.push_back(example.data);
    if (example.target.defined()) targets.push_back(example.target);
  }
  check<ValueError>(targets.empty() || targets.size() == data.size(),
                    "collate: expected a target for all or none of {} examples, got {}", data.size(), targets.size());
  return {stack(data), targets.empty() ? Tensor() : stack(targets)};
}

DatasetHandle::DatasetHandle(std::shared_ptr<const Dataset> dataset) : dataset_(std::move(dataset)) {
  check<ValueError>(dataset_ != nullptr, "DatasetHandle: expected a dataset, got a null pointer");
}

TensorDataset::TensorDataset(Tensor data, Tensor target) : data_(std::move(data)), target_(std::move(target)) {
  detail::check_defined("TensorDataset", data_, "the data");
  check<ShapeError>(data_.dim() > 0, "TensorDataset: expected a first dimension for the examples, got rank 0");
  if (!target_.defined()) return;
  check<ShapeError>(target_.dim() > 0 && target_.size(0) == data_.size(0),
                    "TensorDataset: expected a target for each example, got shapes {} and {}", target_.shape(),
                    data_.shape());
}

Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, data_.size(0));  // not size(), which a derived class may have overridden
  return {data_.detach()[index].clone(), target_.defined() ? target_.detach()[index].clone() : Tensor()};
}

Example TensorDataset::get_batch(std::span<const std::int64_t> indices) const {
  check_indices("TensorDataset", indices, data_.size(0));
  return {rows(data_, indices), target_.defined() ? rows(target_, indices) : Tensor()};
}

Subset::Subset(DatasetHandle dataset, std::vector<std::int64_t> indices)
    : dataset_(std::move(dataset)), indices_(std::move(indices)) {
  check_indices("Subset", indices_, dataset_->size());
}

Example Subset::get(std::int64_t index) const {
  check_index("Subset", index, static_cast<std::int64_t>(indices_.size()));
  return dataset_->get(indices_[static_cast<std::size_t>(index)]);
}

Example Subset::get_batch(std::span<const std::int64_t> indices) const {
  check_indices("Subset", indices, static_cast<std::int64_t>(indices_.size()));
  std::vector<std::int64_t> places;
  places.reserve(indices.size());
  for (const std::int64_t index : indices) places.push_back(indices_[static_cast<std::size_t>(index)]);
  return dataset_->get_batch(places);
}

MappedDataset::MappedDataset(DatasetHandle dataset, std::function<Example(const Example&)> function)
    : dataset_(std::move(dataset)), function_(std::move(function)) {
  check<ValueError>(static_cast<bool>(function_), "map: expected a function, got an empty one");
}

std::vector<Subset> random_split(const DatasetHandle& dataset, const std::vector<std::int64_t>& lengths,
                                 Generator& generator) {
  const std::int64_t size = dataset->size();
  std::int64_t total = 0;
  for (const std::int64_t length : lengths) {
    check<ValueError>(length >= 0 && length <= size - total,
                      "random_split: expected lengths that add up to the dataset's size {}, got {} after {}", size,
                      length, total);
    total += length;
  }
  check<ValueError>(total == size, "random_split: expected lengths that add up to {}, got {}", size, total);
  const std::vector<std::int64_t> order = detail::random_order(total, generator);
  std::vector<Subset> parts;
  auto first = order.begin();
  for (const std::int64_t length : lengths) {
    parts.emplace_back(dataset, std::vector<std::int64_t>(first, first + length));
    first += length;
  }
  return parts;
}

ImageDataset::ImageDataset(Tensor images, Tensor labels) : images_(std::move(images)), labels_(std::move(labels)) {
  detail::check_rank("ImageDataset", "the images", images_, 4);
  detail::check_rank("ImageDataset", "the labels", labels_, 1);
  detail::check_dtype("ImageDataset", images_, {DType::u8});
  labels_ = detail::as_i64("ImageDataset", "labels", labels_);
  check<ShapeError>(images_.size(0) == labels_.size(0), "ImageDataset: expected a label for each image, got {} and {}",
                    labels_.size(0), images_.size(0));
  images_ = images_.cpu().contiguous();
  labels_ = labels_.cpu().contiguous();
}

Example ImageDataset::get(std::int64_t index) const {
  const Example batch = get_batch({&index, 1});
  return {batch.data[0], batch.target[0]};
}

Example ImageDataset::get_batch(std::span<const std::int64_t> indices) const {
  check_indices("ImageDataset", indices, images_.size(0));
  const auto count = static_cast<std::int64_t>(indices.size());
  const std::int64_t pixels = images_.numel() / std::max<std::int64_t>(images_.size(0), 1);
  const Tensor images = empty({count, images_.size(1), images_.size(2), images_.size(3)}, {.device = Device::cpu()});
  const Tensor labels = empty({count}, {.dtype = DType::i64, .device = Device::cpu()});
  kernels::cpu::image_batch({.set = images_.data_ptr<std::uint8_t>(),
                             .indices = indices.data(),
                             .batch = count,
                             .pixels = pixels,
                             .out = images.data_ptr<float>()});
  const auto* label = labels_.data_ptr<std::int64_t>();
  std::ranges::transform(indices, labels.data_ptr<std::int64_t>(), [&](std::int64_t index) { return label[index]; });
  return {images, labels};
}

}  // namespace reel::data
