// What we declare of cuDNN against its headers, where they are installed.

#if __has_include(<cudnn.h>)
#include <cudnn.h>
#include <reel/kernels/cuda/conv/cudnn.h>

namespace dnn = reel::kernels::cuda::cudnn;

namespace {

template <class Ours, class Theirs> constexpr bool same(Ours ours, Theirs theirs) {
  return static_cast<long>(ours) == static_cast<long>(theirs);
}
using A = dnn::Attribute;
using D = dnn::DescriptorType;
using T = dnn::AttributeType;
static_assert(same(dnn::Status::success, CUDNN_STATUS_SUCCESS));
static_assert(same(D::pointwise, CUDNN_BACKEND_POINTWISE_DESCRIPTOR));
static_assert(same(D::convolution, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR));
static_assert(same(D::engine, CUDNN_BACKEND_ENGINE_DESCRIPTOR));
static_assert(same(D::engine_config, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR));
static_assert(same(D::engine_heuristics, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR));
static_assert(same(D::execution_plan, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR));
static_assert(same(D::convolution_forward, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR));
static_assert(same(D::convolution_backward_filter, CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR));
static_assert(same(D::convolution_backward_data, CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR));
static_assert(same(D::pointwise_operation, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR));
static_assert(same(D::operation_graph, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR));
static_assert(same(D::variant_pack, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR));
static_assert(same(D::tensor, CUDNN_BACKEND_TENSOR_DESCRIPTOR));
static_assert(same(A::pointwise_mode, CUDNN_ATTR_POINTWISE_MODE));
static_assert(same(A::pointwise_math_precision, CUDNN_ATTR_POINTWISE_MATH_PREC));
static_assert(same(A::convolution_compute_type, CUDNN_ATTR_CONVOLUTION_COMP_TYPE));
static_assert(same(A::convolution_mode, CUDNN_ATTR_CONVOLUTION_CONV_MODE));
static_assert(same(A::convolution_dilations, CUDNN_ATTR_CONVOLUTION_DILATIONS));
static_assert(same(A::convolution_strides, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES));
static_assert(same(A::convolution_post_paddings, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS));
static_assert(same(A::convolution_pre_paddings, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS));
static_assert(same(A::convolution_spatial_dims, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS));
static_assert(same(A::heuristics_mode, CUDNN_ATTR_ENGINEHEUR_MODE));
static_assert(same(A::heuristics_operation_graph, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH));
static_assert(same(A::heuristics_results, CUDNN_ATTR_ENGINEHEUR_RESULTS));
static_assert(same(A::engine_config_engine, CUDNN_ATTR_ENGINECFG_ENGINE));
static_assert(same(A::plan_handle, CUDNN_ATTR_EXECUTION_PLAN_HANDLE));
static_assert(same(A::plan_engine_config, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG));
static_assert(same(A::plan_workspace_size, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
static_assert(same(A::forward_alpha, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA));
static_assert(same(A::forward_beta, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA));
static_assert(same(A::forward_convolution, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC));
static_assert(same(A::forward_w, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W));
static_assert(same(A::forward_x, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X));
static_assert(same(A::forward_y, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y));
static_assert(same(A::backward_data_alpha, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA));
static_assert(same(A::backward_data_beta, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA));
static_assert(same(A::backward_data_convolution, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC));
static_assert(same(A::backward_data_w, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W));
static_assert(same(A::backward_data_dx, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX));
static_assert(same(A::backward_data_dy, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY));
static_assert(same(A::backward_filter_alpha, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA));
static_assert(same(A::backward_filter_beta, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA));
static_assert(same(A::backward_filter_convolution, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC));
static_assert(same(A::backward_filter_dw, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW));
static_assert(same(A::backward_filter_x, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X));
static_assert(same(A::backward_filter_dy, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY));
static_assert(same(A::pointwise_operation_pointwise, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR));
static_assert(same(A::pointwise_operation_x, CUDNN_ATTR_OPERATION_POINTWISE_XDESC));
static_assert(same(A::pointwise_operation_b, CUDNN_ATTR_OPERATION_POINTWISE_BDESC));
static_assert(same(A::pointwise_operation_y, CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
static_assert(same(A::graph_handle, CUDNN_ATTR_OPERATIONGRAPH_HANDLE));
static_assert(same(A::graph_operations, CUDNN_ATTR_OPERATIONGRAPH_OPS));
static_assert(same(A::tensor_byte_alignment, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT));
static_assert(same(A::tensor_data_type, CUDNN_ATTR_TENSOR_DATA_TYPE));
static_assert(same(A::tensor_dimensions, CUDNN_ATTR_TENSOR_DIMENSIONS));
static_assert(same(A::tensor_strides, CUDNN_ATTR_TENSOR_STRIDES));
static_assert(same(A::tensor_unique_id, CUDNN_ATTR_TENSOR_UNIQUE_ID));
static_assert(same(A::tensor_is_virtual, CUDNN_ATTR_TENSOR_IS_VIRTUAL));
static_assert(same(A::variant_pack_unique_ids, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS));
static_assert(same(A::variant_pack_data_pointers, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS));
static_assert(same(A::variant_pack_workspace, CUDNN_ATTR_VARIANT_PACK_WORKSPACE));
static_assert(same(A::engine_numerical_note, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE));
#if CUDNN_VERSION >= 90800
static_assert(same(A::heuristics_device_properties, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP));
static_assert(same(A::plan_device_properties, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP));
#endif
static_assert(same(T::handle, CUDNN_TYPE_HANDLE));
static_assert(same(T::data_type, CUDNN_TYPE_DATA_TYPE));
static_assert(same(T::boolean, CUDNN_TYPE_BOOLEAN));
static_assert(same(T::int64, CUDNN_TYPE_INT64));
static_assert(same(T::float32, CUDNN_TYPE_FLOAT));
static_assert(same(T::float64, CUDNN_TYPE_DOUBLE));
static_assert(same(T::pointer, CUDNN_TYPE_VOID_PTR));
static_assert(same(T::convolution_mode, CUDNN_TYPE_CONVOLUTION_MODE));
static_assert(same(T::heuristics_mode, CUDNN_TYPE_HEUR_MODE));
static_assert(same(T::numerical_note, CUDNN_TYPE_NUMERICAL_NOTE));
static_assert(same(T::pointwise_mode, CUDNN_TYPE_POINTWISE_MODE));
static_assert(same(T::descriptor, CUDNN_TYPE_BACKEND_DESCRIPTOR));
static_assert(same(dnn::DataType::f32, CUDNN_DATA_FLOAT) && same(dnn::DataType::f64, CUDNN_DATA_DOUBLE));
static_assert(same(dnn::DataType::f16, CUDNN_DATA_HALF) && same(dnn::DataType::bf16, CUDNN_DATA_BFLOAT16));
static_assert(same(dnn::ConvolutionMode::cross_correlation, CUDNN_CROSS_CORRELATION));
static_assert(same(dnn::PointwiseMode::add, CUDNN_POINTWISE_ADD));
static_assert(same(dnn::HeuristicsMode::a, CUDNN_HEUR_MODE_A));
static_assert(same(dnn::HeuristicsMode::fallback, CUDNN_HEUR_MODE_FALLBACK));
static_assert(same(dnn::NumericalNote::tensor_core, CUDNN_NUMERICAL_NOTE_TENSOR_CORE));
static_assert(same(dnn::NumericalNote::down_convert_inputs, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS));
static_assert(same(dnn::NumericalNote::reduced_precision_reduction, CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION));
static_assert(same(dnn::NumericalNote::nondeterministic, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC));
static_assert(sizeof(dnn::Attribute) == sizeof(cudnnBackendAttributeName_t));
static_assert(sizeof(bool) == 1);  // what cuDNN reads of a boolean

}  // namespace

#endif
