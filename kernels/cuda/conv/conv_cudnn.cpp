// Convolutions through cuDNN.
//
// By default the plan is the one that cuDNN expects to be the fastest, so that the same program gives the same numbers
// in every run. With REEL_CUDNN_BENCHMARK in the environment the first call of each form times three plans, and
// products, on its operands, and the fastest stays. `deterministic()` forbids that, and while a graph is recorded
// nothing can wait.

#include <array>
#include <bit>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>

#include <reel/kernels/conv_im2col.h>
#include <reel/kernels/cuda/conv/conv_algorithms.h>
#include <reel/kernels/cuda/conv/conv_cudnn_plan.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/runtime/runtime.h>
#include <reel/kernels/float32_precision.h>
#include <reel/kernels/threads.h>
#include <reel/tensor/core/cuda_stream.h>
#include <reel/tensor/core/error.h>

namespace reel::kernels::cuda::convolution {
namespace {

constexpr std::size_t kCandidates = 3;
constexpr std::size_t kMaxForms = 2048;  // 60 MB: programs with ever new shapes must not fill the memory

struct Operands {
  void *x, *weight, *y, *bias;
};

using Products = std::function<void()>;  // the same convolution without cuDNN

/// What was found out about a form.
struct Choice {
  std::optional<ConvPlan> plan;  // none: products it is
  bool recorded = false;         // in a graph, which goes on using what belongs to the plan
};

/// The current device's handle, on the current stream.
cudnn::Handle handle() {
  // Never destroyed, as everything of CUDA's.
  static std::array<cudnn::Handle, kMaxDevices> handles{};
  const cudnn::Functions& functions = cudnn::Functions::get();
  cudnn::Handle& own = handles[static_cast<std::size_t>(current_device())];
  if (!own) cudnn::check_status(functions.create(&own), "cudnnCreate");
  cudnn::check_status(functions.set_stream(own, current_stream()), "cudnnSetStream");
  return own;
}

/// Runs a plan; the weight is [O, KH, KW, C / groups].
void execute(const ConvPlan& plan, const Operands& operands) {
  const Scratch<char> workspace(plan.workspace);
  const std::array<std::int64_t, 4> ids{kConvX, kConvWeight, kConvY, kConvBias};
  const std::array<void*, 4> pointers{operands.x, operands.weight, operands.y, operands.bias};
  const std::size_t count = operands.bias ? 4 : 3;
  cudnn::Descriptor pack(cudnn::DescriptorType::variant_pack);
  pack.set(cudnn::Attribute::variant_pack_unique_ids, std::span<const std::int64_t>(ids).first(count))
      .set(cudnn::Attribute::variant_pack_data_pointers, std::span<void* const>(pointers).first(count))
      .set(cudnn::Attribute::variant_pack_workspace, static_cast<void*>(workspace.data()))
      .finalize();
  cudnn::check_status(cudnn::Functions::get().execute(handle(), plan.plan.raw(), pack.raw()), "cudnnBackendExecute");
}

/// What `run` takes on the GPU the second time; infinity if it cannot run.
double milliseconds(const std::function<void()>& run) {
  try {
    run();
    reel::cuda::Event start, end;
    start.record();
    run();
    end.record();
    return end.elapsed_ms(start);
  } catch (const cudnn::Failure&) {
  } catch (const OutOfMemoryError&) {
  }
  return std::numeric_limits<double>::infinity();
}

/// The first plan that runs: some are refused only then.
std::optional<ConvPlan> first_to_run(std::vector<ConvPlan> plans, const Operands& operands) {
  for (ConvPlan& plan : plans) {
    try {
      execute(plan, operands);
      return std::move(plan);
    } catch (const cudnn::Failure&) {
    }
  }
  return std::nullopt;
}

/// The fastest plan; none if products are faster. Those are not tried for groups, each of which is one of its own.
std::optional<ConvPlan> fastest(std::vector<ConvPlan> plans, std::int64_t groups, const Operands& operands,
                                const Products& products) {
  std::optional<ConvPlan> chosen;
  double best = groups == 1 ? milliseconds(products) : std::numeric_limits<double>::infinity();
  for (ConvPlan& plan : plans) {
    const double time = milliseconds([&] { execute(plan, operands); });
    if (time >= best) continue;
    best = time;
    chosen = std::move(plan);
  }
  if (chosen) execute(*chosen, operands);
  return chosen;
}

/// Finds the plan for a form and runs it.
std::optional<ConvPlan> start(const ConvForm& form, const Operands& operands, const Products& products) {
  const bool benchmark = cudnn_support().benchmark && !is_capturing();
  const CudnnSupport support{.available = true, .benchmark = benchmark};
  if (choose(form.op, form.dtype, form.factors, form.shape, support, form.tf32) != ConvAlgorithm::cudnn) {
    return std::nullopt;  // only a benchmark would try cuDNN, and while a graph is recorded there is none
  }
  const std::int64_t groups = form.shape.groups;
  const AllowInCapture guard;
  try {
    std::vector<ConvPlan> plans = conv_plans(form, {.handle = handle()}, kCandidates);
    return benchmark ? fastest(std::move(plans), groups, operands, products) : first_to_run(std::move(plans), operands);
  } catch (const cudnn::Failure&) {
    return std::nullopt;
  }
}

/// The largest power of two that all addresses are multiples of, up to kConvAlignment.
std::int64_t alignment(std::initializer_list<const void*> addresses) {
  auto bits = static_cast<std::uintptr_t>(kConvAlignment);
  for (const void* address : addresses) bits |= reinterpret_cast<std::uintptr_t>(address);
  return static_cast<std::int64_t>(bits & (~bits + 1));
}

/// All that a choice depends on.
auto key_of(const ConvForm& form) {
  const auto shape = std::bit_cast<std::array<std::int64_t, 22>>(form.shape);
  return std::tuple(current_device(), deterministic(), form.op, form.dtype, form.factors, form.bias, form.tf32,
                    form.alignment, shape);
}

bool convolve(ConvOp op, DType dtype, DType factors, const ConvShape& s, Operands operands, const Products& products) {
  const std::int64_t taps = s.kernel_height * s.kernel_width;
  const bool reorder = taps > 1 && s.group_channels() > 1;  // else both orders of the weight are the same
  const bool tf32 = factors == DType::f32 && float32_precision(Float32Op::conv) == Float32Precision::tf32;
  const ConvForm form{op,     dtype,
                      s,      operands.bias != nullptr,
                      tf32,   alignment({operands.x, operands.y, operands.bias, reorder ? nullptr : operands.weight}),
                      factors};

  static std::mutex mutex;  // handles and plans serve one call at a time
  static auto* choices = new std::map<decltype(key_of(form)), Choice>;
  const std::scoped_lock lock(mutex);
  auto at = choices->find(key_of(form));
  if (at != choices->end() && !at->second.plan) return false;
  try {
    void* const weight = operands.weight;
    const DType weight_dtype = op == ConvOp::weight_grad ? dtype : factors;
    const auto bytes = static_cast<std::int64_t>(size_of(weight_dtype)) * s.weight_size();
    const Scratch<char> rows(reorder ? bytes : 0);
    if (reorder) operands.weight = rows.data();
    if (reorder && op != ConvOp::weight_grad) copy(weight_to_rows(weight_dtype, s, weight, rows.data()));
    if (at != choices->end()) {
      execute(*at->second.plan, operands);
    } else {
      if (choices->size() >= kMaxForms) std::erase_if(*choices, [](const auto& c) { return !c.second.recorded; });
      at = choices->emplace(key_of(form), Choice{start(form, operands, products)}).first;
    }
    if (!at->second.plan) return false;
    at->second.recorded |= is_capturing();
    if (reorder && op == ConvOp::weight_grad) copy(rows_to_weight(weight_dtype, s, rows.data(), weight));
    return true;
  } catch (const OutOfMemoryError&) {  // products need less
    return false;
  }
}

/// cuDNN takes what it only reads without const.
void* writable(const void* data) { return const_cast<void*>(data); }

}  // namespace

CudnnSupport cudnn_support() {
  static const bool asked = std::getenv("REEL_CUDNN_BENCHMARK") != nullptr;
  return {.available = cudnn::Functions::problem().empty(), .benchmark = asked && !deterministic()};
}

bool run_cudnn(const ConvArgs& args) {
  return convolve(args.op, args.dtype, args.factors, args.shape,
                  {writable(args.x), writable(args.weight), args.y, writable(args.bias)},
                  [&] { run_without_cudnn(args); });
}

bool run_cudnn(const ConvInputGradArgs& args) {
  return convolve(args.op, args.dtype, args.factors, args.shape,
                  {args.x_grad, writable(args.weight), writable(args.y_grad), nullptr},
                  [&] { run_without_cudnn(args); });
}

bool run_cudnn(const ConvWeightGradArgs& args) {
  return convolve(args.op, args.dtype, args.factors, args.shape,
                  {writable(args.x), args.weight_grad, writable(args.y_grad), nullptr},
                  [&] { run_without_cudnn(args); });
}

}  // namespace reel::kernels::cuda::convolution
