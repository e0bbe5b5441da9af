// Rows of the op table: convolutions and poolings of lines and volumes.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// Calls `f(x, weight, bias)`; 0 is no bias.
template <class F> Sample conv_sample(std::string label, const Shape& x, const Shape& weight, std::int64_t bias, F f) {
  Tensors inputs{leaf(x, -1, 1, 1), leaf(weight, -1, 1, 2)};
  if (bias > 0) inputs.push_back(leaf({bias}, -1, 1, 3));
  return {std::move(label), std::move(inputs),
          [f](const Tensors& in) { return Tensors{f(in[0], in[1], in.size() > 2 ? in[2] : Tensor())}; }};
}

OpRow conv3d_row() {
  OpRow row{.name = "conv3d", .dtypes = kFloating};
  const auto sample = [](std::string label, const Shape& x, const Shape& weight, std::int64_t bias,
                         const Conv3dOptions& options = {}) {
    return conv_sample(std::move(label), x, weight, bias, [options](const Tensor& a, const Tensor& w, const Tensor& b) {
      return conv3d(a, w, b, options);
    });
  };
  row.samples = {
      sample("plain", {1, 2, 2, 3, 2}, {2, 2, 2, 2, 1}, 2),
      sample("stride and padding", {1, 1, 3, 2, 3}, {2, 1, 2, 2, 2}, 0, {.stride = {2, 1, 2}, .padding = {1, 0, 1}}),
      sample("dilation", {1, 1, 4, 3, 2}, {1, 1, 2, 2, 1}, 1, {.padding = {0, 1, 0}, .dilation = {2, 3, 1}}),
      sample("groups", {1, 4, 2, 2, 2}, {2, 2, 2, 1, 2}, 2, {.groups = 2}),
      sample("same", {1, 1, 2, 3, 2}, {1, 1, 2, 3, 2}, 0, {.padding = "same"}),
      sample("full", {1, 1, 2, 1, 2}, {1, 1, 2, 2, 1}, 0, {.padding = "full"}),
      sample("windows of one plane", {1, 2, 3, 3, 2}, {2, 2, 1, 2, 2}, 2),
      sample("without a batch", {1, 2, 3, 2}, {2, 1, 2, 2, 2}, 2),
      sample("no samples", {0, 1, 2, 2, 2}, {1, 1, 2, 2, 2}, 1),
  };
  row.errors = {
      error<ShapeError>("conv3d: expected an input of rank 5, or 4 without a batch, got shape [3, 3]",
                        [] {
                          conv3d(ones({3, 3}), ones({1, 1, 1, 1, 1}));
                        }),
      error<ShapeError>("conv3d: expected a window that fits into 2 padded by 0 on each side, got 3 with dilation 1",
                        [] {
                          conv3d(ones({1, 1, 2, 4, 4}), ones({1, 1, 3, 1, 1}));
                        }),
      error<ValueError>("conv3d: expected stride from 1 to 2^30, got 1 x 0 x 1",
                        [] {
                          conv3d(ones({1, 1, 2, 2, 2}), ones({1, 1, 1, 1, 1}), {}, {.stride = {1, 0, 1}});
                        }),
      error<ValueError>("conv3d: expected the weight to be a tensor, got an undefined one",
                        [] {
                          conv3d(ones({1, 1, 2, 2, 2}), Tensor());
                        }),
  };
  return row;
}

OpRow conv_transpose1d_row() {
  OpRow row{.name = "conv_transpose1d"};
  const auto sample = [](std::string label, const Shape& x, const Shape& weight, std::int64_t bias,
                         const ConvTranspose1dOptions& options = {}) {
    return conv_sample(std::move(label), x, weight, bias, [options](const Tensor& a, const Tensor& w, const Tensor& b) {
      return conv_transpose1d(a, w, b, options);
    });
  };
  row.samples = {
      sample("plain", {1, 2, 3}, {2, 2, 2}, 2),
      sample("options", {2, 2, 2}, {2, 1, 3}, 2,
             {.stride = 3, .padding = 1, .output_padding = 2, .groups = 2, .dilation = 2}),
      sample("without a batch", {2, 3}, {2, 2, 2}, 0),
      sample("no samples", {0, 1, 2}, {1, 1, 2}, 1),
  };
  row.errors = {
      error<ValueError>("conv_transpose1d: expected output_padding below stride or dilation, got 1",
                        [] {
                          conv_transpose1d(ones({1, 1, 5}), ones({1, 1, 3}), {}, {.output_padding = 1});
                        }),
      error<ValueError>("undefined",
                        [] {
                          conv_transpose1d(ones({1, 1, 2}), Tensor());
                        }),
  };
  return row;
}

OpRow conv_transpose3d_row() {
  OpRow row{.name = "conv_transpose3d"};
  const auto sample = [](std::string label, const Shape& x, const Shape& weight, std::int64_t bias,
                         const ConvTranspose3dOptions& options = {}) {
    return conv_sample(std::move(label), x, weight, bias, [options](const Tensor& a, const Tensor& w, const Tensor& b) {
      return conv_transpose3d(a, w, b, options);
    });
  };
  row.samples = {
      sample("plain", {1, 2, 2, 1, 2}, {2, 2, 2, 2, 1}, 2),
      sample(
          "options", {1, 2, 2, 1, 2}, {2, 1, 2, 2, 2}, 2,
          {.stride = {2, 1, 2}, .padding = {1, 0, 0}, .output_padding = {1, 0, 1}, .groups = 2, .dilation = {1, 2, 1}}),
      sample("without a batch", {1, 2, 2, 1}, {1, 1, 2, 1, 2}, 1),
      sample("no samples", {0, 1, 2, 2, 2}, {1, 1, 2, 2, 2}, 1),
  };
  row.errors = {
      error<ShapeError>("conv_transpose3d: an input of 1 with kernel 2 and padding 1 gives an empty result",
                        [] {
                          conv_transpose3d(ones({1, 1, 1, 5, 5}), ones({1, 1, 2, 2, 2}), {}, {.padding = {1, 0, 0}});
                        }),
      error<ValueError>("undefined",
                        [] {
                          conv_transpose3d(ones({1, 1, 2, 2, 2}), Tensor());
                        }),
  };
  return row;
}

template <class F> Sample pool_sample(std::string label, const Shape& x, F f) {
  return {std::move(label), {distinct_leaf(x)}, call1(f)};
}

/// What a pooling of values and indices returns.
template <class F> Sample indexed_sample(std::string label, const Shape& x, F f) {
  return {std::move(label), {distinct_leaf(x)}, [f](const Tensors& in) {
            const auto [values, indices] = f(in[0]);
            return Tensors{values, indices};
          }};
}

/// The mistakes that every pooling with windows refuses; `f(x, kernel_size, stride, padding)` of one number each.
template <class F> std::vector<ErrorSample> window_errors(const std::string& op, int rank, F f) {
  const Tensor x = ones(Dims::filled(rank, 3));
  const auto by = [&](std::string_view number) {
    std::string out(number);
    for (int d = 3; d < rank; ++d) out += " x " + std::string(number);
    return out;
  };
  return {
      error<ShapeError>(op + ": expected an input of rank " + std::to_string(rank), [=] { f(ones(3), 2, 1, 0); }),
      error<ShapeError>(op + ": expected a window that fits into 3 padded by 0", [=] { f(x, 4, 1, 0); }),
      error<ValueError>(op + ": expected kernel_size from 1 to 2^30, got " + by("0"), [=] { f(x, 0, 1, 0); }),
      error<ValueError>(op + ": expected stride from 1 to 2^30, got " + by("-1"), [=] { f(x, 2, -1, 0); }),
      error<ValueError>(op + ": expected padding of at most half of the kernel " + by("3") + ", got " + by("2"),
                        [=] { f(x, 3, 1, 2); }),
      error<ValueError>(op + ": expected the input to be a tensor, got an undefined one",
                        [=] { f(Tensor(), 2, 1, 0); }),
  };
}

void add_max_pool_rows(std::vector<OpRow>& table) {
  const auto line = [](std::int64_t kernel, const MaxPool1dOptions& options = {}) {
    return [=](const Tensor& x) { return max_pool1d(x, kernel, options); };
  };
  table.push_back(
      {.name = "max_pool1d",
       .samples = {pool_sample("plain", {1, 2, 4}, line(2)),
                   pool_sample("options", {2, 1, 6},
                               line(3, {.stride = 2, .padding = 1, .dilation = 2, .ceil_mode = true})),
                   pool_sample("without a batch", {2, 4}, line(2)), pool_sample("no samples", {0, 2, 4}, line(2))},
       .errors = window_errors("max_pool1d", 3,
                               [](const Tensor& x, std::int64_t k, std::int64_t s, std::int64_t p) {
                                 max_pool1d(x, k, {.stride = s, .padding = p});
                               }),
       .exact = true});
  const auto volume = [](Size3d kernel, const MaxPool3dOptions& options = {}) {
    return [=](const Tensor& x) { return max_pool3d(x, kernel, options); };
  };
  table.push_back(
      {.name = "max_pool3d",
       .samples = {pool_sample("plain", {1, 2, 2, 2, 4}, volume(2)),
                   pool_sample(
                       "options", {1, 1, 4, 3, 3},
                       volume({3, 2, 1},
                              {.stride = {2, 1, 1}, .padding = {1, 0, 0}, .dilation = {1, 2, 1}, .ceil_mode = true})),
                   pool_sample("without a batch", {2, 2, 2, 2}, volume(2)),
                   pool_sample("no samples", {0, 2, 2, 2, 2}, volume(2))},
       .errors = window_errors(
           "max_pool3d", 5,
           [](const Tensor& x, Size3d k, Size3d s, Size3d p) { max_pool3d(x, k, {.stride = s, .padding = p}); }),
       .exact = true});
  table.push_back(
      {.name = "max_pool1d_with_indices",
       .samples = {indexed_sample("plain", {1, 2, 5}, [](const Tensor& x) { return max_pool1d_with_indices(x, 2); }),
                   indexed_sample("without a batch", {2, 4},
                                  [](const Tensor& x) { return max_pool1d_with_indices(x, 2); })},
       .errors = window_errors("max_pool1d_with_indices", 3,
                               [](const Tensor& x, std::int64_t k, std::int64_t s, std::int64_t p) {
                                 max_pool1d_with_indices(x, k, {.stride = s, .padding = p});
                               }),
       .exact = true});
  table.push_back({.name = "max_pool3d_with_indices",
                   .samples = {indexed_sample("overlapping", {1, 2, 3, 2, 3},
                                              [](const Tensor& x) {
                                                return max_pool3d_with_indices(x, 2, {.stride = 1, .padding = 1});
                                              }),
                               indexed_sample("without a batch", {1, 2, 2, 2},
                                              [](const Tensor& x) { return max_pool3d_with_indices(x, 2); }),
                               indexed_sample("no samples", {0, 1, 2, 2, 2},
                                              [](const Tensor& x) { return max_pool3d_with_indices(x, 2); })},
                   .errors = window_errors("max_pool3d_with_indices", 5,
                                           [](const Tensor& x, Size3d k, Size3d s, Size3d p) {
                                             max_pool3d_with_indices(x, k, {.stride = s, .padding = p});
                                           }),
                   .exact = true});
}

void add_avg_pool_rows(std::vector<OpRow>& table) {
  const auto line = [](std::int64_t kernel, const AvgPool1dOptions& options = {}) {
    return [=](const Tensor& x) { return avg_pool1d(x, kernel, options); };
  };
  table.push_back(
      {.name = "avg_pool1d",
       .samples = {pool_sample("plain", {1, 2, 4}, line(2)),
                   pool_sample("options", {2, 1, 6},
                               line(3, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false})),
                   pool_sample("without a batch", {2, 4}, line(2)), pool_sample("no samples", {0, 2, 4}, line(2))},
       .errors = window_errors("avg_pool1d", 3, [](const Tensor& x, std::int64_t k, std::int64_t s, std::int64_t p) {
         avg_pool1d(x, k, {.stride = s, .padding = p});
       })});
  const auto volume = [](Size3d kernel, const AvgPool3dOptions& options = {}) {
    return [=](const Tensor& x) { return avg_pool3d(x, kernel, options); };
  };
  table.push_back(
      {.name = "avg_pool3d",
       .samples = {pool_sample("plain", {1, 2, 2, 2, 4}, volume(2)),
                   pool_sample(
                       "options", {1, 1, 3, 4, 3},
                       volume(
                           {3, 2, 2},
                           {.stride = {2, 1, 1}, .padding = {1, 0, 1}, .ceil_mode = true, .count_include_pad = false})),
                   pool_sample("divisor", {1, 1, 3, 2, 3}, volume(2, {.padding = 1, .divisor_override = 3})),
                   pool_sample("without a batch", {2, 2, 2, 2}, volume(2)),
                   pool_sample("no samples", {0, 2, 2, 2, 2}, volume(2))},
       .errors = window_errors("avg_pool3d", 5, [](const Tensor& x, Size3d k, Size3d s, Size3d p) {
         avg_pool3d(x, k, {.stride = s, .padding = p});
       })});
  table.back().errors.push_back(error<ValueError>("avg_pool3d: expected divisor_override from 1 to 2^30, got 0", [] {
    avg_pool3d(ones({1, 1, 2, 2, 2}), 2, {.divisor_override = 0});
  }));
}

template <class F> OpRow adaptive_row(std::string_view name, bool exact, int rank, F f) {
  OpRow row{.name = name, .exact = exact};
  Shape x{1, 2};
  for (int d = 2; d < rank; ++d) x.push_back(d);
  Shape without_batch = x;
  without_batch.erase(0);
  Shape nothing = x;
  nothing[0] = 0;
  row.samples = {pool_sample("two", x, [f](const Tensor& a) { return f(a, 2); }),
                 pool_sample("one", x, [f](const Tensor& a) { return f(a, 1); }),
                 pool_sample("without a batch", without_batch, [f](const Tensor& a) { return f(a, 3); }),
                 pool_sample("no samples", nothing, [f](const Tensor& a) { return f(a, 1); })};
  const std::string op(name);
  row.errors = {
      error<ShapeError>(op + ": expected an input of rank " + std::to_string(rank), [=] { f(ones(3), 1); }),
      error<ValueError>(op + ": expected output_size from 0 to 2^30, got -1", [=] { f(ones(x), -1); }),
      error<ValueError>(op + ": expected the input to be a tensor, got an undefined one", [=] { f(Tensor(), 1); }),
  };
  return row;
}

}  // namespace

void add_volume_rows(std::vector<OpRow>& table) {
  table.push_back(conv3d_row());
  table.push_back(conv_transpose1d_row());
  table.push_back(conv_transpose3d_row());
  add_max_pool_rows(table);
  add_avg_pool_rows(table);
  table.push_back(adaptive_row("adaptive_avg_pool1d", false, 3,
                               [](const Tensor& x, std::int64_t size) { return adaptive_avg_pool1d(x, size); }));
  table.push_back(adaptive_row("adaptive_avg_pool3d", false, 5,
                               [](const Tensor& x, std::int64_t size) { return adaptive_avg_pool3d(x, size); }));
  table.push_back(adaptive_row("adaptive_max_pool1d", true, 3,
                               [](const Tensor& x, std::int64_t size) { return adaptive_max_pool1d(x, size); }));
  table.push_back(adaptive_row("adaptive_max_pool3d", true, 5,
                               [](const Tensor& x, std::int64_t size) { return adaptive_max_pool3d(x, size); }));
}

}  // namespace reel::testing
