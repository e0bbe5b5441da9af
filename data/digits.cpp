// The procedure that draws digits.

#include <reel/data/digits.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <reel/data/digit_strokes.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/random.h>
#include <reel/ops/factories.h>
#include <reel/tensor/core/option.h>

namespace reel::data {
namespace {

constexpr int kSide = 28;
using Image = std::array<float, kSide * kSide>;

/// The random numbers of one sample.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t sample) : state_{seed, sample} {}

  float uniform(float low, float high) { return low + (high - low) * kernels::uniform_f32(word()); }
  /// Bell-shaped in (-3, 3), variance 1: the sum of three uniform numbers.
  float normal() { return uniform(-1, 1) + uniform(-1, 1) + uniform(-1, 1); }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(std::uint64_t{word()} * n >> 32); }

 private:
  std::uint32_t word() {
    if (next_ == 4) {
      block_ = kernels::Philox(state_, ++counter_);
      next_ = 0;
    }
    return block_.word[next_++];
  }

  PhiloxState state_;
  std::uint64_t counter_ = 0;
  kernels::Philox block_{state_, 0};
  int next_ = 0;
};

struct Point {
  float x, y;
};

/// A smooth displacement of the plane: one slow wave in each direction, with random phases.
class Elastic {
 public:
  Elastic(Random& random, float strength) {
    for (Wave& wave : waves_) {
      const float angle = random.uniform(0, 2 * std::numbers::pi_v<float>);
      const float frequency = random.uniform(2, 6);  // radians across the box
      wave = {frequency * std::cos(angle), frequency * std::sin(angle),
              random.uniform(0, 2 * std::numbers::pi_v<float>), strength * random.uniform(.01F, .055F)};
    }
  }

  Point operator()(Point p) const { return {p.x + waves_[0].at(p) + waves_[1].at(p), p.y + waves_[2].at(p)}; }

 private:
  struct Wave {
    float kx, ky, phase, amplitude;
    float at(Point p) const { return amplitude * std::sin(kx * p.x + ky * p.y + phase); }
  };
  std::array<Wave, 3> waves_;
};

/// From the box of the strokes to pixels: size, shear, rotation, place.
class Affine {
 public:
  Affine(Random& random, float strength) {
    const float height = 19.0F + strength * random.uniform(-3, 2.5F);
    const float width = height * (.80F + strength * random.uniform(-.20F, .16F));
    const float shear = strength * .16F * random.normal();
    const float angle = strength * .13F * random.normal();
    const float c = std::cos(angle), s = std::sin(angle);
    // rotation * [width, -shear * height; 0, height]
    xx_ = c * width, xy_ = -c * shear * height - s * height;
    yx_ = s * width, yy_ = -s * shear * height + c * height;
    x0_ = kSide / 2.0F + strength * random.uniform(-2.2F, 2.2F);
    y0_ = kSide / 2.0F + strength * random.uniform(-2.2F, 2.2F);
  }

  Point operator()(Point p) const {
    const float x = p.x - .5F, y = p.y - .5F;
    return {x0_ + xx_ * x + xy_ * y, y0_ + yx_ * x + yy_ * y};
  }

 private:
  float xx_, xy_, yx_, yy_, x0_, y0_;
};

/// A soft round pen: full inside its radius, fading over `softness` pixels.
struct Pen {
  float radius, swell, phase, softness;

  /// The radius after `t` of the way along a stroke: the pressure changes.
  float at(float t) const { return radius * (1 + swell * std::sin(4 * t + phase)); }
};

/// Darkens the pixels near the segment from a to b. Coordinates are pixels, centres at one half.
void draw_segment(Image& image, Point a, Point b, float radius, float softness) {
  const float reach = radius + softness;
  const auto limit = [](float v) { return static_cast<int>(std::clamp(v, 0.0F, static_cast<float>(kSide))); };
  const int x0 = limit(std::min(a.x, b.x) - reach), x1 = limit(std::max(a.x, b.x) + reach + 1);
  const int y0 = limit(std::min(a.y, b.y) - reach), y1 = limit(std::max(a.y, b.y) + reach + 1);
  const float dx = b.x - a.x, dy = b.y - a.y, per_length2 = 1 / std::max(dx * dx + dy * dy, 1e-6F);
  for (int y = y0; y < y1; ++y) {
    const float py = static_cast<float>(y) + .5F - a.y;
    float* row = image.data() + y * kSide;
    for (int x = x0; x < x1; ++x) {
      const float px = static_cast<float>(x) + .5F - a.x;
      const float along = std::min(std::max((px * dx + py * dy) * per_length2, 0.0F), 1.0F);
      const float ex = px - along * dx, ey = py - along * dy;
      const float ink = (reach - std::sqrt(ex * ex + ey * ey)) / softness;
      row[x] = std::max(row[x], std::min(ink, 1.0F));
    }
  }
}

/// The curve between p1 and p2 that continues from p0 and towards p3 (Catmull and Rom 1974).
Point catmull_rom(Point p0, Point p1, Point p2, Point p3, float t) {
  const auto blend = [t](float a, float b, float c, float d) {
    return b + .5F * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  };
  return {blend(p0.x, p1.x, p2.x, p3.x), blend(p0.y, p1.y, p2.y, p3.y)};
}

template <class Place>
void draw_stroke(Image& image, Stroke stroke, Random& random, float wobble, const Pen& pen, const Place& place) {
  constexpr int kSteps = 4;
  std::array<Point, 16> points;
  const std::size_t n = stroke.size();
  for (std::size_t i = 0; i < n; ++i) {
    points[i] = {stroke[i].x + wobble * random.normal(), stroke[i].y + wobble * random.normal()};
  }
  const auto beyond = [](Point from, Point to) { return Point{2 * from.x - to.x, 2 * from.y - to.y}; };
  Point former = place(points[0]);
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const bool from_corner = i == 0 || stroke[i].corner, to_corner = i + 2 == n || stroke[i + 1].corner;
    const Point before = from_corner ? beyond(points[i], points[i + 1]) : points[i - 1];
    const Point after = to_corner ? beyond(points[i + 1], points[i]) : points[i + 2];
    for (int step = 1; step <= kSteps; ++step) {
      const float t = static_cast<float>(step) / kSteps;
      const Point next = place(catmull_rom(before, points[i], points[i + 1], after, t));
      draw_segment(image, former, next, pen.at((static_cast<float>(i) + t) / static_cast<float>(n - 1)), pen.softness);
      former = next;
    }
  }
}

/// Draws sample number `sample`, and returns its label.
std::int64_t draw_digit(std::uint64_t seed, std::int64_t sample, const DigitsOptions& options, std::uint8_t* out) {
  Random random(seed, static_cast<std::uint64_t>(sample));
  const auto strength = static_cast<float>(options.distortion);
  const auto label = static_cast<int>(random.below(10));
  const auto glyphs = digit_glyphs(label);
  const Glyph glyph = glyphs[random.below(glyphs.size())];

  const Elastic elastic(random, strength);
  const Affine affine(random, strength);
  const Pen pen{std::max(1.15F + strength * .28F * random.normal(), .55F), strength * random.uniform(0, .25F),
                random.uniform(0, 6), random.uniform(.7F, 1.3F)};
  const float wobble = strength * random.uniform(.01F, .04F);
  Image image{};
  for (const Stroke stroke : glyph) {
    draw_stroke(image, stroke, random, wobble, pen, [&](Point p) { return affine(elastic(p)); });
  }

  const float ink = random.uniform(.75F, 1);
  const float noise = static_cast<float>(options.noise) * std::max(random.uniform(-.04F, .08F), 0.0F);
  for (std::size_t i = 0; i < image.size(); ++i) {
    const float value = ink * image[i] + (noise > 0 ? noise * random.normal() : 0.0F);
    out[i] = static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0F, 1.0F)));
  }
  return label;
}

ImageDataset draw_digits(std::int64_t count, std::uint64_t seed, const DigitsOptions& options) {
  detail::check_at_least("Digits", "count", count, 0);
  detail::check_option("Digits", "first", static_cast<double>(options.first), {0, 0x1p62});
  detail::check_option("Digits", "distortion", options.distortion, detail::kFiniteAtLeastZero);
  detail::check_option("Digits", "noise", options.noise, detail::kFiniteAtLeastZero);
  const Tensor images = empty({count, 1, kSide, kSide}, {.dtype = DType::u8, .device = Device::cpu()});
  const Tensor labels = empty({count}, {.dtype = DType::i64, .device = Device::cpu()});
  auto* pixels = images.data_ptr<std::uint8_t>();
  auto* label = labels.data_ptr<std::int64_t>();
  kernels::cpu::parallel_for(count, 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      label[i] = draw_digit(seed, options.first + i, options, pixels + i * kSide * kSide);
    }
  });
  return {images, labels};
}

}  // namespace

Digits::Digits(std::int64_t count, std::uint64_t seed, DigitsOptions options)
    : ImageDataset(draw_digits(count, seed, options)) {}

}  // namespace reel::data
