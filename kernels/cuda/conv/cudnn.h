#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <cuda_runtime_api.h>

#include <reel/tensor/core/error.h>

/// What convolutions use of the backend API of cuDNN 9, declared here so that no build needs its headers. The numbers
/// are cuDNN's own, the same in all of version 9.
namespace reel::kernels::cuda::cudnn {

enum class Status : int { success = 0 };

enum class DescriptorType : int {
  pointwise = 0,
  convolution = 1,
  engine = 2,
  engine_config = 3,
  engine_heuristics = 4,
  execution_plan = 5,
  convolution_forward = 10,
  convolution_backward_filter = 11,
  convolution_backward_data = 12,
  pointwise_operation = 13,
  operation_graph = 15,
  variant_pack = 16,
  tensor = 17,
};

enum class Attribute : int {
  pointwise_mode = 0,
  pointwise_math_precision = 1,
  convolution_compute_type = 100,
  convolution_mode = 101,
  convolution_dilations = 102,
  convolution_strides = 103,
  convolution_post_paddings = 104,
  convolution_pre_paddings = 105,
  convolution_spatial_dims = 106,
  heuristics_mode = 200,
  heuristics_operation_graph = 201,
  heuristics_results = 202,
  heuristics_device_properties = 204,  // since 9.8
  engine_config_engine = 300,
  plan_handle = 400,
  plan_engine_config = 401,
  plan_workspace_size = 402,
  plan_device_properties = 407,  // since 9.8
  forward_alpha = 700,
  forward_beta = 701,
  forward_convolution = 702,
  forward_w = 703,
  forward_x = 704,
  forward_y = 705,
  backward_data_alpha = 706,
  backward_data_beta = 707,
  backward_data_convolution = 708,
  backward_data_w = 709,
  backward_data_dx = 710,
  backward_data_dy = 711,
  backward_filter_alpha = 712,
  backward_filter_beta = 713,
  backward_filter_convolution = 714,
  backward_filter_dw = 715,
  backward_filter_x = 716,
  backward_filter_dy = 717,
  pointwise_operation_pointwise = 750,
  pointwise_operation_x = 751,
  pointwise_operation_b = 752,
  pointwise_operation_y = 753,
  graph_handle = 800,
  graph_operations = 801,
  tensor_byte_alignment = 900,
  tensor_data_type = 901,
  tensor_dimensions = 902,
  tensor_strides = 903,
  tensor_unique_id = 906,
  tensor_is_virtual = 907,
  variant_pack_unique_ids = 1000,
  variant_pack_data_pointers = 1001,
  variant_pack_workspace = 1003,
  engine_numerical_note = 1303,
};

enum class AttributeType : int {
  handle = 0,
  data_type = 1,
  boolean = 2,
  int64 = 3,
  float32 = 4,
  float64 = 5,
  pointer = 6,
  convolution_mode = 7,
  heuristics_mode = 8,
  numerical_note = 11,
  pointwise_mode = 14,
  descriptor = 15,
};

enum class DataType : int { f32 = 0, f64 = 1, f16 = 2, bf16 = 9 };
enum class ConvolutionMode : int { cross_correlation = 1 };
enum class PointwiseMode : int { add = 0 };
/// `a` estimates how fast each engine is, best first; `fallback` lists those that work without an estimate.
enum class HeuristicsMode : int { fallback = 2, a = 3 };
enum class NumericalNote : int {
  tensor_core = 0,
  down_convert_inputs = 1,
  reduced_precision_reduction = 2,
  nondeterministic = 4
};

using Handle = struct cudnnContext*;

struct Functions {
  std::size_t (*get_version)();
  const char* (*get_error_string)(Status);
  Status (*create)(Handle*);
  Status (*set_stream)(Handle, cudaStream_t);
  Status (*create_descriptor)(DescriptorType, void** descriptor);
  Status (*destroy_descriptor)(void* descriptor);
  Status (*set_attribute)(void* descriptor, Attribute, AttributeType, std::int64_t count, const void* elements);
  Status (*get_attribute)(void* descriptor, Attribute, AttributeType, std::int64_t capacity, std::int64_t* count,
                          void* elements);
  Status (*finalize)(void* descriptor);
  Status (*execute)(Handle, void* plan, void* variant_pack);

  /// Loads the library once; a DeviceError where it is missing.
  static const Functions& get();
  /// Why it cannot be loaded; empty if it can.
  static const std::string& problem();
};

/// A call that cuDNN refused.
class Failure : public DeviceError {
  using DeviceError::DeviceError;
};

/// Throws a Failure that names the call unless `status` is success.
void check_status(Status status, const char* call);

/// How cuDNN is told that an attribute's elements are of a C++ type.
template <class T> inline constexpr AttributeType type_of = T::has_no_attribute_type;
template <> inline constexpr AttributeType type_of<Handle> = AttributeType::handle;
template <> inline constexpr AttributeType type_of<DataType> = AttributeType::data_type;
template <> inline constexpr AttributeType type_of<bool> = AttributeType::boolean;
template <> inline constexpr AttributeType type_of<std::int64_t> = AttributeType::int64;
template <> inline constexpr AttributeType type_of<float> = AttributeType::float32;
template <> inline constexpr AttributeType type_of<double> = AttributeType::float64;
template <> inline constexpr AttributeType type_of<void*> = AttributeType::pointer;
template <> inline constexpr AttributeType type_of<ConvolutionMode> = AttributeType::convolution_mode;
template <> inline constexpr AttributeType type_of<HeuristicsMode> = AttributeType::heuristics_mode;
template <> inline constexpr AttributeType type_of<NumericalNote> = AttributeType::numerical_note;
template <> inline constexpr AttributeType type_of<PointwiseMode> = AttributeType::pointwise_mode;

/// An object of the backend API: attributes are set, then it is finalised, then others may refer to it.
class Descriptor {
 public:
  explicit Descriptor(DescriptorType type);
  Descriptor(Descriptor&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~Descriptor();

  void* raw() const { return raw_; }

  template <class T> Descriptor& set(Attribute attribute, const T& value) {
    return set(attribute, type_of<T>, 1, &value);
  }
  template <class T, std::size_t N> Descriptor& set(Attribute attribute, const std::array<T, N>& values) {
    return set(attribute, std::span<const T>(values));
  }
  template <class T> Descriptor& set(Attribute attribute, std::span<const T> values) {
    return set(attribute, type_of<T>, static_cast<std::int64_t>(values.size()), values.data());
  }
  Descriptor& set(Attribute attribute, const Descriptor& other) {
    return set(attribute, AttributeType::descriptor, 1, &other.raw_);
  }
  Descriptor& set(Attribute attribute, std::span<const Descriptor> others);
  Descriptor& set(Attribute attribute, AttributeType type, std::int64_t count, const void* elements);

  void finalize();
  /// False where cuDNN refuses.
  bool try_finalize();

  template <class T> T get(Attribute attribute) const {
    T value{};
    get(attribute, type_of<T>, 1, &value);
    return value;
  }
  /// An attribute with up to `capacity` elements.
  template <class T> std::vector<T> get_all(Attribute attribute, std::size_t capacity) const {
    std::vector<T> values(capacity);
    values.resize(get(attribute, type_of<T>, static_cast<std::int64_t>(capacity), values.data()));
    return values;
  }
  /// An attribute that is a list of descriptors, all of one type.
  std::vector<Descriptor> get_descriptors(Attribute attribute, DescriptorType type) const;

 private:
  std::size_t get(Attribute attribute, AttributeType type, std::int64_t capacity, void* elements) const;

  void* raw_ = nullptr;
};

}  // namespace reel::kernels::cuda::cudnn
