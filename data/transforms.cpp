// Transforms of batches of images.

#include <reel/data/transforms.h>

#include <algorithm>
#include <cstring>

#include <reel/kernels/random.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/options.h>
#include <reel/tensor/core/option.h>

namespace reel::data {

Transform each(Transform transform) {
  return [transform = std::move(transform)](const Tensor& batch, Generator& generator) {
    Tensors changed;
    for (std::int64_t i = 0; i < batch.size(0); ++i) changed.push_back(transform(batch.select(0, i), generator));
    return stack(changed);
  };
}

Normalize::Normalize(std::vector<double> mean, std::vector<double> std) : mean_(std::move(mean)), std_(std::move(std)) {
  check<ValueError>(mean_.size() == std_.size() && !mean_.empty(),
                    "Normalize: expected a mean and a std for each channel, got {} and {}", mean_.size(), std_.size());
  for (const double m : mean_) detail::check_option("Normalize", "mean", m, detail::kFinite);
  for (const double s : std_) detail::check_option("Normalize", "std", s, detail::kPositive);
}

Tensor Normalize::operator()(const Tensor& images, Generator&) const {
  detail::check_rank("Normalize", "the batch of images", images, 4);
  detail::check_dtype("Normalize", images, kFloating);
  const auto channels = static_cast<std::int64_t>(mean_.size());
  check<ShapeError>(channels == 1 || channels == images.size(1), "Normalize: expected {} channels, got shape {}",
                    channels, images.shape());
  const auto per_channel = [&](const std::vector<double>& values) {
    const TensorOptions options{.dtype = DType::f64, .device = Device::cpu()};
    return from_blob(const_cast<double*>(values.data()), {1, channels, 1, 1}, options)
        .to(images.device(), images.dtype());
  };
  return (images - per_channel(mean_)) / per_channel(std_);
}

RandomShift::RandomShift(std::int64_t max_shift, double fill) : max_shift_(max_shift), fill_(fill) {
  detail::check_option("RandomShift", "max_shift", static_cast<double>(max_shift), {0, 0x1p30});
  detail::check_option("RandomShift", "fill", fill, detail::kFinite);
}

Tensor RandomShift::operator()(const Tensor& images, Generator& generator) const {
  detail::check_rank("RandomShift", "the batch of images", images, 4);
  check<DeviceError>(images.device().is_cpu(), "RandomShift: expected images on the CPU, got {}", images.device());
  detail::check_scalar("RandomShift", fill_, images.dtype());
  const Tensor in = images.contiguous(), out = full_like(in, fill_);
  const std::int64_t n = in.size(0), channels = in.size(1), height = in.size(2), width = in.size(3);
  const auto element = static_cast<std::int64_t>(size_of(in.dtype()));
  const PhiloxState state = generator.next();
  const auto range = static_cast<double>(2 * max_shift_ + 1);
  for (std::int64_t i = 0; i < n; ++i) {
    const kernels::Philox random(state, static_cast<std::uint64_t>(i));
    const auto shift = [&](int word) {
      return static_cast<std::int64_t>(kernels::uniform_f64(random.word[word], random.word[word + 1]) * range) -
             max_shift_;
    };
    // Rows [y0, y1) and columns [x0, x1) of the result are covered by the shifted image.
    const std::int64_t down = shift(0), right = shift(2);
    const std::int64_t y0 = std::clamp<std::int64_t>(down, 0, height), y1 = std::clamp(height + down, y0, height);
    const std::int64_t x0 = std::clamp<std::int64_t>(right, 0, width), x1 = std::clamp(width + right, x0, width);
    if (x0 == x1) continue;
    for (std::int64_t plane = i * channels; plane < (i + 1) * channels; ++plane) {
      for (std::int64_t y = y0; y < y1; ++y) {
        const std::int64_t to = (plane * height + y) * width + x0;
        const std::int64_t from = (plane * height + y - down) * width + x0 - right;
        std::memcpy(static_cast<char*>(out.data()) + to * element, static_cast<const char*>(in.data()) + from * element,
                    static_cast<std::size_t>((x1 - x0) * element));
      }
    }
  }
  return out;
}

RandomHorizontalFlip::RandomHorizontalFlip(double p) : p_(p) {
  detail::check_option("RandomHorizontalFlip", "p", p, detail::kZeroToOne);
}

Tensor RandomHorizontalFlip::operator()(const Tensor& images, Generator& generator) const {
  detail::check_rank("RandomHorizontalFlip", "the batch of images", images, 4);
  const Tensor draws = rand({images.size(0), 1, 1, 1}, {.device = images.device()}, generator);
  return where(draws < p_, flip(images, {3}), images);
}

}  // namespace reel::data
