// Convolutions through cuDNN: descriptors and plans, which need the library but no GPU, and results on a GPU.

#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <reel/kernels/cuda/conv/conv_algorithms.h>
#include <reel/kernels/cuda/conv/conv_cudnn_plan.h>
#include <reel/kernels/float32_precision.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/cuda_graph.h>
#include <nlohmann/json.hpp>

#include "support/requirement.h"

using namespace reel;
using namespace reel::kernels::cuda;
using namespace reel::kernels::cuda::convolution;
namespace dnn = reel::kernels::cuda::cudnn;
using kernels::ConvOp;
using kernels::ConvShape;
using testing::Requirement;

namespace {

struct Case {
  std::string label;
  ConvShape shape;
  std::optional<nlohmann::json> padding = {};  // what cuDNN must make of it, before and behind, unless both are pad_*
};

// batch, channels, h, w; out channels, kernel; out h, w; stride; dilation; padding before; groups
std::vector<Case> cases() {
  return {
      {"plain", {2, 3, 7, 9, 4, 3, 3, 5, 7, 1, 1, 1, 1, 0, 0, 1}},
      {"stride", {2, 3, 9, 8, 5, 3, 2, 4, 3, 2, 3, 1, 1, 0, 0, 1}},
      {"padding", {2, 4, 5, 6, 8, 3, 5, 5, 6, 1, 1, 1, 1, 1, 2, 1}},
      {"dilation", {1, 8, 11, 9, 4, 3, 3, 7, 7, 1, 1, 3, 2, 1, 1, 1}},
      {"groups", {2, 6, 6, 6, 9, 3, 3, 6, 6, 1, 1, 1, 1, 1, 1, 3}},
      {"depthwise", {2, 16, 8, 8, 16, 3, 3, 8, 8, 1, 1, 1, 1, 1, 1, 16}},
      {"same, even", {1, 2, 6, 5, 3, 4, 2, 6, 5, 1, 1, 1, 1, 1, 0, 1}, {{{1, 0}, {2, 1}}}},
      {"more before than behind", {1, 8, 6, 6, 8, 2, 2, 6, 6, 1, 1, 1, 1, 1, 1, 1}, {{{1, 1}, {0, 0}}}},
      {"ResNet's first", {2, 3, 32, 32, 64, 7, 7, 16, 16, 2, 2, 1, 1, 3, 3, 1}},
      {"1x1, stride", {2, 8, 5, 6, 16, 1, 1, 3, 3, 2, 2, 1, 1, 0, 0, 1}},
      {"lines left over", {1, 2, 9, 10, 2, 2, 2, 3, 3, 3, 3, 1, 1, 0, 0, 1}},
      {"16 channels", {4, 16, 8, 8, 32, 3, 3, 8, 8, 1, 1, 1, 1, 1, 1, 1}},
      {"kernel larger than the image", {1, 2, 2, 2, 3, 5, 4, 2, 3, 1, 1, 1, 1, 2, 2, 1}},
  };
}

/// Every operation, the forward one with and without bias.
template <class F> void for_each_form(const Case& c, F&& f) {
  for (const DType dtype : {DType::f32, DType::f64, DType::f16, DType::bf16}) {
    for (const bool tf32 : {false, true}) {
      if (tf32 && dtype != DType::f32) continue;
      for (const auto op : {ConvOp::forward, ConvOp::input_grad, ConvOp::weight_grad}) {
        for (const bool bias : {false, true}) {
          if (bias && op != ConvOp::forward) continue;
          INFO(c.label << ", " << std::string(to_string(dtype)) << ", tf32 " << tf32 << ", operation "
                       << static_cast<int>(op) << ", bias " << bias);
          for (const std::int64_t alignment : {std::int64_t{16}, static_cast<std::int64_t>(size_of(dtype))}) {
            f(ConvForm{op, dtype, c.shape, bias, tf32, alignment});
          }
        }
      }
    }
  }
}

constexpr dnn::AttributeType kCharacter{24};

const Requirement needs_cudnn("needs cuDNN", dnn::Functions::problem);

/// Of an H100, as cuDNN writes them; none if this version reads something else.
std::optional<dnn::Descriptor> h100() {
  constexpr std::string_view json =
      R"({"maxGridSize": [2147483647, 65535, 65535], "maxBlockSize": [1024, 1024, 64], "regsPerBlock": 65536,
          "multiProcessorCount": 132, "warpSize": 32, "maxSharedMemoryPerBlock": 49152,
          "maxSharedMemoryPerBlockOptin": 232448, "reservedSharedMemoryPerBlock": 1024, "maxRegistersPerSM": 65536,
          "maxCtasPerSM": 32, "maxThreadsPerBlock": 1024, "maxThreadsPerSM": 2048, "pciDeviceId": 0, "isTccDriver": 0,
          "supportCoopLaunch": 1, "smClockRateKHz": 1980000, "memClockRateKHz": 2619000, "l2CacheSize": 52428800,
          "deviceName": "NVIDIA H100 80GB HBM3", "deviceVer": 900, "cudaDeviceId": 0, "driverVer": 13000,
          "totalGlobalMem": 85000000000, "smVersion": 900})";
  constexpr dnn::DescriptorType properties{38};
  constexpr dnn::Attribute json_representation{2702};
  if (dnn::Functions::get().get_version() >= 91100) {
    dnn::Descriptor device(properties);
    device.set(json_representation, kCharacter, static_cast<std::int64_t>(json.size()), json.data());
    if (device.try_finalize()) return device;
  }
  return std::nullopt;
}

const Requirement needs_plans("needs a cuDNN that plans without a GPU", [] {
  std::string problem = dnn::Functions::problem();
  if (problem.empty() && !h100()) problem = "this version makes no plans from a device's properties";
  return problem;
});

std::vector<dnn::NumericalNote> notes_of(const ConvPlan& plan) {
  const auto engines = plan.config.get_descriptors(dnn::Attribute::engine_config_engine, dnn::DescriptorType::engine);
  return engines.at(0).get_all<dnn::NumericalNote>(dnn::Attribute::engine_numerical_note, 32);
}

/// What cuDNN itself says that a plan computes; null if it says so in another form than version 9.19.
nlohmann::json graph_of(const ConvPlan& plan) {
  std::string text(1 << 20, '\0');
  std::int64_t count = 0;
  constexpr dnn::Attribute json_representation{405};
  dnn::check_status(dnn::Functions::get().get_attribute(plan.plan.raw(), json_representation, kCharacter,
                                                        static_cast<std::int64_t>(text.size()), &count, text.data()),
                    "cudnnBackendGetAttribute");
  const auto json = nlohmann::json::parse(text.c_str());
  return json.at("schemaVersion") == 4 ? json.at("operationGraph") : nlohmann::json();
}

/// [before, behind], which cuDNN writes once where they are the same.
nlohmann::json padding_of(const nlohmann::json& convolution) {
  if (convolution.contains("pad")) return {convolution["pad"], convolution["pad"]};
  return {convolution.at("pad_lower"), convolution.at("pad_upper")};
}

}  // namespace

TEST_CASE("cuDNN: a refused call throws, and names call and status" * needs_cudnn) {
  dnn::Descriptor tensor(dnn::DescriptorType::tensor);
  CHECK_FALSE(tensor.try_finalize());
  CHECK_THROWS_WITH_AS(tensor.set(dnn::Attribute::graph_handle, std::int64_t{1}),
                       doctest::Contains("cudnnBackendSetAttribute failed with cuDNN status"), dnn::Failure);
}

TEST_CASE("cuDNN: every convolution is a graph of operations" * needs_cudnn) {
  for (const Case& c : cases()) {
    for_each_form(c, [](const ConvForm& form) { CHECK(conv_graph(form, nullptr).has_value()); });
  }
}

TEST_CASE("cuDNN: what it cannot describe or count has no graph" * needs_cudnn) {
  // An output that leaves out what even no padding behind the image would give.
  const ConvShape shorter{1, 4, 9, 9, 4, 3, 3, 4, 4, 1, 1, 1, 1, 0, 0, 1};
  const ConvShape huge{40000, 64, 64, 64, 64, 3, 3, 64, 64, 1, 1, 1, 1, 1, 1, 1};
  for (const ConvShape& shape : {shorter, huge}) {
    CHECK_FALSE(conv_graph({ConvOp::forward, DType::f32, shape, false, true, 16}, nullptr).has_value());
  }
}

// Without a driver cuDNN leaks what cuBLASLt allocates while it looks for plans, which AddressSanitizer reports.
#ifndef __SANITIZE_ADDRESS__

TEST_CASE("cuDNN: every convolution has plans, as exact as asked and the same each time" * needs_plans) {
  const auto device = h100();
  for (const Case& c : cases()) {
    for_each_form(c, [&](const ConvForm& form) {
      const std::vector<ConvPlan> plans = conv_plans(form, {.properties = &*device}, 3);
      CHECK_FALSE(plans.empty());
      for (const ConvPlan& plan : plans) {
        for (const dnn::NumericalNote note : notes_of(plan)) {
          CHECK(note != dnn::NumericalNote::nondeterministic);
          CHECK(note != dnn::NumericalNote::down_convert_inputs);
          CHECK(note != dnn::NumericalNote::reduced_precision_reduction);
          if (form.dtype == DType::f32 && !form.tf32) CHECK(note != dnn::NumericalNote::tensor_core);
        }
      }
    });
  }
}

TEST_CASE("cuDNN: wide layers run on tensor cores" * needs_plans) {
  const auto device = h100();
  const Case vgg{"VGG's second", {64, 64, 224, 224, 64, 3, 3, 224, 224, 1, 1, 1, 1, 1, 1, 1}};
  for_each_form(vgg, [&](const ConvForm& form) {
    if (form.dtype == DType::f64 || (form.dtype == DType::f32 && !form.tf32) || form.alignment < 16) return;
    const std::vector<ConvPlan> plans = conv_plans(form, {.properties = &*device}, 1);
    REQUIRE(plans.size() == 1);
    CHECK(notes_of(plans[0]) == std::vector{dnn::NumericalNote::tensor_core});
  });
}

TEST_CASE("cuDNN: plans that take too much memory are left out" * needs_plans) {
  const auto device = h100();
  const ConvShape wide{512, 3, 224, 224, 64, 7, 7, 112, 112, 2, 2, 1, 1, 3, 3, 1};
  for (const auto op : {ConvOp::forward, ConvOp::input_grad, ConvOp::weight_grad}) {
    const std::vector<ConvPlan> plans =
        conv_plans({op, DType::f32, wide, false, true, 16}, {.properties = &*device}, 9);
    CHECK_FALSE(plans.empty());
    for (const ConvPlan& plan : plans) CHECK(plan.workspace <= 1 << 30);
  }
}

TEST_CASE("cuDNN: plans are for the convolution that is meant" * needs_plans) {
  const auto device = h100();
  for (const Case& c : cases()) {
    for_each_form(c, [&](const ConvForm& form) {
      const ConvShape& s = c.shape;
      const nlohmann::json graph = graph_of(conv_plans(form, {.properties = &*device}, 1).at(0));
      if (graph.is_null()) return;
      std::map<std::string, nlohmann::json> tensors;
      for (const auto& tensor : graph.at("tensors")) tensors[tensor.at("name")] = tensor;
      const auto check = [&](std::int64_t id, std::int64_t n, std::int64_t ch, std::int64_t h, std::int64_t w) {
        const nlohmann::json& tensor = tensors.at(std::to_string(id));
        CHECK(tensor.at("dim") == nlohmann::json{n, ch, h, w});
        CHECK(tensor.at("stride") == nlohmann::json{h * w * ch, 1, w * ch, ch});
        CHECK_FALSE(tensor.at("isVirtual"));
      };
      check(kConvX, s.batch, s.channels, s.height, s.width);
      check(kConvWeight, s.out_channels, s.group_channels(), s.kernel_height, s.kernel_width);
      check(kConvY, s.batch, s.out_channels, s.out_height, s.out_width);
      if (form.bias) check(kConvBias, 1, s.out_channels, 1, 1);
      const nlohmann::json& convolution = graph.at("nodes").at(0);
      CHECK(convolution.at("mode") == "CUDNN_CROSS_CORRELATION");
      CHECK(convolution.at("alpha") == 1);
      CHECK(convolution.at("beta") == 0);
      CHECK(convolution.at("stride") == nlohmann::json{s.stride_h, s.stride_w});
      CHECK(convolution.at("dilation") == nlohmann::json{s.dilation_h, s.dilation_w});
      CHECK(convolution.value("groupCount", std::int64_t{1}) == s.groups);
      CHECK(padding_of(convolution) ==
            c.padding.value_or(nlohmann::json{{s.pad_top, s.pad_left}, {s.pad_top, s.pad_left}}));
      CHECK(graph.at("nodes").size() == (form.bias ? 2 : 1));
    });
  }
}

#endif

namespace {

/// The operands of all three operations, images as [N, H, W, C]: small integers, so that every product and sum is exact
/// in every dtype, in TF32 and in any order.
struct Operands {
  Tensor x, weight, bias, y;

  Operands(const ConvShape& s, DType dtype) {
    Generator generator(5);
    const auto make = [&](const Shape& shape) {
      return randint(-3, 4, shape, {.dtype = dtype, .device = Device::cpu()}, generator);
    };
    x = make({s.batch, s.height, s.width, s.channels});
    weight = make({s.out_channels, s.group_channels(), s.kernel_height, s.kernel_width});
    bias = make({s.out_channels});
    y = make({s.batch, s.out_height, s.out_width, s.out_channels});
  }
  Operands on_gpu() const {
    Operands moved = *this;
    for (Tensor* t : {&moved.x, &moved.weight, &moved.bias, &moved.y}) *t = t->to(Device::cuda());
    return moved;
  }

  kernels::ConvArgs forward(const ConvForm& f) const {
    return {f.dtype, f.shape, x.data(), weight.data(), f.bias ? bias.data() : nullptr, y.data()};
  }
  kernels::ConvInputGradArgs input_grad(const ConvForm& f) const {
    return {f.dtype, f.shape, y.data(), weight.data(), x.data()};
  }
  kernels::ConvWeightGradArgs weight_grad(const ConvForm& f) const {
    return {f.dtype, f.shape, y.data(), x.data(), weight.data()};
  }

  const Tensor& result(ConvOp op) const { return op == ConvOp::forward ? y : op == ConvOp::input_grad ? x : weight; }
};

bool run_cudnn(const ConvForm& form, const Operands& on_gpu) {
  if (form.op == ConvOp::forward) return convolution::run_cudnn(on_gpu.forward(form));
  if (form.op == ConvOp::input_grad) return convolution::run_cudnn(on_gpu.input_grad(form));
  return convolution::run_cudnn(on_gpu.weight_grad(form));
}

void run_cpu(const ConvForm& form, const Operands& operands) {
  if (form.op == ConvOp::forward) return kernels::cpu::conv(operands.forward(form));
  if (form.op == ConvOp::input_grad) return kernels::cpu::conv_input_grad(operands.input_grad(form));
  kernels::cpu::conv_weight_grad(operands.weight_grad(form));
}

struct PrecisionGuard {
  Float32Precision former = float32_precision(Float32Op::conv);
  ~PrecisionGuard() { set_float32_precision(Float32Op::conv, former); }
};

const Requirement needs_gpu_with_cudnn("needs a GPU with cuDNN", [] {
  return reel::cuda::is_available() ? dnn::Functions::problem() : reel::cuda::unavailable_reason();
});

}  // namespace

TEST_CASE("cuDNN: results on the GPU are those of the CPU" * needs_gpu_with_cudnn) {
  const PrecisionGuard guard;
  for (const Case& c : cases()) {
    for_each_form(c, [&](const ConvForm& form) {
      if (!kFloating.contains(form.dtype)) return;
      set_float32_precision(Float32Op::conv, form.tf32 ? Float32Precision::tf32 : Float32Precision::ieee);
      const Operands host(c.shape, form.dtype), device = host.on_gpu();
      run_cpu(form, host);
      for (const bool again : {false, true}) {  // the first call makes the plan
        INFO("again: " << again);
        const bool done = run_cudnn(form, device);
        if (!std::getenv("REEL_CUDNN_BENCHMARK")) CHECK(done == (form.tf32 || c.shape.groups > 1));
        if (done) CHECK(device.result(form.op).cpu().to_vector<double>() == host.result(form.op).to_vector<double>());
      }
    });
  }
}

TEST_CASE("cuDNN: a form that first comes up while a graph is recorded" * needs_gpu_with_cudnn) {
  const PrecisionGuard guard;
  set_float32_precision(Float32Op::conv, Float32Precision::tf32);
  const ConvShape shape{3, 8, 10, 11, 16, 3, 3, 10, 11, 1, 1, 1, 1, 1, 1, 1};
  const ConvForm form{ConvOp::forward, DType::f32, shape, true, true, 16};
  const Operands host(shape, DType::f32), device = host.on_gpu();
  run_cpu(form, host);
  reel::cuda::Graph graph;
  graph.capture([&] { CHECK(run_cudnn(form, device)); });
  CHECK(device.y.cpu().to_vector<double>() == host.y.to_vector<double>());
  device.y.zero_();
  graph.replay();
  CHECK(device.y.cpu().to_vector<double>() == host.y.to_vector<double>());
}
