// Weight gradients by Winograd's algorithm.

#include <algorithm>
#include <atomic>

#include <reel/kernels/cpu/conv/winograd/winograd.h>
#include <reel/kernels/cpu/conv/winograd/winograd_tiles.h>
#include <reel/kernels/cpu/conv/winograd/winograd_transform.h>
#include <reel/kernels/cpu/panel_product.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/scratch.h>

// Sums over tiles need an order that no number of threads changes. So the tiles are cut by the shape alone, into pieces
// with sums of their own where these are small, and else threads share out the panels: each transforms what its panels
// need, some of it a second time, and none waits for another.
namespace reel::kernels::cpu::winograd {
namespace {

using panel::transposed_product;
static_assert(panel::kLanes<float> == kLanes);

/// The panels [first, last).
struct Range {
  std::int64_t first, last;

  Range(std::int64_t all, std::int64_t parts, std::int64_t part)
      : first(all * part / parts), last(all * (part + 1) / parts) {}
  std::int64_t size() const { return last - first; }
};

template <int Output> class WeightGrad {
 public:
  explicit WeightGrad(const ConvWeightGradArgs& args)
      : s(args.shape),
        x_{static_cast<const float*>(args.x), s.channels, s.height, s.width},
        y_grad_{static_cast<const float*>(args.y_grad), s.out_channels, s.out_height, s.out_width},
        weight_grad_(static_cast<float*>(args.weight_grad)),
        tiles_(Output, s.batch, s.out_height, s.out_width),
        x_panels_(panels(s.channels)),
        y_panels_(panels(s.out_channels)),
        block_(at_once() ? tiles_.count : std::clamp<std::int64_t>(kCache / tile_bytes(), 56, 256)),
        piece_(few_sums() && tiles_.count >= 16 * block_ ? ceil_div(tiles_.count, kPieces) : tiles_.count),
        pieces_(ceil_div(tiles_.count, piece_)),
        sums_(at_once() ? 0 : pieces_ * sum_size()) {}

  /// Whether the operands suit the algorithm.
  bool run() {
    const std::int64_t threads = omp_in_parallel() ? 1 : num_threads();
    const Parts cut = parts(ceil_div(threads, pieces_));
    parallel_for(pieces_ * cut.of_x * cut.of_y, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t unit = begin; unit < end; ++unit) {
        sum_piece(unit / (cut.of_x * cut.of_y), Range(x_panels_, cut.of_x, unit / cut.of_y % cut.of_x),
                  Range(y_panels_, cut.of_y, unit % cut.of_y));
      }
    });
    if (suits_ && !at_once()) write_weight_grad();
    return suits_;
  }

 private:
  static constexpr std::int64_t kTaps = taps_side(Output) * taps_side(Output);
  static constexpr std::int64_t kCache = 1 << 20;   // bytes of a block's transformed tiles
  static constexpr std::int64_t kShared = 1 << 24;  // and of those that are worth keeping in the cache of all cores
  static constexpr std::int64_t kPieces = 8;
  static constexpr std::int64_t kTogether = 8;  // channels of x, so that writes are not scattered

  bool few_sums() const { return x_panels_ * y_panels_ <= 4; }
  std::int64_t point_size() const { return x_panels_ * y_panels_ * kLanes * kLanes; }
  std::int64_t sum_size() const { return kPoints * point_size(); }
  std::int64_t tile_bytes() const { return kPoints * kLanes * 4 * (x_panels_ + y_panels_); }
  /// Whether each pair of panels has its sums and is transformed back before the next, with all tiles at hand: where
  /// the sums are many, writing and reading them is more than reading the tiles of x again for each panel of y.
  bool at_once() const { return 4 * sum_size() > kCache && tiles_.count * tile_bytes() <= kShared; }

  struct Parts {
    std::int64_t of_x, of_y;
  };
  /// Into how many parts threads cut the panels of x and y so that they transform as little as possible twice.
  Parts parts(std::int64_t threads) const {
    Parts best{std::min(threads, x_panels_), 1};
    for (std::int64_t of_y = 2; of_y <= std::min(threads, y_panels_); ++of_y) {
      const Parts some{std::min(threads / of_y, x_panels_), of_y};
      const auto missing = [&](const Parts& p) { return threads - p.of_x * p.of_y; };
      const auto twice = [&](const Parts& p) { return x_panels_ * p.of_y + y_panels_ * p.of_x; };
      if (missing(some) < missing(best) || (missing(some) == missing(best) && twice(some) < twice(best))) best = some;
    }
    return best;
  }

  /// Adds up a piece's tiles to [point][y panel][x panel][32 of x][32 of y].
  void sum_piece(std::int64_t piece, Range of_x, Range of_y) {
    const std::int64_t begin = piece * piece_, end = std::min(begin + piece_, tiles_.count);
    const std::int64_t panel = std::min(block_, end - begin) * kLanes;
    const std::int64_t x_stride = of_x.size() * panel, y_stride = of_y.size() * panel;
    const Scratch<float> x(kPoints * x_stride), y(kPoints * y_stride);
    for (std::int64_t first = begin; first < end && suits_; first += block_) {
      const std::int64_t count = std::min(block_, end - first);
      for (std::int64_t t = 0; t < count; ++t) {
        Window<kInput, const float>(x_, tiles_, first + t, s.pad_top, s.pad_left)
            .read(of_x.first, of_x.last, [&](const float* const* pixels, std::int64_t p) {
              float* points = x.data() + (p - of_x.first) * panel + t * kLanes;
              if (!input_to_points(pixels, points, x_stride)) suits_ = false;
            });
        Window<Output, const float>(y_grad_, tiles_, first + t, 0, 0)
            .read(of_y.first, of_y.last, [&](const float* const* pixels, std::int64_t p) {
              float* points = y.data() + (p - of_y.first) * panel + t * kLanes;
              if (!output_grad_to_points<Output>(pixels, points, y_stride)) suits_ = false;
            });
      }
      if (!suits_) return;
      if (at_once()) {
        multiply_at_once(of_x, of_y, x.data(), y.data(), count);
        return;
      }
      for (std::int64_t point = 0; point < kPoints; ++point) {
        float* sums = sums_.data() + piece * sum_size() + point * point_size();
        for (std::int64_t q = of_y.first; q < of_y.last; ++q) {
          const float* factor = y.data() + point * y_stride + (q - of_y.first) * panel;
          for (std::int64_t p = of_x.first; p < of_x.last; ++p) {
            transposed_product(x.data() + point * x_stride + (p - of_x.first) * panel, factor, count, first > begin,
                               sums + (q * x_panels_ + p) * kLanes * kLanes);
          }
        }
      }
    }
  }

  /// The weight's gradient of panels, of which all tiles are there.
  void multiply_at_once(Range of_x, Range of_y, const float* x, const float* y, std::int64_t count) const {
    constexpr std::int64_t square = kLanes * kLanes;
    const std::int64_t panel = count * kLanes;
    const Scratch<float> sums(kPoints * square);
    for (std::int64_t q = of_y.first; q < of_y.last; ++q) {
      for (std::int64_t p = of_x.first; p < of_x.last; ++p) {
        for (std::int64_t point = 0; point < kPoints; ++point) {
          transposed_product(x + (point * of_x.size() + p - of_x.first) * panel,
                             y + (point * of_y.size() + q - of_y.first) * panel, count, false,
                             sums.data() + point * square);
        }
        const std::int64_t begin = p * kLanes, end = std::min(begin + kLanes, s.channels);
        for (std::int64_t c = begin; c < end; c += kTogether) {
          write_channels(q, c, std::min(kTogether, end - c), [&](std::int64_t channel, float* weight) {
            points_to_weight<Output>(sums.data() + (channel - begin) * kLanes, square, weight);
          });
        }
      }
    }
  }

  /// The sums of the pieces for channel `c` of x and a panel of y, transformed back to [taps][32].
  void finish(std::int64_t c, std::int64_t y_panel, float* weight) const {
    alignas(64) float total[kPoints * kLanes];
    for (std::int64_t point = 0; point < kPoints; ++point) {
      const float* sums = sums_.data() + point * point_size() + (y_panel * x_panels_ * kLanes + c) * kLanes;
      float* to = total + point * kLanes;
      std::copy_n(sums, kLanes, to);
      for (std::int64_t piece = 1; piece < pieces_; ++piece) {
        for (std::int64_t o = 0; o < kLanes; ++o) to[o] += sums[piece * sum_size() + o];
      }
    }
    points_to_weight<Output>(total, kLanes, weight);
  }

  /// Some channels of x of a panel of y, whose [taps][32] `weights_of(channel, out)` makes.
  template <class F>
  void write_channels(std::int64_t y_panel, std::int64_t first, std::int64_t count, F&& weights_of) const {
    alignas(64) float block[kTogether][kTaps * kLanes];
    for (std::int64_t c = 0; c < count; ++c) weights_of(first + c, block[c]);
    const std::int64_t outs = std::min(kLanes, s.out_channels - y_panel * kLanes);
    for (std::int64_t o = 0; o < outs; ++o) {
      float* w = weight_grad_ + ((y_panel * kLanes + o) * s.channels + first) * kTaps;
      for (std::int64_t c = 0; c < count; ++c) {
        for (std::int64_t tap = 0; tap < kTaps; ++tap) *w++ = block[c][tap * kLanes + o];
      }
    }
  }

  void write_weight_grad() const {
    const std::int64_t x_blocks = ceil_div(s.channels, kTogether);
    parallel_for(y_panels_ * x_blocks, ceil_div(kGrain, kTogether * kPoints * kLanes * pieces_),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t unit = begin; unit < end; ++unit) {
                     const std::int64_t y_panel = unit / x_blocks, first = unit % x_blocks * kTogether;
                     write_channels(y_panel, first, std::min(kTogether, s.channels - first),
                                    [&](std::int64_t channel, float* weight) { finish(channel, y_panel, weight); });
                   }
                 });
  }

  const ConvShape& s;
  Images<const float> x_, y_grad_;
  float* weight_grad_;
  Tiles tiles_;
  std::int64_t x_panels_, y_panels_;
  std::int64_t block_;           // tiles whose values stay in the cache
  std::int64_t piece_, pieces_;  // tiles with sums of their own
  Scratch<float> sums_;
  std::atomic<bool> suits_{true};  // what the operands do, as far as they have been transformed
};

}  // namespace

bool run(const ConvWeightGradArgs& args) {
  return with_tile(args.shape, [&](auto output) { return WeightGrad<output>(args).run(); });
}

}  // namespace reel::kernels::cpu::winograd
