// The same calls as in make_spatial.py, in the same order.

#include <reel/ops/ops.h>

#include "goldens/golden_calls.h"

namespace reel::testing {
namespace {

using Calls = std::map<std::string, TensorFunction>;
using In = const Tensors&;

Tensors pair(std::tuple<Tensor, Tensor> values) { return {std::get<0>(values), std::get<1>(values)}; }

void add_convolutions(Calls& c) {
  c["conv3d"] = [](In t) { return Tensors{conv3d(t[0], t[1], t[2])}; };
  c["conv3d options"] = [](In t) {
    return Tensors{
        conv3d(t[0], t[1], {}, {.stride = {2, 1, 2}, .padding = {1, 2, 0}, .dilation = {1, 2, 1}, .groups = 2})};
  };
  c["conv3d same"] = [](In t) { return Tensors{conv3d(t[0], t[1], {}, {.padding = "same"})}; };
  c["conv_transpose1d"] = [](In t) { return Tensors{conv_transpose1d(t[0], t[1], t[2], {3, 1, 2, 2, 2})}; };
  c["conv_transpose3d"] = [](In t) {
    return Tensors{conv_transpose3d(t[0], t[1], t[2], {{2, 1, 3}, {1, 0, 1}, {1, 0, 2}, 2})};
  };
}

void add_poolings(Calls& c) {
  c["max_pool1d"] = [](In t) { return Tensors{max_pool1d(t[0], 3, {2, 1, 2, true})}; };
  c["max_pool1d_with_indices"] = [](In t) { return pair(max_pool1d_with_indices(t[0], 2, {1, 1})); };
  c["max_pool3d"] = [](In t) {
    return Tensors{max_pool3d(t[0], {2, 3, 2}, {Size3d(1, 2, 2), {1, 1, 0}, {1, 1, 2}, true})};
  };
  c["max_pool3d_with_indices"] = [](In t) { return pair(max_pool3d_with_indices(t[0], 2, {Size3d(1), 1})); };
  c["avg_pool1d"] = [](In t) { return Tensors{avg_pool1d(t[0], 3, {2, 1, true, false})}; };
  c["avg_pool1d counted"] = [](In t) { return Tensors{avg_pool1d(t[0], 4, {3, 2, true, true})}; };
  c["avg_pool2d divisor"] = [](In t) { return Tensors{avg_pool2d(t[0], {2, 3}, {Size2d(2), 1, true, true, 5})}; };
  c["avg_pool3d"] = [](In t) {
    return Tensors{avg_pool3d(t[0], {2, 3, 2}, {Size3d(1, 2, 2), {1, 1, 0}, true, false})};
  };
  c["avg_pool3d counted"] = [](In t) { return Tensors{avg_pool3d(t[0], 3, {Size3d(2), 1, true, true})}; };
  c["avg_pool3d divisor"] = [](In t) { return Tensors{avg_pool3d(t[0], 2, {.divisor_override = 3})}; };
  c["adaptive_avg_pool1d"] = [](In t) { return Tensors{adaptive_avg_pool1d(t[0], 3)}; };
  c["adaptive_avg_pool3d"] = [](In t) { return Tensors{adaptive_avg_pool3d(t[0], {2, 3, 2})}; };
  c["adaptive_max_pool1d"] = [](In t) { return Tensors{adaptive_max_pool1d(t[0], 3)}; };
  c["adaptive_max_pool3d"] = [](In t) { return Tensors{adaptive_max_pool3d(t[0], {2, 3, 2})}; };
  c["max_unpool1d"] = [](In t) {
    return Tensors{max_unpool1d(t[0], tensor({{{1, 2}, {0, 5}}}), 3, {.stride = 2, .output_size = 6})};
  };
  c["max_unpool2d"] = [](In t) { return Tensors{max_unpool2d(t[0], tensor({{{{0, 3}, {8, 14}}}}), 2)}; };
  c["max_unpool3d"] = [](In t) { return Tensors{max_unpool3d(t[0], tensor({{{{{1, 6}}}}}), 2)}; };
  c["lp_pool1d"] = [](In t) { return Tensors{lp_pool1d(t[0], 3, 2)}; };
  c["lp_pool2d"] = [](In t) { return Tensors{lp_pool2d(t[0], 2, {2, 3}, {.stride = 2, .ceil_mode = true})}; };
}

TensorFunction resized(const SpatialSize& size, const InterpolateOptions& options) {
  return [=](In t) { return Tensors{interpolate(t[0], size, options)}; };
}
TensorFunction scaled(double factor, const InterpolateOptions& options) {
  return [=](In t) { return Tensors{interpolate(t[0], ScaleFactor(factor), options)}; };
}

void add_resizings(Calls& c) {
  using enum InterpolateMode;
  for (const InterpolateMode mode : {linear, bilinear, bicubic, trilinear}) {
    const std::string name = "interpolate " + std::string(to_string(mode)) + " ";
    for (const bool align : {false, true}) {
      for (const int size : {7, 2}) {
        c[name + (align ? "1 " : "0 ") + std::to_string(size)] = resized(size, {.mode = mode, .align_corners = align});
      }
    }
    c[name + "factor"] = scaled(1.7, {.mode = mode});
    c[name + "recomputed"] = scaled(1.7, {.mode = mode, .recompute_scale_factor = true});
  }
  for (const InterpolateMode mode : {bilinear, bicubic}) {
    for (const bool align : {false, true}) {
      for (const Size2d size : {Size2d(3, 4), Size2d(9, 2)}) {
        c["interpolate " + std::string(to_string(mode)) + " antialias " + (align ? "1 " : "0 ") +
          std::to_string(size.height)] = resized(size, {.mode = mode, .align_corners = align, .antialias = true});
      }
    }
  }
  for (const int rank : {3, 4, 5}) {
    for (const InterpolateMode mode : {nearest, nearest_exact, area}) {
      c["interpolate " + std::string(to_string(mode)) + " " + std::to_string(rank)] = resized(4, {.mode = mode});
    }
    c["interpolate nearest " + std::to_string(rank) + " factor"] = scaled(0.6, {});
  }
}

void add_readings(Calls& c) {
  const std::pair<std::string, GridSampleMode> modes[] = {{"bilinear", GridSampleMode::bilinear},
                                                          {"nearest", GridSampleMode::nearest},
                                                          {"bicubic", GridSampleMode::bicubic}};
  const std::pair<std::string, GridSamplePadding> paddings[] = {{"zeros", GridSamplePadding::zeros},
                                                                {"border", GridSamplePadding::border},
                                                                {"reflection", GridSamplePadding::reflection}};
  for (const auto& [mode_name, mode] : modes) {
    for (const auto& [padding_name, padding] : paddings) {
      for (const bool align : {false, true}) {
        const GridSampleOptions options{.mode = mode, .padding_mode = padding, .align_corners = align};
        const TensorFunction read = [=](In t) { return Tensors{grid_sample(t[0], t[1], options)}; };
        const std::string name = "grid_sample " + mode_name + " " + padding_name + (align ? " 1" : " 0");
        c[name] = read;
        if (mode != GridSampleMode::bicubic) c[name + " volume"] = read;
      }
    }
  }
  for (const bool align : {false, true}) {
    const std::string name = align ? "affine_grid 1" : "affine_grid 0";
    c[name] = [=](In t) { return Tensors{affine_grid(t[0], {2, 1, 3, 4}, align)}; };
    c[name + " volume"] = [=](In t) { return Tensors{affine_grid(t[0], {1, 1, 2, 3, 4}, align)}; };
  }
}

void add_others(Calls& c) {
  c["pixel_shuffle"] = [](In t) { return Tensors{pixel_shuffle(t[0], 2)}; };
  c["pixel_unshuffle"] = [](In t) { return Tensors{pixel_unshuffle(t[0], 2)}; };
  c["channel_shuffle"] = [](In t) { return Tensors{channel_shuffle(t[0].detach(), 3)}; };
  c["instance_norm"] = [](In t) { return Tensors{instance_norm(t[0], {}, {}, t[1], t[2])}; };
  c["instance_norm running"] = [](In t) {
    return Tensors{instance_norm(t[0], t[1].detach(), t[2].detach(), {}, {}, false)};
  };
}

}  // namespace

std::map<std::string, TensorFunction> spatial_calls() {
  Calls calls;
  add_convolutions(calls);
  add_poolings(calls);
  add_resizings(calls);
  add_readings(calls);
  add_others(calls);
  return calls;
}

}  // namespace reel::testing
