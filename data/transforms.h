#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <vector>

#include <reel/tensor/core/generator.h>
#include <reel/tensor/tensor.h>

namespace reel::data {

/// Changes the data of a batch: a function of the batch, or of the batch and a generator. Randomness comes from the
/// generator alone, so that a seed reproduces it. For one batch it may be drawn from 2^24 times, by all transforms of a
/// loader together: further draws repeat those of the next batch.
class Transform {
 public:
  /// The function. A worker may call it while another does.
  template <class F>
  requires(!std::same_as<F, Transform> && std::is_invocable_r_v<Tensor, const F&, const Tensor&, Generator&>)
      Transform(F function)
      : function_(std::move(function)) {}
  template <class F>
  requires(!std::same_as<F, Transform> && std::is_invocable_r_v<Tensor, const F&, const Tensor&>) Transform(F function)
      : function_([function](const Tensor& batch, Generator&) { return function(batch); }) {}

  /// The changed data.
  Tensor operator()(const Tensor& batch, Generator& generator) const { return function_(batch, generator); }

 private:
  std::function<Tensor(const Tensor&, Generator&)> function_;
};

/// A transform of a batch that changes each of its examples on its own, a random crop of each image, say: `transform`
/// is called with one after the other, and its results, of one shape, are the new batch.
///
///     data::DataLoader loader(photos, {.batch_size = 64, .transforms = {data::each(random_crop)}});
Transform each(Transform transform);

/// (x - mean) / std for each channel of images [N, C, H, W]; one mean and std may serve all channels.
class Normalize {
 public:
  /// A ValueError unless both lists have the same length and every std is above 0.
  Normalize(std::vector<double> mean, std::vector<double> std);
  Tensor operator()(const Tensor& images, Generator& generator) const;

 private:
  std::vector<double> mean_, std_;
};

/// Moves each image of [N, C, H, W] by up to `max_shift` whole pixels in both directions; what is uncovered becomes
/// `fill`.
class RandomShift {
 public:
  /// A ValueError if max_shift is negative.
  explicit RandomShift(std::int64_t max_shift, double fill = 0);
  Tensor operator()(const Tensor& images, Generator& generator) const;

 private:
  std::int64_t max_shift_;
  double fill_;
};

/// Mirrors each image of [N, C, H, W], left to right, with probability p.
class RandomHorizontalFlip {
 public:
  /// A ValueError if p is outside [0, 1].
  explicit RandomHorizontalFlip(double p = 0.5);
  Tensor operator()(const Tensor& images, Generator& generator) const;

 private:
  double p_;
};

}  // namespace reel::data
