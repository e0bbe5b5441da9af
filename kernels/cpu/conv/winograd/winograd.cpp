// Convolutions and their input gradients by Winograd's algorithm.

#include <reel/kernels/cpu/conv/winograd/winograd.h>

#include <atomic>

#include <reel/kernels/cpu/conv/winograd/winograd_tiles.h>
#include <reel/kernels/cpu/conv/winograd/winograd_transform.h>
#include <reel/kernels/cpu/panel_product.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/scratch.h>

namespace reel::kernels::cpu::winograd {
namespace {

using panel::padded_rows;
using panel::product;
static_assert(panel::kLanes<float> == kLanes);

/// A convolution or its input gradient, which is the convolution of y's gradient with turned weights.
struct Forward {
  std::int64_t batch;
  Images<const float> in;
  std::int64_t pad_top, pad_left;
  const float* weight;
  std::int64_t weight_in_stride, weight_out_stride;  // of one channel's taps for the next's
  bool turned;
  const float* bias;
  Images<float> out;
};

/// How the tiles are shared out. Results do not depend on it, so it may depend on the number of threads.
struct Blocks {
  std::int64_t tiles;  // of a block
  bool shared;         // the threads work together on one block after the other; else each has its own
};

Blocks cut(std::int64_t tiles, std::int64_t in_channels, std::int64_t out_channels) {
  // A block's values shall stay in the second-level cache (here the best is between 0.4 and 0.8 MB), but it has at
  // least 42 tiles, or reading the weights, which stay there no longer, costs more.
  constexpr std::int64_t cache = 768 << 10;
  const std::int64_t tile_bytes = kPoints * kLanes * 4 * (panels(in_channels) + panels(out_channels));
  const std::int64_t blocks = ceil_div(tiles, std::clamp<std::int64_t>(cache / tile_bytes, 42, 112));
  const std::int64_t threads = omp_in_parallel() ? 1 : num_threads();
  if (threads > 1 && blocks < 2 * threads) return {std::min<std::int64_t>(tiles, 512), true};
  return {ceil_div(tiles, ceil_div(blocks, threads) * threads), false};
}

template <int Output> class Convolution {
 public:
  explicit Convolution(const Forward& forward)
      : f(forward),
        tiles_(Output, f.batch, f.out.height, f.out.width),
        in_panels_(panels(f.in.channels)),
        out_panels_(panels(f.out.channels)) {}

  /// Whether the operands suit the algorithm.
  bool run() {
    by_panels() ? run_panels() : run_blocks();
    return suits_;
  }

 private:
  static constexpr std::int64_t kTaps = taps_side(Output) * taps_side(Output);
  static constexpr std::int64_t kLarge = 1 << 23;   // bytes of transformed weights that go through memory
  static constexpr std::int64_t kShared = 1 << 24;  // bytes of transformed tiles that stay in the cache of all cores

  void run_blocks() {
    const Scratch<float> weight(out_panels_ * panel_size());
    transform_weight(weight.data());
    const Blocks blocks = cut(tiles_.count, f.in.channels, f.out.channels);
    const auto do_block = [&](std::int64_t begin, std::int64_t end) { run_block(begin, end - begin, weight.data()); };
    if (!blocks.shared) return parallel_for(tiles_.count, blocks.tiles, do_block);
    for (std::int64_t begin = 0; begin < tiles_.count; begin += blocks.tiles) {
      do_block(begin, std::min(begin + blocks.tiles, tiles_.count));
    }
  }

  /// The transformed weights of a panel.
  std::int64_t panel_size() const { return kPoints * f.in.channels * kLanes; }

  /// Whether each panel's weights are transformed just before all tiles are multiplied with them: where the weights are
  /// many and the tiles few, so that moving transformed weights would take longest.
  bool by_panels() const {
    return 4 * out_panels_ * panel_size() > kLarge && tiles_.count * kPoints * in_panels_ * kLanes * 4 <= kShared &&
           out_panels_ >= (omp_in_parallel() ? 1 : num_threads());
  }

  /// Of an out panel, and in channels from `in` on, kTogether at most: to `points` [point][in channel][32], of which
  /// the points are `stride` apart.
  static constexpr std::int64_t kTogether = 16;
  void transform_weight(std::int64_t panel, std::int64_t in, float* points, std::int64_t stride) {
    const std::int64_t ins = std::min(kTogether, f.in.channels - in);
    const std::int64_t outs = std::min(kLanes, f.out.channels - panel * kLanes);
    alignas(64) float block[kTogether][kTaps][kLanes];
    if (outs < kLanes) std::fill_n(&block[0][0][0], kTogether * kTaps * kLanes, 0.0F);
    for (std::int64_t o = 0; o < outs; ++o) {
      for (std::int64_t i = 0; i < ins; ++i) {
        const float* w = f.weight + (in + i) * f.weight_in_stride + (panel * kLanes + o) * f.weight_out_stride;
        for (std::int64_t tap = 0; tap < kTaps; ++tap) block[i][f.turned ? kTaps - 1 - tap : tap][o] = w[tap];
      }
    }
    for (std::int64_t i = 0; i < ins; ++i) {
      if (!weight_to_points<Output>(block[i][0], points + i * kLanes, stride)) suits_ = false;
    }
  }

  /// All weights, to [point][out panel][in channel][32].
  void transform_weight(float* weight) {
    const std::int64_t in_blocks = ceil_div(f.in.channels, kTogether), stride = out_panels_ * f.in.channels * kLanes;
    parallel_for(out_panels_ * in_blocks, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t panel = unit / in_blocks, in = unit % in_blocks * kTogether;
        transform_weight(panel, in, weight + (panel * f.in.channels + in) * kLanes, stride);
      }
    });
  }

  /// The tiles [first, first + count), to [point][in panel][tile][32], of which the panels are `panel` apart.
  void transform_input(std::int64_t first, std::int64_t count, std::int64_t panel, float* in) {
    parallel_for(count, 8, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t t = begin; t < end; ++t) {
        Window<kInput, const float>(f.in, tiles_, first + t, f.pad_top, f.pad_left)
            .read(0, in_panels_, [&](const float* const* pixels, std::int64_t p) {
              if (!input_to_points(pixels, in + p * panel + t * kLanes, in_panels_ * panel)) suits_ = false;
            });
      }
    });
  }

  /// The out panels [first, last) of a tile, from `out`, of which the panels are `panel` apart and the points `stride`.
  void write_output(std::int64_t tile, std::int64_t first, std::int64_t last, const float* out, std::int64_t panel,
                    std::int64_t stride) const {
    Window<Output, float>(f.out, tiles_, tile, 0, 0).write(first, last, [&](float* const* pixels, std::int64_t p) {
      alignas(64) float bias[kLanes] = {};
      if (f.bias) std::copy_n(f.bias + p * kLanes, std::min(kLanes, f.out.channels - p * kLanes), bias);
      points_to_output<Output>(out + (p - first) * panel, stride, bias, pixels);
    });
  }

  /// The tiles [first, first + count). One thread in a parallel region, else all.
  void run_block(std::int64_t first, std::int64_t count, const float* weight) {
    if (!suits_) return;
    const std::int64_t panel = padded_rows(count) * kLanes;
    const std::int64_t in_stride = in_panels_ * panel, out_stride = out_panels_ * panel;
    const Scratch<float> in(kPoints * in_stride), out(kPoints * out_stride);
    transform_input(first, count, panel, in.data());
    if (!suits_) return;
    parallel_for(kPoints * out_panels_, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t unit = begin; unit < end; ++unit) {
        product(in.data() + unit / out_panels_ * in_stride, panel, weight + unit * f.in.channels * kLanes, count,
                f.in.channels, false, out.data() + unit * panel);
      }
    });
    parallel_for(count, 8, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t t = begin; t < end; ++t) {
        write_output(first + t, 0, out_panels_, out.data() + t * kLanes, panel, out_stride);
      }
    });
  }

  /// All tiles, each thread for its out panels.
  void run_panels() {
    constexpr std::int64_t together = 4 * kLanes;  // in channels, whose weights stay in the second-level cache
    const std::int64_t count = tiles_.count, panel = padded_rows(count) * kLanes;
    const Scratch<float> in(kPoints * in_panels_ * panel);
    transform_input(0, count, panel, in.data());
    parallel_for(out_panels_, 1, [&](std::int64_t begin, std::int64_t end) {
      const Scratch<float> weight(kPoints * together * kLanes), out(kPoints * panel);
      for (std::int64_t q = begin; q < end && suits_; ++q) {
        for (std::int64_t first = 0; first < f.in.channels; first += together) {
          const std::int64_t channels = std::min(together, f.in.channels - first);
          for (std::int64_t c = 0; c < channels; c += kTogether) {
            transform_weight(q, first + c, weight.data() + c * kLanes, together * kLanes);
          }
          for (std::int64_t point = 0; point < kPoints; ++point) {
            product(in.data() + (point * in_panels_ + first / kLanes) * panel, panel,
                    weight.data() + point * together * kLanes, count, channels, first > 0, out.data() + point * panel);
          }
        }
        for (std::int64_t t = 0; t < count; ++t) {
          write_output(t, q, q + 1, out.data() + t * kLanes, panel, panel);
        }
      }
    });
  }

  const Forward& f;
  Tiles tiles_;
  std::int64_t in_panels_, out_panels_;
  std::atomic<bool> suits_{true};  // what the operands do, as far as they have been transformed
};

}  // namespace

bool serves(const ConvShape& s) {
  return s.is_flat() && (s.kernel_height == 3 || s.kernel_height == 5) && s.kernel_width == s.kernel_height &&
         s.stride_h == 1 && s.stride_w == 1 && s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1;
}

bool run(const ConvArgs& args) {
  return with_tile(args.shape, [&](auto output) {
    const ConvShape& s = args.shape;
    const std::int64_t taps = s.kernel_height * s.kernel_width;
    return Convolution<output>({.batch = s.batch,
                                .in = {static_cast<const float*>(args.x), s.channels, s.height, s.width},
                                .pad_top = s.pad_top,
                                .pad_left = s.pad_left,
                                .weight = static_cast<const float*>(args.weight),
                                .weight_in_stride = taps,
                                .weight_out_stride = s.channels * taps,
                                .turned = false,
                                .bias = static_cast<const float*>(args.bias),
                                .out = {static_cast<float*>(args.y), s.out_channels, s.out_height, s.out_width}})
        .run();
  });
}

bool run(const ConvInputGradArgs& args) {
  return with_tile(args.shape, [&](auto output) {
    const ConvShape& s = args.shape;
    const std::int64_t taps = s.kernel_height * s.kernel_width;
    return Convolution<output>(
               {.batch = s.batch,
                .in = {static_cast<const float*>(args.y_grad), s.out_channels, s.out_height, s.out_width},
                .pad_top = s.kernel_height - 1 - s.pad_top,
                .pad_left = s.kernel_width - 1 - s.pad_left,
                .weight = static_cast<const float*>(args.weight),
                .weight_in_stride = s.channels * taps,
                .weight_out_stride = taps,
                .turned = true,
                .bias = nullptr,
                .out = {static_cast<float*>(args.x_grad), s.channels, s.height, s.width}})
        .run();
  });
}

}  // namespace reel::kernels::cpu::winograd
