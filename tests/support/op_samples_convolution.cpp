// Rows of the op table: convolutions.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// Calls `f(x, weight)` or `f(x, weight, bias)` with the inputs that are there.
template <class F> Sample conv_sample(std::string label, const Shape& x, const Shape& weight, std::int64_t bias, F f) {
  Tensors inputs{leaf(x, -1, 1, 1), leaf(weight, -1, 1, 2)};
  if (bias > 0) inputs.push_back(leaf({bias}, -1, 1, 3));
  return {std::move(label), std::move(inputs),
          [f](const Tensors& in) { return Tensors{f(in[0], in[1], in.size() > 2 ? in[2] : Tensor())}; }};
}

Sample conv2d_sample(std::string label, const Shape& x, const Shape& weight, std::int64_t bias,
                     const Conv2dOptions& options = {}) {
  return conv_sample(std::move(label), x, weight, bias,
                     [options](const Tensor& a, const Tensor& w, const Tensor& b) { return conv2d(a, w, b, options); });
}

Sample conv1d_sample(std::string label, const Shape& x, const Shape& weight, std::int64_t bias,
                     const Conv1dOptions& options = {}) {
  return conv_sample(std::move(label), x, weight, bias,
                     [options](const Tensor& a, const Tensor& w, const Tensor& b) { return conv1d(a, w, b, options); });
}

Sample transpose_sample(std::string label, const Shape& x, const Shape& weight, std::int64_t bias,
                        const ConvTranspose2dOptions& options = {}) {
  return conv_sample(std::move(label), x, weight, bias, [options](const Tensor& a, const Tensor& w, const Tensor& b) {
    return conv_transpose2d(a, w, b, options);
  });
}

OpRow conv2d_row() {
  OpRow row{.name = "conv2d", .dtypes = kFloating};
  row.samples = {
      conv2d_sample("plain", {2, 2, 3, 3}, {2, 2, 2, 2}, 2),
      conv2d_sample("stride and padding", {1, 2, 4, 3}, {2, 2, 3, 2}, 0, {.stride = {2, 1}, .padding = {1, 0}}),
      conv2d_sample("dilation", {1, 1, 5, 4}, {2, 1, 2, 2}, 2, {.padding = 1, .dilation = {3, 2}}),
      conv2d_sample("groups", {1, 4, 2, 3}, {2, 2, 2, 2}, 2, {.groups = 2}),
      conv2d_sample("depthwise", {1, 3, 2, 3}, {6, 1, 2, 1}, 0, {.groups = 3}),
      conv2d_sample("same, even kernel", {1, 1, 3, 4}, {1, 1, 2, 4}, 1, {.padding = "same"}),
      conv2d_sample("full", {1, 2, 2, 2}, {1, 2, 2, 3}, 0, {.padding = "full"}),
      conv2d_sample("valid", {1, 1, 3, 3}, {2, 1, 3, 2}, 2, {.padding = "valid"}),
      conv2d_sample("1x1", {2, 3, 2, 2}, {2, 3, 1, 1}, 2),
      conv2d_sample("left-over lines", {1, 1, 6, 5}, {1, 1, 2, 2}, 0, {.stride = 3}),
      conv2d_sample("without a batch", {2, 3, 4}, {2, 2, 2, 2}, 2, {.padding = {1, 0}}),
      conv2d_sample("no samples", {0, 2, 3, 3}, {2, 2, 2, 2}, 2),
      conv2d_sample("no channels", {1, 0, 2, 2}, {2, 0, 1, 1}, 2),
  };
  const auto fails = [](const Shape& x, const Shape& weight, const Conv2dOptions& options = {}) {
    return [=] { conv2d(ones(x), ones(weight), {}, options); };
  };
  row.errors = {
      error<ShapeError>("conv2d: expected an input of rank 4, or 3 without a batch, got shape [3, 3]; unsqueeze",
                        fails({3, 3}, {2, 2, 2, 2})),
      error<ShapeError>("conv2d: expected the weight of rank 4", fails({1, 2, 3, 3}, {2, 2, 2})),
      error<ShapeError>(
          "conv2d: expected input with 2 channels for the weight [4, 2, 3, 3] and 1 groups, got shape [1, 3, ",
          fails({1, 3, 5, 5}, {4, 2, 3, 3})),
      error<ShapeError>("conv2d: expected output channels that 2 groups divide, got weight [3, 1, 1, 1]",
                        fails({1, 2, 5, 5}, {3, 1, 1, 1}, {.groups = 2})),
      error<ShapeError>("conv2d: expected a window that fits into 4 padded by 0 on each side, got 3 with dilation 2",
                        fails({1, 1, 4, 9}, {1, 1, 3, 3}, {.dilation = 2})),
      error<ShapeError>("conv2d: expected a kernel of at least one element", fails({1, 1, 4, 4}, {1, 1, 0, 3})),
      error<ShapeError>("conv2d: expected the bias of shape [2], got [3]",
                        [] {
                          conv2d(ones({1, 1, 2, 2}), ones({2, 1, 1, 1}), ones({3}));
                        }),
      error<ValueError>("conv2d: expected stride from 1 to 2^30, got 0 x 1",
                        fails({1, 1, 4, 4}, {1, 1, 3, 3}, {.stride = {0, 1}})),
      error<ValueError>("conv2d: expected dilation from 1 to 2^30",
                        fails({1, 1, 4, 4}, {1, 1, 3, 3}, {.dilation = -1})),
      error<ValueError>("conv2d: expected padding from 0 to 2^30, got -1 x -1",
                        fails({1, 1, 4, 4}, {1, 1, 3, 3}, {.padding = -1})),
      error<ValueError>("conv2d: expected groups of at least 1, got 0",
                        fails({1, 1, 4, 4}, {1, 1, 3, 3}, {.groups = 0})),
      error<ValueError>("conv2d: expected stride 1 for padding \"same\", got 2 x 2",
                        fails({1, 1, 4, 4}, {1, 1, 3, 3}, {.stride = 2, .padding = "same"})),
      error<ValueError>("expected \"valid\", \"same\", \"full\" or numbers, got \"half\"",
                        [] { (void)Padding("half"); }),
      error<DTypeError>("conv2d: expected operands of one dtype, got f32 and f64",
                        [] {
                          conv2d(ones({1, 1, 2, 2}), ones({1, 1, 1, 1}, {.dtype = DType::f64}));
                        }),
      error<ValueError>("conv2d: expected the weight to be a tensor, got an undefined one",
                        [] {
                          conv2d(ones({1, 1, 2, 2}), Tensor());
                        }),
  };
  return row;
}

OpRow conv1d_row() {
  OpRow row{.name = "conv1d", .dtypes = kFloating};
  row.samples = {
      conv1d_sample("plain", {2, 2, 4}, {3, 2, 2}, 3),
      conv1d_sample("options", {1, 2, 6}, {2, 1, 3}, 0, {.stride = 2, .padding = 1, .dilation = 2, .groups = 2}),
      conv1d_sample("same", {1, 1, 5}, {2, 1, 4}, 2, {.padding = "same"}),
      conv1d_sample("full", {1, 1, 3}, {1, 1, 2}, 0, {.padding = "full"}),
      conv1d_sample("without a batch", {2, 4}, {3, 2, 2}, 3),
      conv1d_sample("no samples", {0, 1, 3}, {1, 1, 2}, 1),
  };
  row.errors = {
      error<ShapeError>("conv1d: expected an input of rank 3, or 2 without a batch, got shape [1, 1, 4, 4]",
                        [] {
                          conv1d(ones({1, 1, 4, 4}), ones({1, 1, 3}));
                        }),
      error<ShapeError>("conv1d: expected input with 1 channels",
                        [] {
                          conv1d(ones({1, 2, 4}), ones({1, 1, 3}));
                        }),
      error<ValueError>("conv1d: expected stride from 1 to 2^30",
                        [] {
                          conv1d(ones({1, 1, 4}), ones({1, 1, 3}), {}, {.stride = 0});
                        }),
      error<ValueError>("conv1d: expected one number as padding, got 1 and 2",
                        [] {
                          conv1d(ones({1, 1, 4}), ones({1, 1, 3}), {}, {.padding = {1, 2}});
                        }),
      error<ValueError>("conv1d: expected the input to be a tensor, got an undefined one",
                        [] {
                          conv1d(Tensor(), ones({1, 1, 3}));
                        }),
  };
  return row;
}

OpRow conv_transpose2d_row() {
  OpRow row{.name = "conv_transpose2d"};
  row.samples = {
      transpose_sample("plain", {1, 2, 2, 3}, {2, 2, 2, 2}, 2),
      transpose_sample("stride", {1, 2, 2, 2}, {2, 1, 3, 2}, 1, {.stride = {2, 3}, .padding = {1, 0}}),
      transpose_sample("output padding", {2, 1, 2, 2}, {1, 2, 2, 2}, 0, {.stride = 2, .output_padding = {1, 0}}),
      transpose_sample("groups and dilation", {1, 4, 2, 2}, {4, 1, 2, 1}, 2, {.groups = 2, .dilation = {2, 1}}),
      transpose_sample("output padding up to the dilation", {1, 1, 2, 2}, {1, 1, 2, 2}, 1,
                       {.output_padding = 2, .dilation = 3}),
      transpose_sample("without a batch", {2, 2, 3}, {2, 2, 2, 2}, 2),
      transpose_sample("no samples", {0, 1, 2, 2}, {1, 1, 2, 2}, 1),
  };
  const auto fails = [](const Shape& x, const Shape& weight, const ConvTranspose2dOptions& options = {}) {
    return [=] { conv_transpose2d(ones(x), ones(weight), {}, options); };
  };
  row.errors = {
      error<ShapeError>(
          "conv_transpose2d: expected input with 2 channels for the weight [2, 4, 3, 3], got shape [1, 3, ",
          fails({1, 3, 5, 5}, {2, 4, 3, 3})),
      error<ShapeError>("conv_transpose2d: expected channels that 2 groups divide, got 3",
                        fails({1, 3, 5, 5}, {3, 4, 3, 3}, {.groups = 2})),
      error<ShapeError>("conv_transpose2d: an input of 1 with kernel 2 and padding 1 gives an empty result",
                        fails({1, 1, 1, 5}, {1, 1, 2, 2}, {.padding = 1})),
      error<ValueError>("conv_transpose2d: expected output_padding below stride or dilation, got 1 x 1",
                        fails({1, 1, 5, 5}, {1, 1, 3, 3}, {.output_padding = 1})),
      error<ValueError>("conv_transpose2d: expected stride from 1 to 2^30",
                        fails({1, 1, 5, 5}, {1, 1, 3, 3}, {.stride = 0})),
      error<ValueError>("undefined",
                        [] {
                          conv_transpose2d(ones({1, 1, 2, 2}), Tensor());
                        }),
  };
  return row;
}

OpRow im2col_row() {
  OpRow row{.name = "im2col", .exact = true};
  const auto sample = [](std::string label, const Shape& x, Size2d kernel, const WindowOptions& options = {}) {
    return Sample{std::move(label), {leaf(x)}, call1([=](const Tensor& a) { return im2col(a, kernel, options); })};
  };
  row.samples = {sample("plain", {2, 2, 3, 2}, {2, 1}),
                 sample("options", {1, 1, 5, 4}, {2, 3}, {.dilation = {2, 1}, .padding = {1, 2}, .stride = {1, 2}}),
                 sample("without a batch", {2, 3, 2}, {2, 1}), sample("no samples", {0, 1, 3, 3}, 2)};
  row.errors = {
      error<ShapeError>("im2col: expected an input of rank 4",
                        [] {
                          im2col(ones({3, 3}), 2);
                        }),
      error<ShapeError>("im2col: expected a window that fits",
                        [] {
                          im2col(ones({1, 1, 3, 3}), 4);
                        }),
      error<ValueError>("im2col: expected kernel_size from 1 to 2^30, got 0 x 0",
                        [] {
                          im2col(ones({1, 1, 3, 3}), 0);
                        }),
      error<ValueError>("undefined", [] { im2col(Tensor(), 2); }),
  };
  return row;
}

OpRow col2im_row() {
  OpRow row{.name = "col2im"};
  row.samples = {
      {"plain", {leaf({2, 4, 4})}, call1([](const Tensor& x) { return col2im(x, 3, 2); })},
      {"options", {leaf({1, 4, 4})}, call1([](const Tensor& x) {
         return col2im(x, {4, 3}, {2, 2}, {.dilation = {2, 1}, .padding = {0, 1}, .stride = {1, 2}});
       })},
      {"without a batch", {leaf({4, 4})}, call1([](const Tensor& x) { return col2im(x, 3, 2); })},
      {"no samples", {leaf({0, 4, 4})}, call1([](const Tensor& x) { return col2im(x, 3, 2); })},
  };
  row.errors = {
      error<ShapeError>("col2im: expected an input of rank 3", [] { col2im(ones({4}), 3, 2); }),
      error<ShapeError>("col2im: expected columns of a multiple of a window's 2 x 2 elements, got 3",
                        [] {
                          col2im(ones({1, 3, 4}), 3, 2);
                        }),
      error<ShapeError>("col2im: expected columns for an image of 3 x 3 with 2 x 2 windows, got 5",
                        [] {
                          col2im(ones({1, 4, 5}), 3, 2);
                        }),
      error<ValueError>("undefined", [] { col2im(Tensor(), 3, 2); }),
  };
  return row;
}

}  // namespace

void add_convolution_rows(std::vector<OpRow>& table) {
  table.push_back(conv1d_row());
  table.push_back(conv2d_row());
  table.push_back(conv_transpose2d_row());
  table.push_back(im2col_row());
  table.push_back(col2im_row());
}

}  // namespace reel::testing
