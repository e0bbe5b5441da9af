// Rows of the op table: pooling.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

template <class F> Sample pool_sample(std::string label, const Shape& x, F f) {
  return {std::move(label), {distinct_leaf(x)}, call1(f)};
}

/// The mistakes that every pooling with a kernel refuses; `f(x, kernel_size, stride, padding)`.
template <class F> std::vector<ErrorSample> window_errors(const std::string& op, F f) {
  return {
      error<ShapeError>(op + ": expected an input of rank 4, or 3 without a batch, got shape [3, 3]; unsqueeze",
                        [=] {
                          f(ones({3, 3}), 2, 1, 0);
                        }),
      error<ShapeError>(op + ": expected a window that fits into 3 padded by 0 on each side, got 4 with dilation 1",
                        [=] {
                          f(ones({1, 1, 3, 3}), 4, 1, 0);
                        }),
      error<ShapeError>(op + ": expected an image with pixels, got 0 x 3",
                        [=] {
                          f(ones({1, 1, 0, 3}), 2, 1, 1);
                        }),
      error<ValueError>(op + ": expected kernel_size from 1 to 2^30, got 0 x 0",
                        [=] {
                          f(ones({1, 1, 3, 3}), 0, 1, 0);
                        }),
      error<ValueError>(op + ": expected stride from 1 to 2^30, got -1 x -1",
                        [=] {
                          f(ones({1, 1, 3, 3}), 2, -1, 0);
                        }),
      error<ValueError>(op + ": expected padding from 0 to 2^30, got -1 x -1",
                        [=] {
                          f(ones({1, 1, 3, 3}), 2, 1, -1);
                        }),
      error<ValueError>(op + ": expected padding of at most half of the kernel 3 x 3, got 2 x 2",
                        [=] {
                          f(ones({1, 1, 3, 3}), 3, 1, 2);
                        }),
      error<ValueError>(op + ": expected the input to be a tensor, got an undefined one",
                        [=] { f(Tensor(), 2, 1, 0); }),
  };
}

OpRow max_pool2d_row() {
  OpRow row{.name = "max_pool2d", .exact = true};
  const auto sample = [](std::string label, const Shape& x, Size2d kernel, const MaxPool2dOptions& options = {}) {
    return pool_sample(std::move(label), x, [=](const Tensor& a) { return max_pool2d(a, kernel, options); });
  };
  row.samples = {
      sample("2x2", {1, 2, 2, 4}, 2),
      sample("overlapping", {1, 1, 4, 5}, {3, 2}, {.stride = {1, 2}, .padding = {1, 0}}),
      sample("dilation", {1, 2, 3, 4}, 2, {.stride = 1, .padding = 1, .dilation = 2}),
      sample("ceil_mode", {2, 1, 3, 3}, 2, {.ceil_mode = true}),
      sample("larger than the image", {1, 2, 2, 3}, 3, {.stride = 2, .ceil_mode = true}),
      sample("without a batch", {2, 2, 4}, 2),
      sample("stride 3", {1, 2, 2, 6}, {1, 2}, {.stride = {1, 3}}),
      sample("no samples", {0, 2, 2, 2}, 2),
      sample("no channels", {1, 0, 2, 2}, 2),
  };
  row.errors = window_errors("max_pool2d", [](const Tensor& x, Size2d kernel, Size2d stride, Size2d padding) {
    max_pool2d(x, kernel, {.stride = stride, .padding = padding});
  });
  row.errors.push_back(error<ValueError>("max_pool2d: expected dilation from 1 to 2^30", [] {
    max_pool2d(ones({1, 1, 3, 3}), 2, {.dilation = 0});
  }));
  row.errors.push_back(
      error<ShapeError>("max_pool2d: expected windows with an element of the image, got only padding in window 0 along "
                        "the width (size 2, kernel 2, stride 1, padding 1, dilation 3); reduce padding or dilation",
                        [] {
                          max_pool2d(ones({1, 1, 4, 2}), 2, {.stride = 1, .padding = 1, .dilation = {1, 3}});
                        }));
  return row;
}

OpRow max_pool2d_with_indices_row() {
  OpRow row{.name = "max_pool2d_with_indices", .exact = true};
  const auto sample = [](std::string label, const Shape& x, Size2d kernel, const MaxPool2dOptions& options = {}) {
    return Sample{std::move(label), {distinct_leaf(x)}, [=](const Tensors& in) {
                    const auto [values, indices] = max_pool2d_with_indices(in[0], kernel, options);
                    return Tensors{values, indices};
                  }};
  };
  row.samples = {sample("2x2", {1, 2, 4, 2}, 2), sample("overlapping", {1, 2, 3, 3}, 2, {.stride = 1, .padding = 1}),
                 sample("without a batch", {2, 2, 4}, 2), sample("no samples", {0, 1, 2, 2}, 2)};
  row.errors =
      window_errors("max_pool2d_with_indices", [](const Tensor& x, Size2d kernel, Size2d stride, Size2d padding) {
        max_pool2d_with_indices(x, kernel, {.stride = stride, .padding = padding});
      });
  return row;
}

OpRow avg_pool2d_row() {
  OpRow row{.name = "avg_pool2d"};
  const auto sample = [](std::string label, const Shape& x, Size2d kernel, const AvgPool2dOptions& options = {}) {
    return pool_sample(std::move(label), x, [=](const Tensor& a) { return avg_pool2d(a, kernel, options); });
  };
  row.samples = {
      sample("2x2", {1, 2, 2, 4}, 2),
      sample("overlapping", {1, 2, 4, 3}, {3, 2}, {.stride = {1, 2}, .padding = 1}),
      sample("padding not counted", {1, 1, 4, 4}, 3, {.stride = 2, .padding = 1, .count_include_pad = false}),
      sample("ceil_mode", {1, 2, 3, 3}, 2, {.padding = 1, .ceil_mode = true}),
      sample("larger than the image", {1, 2, 2, 3}, 3, {.stride = 2, .ceil_mode = true}),
      sample("without a batch", {2, 2, 4}, 2),
      sample("stride 3", {1, 1, 4, 6}, {2, 1}, {.stride = 3}),
      sample("no samples", {0, 2, 2, 2}, 2),
  };
  row.errors = window_errors("avg_pool2d", [](const Tensor& x, Size2d kernel, Size2d stride, Size2d padding) {
    avg_pool2d(x, kernel, {.stride = stride, .padding = padding});
  });
  return row;
}

template <class F> OpRow adaptive_row(std::string_view name, bool exact, F f) {
  OpRow row{.name = name, .exact = exact};
  const auto sample = [f](std::string label, const Shape& x, Size2d size) {
    return pool_sample(std::move(label), x, [=](const Tensor& a) { return f(a, size); });
  };
  row.samples = {sample("uneven", {1, 2, 3, 4}, {2, 3}),    sample("even", {1, 2, 4, 3}, {2, 1}),
                 sample("larger than x", {1, 1, 2, 2}, 3),  sample("one", {2, 2, 2, 3}, 1),
                 sample("without a batch", {2, 3, 2}, 2),   sample("no samples", {0, 2, 3, 3}, {2, 2}),
                 sample("no windows", {1, 1, 2, 2}, {0, 1})};
  const std::string op(name);
  row.errors = {
      error<ShapeError>(op + ": expected an input of rank 4, or 3 without a batch, got shape [3, 3]",
                        [=] {
                          f(ones({3, 3}), 1);
                        }),
      error<ShapeError>(op + ": expected an image with pixels, got 0 x 3",
                        [=] {
                          f(ones({1, 1, 0, 3}), 1);
                        }),
      error<ValueError>(op + ": expected output_size from 0 to 2^30, got -1 x 2",
                        [=] {
                          f(ones({1, 1, 3, 3}), Size2d(-1, 2));
                        }),
      error<ValueError>(op + ": expected the input to be a tensor, got an undefined one", [=] { f(Tensor(), 1); }),
  };
  return row;
}

}  // namespace

void add_pooling_rows(std::vector<OpRow>& table) {
  table.push_back(max_pool2d_row());
  table.push_back(max_pool2d_with_indices_row());
  table.push_back(avg_pool2d_row());
  table.push_back(adaptive_row("adaptive_avg_pool2d", false,
                               [](const Tensor& x, Size2d size) { return adaptive_avg_pool2d(x, size); }));
  table.push_back(adaptive_row("adaptive_max_pool2d", true,
                               [](const Tensor& x, Size2d size) { return adaptive_max_pool2d(x, size); }));
}

}  // namespace reel::testing
