// Chooses the algorithm of a matrix product on the GPU, and runs it, as a rule through cuBLASLt.

#include <reel/kernels/gemm.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include <reel/kernels/announce.h>
#include <reel/kernels/cuda/gemm/cublaslt.h>
#include <reel/kernels/cuda/gemm/gemm_any_dtype.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/tensor/core/error.h>

namespace reel::kernels::cuda {
namespace product {
namespace {

constexpr std::size_t kMaxWorkspace = 32u << 20;  // what NVIDIA advises for Hopper
constexpr std::size_t kMaxPlans = 4096;           // programs with ever new shapes must not fill the memory

void check_status(cublasStatus_t status, const char* call) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw DeviceError(std::string("cuda: ") + call + " failed with cuBLAS status " +
                    std::to_string(static_cast<int>(status)));
}

cudaDataType_t data_type(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return CUDA_R_64F;
    case DType::f16:
      return CUDA_R_16F;
    case DType::bf16:
      return CUDA_R_16BF;
    default:
      return CUDA_R_32F;
  }
}

/// Of the factors of A B and C, and of the sums.
cudaDataType_t scale_type(DType dtype) { return dtype == DType::f64 ? CUDA_R_64F : CUDA_R_32F; }

cublasComputeType_t compute_type(const GemmArgs& args) {
  if (args.dtype == DType::f64) return CUBLAS_COMPUTE_64F;
  const bool tf32 = args.factors == DType::f32 && args.precision == Float32Precision::tf32;
  return tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
}

/// The largest power of two, up to 256, that an address is a multiple of.
int alignment(const void* address) {
  const auto bits = reinterpret_cast<std::uintptr_t>(address) | 256u;
  return static_cast<int>(bits & (~bits + 1));
}

/// All that a plan depends on.
using Key = std::array<std::int64_t, 21>;

Key key_of(const GemmArgs& args) {
  return {reel::cuda::current_device(),
          static_cast<std::int64_t>(args.dtype),
          static_cast<std::int64_t>(args.factors),
          static_cast<std::int64_t>(args.precision),
          args.batch,
          args.m,
          args.n,
          args.k,
          args.a.layout.transposed,
          args.a.layout.ld,
          args.a.batch_stride,
          args.b.layout.transposed,
          args.b.layout.ld,
          args.b.batch_stride,
          args.ldc,
          args.c_batch_stride,
          args.bias != nullptr,
          args.accumulate,
          alignment(args.a.data),
          alignment(args.b.data),
          alignment(args.c) + 1024 * alignment(args.bias)};
}

struct HashKey {
  std::size_t operator()(const Key& key) const {
    return std::hash<std::string_view>()({reinterpret_cast<const char*>(key.data()), sizeof(Key)});
  }
};

/// Descriptors and algorithm of one form of call: finding them takes longer than a small product, so they are kept for
/// each form that has come up. cuBLASLt's matrices are column-major; a row-major matrix is its own
/// transpose in column-major, so C^T = B^T A^T: the first operand is B, and the result is n x m.
class Plan {
 public:
  explicit Plan(const GemmArgs& args);
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  ~Plan();

  /// Whether cuBLASLt has an algorithm.
  bool is_supported() const { return supported_; }
  void run(cublasLtHandle_t handle, const GemmArgs& args);

 private:
  Plan() = default;
  template <class Value> void set(cublasLtMatmulDescAttributes_t attribute, const Value& value) {
    check_status(lt_.matmul_desc_set(product_, attribute, &value, sizeof value), "cublasLtMatmulDescSetAttribute");
  }
  cublasLtMatrixLayout_t make_layout(DType dtype, std::int64_t batch, std::int64_t rows, std::int64_t columns,
                                     std::int64_t ld, std::int64_t batch_stride);
  void choose_algorithm(const GemmArgs& args);

  const CublasLt& lt_ = CublasLt::get();
  cublasLtMatmulDesc_t product_ = nullptr;
  cublasLtMatrixLayout_t first_ = nullptr, second_ = nullptr, result_ = nullptr;
  cublasLtMatmulAlgo_t algorithm_{};
  std::size_t workspace_ = 0;
  bool supported_ = false;
};

cublasLtHandle_t handle() {
  // Never destroyed, as everything of CUDA's: one for each device.
  static std::array<cublasLtHandle_t, kMaxDevices> handles{};
  cublasLtHandle_t& own = handles[static_cast<std::size_t>(reel::cuda::current_device())];
  if (!own) check_status(CublasLt::get().create(&own), "cublasLtCreate");
  return own;
}

// Delegating: if something fails half-way, the destructor takes back what is there.
Plan::Plan(const GemmArgs& args) : Plan() {
  check_status(lt_.matmul_desc_create(&product_, compute_type(args), scale_type(args.dtype)),
               "cublasLtMatmulDescCreate");
  set(CUBLASLT_MATMUL_DESC_TRANSA, args.b.layout.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(CUBLASLT_MATMUL_DESC_TRANSB, args.a.layout.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  if (args.bias) {
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
    set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, args.bias);
  }
  const auto stored = [&](const GemmOperand& operand, std::int64_t rows, std::int64_t columns) {
    const bool transposed = operand.layout.transposed;
    return make_layout(args.factors, args.batch, transposed ? rows : columns, transposed ? columns : rows,
                       operand.layout.ld, operand.batch_stride);
  };
  first_ = stored(args.b, args.k, args.n);
  second_ = stored(args.a, args.m, args.k);
  result_ = make_layout(args.dtype, args.batch, args.n, args.m, args.ldc, args.c_batch_stride);
  choose_algorithm(args);
}

Plan::~Plan() {
  for (const cublasLtMatrixLayout_t layout : {first_, second_, result_}) {
    if (layout) lt_.layout_destroy(layout);
  }
  if (product_) lt_.matmul_desc_destroy(product_);
}

cublasLtMatrixLayout_t Plan::make_layout(DType dtype, std::int64_t batch, std::int64_t rows, std::int64_t columns,
                                         std::int64_t ld, std::int64_t batch_stride) {
  cublasLtMatrixLayout_t layout = nullptr;
  check_status(lt_.layout_create(&layout, data_type(dtype), static_cast<std::uint64_t>(rows),
                                 static_cast<std::uint64_t>(columns), ld),
               "cublasLtMatrixLayoutCreate");
  if (batch > 1) {
    const auto count = static_cast<std::int32_t>(batch);
    lt_.layout_set(layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count);
    lt_.layout_set(layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &batch_stride, sizeof batch_stride);
  }
  return layout;
}

void Plan::choose_algorithm(const GemmArgs& args) {
  cublasLtMatmulPreference_t preference = nullptr;
  check_status(lt_.preference_create(&preference), "cublasLtMatmulPreferenceCreate");
  lt_.preference_set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &kMaxWorkspace, sizeof kMaxWorkspace);
  if (kHalf.contains(args.factors)) {  // pieces of a long sum are to meet in f32
    const std::uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
    lt_.preference_set(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &schemes, sizeof schemes);
  }
  const auto align = [&](cublasLtMatmulPreferenceAttributes_t attribute, const void* address) {
    const auto bytes = static_cast<std::uint32_t>(alignment(address));
    lt_.preference_set(preference, attribute, &bytes, sizeof bytes);
  };
  align(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, args.b.data);
  align(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, args.a.data);
  align(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, args.c);
  align(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, args.c);
  cublasLtMatmulHeuristicResult_t found{};
  int count = 0;
  const cublasStatus_t status =
      lt_.heuristic(handle(), product_, first_, second_, result_, result_, preference, 1, &found, &count);
  lt_.preference_destroy(preference);
  supported_ = status == CUBLAS_STATUS_SUCCESS && count > 0;
  algorithm_ = found.algo;
  workspace_ = found.workspaceSize;
}

void Plan::run(cublasLtHandle_t lt, const GemmArgs& args) {
  if (args.bias) set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, args.bias);
  const Scratch<char> workspace(static_cast<std::int64_t>(workspace_));
  const float one_f32 = 1, beta_f32 = args.accumulate ? 1 : 0;
  const double one_f64 = 1, beta_f64 = args.accumulate ? 1 : 0;
  const bool f64 = args.dtype == DType::f64;
  check_status(lt_.matmul(lt, product_, f64 ? static_cast<const void*>(&one_f64) : &one_f32, args.b.data, first_,
                          args.a.data, second_, f64 ? static_cast<const void*>(&beta_f64) : &beta_f32, args.c, result_,
                          args.c, result_, &algorithm_, workspace.data(), workspace_, current_stream()),
               "cublasLtMatmul");
}

using Plans = std::unordered_map<Key, Plan, HashKey>;

/// False, with nothing done, where cuBLASLt turns out to have no algorithm: only asking for one tells.
bool run_cublaslt(const GemmArgs& args) {
  static std::mutex mutex;  // a plan's bias pointer changes from call to call
  static auto* plans = new Plans;
  const std::scoped_lock lock(mutex);
  const Key key = key_of(args);
  auto at = plans->find(key);
  if (at == plans->end()) {
    if (plans->size() >= kMaxPlans) plans->clear();
    at = plans->try_emplace(key, args).first;
  }
  if (at->second.is_supported()) at->second.run(handle(), args);
  return at->second.is_supported();
}

/// No library multiplies integers.
GemmAlgorithm choose(const GemmArgs& args) {
  return args.k == 0 || !is_floating(args.dtype) ? GemmAlgorithm::loops : GemmAlgorithm::cublaslt;
}

void run_loops(const GemmArgs& args) {
  announce(args, GemmAlgorithm::loops);
  gemm_any_dtype(args);
}

/// What is left to try where cuBLASLt has no algorithm for a form: one without the bias, then none of its own.
void run_unsupported(const GemmArgs& args) {
  if (!args.bias) return run_loops(args);
  start_with_bias(args);
  GemmArgs rest = args;
  rest.bias = nullptr;
  rest.accumulate = true;
  if (!run_cublaslt(rest)) run_loops(rest);
}

}  // namespace
}  // namespace product

void gemm(const GemmArgs& args) {
  if (args.batch == 0 || args.m == 0 || args.n == 0) return;
  if (product::choose(args) == GemmAlgorithm::loops) return product::run_loops(args);
  announce(args, GemmAlgorithm::cublaslt);
  if (!product::run_cublaslt(args)) product::run_unsupported(args);
}

}  // namespace reel::kernels::cuda
