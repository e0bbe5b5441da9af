// cuBLASLt: descriptors, what is accepted, and products as operations of a stream.

#include "cublasLt.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string>
#include <type_traits>

#include "runtime/product.h"
#include "runtime/state.h"

using emulation::enqueue;
using emulation::fail_device;
using emulation::Matrix;
using emulation::Product;
using emulation::size_of;
using emulation::state;

struct cublasLtContext {};

struct cublasLtMatmulDescOpaque_t {
  cublasComputeType_t compute;
  cudaDataType_t scale;
  cublasLtPointerMode_t pointer_mode = CUBLASLT_POINTER_MODE_HOST;
  cublasOperation_t op_a = CUBLAS_OP_N, op_b = CUBLAS_OP_N, op_c = CUBLAS_OP_N;
  std::int32_t fill_mode = 2;  // full
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  void* bias = nullptr;
  std::int64_t bias_stride = 0;
  std::int32_t bias_type = -1;  // D's
  void* aux = nullptr;
  std::int64_t aux_ld = 0, aux_stride = 0;
  std::int32_t sm_count = 0;
};

struct cublasLtMatrixLayoutOpaque_t {
  Matrix matrix;
  std::int32_t batch = 1;
  cublasLtOrder_t order = CUBLASLT_ORDER_COL;
};

struct cublasLtMatmulPreferenceOpaque_t {
  std::uint64_t max_workspace = 0;
  std::array<std::uint32_t, 4> alignment{256, 256, 256, 256};  // of A, B, C and D
  std::uint32_t other = 0;
};

namespace {

constexpr std::uint64_t kWorkspace = 4096;      // what an algorithm asks for if it may
constexpr std::uint32_t kUsefulAlignment = 16;  // no algorithm makes use of more
constexpr std::uintptr_t kWorkspaceAlignment = 256;

/// What cublasLtMatmulAlgo_t holds.
struct Algorithm {
  std::uint64_t problem;  // a number that stands for all that the choice depended on
  std::uint64_t workspace;
  std::array<std::uint32_t, 4> alignment;
};
static_assert(sizeof(Algorithm) <= sizeof(cublasLtMatmulAlgo_t));

template <class Body> cublasStatus_t call(const char* function, Body body) {
  const std::scoped_lock lock(state().mutex);
  if (const int status = emulation::injected_status(function)) return static_cast<cublasStatus_t>(status);
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return CUBLAS_STATUS_ALLOC_FAILED;
  }
}

template <class Field> cublasStatus_t assign(Field& field, const void* value, std::size_t bytes) {
  if (!value || bytes != sizeof field) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(&field, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

template <class Handle, class... Args> cublasStatus_t create(const char* function, Handle* handle, Args... args) {
  return call(function, [&] {
    if (!handle) return CUBLAS_STATUS_INVALID_VALUE;
    *handle = new std::remove_pointer_t<Handle>{args...};
    return CUBLAS_STATUS_SUCCESS;
  });
}

template <class Handle> cublasStatus_t destroy(const char* function, Handle handle) {
  return call(function, [&] {
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
  });
}

bool is_valid(const cublasLtMatrixLayoutOpaque_t& layout) {
  const Matrix& m = layout.matrix;
  return m.rows > 0 && m.cols > 0 && m.ld >= m.rows && layout.batch > 0 && m.stride >= 0;
}

bool is_supported(const cublasLtMatmulDescOpaque_t& desc) {
  switch (desc.epilogue) {
    case CUBLASLT_EPILOGUE_DEFAULT:
    case CUBLASLT_EPILOGUE_RELU:
    case CUBLASLT_EPILOGUE_RELU_AUX:
    case CUBLASLT_EPILOGUE_BIAS:
    case CUBLASLT_EPILOGUE_RELU_BIAS:
    case CUBLASLT_EPILOGUE_RELU_AUX_BIAS:
    case CUBLASLT_EPILOGUE_DRELU:
    case CUBLASLT_EPILOGUE_DRELU_BGRAD:
    case CUBLASLT_EPILOGUE_BGRADA:
    case CUBLASLT_EPILOGUE_BGRADB:
      break;
    default:
      return false;
  }
  return desc.pointer_mode == CUBLASLT_POINTER_MODE_HOST && desc.op_a != CUBLAS_OP_C && desc.op_b != CUBLAS_OP_C &&
         desc.op_c == CUBLAS_OP_N && desc.fill_mode == 2;
}

/// Whether there are algorithms for these types.
bool is_supported(const cublasLtMatmulDescOpaque_t& desc, cudaDataType_t in, cudaDataType_t out) {
  switch (desc.compute) {
    case CUBLAS_COMPUTE_64F:
    case CUBLAS_COMPUTE_64F_PEDANTIC:
      return desc.scale == CUDA_R_64F && in == CUDA_R_64F && out == CUDA_R_64F;
    case CUBLAS_COMPUTE_32F_FAST_TF32:
      return desc.scale == CUDA_R_32F && in == CUDA_R_32F && out == CUDA_R_32F;
    case CUBLAS_COMPUTE_32F:
    case CUBLAS_COMPUTE_32F_PEDANTIC:
      return desc.scale == CUDA_R_32F && in != CUDA_R_64F && (out == in || out == CUDA_R_32F);
    default:
      return false;
  }
}

/// Puts a product together from what describes it, all but its data.
cublasStatus_t describe(cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                        cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d, Product& product) {
  if (!desc || !a || !b || !c || !d) return CUBLAS_STATUS_INVALID_VALUE;
  product = {};
  product.a = a->matrix;
  product.b = b->matrix;
  product.c = c->matrix;
  product.d = d->matrix;
  product.batch = d->batch;
  product.transpose_a = desc->op_a != CUBLAS_OP_N;
  product.transpose_b = desc->op_b != CUBLAS_OP_N;
  product.m = product.transpose_a ? product.a.cols : product.a.rows;
  product.k = product.transpose_a ? product.a.rows : product.a.cols;
  product.n = product.transpose_b ? product.b.rows : product.b.cols;
  product.compute = desc->compute;
  product.epilogue = desc->epilogue;
  product.bias = desc->bias;
  product.bias_stride = desc->bias_stride;
  product.mask = desc->aux;
  product.mask_ld = desc->aux_ld;
  product.mask_stride = desc->aux_stride;
  for (const cublasLtMatrixLayout_t layout : {a, b, c, d}) {
    if (!is_valid(*layout) || layout->batch != d->batch) return CUBLAS_STATUS_INVALID_VALUE;
    if (layout->order != CUBLASLT_ORDER_COL) return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  if ((product.transpose_b ? product.b.cols : product.b.rows) != product.k) return CUBLAS_STATUS_INVALID_VALUE;
  for (const Matrix& result : {product.c, product.d}) {
    if (result.rows != product.m || result.cols != product.n) return CUBLAS_STATUS_INVALID_VALUE;
  }
  if (product.a.type != product.b.type || product.c.type != product.d.type) return CUBLAS_STATUS_NOT_SUPPORTED;
  const bool has_bias_type = desc->bias_type != -1 && desc->bias_type != product.d.type;
  if (has_bias_type || !is_supported(*desc)) return CUBLAS_STATUS_NOT_SUPPORTED;
  return is_supported(*desc, product.a.type, product.d.type) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_SUPPORTED;
}

/// Whether the epilogue has the vectors that it needs.
bool has_vectors(const Product& product) {
  constexpr int kUsesBias = 4 | 16 | 256 | 512, kUsesMask = 128;
  if ((product.epilogue & kUsesBias) && !product.bias) return false;
  if (!(product.epilogue & kUsesMask)) return true;
  return product.mask && product.mask_ld >= product.m && product.mask_ld % 128 == 0 && product.mask_stride % 128 == 0;
}

/// A number that differs for products that need different algorithms.
std::uint64_t number_of(const Product& p) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  const auto add = [&](auto value) { hash = (hash ^ static_cast<std::uint64_t>(value)) * 1099511628211u; };
  for (const std::int64_t size : {p.batch, p.m, p.n, p.k}) add(size);
  for (const Matrix& matrix : {p.a, p.b, p.c, p.d}) add(matrix.type), add(matrix.ld), add(matrix.stride);
  add(p.transpose_a), add(p.transpose_b), add(p.compute), add(p.epilogue);
  return hash;
}

bool is_aligned(const void* address, std::uintptr_t to) { return reinterpret_cast<std::uintptr_t>(address) % to == 0; }

bool is_aligned(const Product& p, const std::array<std::uint32_t, 4>& alignment) {
  const std::array<const void*, 4> data{p.a_data, p.b_data, p.c_data, p.d_data};
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (!is_aligned(data[i], std::clamp(alignment[i], 1u, kUsefulAlignment))) return false;
  }
  return true;
}

/// Runs a product on a device, unless it would leave the memory that is allocated there.
void run(const Product& p, void* workspace, std::size_t workspace_bytes, int device) {
  const struct {
    const char* name;
    const void* data;
    std::size_t bytes;
  } operands[] = {{"A", p.a_data, p.a.extent(p.batch)},
                  {"B", p.b_data, p.b.extent(p.batch)},
                  {"C", p.c_data, p.beta != 0 ? p.c.extent(p.batch) : 0},
                  {"D", p.d_data, p.d.extent(p.batch)},
                  {"the workspace", workspace, workspace_bytes}};
  for (const auto& [name, data, bytes] : operands) {
    if (state().device(device).memory.allocations().rest_from(data) >= bytes) continue;
    return fail_device(cudaErrorLaunchFailure, std::string("cublasLtMatmul: ") + name + " is not on the device");
  }
  if (workspace_bytes) std::memset(workspace, 0xff, workspace_bytes);  // as a GPU changes it
  emulation::run_product(p);
}

}  // namespace

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) { return create(__func__, handle); }

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) { return destroy(__func__, handle); }

std::size_t cublasLtGetVersion() { return CUBLAS_VERSION; }

const char* cublasLtGetStatusName(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS:
      return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_NOT_INITIALIZED:
      return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_ALLOC_FAILED:
      return "CUBLAS_STATUS_ALLOC_FAILED";
    case CUBLAS_STATUS_INVALID_VALUE:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_ARCH_MISMATCH:
      return "CUBLAS_STATUS_ARCH_MISMATCH";
    case CUBLAS_STATUS_MAPPING_ERROR:
      return "CUBLAS_STATUS_MAPPING_ERROR";
    case CUBLAS_STATUS_EXECUTION_FAILED:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
    case CUBLAS_STATUS_INTERNAL_ERROR:
      return "CUBLAS_STATUS_INTERNAL_ERROR";
    case CUBLAS_STATUS_NOT_SUPPORTED:
      return "CUBLAS_STATUS_NOT_SUPPORTED";
    case CUBLAS_STATUS_LICENSE_ERROR:
      return "CUBLAS_STATUS_LICENSE_ERROR";
  }
  return "unknown";
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* desc, cublasComputeType_t compute, cudaDataType_t scale) {
  return create(__func__, desc, compute, scale);
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc) { return destroy(__func__, desc); }

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute,
                                              const void* value, std::size_t bytes) {
  return call(__func__, [&] {
    if (!desc) return CUBLAS_STATUS_INVALID_VALUE;
    switch (attribute) {
      case CUBLASLT_MATMUL_DESC_COMPUTE_TYPE:
        return assign(desc->compute, value, bytes);
      case CUBLASLT_MATMUL_DESC_SCALE_TYPE:
        return assign(desc->scale, value, bytes);
      case CUBLASLT_MATMUL_DESC_POINTER_MODE:
        return assign(desc->pointer_mode, value, bytes);
      case CUBLASLT_MATMUL_DESC_TRANSA:
        return assign(desc->op_a, value, bytes);
      case CUBLASLT_MATMUL_DESC_TRANSB:
        return assign(desc->op_b, value, bytes);
      case CUBLASLT_MATMUL_DESC_TRANSC:
        return assign(desc->op_c, value, bytes);
      case CUBLASLT_MATMUL_DESC_FILL_MODE:
        return assign(desc->fill_mode, value, bytes);
      case CUBLASLT_MATMUL_DESC_EPILOGUE:
        return assign(desc->epilogue, value, bytes);
      case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
        return assign(desc->bias, value, bytes);
      case CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE:
        return assign(desc->bias_stride, value, bytes);
      case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE:
        return assign(desc->bias_type, value, bytes);
      case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER:
        return assign(desc->aux, value, bytes);
      case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD:
        return assign(desc->aux_ld, value, bytes);
      case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE:
        return assign(desc->aux_stride, value, bytes);
      case CUBLASLT_MATMUL_DESC_SM_COUNT_TARGET:
        return assign(desc->sm_count, value, bytes);
    }
    return CUBLAS_STATUS_INVALID_VALUE;
  });
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType type, std::uint64_t rows,
                                          std::uint64_t cols, std::int64_t ld) {
  return create(__func__, layout,
                Matrix{type, static_cast<std::int64_t>(rows), static_cast<std::int64_t>(cols), ld, 0});
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) { return destroy(__func__, layout); }

cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute, const void* value,
                                                std::size_t bytes) {
  return call(__func__, [&] {
    if (!layout) return CUBLAS_STATUS_INVALID_VALUE;
    switch (attribute) {
      case CUBLASLT_MATRIX_LAYOUT_TYPE:
        return assign(layout->matrix.type, value, bytes);
      case CUBLASLT_MATRIX_LAYOUT_ORDER:
        return assign(layout->order, value, bytes);
      case CUBLASLT_MATRIX_LAYOUT_ROWS:
        return assign(layout->matrix.rows, value, bytes);
      case CUBLASLT_MATRIX_LAYOUT_COLS:
        return assign(layout->matrix.cols, value, bytes);
      case CUBLASLT_MATRIX_LAYOUT_LD:
        return assign(layout->matrix.ld, value, bytes);
      case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT:
        return assign(layout->batch, value, bytes);
      case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET:
        return assign(layout->matrix.stride, value, bytes);
    }
    return CUBLAS_STATUS_INVALID_VALUE;
  });
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  return create(__func__, preference);
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  return destroy(__func__, preference);
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute, const void* value,
                                                    std::size_t bytes) {
  return call(__func__, [&] {
    if (!preference) return CUBLAS_STATUS_INVALID_VALUE;
    switch (attribute) {
      case CUBLASLT_MATMUL_PREF_SEARCH_MODE:
      case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK:
        return assign(preference->other, value, bytes);
      case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
        return assign(preference->max_workspace, value, bytes);
      case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
        return assign(preference->alignment[0], value, bytes);
      case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
        return assign(preference->alignment[1], value, bytes);
      case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
        return assign(preference->alignment[2], value, bytes);
      case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES:
        return assign(preference->alignment[3], value, bytes);
    }
    return CUBLAS_STATUS_INVALID_VALUE;
  });
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int requested,
                                              cublasLtMatmulHeuristicResult_t* results, int* found) {
  return call(__func__, [&] {
    if (!handle || !preference || !results || !found || requested < 1) return CUBLAS_STATUS_INVALID_VALUE;
    *found = 0;
    Product product;
    if (const cublasStatus_t status = describe(desc, a, b, c, d, product)) return status;
    const std::array<std::size_t, 4> sizes{size_of(product.a.type), size_of(product.b.type), size_of(product.c.type),
                                           size_of(product.d.type)};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if (preference->alignment[i] < sizes[i]) return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    const Algorithm algorithm{number_of(product), std::min(preference->max_workspace, kWorkspace),
                              preference->alignment};
    results[0] = {};
    std::memcpy(&results[0].algo, &algorithm, sizeof algorithm);
    results[0].workspaceSize = algorithm.workspace;
    results[0].wavesCount = 1;
    *found = 1;
    return CUBLAS_STATUS_SUCCESS;
  });
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, const void* alpha, const void* a,
                              cublasLtMatrixLayout_t a_layout, const void* b, cublasLtMatrixLayout_t b_layout,
                              const void* beta, const void* c, cublasLtMatrixLayout_t c_layout, void* d,
                              cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t* algo, void* workspace,
                              std::size_t workspace_bytes, cudaStream_t stream) {
  return call(__func__, [&] {
    if (!handle || !alpha || !beta || !a || !b || !d) return CUBLAS_STATUS_INVALID_VALUE;
    Product product;
    if (const cublasStatus_t status = describe(desc, a_layout, b_layout, c_layout, d_layout, product)) return status;
    const auto scale = [&](const void* factor) {
      return desc->scale == CUDA_R_64F ? *static_cast<const double*>(factor) : *static_cast<const float*>(factor);
    };
    product.alpha = scale(alpha);
    product.beta = scale(beta);
    product.a_data = a;
    product.b_data = b;
    product.c_data = c;
    product.d_data = d;
    if ((product.beta != 0 && !c) || a == d || b == d || !has_vectors(product)) return CUBLAS_STATUS_INVALID_VALUE;

    Algorithm algorithm{number_of(product), 0, {}};
    algorithm.alignment.fill(static_cast<std::uint32_t>(size_of(product.d.type)));
    if (algo) std::memcpy(&algorithm, algo, sizeof algorithm);
    if (algorithm.problem != number_of(product) || !is_aligned(product, algorithm.alignment)) {
      return CUBLAS_STATUS_NOT_SUPPORTED;  // the algorithm was chosen for something else
    }
    if (workspace_bytes < algorithm.workspace || (algorithm.workspace && !workspace))
      return CUBLAS_STATUS_INVALID_VALUE;
    if (!is_aligned(workspace, kWorkspaceAlignment)) return CUBLAS_STATUS_INVALID_VALUE;

    CUstream_st* queue = emulation::find_stream(stream);
    if (!queue || queue->device != emulation::current_device()) return CUBLAS_STATUS_INVALID_VALUE;
    const auto work = [product, workspace, bytes = algorithm.workspace, device = queue->device] {
      run(product, workspace, bytes, device);
    };
    const cudaError_t status = enqueue(*queue, {cudaGraphNodeTypeKernel, work});
    return status == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
  });
}
