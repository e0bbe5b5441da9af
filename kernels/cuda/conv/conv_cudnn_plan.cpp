// Convolutions as graphs of cuDNN's, and the plans that run them.

#include <reel/kernels/cuda/conv/conv_cudnn_plan.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace reel::kernels::cuda::convolution {
namespace {

using cudnn::Attribute;
using cudnn::Descriptor;
using cudnn::DescriptorType;
using cudnn::NumericalNote;

constexpr std::int64_t kMaxWorkspace = 1 << 30;

cudnn::DataType data_type(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return cudnn::DataType::f64;
    case DType::f16:
      return cudnn::DataType::f16;
    case DType::bf16:
      return cudnn::DataType::bf16;
    default:
      return cudnn::DataType::f32;
  }
}

/// What sums are kept in.
cudnn::DataType compute_type(DType dtype) { return dtype == DType::f64 ? cudnn::DataType::f64 : cudnn::DataType::f32; }

/// The padding behind the image. The same as before it wherever that gives the output its size, since few of cuDNN's
/// engines take two; none at all where lines of the output are missing that even no padding makes.
std::optional<std::int64_t> post_padding(std::int64_t size, std::int64_t pre, std::int64_t kernel,
                                         std::int64_t dilation, std::int64_t stride, std::int64_t out) {
  const std::int64_t reach = dilation * (kernel - 1) + 1;
  for (const std::int64_t post : {pre, std::max<std::int64_t>((out - 1) * stride + reach - size - pre, 0)}) {
    if (size + pre + post >= reach && (size + pre + post - reach) / stride + 1 == out) return post;
  }
  return std::nullopt;
}

/// [n, c, h, w] in memory as [n, h, w, c].
Descriptor make_tensor(const ConvForm& form, DType dtype, std::int64_t id, std::int64_t n, std::int64_t c,
                       std::int64_t h, std::int64_t w, bool is_virtual = false) {
  Descriptor tensor(DescriptorType::tensor);
  tensor.set(Attribute::tensor_data_type, is_virtual ? compute_type(dtype) : data_type(dtype))
      .set(Attribute::tensor_dimensions, std::array{n, c, h, w})
      .set(Attribute::tensor_strides, std::array{h * w * c, std::int64_t{1}, w * c, c})
      .set(Attribute::tensor_byte_alignment, is_virtual ? kConvAlignment : form.alignment)
      .set(Attribute::tensor_unique_id, id)
      .set(Attribute::tensor_is_virtual, is_virtual)
      .finalize();
  return tensor;
}

Descriptor make_convolution(const ConvForm& form, std::int64_t post_h, std::int64_t post_w) {
  const ConvShape& s = form.shape;
  Descriptor convolution(DescriptorType::convolution);
  convolution.set(Attribute::convolution_compute_type, compute_type(form.dtype))
      .set(Attribute::convolution_mode, cudnn::ConvolutionMode::cross_correlation)
      .set(Attribute::convolution_spatial_dims, std::int64_t{2})
      .set(Attribute::convolution_pre_paddings, std::array{s.pad_top, s.pad_left})
      .set(Attribute::convolution_post_paddings, std::array{post_h, post_w})
      .set(Attribute::convolution_dilations, std::array{s.dilation_h, s.dilation_w})
      .set(Attribute::convolution_strides, std::array{s.stride_h, s.stride_w})
      .finalize();
  return convolution;
}

/// The attributes of one of the three operations.
struct OperationNames {
  DescriptorType type;
  Attribute x, w, y, convolution, alpha, beta;
};

const OperationNames& names_of(ConvOp op) {
  static constexpr OperationNames names[] = {
      {DescriptorType::convolution_forward, Attribute::forward_x, Attribute::forward_w, Attribute::forward_y,
       Attribute::forward_convolution, Attribute::forward_alpha, Attribute::forward_beta},
      {DescriptorType::convolution_backward_data, Attribute::backward_data_dx, Attribute::backward_data_w,
       Attribute::backward_data_dy, Attribute::backward_data_convolution, Attribute::backward_data_alpha,
       Attribute::backward_data_beta},
      {DescriptorType::convolution_backward_filter, Attribute::backward_filter_x, Attribute::backward_filter_dw,
       Attribute::backward_filter_dy, Attribute::backward_filter_convolution, Attribute::backward_filter_alpha,
       Attribute::backward_filter_beta}};
  return names[static_cast<std::size_t>(op)];
}

Descriptor make_graph(const ConvForm& form, std::int64_t post_h, std::int64_t post_w, cudnn::Handle handle) {
  const ConvShape& s = form.shape;
  const auto dtype_of = [&](ConvOp result) { return form.op == result ? form.dtype : form.factors; };
  const auto make_y = [&](std::int64_t id, bool is_virtual) {
    return make_tensor(form, dtype_of(ConvOp::forward), id, s.batch, s.out_channels, s.out_height, s.out_width,
                       is_virtual);
  };
  const Descriptor x = make_tensor(form, dtype_of(ConvOp::input_grad), kConvX, s.batch, s.channels, s.height, s.width);
  const Descriptor w = make_tensor(form, dtype_of(ConvOp::weight_grad), kConvWeight, s.out_channels, s.group_channels(),
                                   s.kernel_height, s.kernel_width);
  const Descriptor product = make_y(form.bias ? kConvBias + 1 : kConvY, form.bias);
  const Descriptor convolution = make_convolution(form, post_h, post_w);

  std::vector<Descriptor> operations;
  const OperationNames& names = names_of(form.op);
  Descriptor& operation = operations.emplace_back(names.type);
  operation.set(names.x, x).set(names.w, w).set(names.y, product).set(names.convolution, convolution);
  if (form.dtype == DType::f64) {
    operation.set(names.alpha, 1.0).set(names.beta, 0.0);
  } else {
    operation.set(names.alpha, 1.0f).set(names.beta, 0.0f);
  }
  operation.finalize();

  if (form.bias) {
    Descriptor add(DescriptorType::pointwise);
    add.set(Attribute::pointwise_mode, cudnn::PointwiseMode::add)
        .set(Attribute::pointwise_math_precision, compute_type(form.dtype))
        .finalize();
    operations.emplace_back(DescriptorType::pointwise_operation)
        .set(Attribute::pointwise_operation_pointwise, add)
        .set(Attribute::pointwise_operation_x, product)
        .set(Attribute::pointwise_operation_b, make_tensor(form, form.dtype, kConvBias, 1, s.out_channels, 1, 1))
        .set(Attribute::pointwise_operation_y, make_y(kConvY, false))
        .finalize();
  }

  Descriptor graph(DescriptorType::operation_graph);
  graph.set(Attribute::graph_operations, std::span<const Descriptor>(operations));
  if (handle) graph.set(Attribute::graph_handle, handle);
  graph.finalize();
  return graph;
}

/// Whether an engine computes as exactly as asked, and the same each time: some add in an order left to chance.
bool is_allowed(const ConvForm& form, const Descriptor& config) {
  const auto engines = config.get_descriptors(Attribute::engine_config_engine, DescriptorType::engine);
  const auto notes = engines.at(0).get_all<NumericalNote>(Attribute::engine_numerical_note, 32);
  return std::none_of(notes.begin(), notes.end(), [&](NumericalNote note) {
    return note == NumericalNote::nondeterministic || note == NumericalNote::down_convert_inputs ||
           note == NumericalNote::reduced_precision_reduction ||
           (note == NumericalNote::tensor_core && form.factors == DType::f32 && !form.tf32);
  });
}

std::vector<Descriptor> configs_of(const Descriptor& graph, const ConvTarget& target, cudnn::HeuristicsMode mode) {
  Descriptor heuristics(DescriptorType::engine_heuristics);
  heuristics.set(Attribute::heuristics_operation_graph, graph).set(Attribute::heuristics_mode, mode);
  if (target.properties) heuristics.set(Attribute::heuristics_device_properties, *target.properties);
  if (!heuristics.try_finalize()) return {};
  return heuristics.get_descriptors(Attribute::heuristics_results, DescriptorType::engine_config);
}

/// The plan of an engine's configuration, if it can run on the target in memory that is worth it.
std::optional<ConvPlan> make_plan(Descriptor config, const ConvTarget& target) {
  Descriptor plan(DescriptorType::execution_plan);
  plan.set(Attribute::plan_engine_config, config);
  if (target.handle) plan.set(Attribute::plan_handle, target.handle);
  if (target.properties) plan.set(Attribute::plan_device_properties, *target.properties);
  if (!plan.try_finalize()) return std::nullopt;
  const auto workspace = plan.get<std::int64_t>(Attribute::plan_workspace_size);
  if (workspace > kMaxWorkspace) return std::nullopt;
  return ConvPlan{std::move(config), std::move(plan), workspace};
}

/// Some engines count elements in 32 bits without saying so.
bool fits_32_bits(const ConvShape& s) {
  constexpr std::int64_t limit = std::numeric_limits<std::int32_t>::max();
  return s.batch * s.height * s.width * s.channels <= limit &&
         s.batch * s.out_height * s.out_width * s.out_channels <= limit &&
         s.out_channels * s.group_channels() * s.kernel_height * s.kernel_width <= limit;
}

}  // namespace

std::optional<Descriptor> conv_graph(const ConvForm& form, cudnn::Handle handle) {
  const ConvShape& s = form.shape;
  const auto post_h = post_padding(s.height, s.pad_top, s.kernel_height, s.dilation_h, s.stride_h, s.out_height);
  const auto post_w = post_padding(s.width, s.pad_left, s.kernel_width, s.dilation_w, s.stride_w, s.out_width);
  if (!post_h || !post_w || !fits_32_bits(s)) return std::nullopt;
  return make_graph(form, *post_h, *post_w, handle);
}

std::vector<ConvPlan> conv_plans(const ConvForm& form, const ConvTarget& target, std::size_t count) {
  std::vector<ConvPlan> plans;
  const std::optional<Descriptor> graph = conv_graph(form, target.handle);
  if (!graph) return plans;
  for (const auto mode : {cudnn::HeuristicsMode::a, cudnn::HeuristicsMode::fallback}) {
    for (Descriptor& config : configs_of(*graph, target, mode)) {
      if (!is_allowed(form, config)) continue;
      if (auto plan = make_plan(std::move(config), target)) plans.push_back(std::move(*plan));
      if (plans.size() == count) return plans;
    }
    if (!plans.empty()) break;
  }
  return plans;
}

}  // namespace reel::kernels::cuda::convolution
