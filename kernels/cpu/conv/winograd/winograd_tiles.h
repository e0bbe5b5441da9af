#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

#include <reel/kernels/conv.h>
#include <reel/kernels/cpu/conv/winograd/winograd_transform.h>

/// Where the tiles of a batch of images lie.
namespace reel::kernels::cpu::winograd {

constexpr std::int64_t ceil_div(std::int64_t n, std::int64_t by) { return (n + by - 1) / by; }

/// How many panels hold so many channels.
constexpr std::int64_t panels(std::int64_t channels) { return ceil_div(channels, kLanes); }

/// Channels-last images, float or const float.
template <class T> struct Images {
  T* data;
  std::int64_t channels, height, width;
};

/// The tiles of `side` x `side` that cover images of `height` x `width` outputs, numbered [batch, down, across].
struct Tiles {
  std::int64_t side, down, across, count;

  Tiles(std::int64_t outputs, std::int64_t batch, std::int64_t height, std::int64_t width)
      : side(outputs), down(ceil_div(height, side)), across(ceil_div(width, side)), count(batch * down * across) {}
};

/// Calls `f` with the side of the tiles that a convolution's weights ask for, as a constant.
template <class F> auto with_tile(const ConvShape& shape, F&& f) {
  return shape.kernel_height == 3 ? f(std::integral_constant<int, 4>()) : f(std::integral_constant<int, 2>());
}

/// The Side x Side pixels at a tile, of which those outside the image are not there.
template <std::int64_t Side, class T> class Window {
 public:
  /// The tile's first output is `top` and `left` pixels after the window's first.
  Window(const Images<T>& images, const Tiles& tiles, std::int64_t tile, std::int64_t top, std::int64_t left)
      : channels_(images.channels) {
    const std::int64_t across = tile % tiles.across, down = tile / tiles.across % tiles.down;
    const std::int64_t image = tile / (tiles.across * tiles.down);
    for (std::int64_t i = 0; i < Side; ++i) {
      const std::int64_t h = down * tiles.side + i - top;
      T* line = images.data + (image * images.height + h) * images.width * channels_;
      for (std::int64_t j = 0; j < Side; ++j) {
        const std::int64_t w = across * tiles.side + j - left;
        const bool inside = h >= 0 && h < images.height && w >= 0 && w < images.width;
        at_[static_cast<std::size_t>(i * Side + j)] = inside ? line + w * channels_ : nullptr;
      }
    }
  }

  using Pixels = std::array<T*, static_cast<std::size_t>(Side* Side)>;
  using Copies = float[Side * Side][kLanes];

  /// Calls `f(pixels, panel)` for the panels [first, last); missing pixels and channels are read as 0.
  template <class F> void read(std::int64_t first, std::int64_t last, F&& f) const {
    alignas(64) static constexpr float zeros[kLanes] = {};
    Pixels pixels;
    std::int64_t c = first * kLanes;
    for (; c + kLanes <= std::min(channels_, last * kLanes); c += kLanes) {
      for (std::size_t i = 0; i < at_.size(); ++i) pixels[i] = at_[i] ? at_[i] + c : zeros;
      f(pixels.data(), c / kLanes);
    }
    if (c >= std::min(channels_, last * kLanes)) return;
    Copies copies = {};
    for (std::size_t i = 0; i < at_.size(); ++i) {
      if (at_[i]) std::copy(at_[i] + c, at_[i] + channels_, copies[i]);
      pixels[i] = copies[i];
    }
    f(pixels.data(), c / kLanes);
  }

  /// Calls `f(pixels, panel)` for the panels [first, last), which writes them; what it writes to missing ones is lost.
  template <class F> void write(std::int64_t first, std::int64_t last, F&& f) const {
    Pixels pixels;
    Copies copies;
    std::int64_t c = first * kLanes;
    for (; c + kLanes <= std::min(channels_, last * kLanes); c += kLanes) {
      for (std::size_t i = 0; i < at_.size(); ++i) pixels[i] = at_[i] ? at_[i] + c : copies[i];
      f(pixels.data(), c / kLanes);
    }
    if (c >= std::min(channels_, last * kLanes)) return;
    for (std::size_t i = 0; i < at_.size(); ++i) pixels[i] = copies[i];
    f(pixels.data(), c / kLanes);
    for (std::size_t i = 0; i < at_.size(); ++i) {
      if (at_[i]) std::copy_n(copies[i], channels_ - c, at_[i] + c);
    }
  }

 private:
  std::int64_t channels_;
  Pixels at_;  // channel 0, or null
};

}  // namespace reel::kernels::cpu::winograd
