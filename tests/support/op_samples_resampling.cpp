// Rows of the op table: resizing, reading between pixels, moving pixels, and what undoes pooling.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

OpRow interpolate_row() {
  using enum InterpolateMode;
  OpRow row{.name = "interpolate"};
  const auto sample = [](std::string label, const Shape& x, const SpatialSize& size,
                         const InterpolateOptions& options = {}) {
    return Sample{std::move(label), {leaf(x)}, call1([=](const Tensor& a) { return interpolate(a, size, options); })};
  };
  const auto scaled = [](std::string label, const Shape& x, std::vector<double> factors,
                         const InterpolateOptions& options = {}) {
    return Sample{std::move(label), {leaf(x)}, call1([=](const Tensor& a) {
                    return interpolate(a, ScaleFactor(factors), options);
                  })};
  };
  row.samples = {
      sample("nearest, larger", {1, 2, 2, 3}, {4, 5}),
      sample("nearest, smaller", {2, 1, 3, 4}, {2, 3}),
      sample("nearest line", {1, 2, 3}, 5),
      sample("nearest-exact volume", {1, 2, 2, 3, 2}, {3, 2, 5}, {.mode = nearest_exact}),
      sample("linear", {2, 1, 4}, 6, {.mode = linear}),
      sample("bilinear, larger", {1, 2, 2, 3}, {4, 5}, {.mode = bilinear}),
      sample("bilinear, smaller", {1, 1, 4, 5}, {3, 2}, {.mode = bilinear}),
      sample("bilinear, antialiased", {1, 2, 5, 6}, {2, 4}, {.mode = bilinear, .antialias = true}),
      sample("aligned", {1, 2, 2, 3}, {3, 5}, {.mode = bilinear, .align_corners = true}),
      sample("bicubic", {1, 2, 3, 4}, {5, 2}, {.mode = bicubic}),
      sample("bicubic, aligned", {1, 1, 3, 2}, {4, 3}, {.mode = bicubic, .align_corners = true}),
      sample("bicubic, antialiased", {1, 1, 6, 3}, {2, 4}, {.mode = bicubic, .antialias = true}),
      sample("trilinear", {1, 2, 2, 3, 2}, {3, 2, 4}, {.mode = trilinear}),
      sample("area", {1, 2, 3, 5}, {2, 3}, {.mode = area}),
      sample("one pixel", {1, 2, 3, 2}, 1, {.mode = bilinear, .align_corners = true}),
      sample("the same size", {1, 2, 2, 2}, 2),
      scaled("factor", {1, 1, 3, 4}, {1.7}, {.mode = bilinear}),
      scaled("factors, recomputed", {1, 1, 3, 4}, {1.7, 0.6}, {.mode = bicubic, .recompute_scale_factor = true}),
      sample("no images", {0, 2, 2, 2}, 3),
  };
  const auto fails = [](const Shape& x, const SpatialSize& size, const InterpolateOptions& options = {}) {
    return [=] { interpolate(ones(x), size, options); };
  };
  row.errors = {
      error<ShapeError>("interpolate: expected an input [N, C, ...] of rank 3 to 5, got shape [2, 3]",
                        fails({2, 3}, 2)),
      error<ShapeError>("interpolate: expected an input of rank 4 for mode bilinear, got shape [2, 3, 3]; unsqueeze(0)",
                        fails({2, 3, 3}, 2, {.mode = bilinear})),
      error<ValueError>("interpolate: expected a size above 0, got 0 x 2", fails({1, 1, 2, 2}, {0, 2})),
      error<ValueError>("interpolate: expected a size for all axes, or one for each of 1, got 2",
                        fails({1, 1, 2}, {2, 2})),
      error<ValueError>("interpolate: expected align_corners with the linear modes and bicubic alone, got nearest",
                        fails({1, 1, 2, 2}, 2, {.align_corners = true})),
      error<ValueError>("interpolate: expected antialias with bilinear and bicubic alone, got area",
                        fails({1, 1, 2, 2}, 2, {.mode = area, .antialias = true})),
      error<ValueError>("interpolate: expected recompute_scale_factor with a scale factor alone, got a size",
                        fails({1, 1, 2, 2}, 2, {.recompute_scale_factor = true})),
      error<ShapeError>("interpolate: expected an image with pixels", fails({1, 1, 0, 2}, 2)),
      error<ValueError>("interpolate: expected scale_factor in (0, inf), got -1",
                        [] {
                          interpolate(ones({1, 1, 2}), ScaleFactor(-1.0));
                        }),
      error<DTypeError>("interpolate: expected dtype f32, f64, f16, bf16, got i64",
                        [] {
                          interpolate(ones({1, 1, 2, 2}, {.dtype = DType::i64}), 2);
                        }),
      error<ValueError>("undefined", [] { interpolate(Tensor(), 2); }),
  };
  return row;
}

OpRow grid_sample_row() {
  OpRow row{.name = "grid_sample"};
  const auto sample = [](std::string label, const Shape& x, const Shape& grid, const GridSampleOptions& options = {}) {
    return Sample{std::move(label), {leaf(x), leaf(grid, -1.3, 1.3, 2)}, call2([=](const Tensor& a, const Tensor& g) {
                    return grid_sample(a, g, options);
                  })};
  };
  using enum GridSampleMode;
  using enum GridSamplePadding;
  row.samples = {
      sample("bilinear", {1, 2, 3, 4}, {1, 2, 2, 2}),
      sample("border", {2, 1, 3, 2}, {2, 1, 3, 2}, {.padding_mode = border}),
      sample("reflection", {1, 2, 3, 2}, {1, 2, 2, 2}, {.padding_mode = reflection}),
      sample("reflection, aligned", {1, 1, 3, 2}, {1, 2, 2, 2}, {.padding_mode = reflection, .align_corners = true}),
      sample("one pixel", {1, 1, 1, 1}, {1, 1, 2, 2}, {.padding_mode = reflection, .align_corners = true}),
      sample("nearest", {1, 2, 3, 2}, {1, 2, 2, 2}, {.mode = nearest}),
      sample("bicubic", {1, 1, 4, 3}, {1, 1, 2, 2}, {.mode = bicubic}),
      sample("bicubic, reflection", {1, 1, 3, 4}, {1, 1, 2, 2}, {.mode = bicubic, .padding_mode = reflection}),
      sample("trilinear", {1, 2, 2, 3, 2}, {1, 1, 2, 1, 3}, {.align_corners = true}),
      sample("no samples", {0, 1, 2, 2}, {0, 1, 1, 2}),
      sample("no positions", {1, 1, 2, 2}, {1, 0, 1, 2}),
  };
  row.errors = {
      error<ShapeError>("grid_sample: expected an image [N, C, H, W] or a volume [N, C, D, H, W], got shape [2, 2, 2]",
                        [] {
                          grid_sample(ones({2, 2, 2}), ones({2, 2, 2}));
                        }),
      error<ShapeError>("grid_sample: expected a grid [1, ..., 2] of rank 4, got shape [1, 2, 2, 3]",
                        [] {
                          grid_sample(ones({1, 1, 2, 2}), ones({1, 2, 2, 3}));
                        }),
      error<ValueError>("grid_sample: expected an image for mode bicubic",
                        [] {
                          grid_sample(ones({1, 1, 2, 2, 2}), ones({1, 1, 1, 1, 3}), {.mode = bicubic});
                        }),
      error<ShapeError>("grid_sample: expected an image with pixels",
                        [] {
                          grid_sample(ones({1, 1, 0, 2}), ones({1, 1, 1, 2}));
                        }),
      error<ValueError>("grid_sample: expected the grid to be a tensor, got an undefined one",
                        [] {
                          grid_sample(ones({1, 1, 2, 2}), Tensor());
                        }),
  };
  return row;
}

OpRow affine_grid_row() {
  OpRow row{.name = "affine_grid"};
  const auto sample = [](std::string label, const Shape& theta, const Shape& size, bool align_corners) {
    return Sample{
        std::move(label), {leaf(theta)}, call1([=](const Tensor& t) { return affine_grid(t, size, align_corners); })};
  };
  row.samples = {sample("image", {2, 2, 3}, {2, 1, 2, 3}, false), sample("aligned", {1, 2, 3}, {1, 1, 1, 3}, true),
                 sample("volume", {1, 3, 4}, {1, 2, 2, 1, 3}, false)};
  row.errors = {
      error<ShapeError>("affine_grid: expected theta of shape [1, 2, 3], got [1, 3, 4]",
                        [] {
                          affine_grid(ones({1, 3, 4}), {1, 1, 2, 2});
                        }),
      error<ShapeError>("affine_grid: expected a size [N, C, H, W] or [N, C, D, H, W], got [2, 2]",
                        [] {
                          affine_grid(ones({2, 2, 3}), {2, 2});
                        }),
      error<ShapeError>("affine_grid: expected sizes above 0",
                        [] {
                          affine_grid(ones({1, 2, 3}), {1, 1, 0, 2});
                        }),
      error<ValueError>("undefined",
                        [] {
                          affine_grid(Tensor(), {1, 1, 2, 2});
                        }),
  };
  return row;
}

void add_shuffle_rows(std::vector<OpRow>& table) {
  table.push_back(
      {.name = "pixel_shuffle",
       .samples = {{"images", {leaf({2, 8, 2, 1})}, call1([](const Tensor& x) { return pixel_shuffle(x, 2); })},
                   {"without a batch", {leaf({4, 1, 2})}, call1([](const Tensor& x) { return pixel_shuffle(x, 2); })},
                   {"no samples", {leaf({0, 4, 1, 2})}, call1([](const Tensor& x) { return pixel_shuffle(x, 2); })}},
       .errors = {error<ShapeError>("pixel_shuffle: expected channels that 2 x 2 divides, got shape [1, 3, 1, 1]",
                                    [] {
                                      pixel_shuffle(ones({1, 3, 1, 1}), 2);
                                    }),
                  error<ShapeError>("pixel_shuffle: expected channels that 4294967296 x 4294967296 divides, got shape",
                                    [] {
                                      pixel_shuffle(ones({1, 4, 1, 1}), std::int64_t{1} << 32);
                                    }),
                  error<ValueError>("pixel_shuffle: expected upscale_factor of at least 1, got 0",
                                    [] {
                                      pixel_shuffle(ones({1, 4, 1, 1}), 0);
                                    }),
                  error<ShapeError>("pixel_shuffle: expected an input [..., C, H, W], got shape [2, 2]",
                                    [] {
                                      pixel_shuffle(ones({2, 2}), 1);
                                    }),
                  error<ValueError>("undefined", [] { pixel_shuffle(Tensor(), 2); })},
       .dtypes = kAnyDType,
       .exact = true});
  table.push_back(
      {.name = "pixel_unshuffle",
       .samples = {{"images", {leaf({2, 2, 4, 2})}, call1([](const Tensor& x) { return pixel_unshuffle(x, 2); })},
                   {"without a batch", {leaf({1, 2, 4})}, call1([](const Tensor& x) {
                      return pixel_unshuffle(x, 2);
                    })}},
       .errors = {error<ShapeError>("pixel_unshuffle: expected height and width that 2 divides, got shape [1, 1, 3, 2]",
                                    [] {
                                      pixel_unshuffle(ones({1, 1, 3, 2}), 2);
                                    }),
                  error<ValueError>("pixel_unshuffle: expected downscale_factor of at least 1, got -1",
                                    [] {
                                      pixel_unshuffle(ones({1, 1, 2, 2}), -1);
                                    }),
                  error<ValueError>("undefined", [] { pixel_unshuffle(Tensor(), 2); })},
       .dtypes = kAnyDType,
       .exact = true});
  table.push_back(
      {.name = "channel_shuffle",
       .samples = {{"images", {leaf({1, 6, 2, 1})}, call1([](const Tensor& x) { return channel_shuffle(x, 3); })},
                   {"no samples", {leaf({0, 4, 2})}, call1([](const Tensor& x) { return channel_shuffle(x, 2); })}},
       .errors = {error<ShapeError>("channel_shuffle: expected channels that 2 groups divide, got shape [1, 3, 2]",
                                    [] {
                                      channel_shuffle(ones({1, 3, 2}), 2);
                                    }),
                  error<ValueError>("channel_shuffle: expected groups of at least 1, got 0",
                                    [] {
                                      channel_shuffle(ones({1, 3, 2}), 0);
                                    }),
                  error<ValueError>("undefined", [] { channel_shuffle(Tensor(), 2); })},
       .dtypes = kAnyDType,
       .exact = true});
}

/// The inverse of a pooling whose indices are `indices`.
template <class F> OpRow unpool_row(std::string_view name, const Shape& x, const Tensor& indices, F f) {
  const std::string op(name);
  return {
      .name = name,
      .samples = {{"plain", {leaf(x), indices}, call2([f](const Tensor& a, const Tensor& i) { return f(a, i, 2); })}},
      .errors = {error<ShapeError>(op + ": expected indices of the input's shape", [=] { f(ones(x), zeros(1), 2); }),
                 error<ValueError>(op + ": expected kernel_size from 1 to 2^30, got 0",
                                   [=] { f(ones(x), indices, 0); }),
                 error<IndexError>(op + ": index 1", [=] { f(ones(x), indices + 100, 2); }),
                 error<ValueError>(op + ": expected the indices to be a tensor", [=] { f(ones(x), Tensor(), 2); }),
                 error<ValueError>("undefined", [=] { f(Tensor(), indices, 2); })},
      .exact = true};
}

void add_unpool_rows(std::vector<OpRow>& table) {
  table.push_back(unpool_row("max_unpool1d", {1, 2, 2}, tensor({{{1, 2}, {0, 3}}}),
                             [](const Tensor& x, const Tensor& i, std::int64_t k) { return max_unpool1d(x, i, k); }));
  table.push_back(unpool_row("max_unpool2d", {1, 1, 1, 2}, tensor({{{{5, 3}}}}),
                             [](const Tensor& x, const Tensor& i, std::int64_t k) { return max_unpool2d(x, i, k); }));
  table.back().samples.push_back(
      {"size, without a batch", {leaf({1, 1, 2}), tensor({{{5, 3}}})}, call2([](const Tensor& x, const Tensor& i) {
         return max_unpool2d(x, i, 2, {.output_size = Size2d(3, 4)});
       })});
  table.back().errors.push_back(error<ValueError>("max_unpool2d: expected output_size within a stride of 2, got 5", [] {
    max_unpool2d(ones({1, 1, 1, 1}), zeros({1, 1, 1, 1}, DType::i64), 2, {.output_size = 5});
  }));
  table.push_back(unpool_row("max_unpool3d", {1, 1, 1, 1, 2}, tensor({{{{{15, 3}}}}}),
                             [](const Tensor& x, const Tensor& i, std::int64_t k) { return max_unpool3d(x, i, k); }));
}

void add_lp_pool_rows(std::vector<OpRow>& table) {
  const auto errors = [](const std::string& op, auto f) {
    return std::vector<ErrorSample>{
        error<ValueError>(op + ": expected norm_type in (0, inf), got 0",
                          [=] {
                            f(ones({1, 4, 4}), 0.0, 1);
                          }),
        error<ValueError>(op + ": expected stride from 1 to 2^30, got ",
                          [=] {
                            f(ones({1, 4, 4}), 2.0, 0);
                          }),
        error<ShapeError>(op + ": expected an input of rank ", [=] { f(ones({4}), 2.0, 1); }),
        error<ValueError>("undefined", [=] { f(Tensor(), 2.0, 1); })};
  };
  table.push_back(
      {.name = "lp_pool1d",
       .samples = {{"plain", {leaf({1, 2, 4}, 0.1, 1)}, call1([](const Tensor& x) { return lp_pool1d(x, 3, 2); })}},
       .errors =
           errors("lp_pool1d", [](const Tensor& x, double p, std::int64_t s) { lp_pool1d(x, p, 2, {.stride = s}); })});
  table.push_back({.name = "lp_pool2d",
                   .samples = {{"options", {leaf({1, 2, 3, 4}, 0.1, 1)}, call1([](const Tensor& x) {
                                  return lp_pool2d(x, 2, {2, 3}, {.stride = 2, .ceil_mode = true});
                                })}},
                   .errors = errors("lp_pool2d", [](const Tensor& x, double p, std::int64_t s) {
                     lp_pool2d(x, p, 2, {.stride = s});
                   })});
}

OpRow instance_norm_row() {
  OpRow row{.name = "instance_norm"};
  const auto statistic = [](double low, std::uint64_t seed) { return uniform({2}, low, 2, seed); };
  row.samples = {
      {"plain", {leaf({2, 2, 3})}, call1([](const Tensor& x) { return instance_norm(x); })},
      {"affine",
       {leaf({1, 2, 2, 2}), leaf({2}, -1, 1, 2), leaf({2}, -1, 1, 3)},
       [](const Tensors& in) { return Tensors{instance_norm(in[0], {}, {}, in[1], in[2])}; }},
      {"running",
       {leaf({2, 2, 3}), statistic(-1, 2), statistic(0.5, 3)},
       [](const Tensors& in) { return Tensors{instance_norm(in[0], in[1], in[2], {}, {}, false)}; }},
      {"no samples", {leaf({0, 2, 3})}, call1([](const Tensor& x) { return instance_norm(x); })},
  };
  row.errors = {
      error<ShapeError>("instance_norm: expected an input [N, C, ...] of rank 3 or more, got shape [2, 3]",
                        [] {
                          instance_norm(ones({2, 3}));
                        }),
      error<ShapeError>("instance_norm: expected more than one element in each channel, got shape [2, 3, 1]",
                        [] {
                          instance_norm(ones({2, 3, 1}));
                        }),
      error<ShapeError>("instance_norm: expected the weight of shape [3], got [2]",
                        [] {
                          instance_norm(ones({2, 3, 2}), {}, {}, ones({2}));
                        }),
      error<ValueError>("instance_norm: expected running statistics without use_input_stats, got none",
                        [] {
                          instance_norm(ones({2, 3, 2}), {}, {}, {}, {}, false);
                        }),
      error<ValueError>("undefined", [] { instance_norm(Tensor()); }),
  };
  return row;
}

}  // namespace

void add_resampling_rows(std::vector<OpRow>& table) {
  table.push_back(interpolate_row());
  table.push_back(grid_sample_row());
  table.push_back(affine_grid_row());
  add_shuffle_rows(table);
  add_unpool_rows(table);
  add_lp_pool_rows(table);
  table.push_back(instance_norm_row());
}

}  // namespace reel::testing
