// The emulated cuBLASLt against products by definition, and what it refuses.

#include <cublasLt.h>

#include <cstdint>
#include <random>

#include <reel/tensor/core/half.h>

#include "testing.h"

using namespace emulation::testing;

namespace {

template <class T> constexpr cudaDataType_t kType = CUDA_R_32F;
template <> constexpr cudaDataType_t kType<double> = CUDA_R_64F;
template <> constexpr cudaDataType_t kType<reel::Half> = CUDA_R_16F;
template <> constexpr cudaDataType_t kType<reel::BFloat16> = CUDA_R_16BF;

template <class T> double number(T x) { return static_cast<double>(static_cast<float>(x)); }
template <> double number(double x) { return x; }
template <class T> T rounded(double x) { return T(static_cast<float>(x)); }
template <> double rounded(double x) { return x; }

/// The sizes of a product. Matrices are stored with a gap behind each column and each matrix.
struct Shape {
  std::int64_t m, n, k, batch;
  bool transpose_a, transpose_b;

  std::int64_t lda() const { return (transpose_a ? k : m) + 3; }
  std::int64_t ldb() const { return (transpose_b ? n : k) + 1; }
  std::int64_t ldd() const { return m + 2; }
  std::int64_t stride_a() const { return lda() * (transpose_a ? m : k) + 5; }
  std::int64_t stride_b() const { return ldb() * (transpose_b ? k : n) + 5; }
  std::int64_t stride_d() const { return ldd() * n + 5; }
  std::int64_t stride_mask() const { return kMaskLd * n; }
  std::int64_t stride_vector() const { return m > n ? m : n; }

  std::size_t at_a(std::int64_t z, std::int64_t i, std::int64_t p) const {
    return static_cast<std::size_t>(z * stride_a() + (transpose_a ? i * lda() + p : p * lda() + i));
  }
  std::size_t at_b(std::int64_t z, std::int64_t p, std::int64_t j) const {
    return static_cast<std::size_t>(z * stride_b() + (transpose_b ? p * ldb() + j : j * ldb() + p));
  }
  std::size_t at_d(std::int64_t z, std::int64_t i, std::int64_t j) const {
    return static_cast<std::size_t>(z * stride_d() + j * ldd() + i);
  }
  std::size_t at_mask(std::int64_t z, std::int64_t i, std::int64_t j) const {
    return static_cast<std::size_t>(z * stride_mask() + j * kMaskLd + i);
  }
  std::size_t at_vector(std::int64_t z, std::int64_t i) const {
    return static_cast<std::size_t>(z * stride_vector() + i);
  }

  static constexpr std::int64_t kMaskLd = 128;
};

constexpr Shape kSmall{9, 7, 5, 1, false, false};

/// Everything that a product reads and writes.
template <class In, class Out> struct Data {
  std::vector<In> a, b;
  std::vector<Out> d, vector;
  std::vector<unsigned char> mask;

  explicit Data(const Shape& s) {
    const auto fill = [&]<class T>(std::vector<T>& values, std::int64_t stride) {
      values.resize(static_cast<std::size_t>(stride * s.batch));
      for (T& value : values) value = rounded<T>(static_cast<int>(random() % 17) - 8);
    };
    fill(a, s.stride_a());
    fill(b, s.stride_b());
    fill(d, s.stride_d());
    fill(vector, s.stride_vector());
    mask.resize(static_cast<std::size_t>(s.stride_mask() * s.batch / 8));
    for (unsigned char& byte : mask) byte = static_cast<unsigned char>(random());
  }

 private:
  static unsigned random() {
    static std::mt19937 generator(7);
    return static_cast<unsigned>(generator());
  }
};

struct Factors {
  double alpha = 1, beta = 0;
};

/// By definition.
template <class In, class Out>
Data<In, Out> expect(const Shape& s, int epilogue, Factors factors, const Data<In, Out>& in) {
  Data<In, Out> out = in;
  std::vector<double> sums(out.vector.size());
  for (std::int64_t z = 0; z < s.batch; ++z) {
    for (std::int64_t j = 0; j < s.n; ++j) {
      for (std::int64_t i = 0; i < s.m; ++i) {
        double value = 0;
        for (std::int64_t p = 0; p < s.k; ++p) value += number(in.a[s.at_a(z, i, p)]) * number(in.b[s.at_b(z, p, j)]);
        value = factors.alpha * value;
        if (factors.beta != 0) value += factors.beta * number(in.d[s.at_d(z, i, j)]);
        if (epilogue & CUBLASLT_EPILOGUE_BIAS) value += number(in.vector[s.at_vector(z, i)]);
        const std::size_t bit = s.at_mask(z, i, j);
        const bool is_set = in.mask[bit / 8] >> bit % 8 & 1;
        const bool is_relu = epilogue & CUBLASLT_EPILOGUE_RELU, is_gradient = epilogue & 8;
        if (is_relu ? value <= 0 : is_gradient && !is_set) value = 0;
        const int mask = 1 << bit % 8;
        if (is_relu && epilogue & 128) {
          out.mask[bit / 8] =
              static_cast<unsigned char>(value > 0 ? out.mask[bit / 8] | mask : out.mask[bit / 8] & ~mask);
        }
        out.d[s.at_d(z, i, j)] = rounded<Out>(value);
        sums[s.at_vector(z, i)] += value;
      }
    }
    const auto sum_inputs = [&](std::int64_t size, auto element) {
      for (std::int64_t i = 0; i < size; ++i) {
        sums[s.at_vector(z, i)] = 0;
        for (std::int64_t p = 0; p < s.k; ++p) sums[s.at_vector(z, i)] += number(element(i, p));
      }
    };
    const bool of_a = epilogue == CUBLASLT_EPILOGUE_BGRADA, of_b = epilogue == CUBLASLT_EPILOGUE_BGRADB;
    if (of_a) sum_inputs(s.m, [&](auto i, auto p) { return in.a[s.at_a(z, i, p)]; });
    if (of_b) sum_inputs(s.n, [&](auto j, auto p) { return in.b[s.at_b(z, p, j)]; });
    if (!of_a && !of_b && epilogue != CUBLASLT_EPILOGUE_DRELU_BGRAD) continue;
    for (std::int64_t i = 0; i < (of_b ? s.n : s.m); ++i) {
      out.vector[s.at_vector(z, i)] = rounded<Out>(sums[s.at_vector(z, i)]);
    }
  }
  return out;
}

/// The descriptors of a product.
template <class In, class Out> class Matmul {
 public:
  Matmul(const Shape& s, cublasComputeType_t compute, cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT)
      : shape_(s) {
    REQUIRE(cublasLtCreate(&handle) == CUBLAS_STATUS_SUCCESS);
    REQUIRE(cublasLtMatmulDescCreate(&desc, compute, kScale) == CUBLAS_STATUS_SUCCESS);
    set(CUBLASLT_MATMUL_DESC_TRANSA, s.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_TRANSB, s.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
    a = layout(kType<In>, s.transpose_a ? s.k : s.m, s.transpose_a ? s.m : s.k, s.lda(), s.stride_a());
    b = layout(kType<In>, s.transpose_b ? s.n : s.k, s.transpose_b ? s.k : s.n, s.ldb(), s.stride_b());
    d = layout(kType<Out>, s.m, s.n, s.ldd(), s.stride_d());
    REQUIRE(cublasLtMatmulPreferenceCreate(&preference) == CUBLAS_STATUS_SUCCESS);
  }
  Matmul(const Matmul&) = delete;
  Matmul& operator=(const Matmul&) = delete;
  ~Matmul() {
    for (const cublasLtMatrixLayout_t layout : {a, b, d}) cublasLtMatrixLayoutDestroy(layout);
    cublasLtMatmulPreferenceDestroy(preference);
    cublasLtMatmulDescDestroy(desc);
    cublasLtDestroy(handle);
  }

  template <class T> void set(cublasLtMatmulDescAttributes_t attribute, const T& value) {
    REQUIRE(cublasLtMatmulDescSetAttribute(desc, attribute, &value, sizeof value) == CUBLAS_STATUS_SUCCESS);
  }
  template <class T> void set(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t attribute, T value) {
    REQUIRE(cublasLtMatrixLayoutSetAttribute(layout, attribute, &value, sizeof value) == CUBLAS_STATUS_SUCCESS);
  }
  template <class T> void set(cublasLtMatmulPreferenceAttributes_t attribute, T value) {
    REQUIRE(cublasLtMatmulPreferenceSetAttribute(preference, attribute, &value, sizeof value) == CUBLAS_STATUS_SUCCESS);
  }

  cublasStatus_t choose(cublasLtMatmulHeuristicResult_t& chosen) {
    int found = 7;
    const cublasStatus_t status =
        cublasLtMatmulAlgoGetHeuristic(handle, desc, a, b, d, d, preference, 1, &chosen, &found);
    CHECK(found == (status == CUBLAS_STATUS_SUCCESS ? 1 : 0));
    return status;
  }
  cublasStatus_t choose() {
    cublasLtMatmulHeuristicResult_t chosen;
    return choose(chosen);
  }

  /// D is C, too.
  cublasStatus_t run(const In* a_data, const In* b_data, Out* d_data, Factors factors = {},
                     const cublasLtMatmulAlgo_t* algo = nullptr, void* workspace = nullptr, std::size_t bytes = 0,
                     cudaStream_t stream = nullptr) {
    const auto [alpha, beta] = factors;
    const auto alpha_f32 = static_cast<float>(alpha), beta_f32 = static_cast<float>(beta);
    const bool f64 = kScale == CUDA_R_64F;
    return cublasLtMatmul(handle, desc, f64 ? static_cast<const void*>(&alpha) : &alpha_f32, a_data, a, b_data, b,
                          f64 ? static_cast<const void*>(&beta) : &beta_f32, d_data, d, d_data, d, algo, workspace,
                          bytes, stream);
  }

  cublasLtHandle_t handle = nullptr;
  cublasLtMatmulDesc_t desc = nullptr;
  cublasLtMatrixLayout_t a = nullptr, b = nullptr, d = nullptr;
  cublasLtMatmulPreference_t preference = nullptr;

 private:
  static constexpr cudaDataType_t kScale = kType<Out> == CUDA_R_64F ? CUDA_R_64F : CUDA_R_32F;

  cublasLtMatrixLayout_t layout(cudaDataType_t type, std::int64_t rows, std::int64_t cols, std::int64_t ld,
                                std::int64_t stride) {
    cublasLtMatrixLayout_t made = nullptr;
    REQUIRE(cublasLtMatrixLayoutCreate(&made, type, static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(cols),
                                       ld) == CUBLAS_STATUS_SUCCESS);
    set(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, static_cast<std::int32_t>(shape_.batch));
    set(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, stride);
    return made;
  }

  Shape shape_;
};

/// The numbers are whole and small: every order of summing gives the same.
template <class In, class Out = In> void check_product(const Shape& s, cublasComputeType_t compute,
                                                       cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT,
                                                       Factors factors = {}) {
  INFO("m " << s.m << ", n " << s.n << ", k " << s.k << ", batch " << s.batch << ", transposed " << s.transpose_a << " "
            << s.transpose_b << ", epilogue " << static_cast<int>(epilogue));
  const Data<In, Out> data(s);
  const Data<In, Out> expected = expect(s, epilogue, factors, data);
  const DeviceArray<In> a(data.a), b(data.b);
  const DeviceArray<Out> d(data.d), vector(data.vector);
  const DeviceArray<unsigned char> mask(data.mask);
  Matmul<In, Out> matmul(s, compute, epilogue);
  matmul.set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, vector.get());
  matmul.set(CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE, s.stride_vector());
  matmul.set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, mask.get());
  matmul.set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, std::int64_t{s.kMaskLd});
  matmul.set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE, s.stride_mask());
  REQUIRE(matmul.run(a.get(), b.get(), d.get(), factors) == CUBLAS_STATUS_SUCCESS);
  const auto numbers = [](const std::vector<Out>& values) {
    std::vector<double> result;
    for (const Out value : values) result.push_back(number(value));
    return result;
  };
  CHECK(numbers(d.read()) == numbers(expected.d));
  CHECK(numbers(vector.read()) == numbers(expected.vector));
  CHECK(mask.read() == expected.mask);
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "emulation: products of all types, layouts and shapes") {
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      for (const Shape& s : {Shape{1, 1, 1, 1, ta, tb}, Shape{9, 7, 5, 1, ta, tb}, Shape{33, 20, 40, 3, ta, tb}}) {
        check_product<float>(s, CUBLAS_COMPUTE_32F);
        check_product<float>(s, CUBLAS_COMPUTE_32F_FAST_TF32);
        check_product<double>(s, CUBLAS_COMPUTE_64F);
        check_product<reel::Half>(s, CUBLAS_COMPUTE_32F);
        check_product<reel::Half, float>(s, CUBLAS_COMPUTE_32F);
        check_product<reel::BFloat16>(s, CUBLAS_COMPUTE_32F);
        check_product<reel::BFloat16, float>(s, CUBLAS_COMPUTE_32F);
        check_product<float>(s, CUBLAS_COMPUTE_32F, CUBLASLT_EPILOGUE_BIAS, {0.5, -2});
        check_product<double>(s, CUBLAS_COMPUTE_64F, CUBLASLT_EPILOGUE_BIAS, {0.5, -2});
      }
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: epilogues of products") {
  for (const auto epilogue : {CUBLASLT_EPILOGUE_RELU, CUBLASLT_EPILOGUE_RELU_AUX, CUBLASLT_EPILOGUE_BIAS,
                              CUBLASLT_EPILOGUE_RELU_BIAS, CUBLASLT_EPILOGUE_RELU_AUX_BIAS, CUBLASLT_EPILOGUE_DRELU,
                              CUBLASLT_EPILOGUE_DRELU_BGRAD, CUBLASLT_EPILOGUE_BGRADA, CUBLASLT_EPILOGUE_BGRADB}) {
    for (const std::int64_t batch : {1, 3}) {
      check_product<float>({21, 13, 6, batch, false, true}, CUBLAS_COMPUTE_32F, epilogue);
      check_product<reel::BFloat16>({8, 4, 10, batch, true, false}, CUBLAS_COMPUTE_32F, epilogue, {2, 1});
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: TF32 has 10 bits of mantissa, and f32 has all") {
  const float x = 1 + 0x1p-12f;
  const DeviceArray<float> a(std::vector<float>{x}), b(std::vector<float>{1}), d(1);
  for (const auto compute : {CUBLAS_COMPUTE_32F, CUBLAS_COMPUTE_32F_FAST_TF32}) {
    Matmul<float, float> matmul({1, 1, 1, 1, false, false}, compute);
    REQUIRE(matmul.run(a.get(), b.get(), d.get()) == CUBLAS_STATUS_SUCCESS);
    CHECK(d.read()[0] == (compute == CUBLAS_COMPUTE_32F ? x : 1));
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "emulation: an algorithm is for the product, the alignment and the workspace it was chosen for") {
  const Data<float, float> data(kSmall);
  const DeviceArray<float> a(data.a), b(data.b), d(data.d);
  const DeviceArray<char> workspace(10000);
  Matmul<float, float> matmul(kSmall, CUBLAS_COMPUTE_32F);
  matmul.set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, std::uint64_t{10000});
  cublasLtMatmulHeuristicResult_t chosen{};
  REQUIRE(matmul.choose(chosen) == CUBLAS_STATUS_SUCCESS);
  REQUIRE(chosen.workspaceSize > 0);
  const auto run = [&](const float* first, void* memory, std::size_t bytes) {
    return matmul.run(first, b.get(), d.get(), {}, &chosen.algo, memory, bytes);
  };
  CHECK(run(a.get(), workspace.get(), chosen.workspaceSize) == CUBLAS_STATUS_SUCCESS);
  CHECK(run(a.get(), workspace.get(), chosen.workspaceSize - 1) == CUBLAS_STATUS_INVALID_VALUE);
  CHECK(run(a.get(), nullptr, chosen.workspaceSize) == CUBLAS_STATUS_INVALID_VALUE);
  CHECK(run(a.get(), workspace.get() + 16, chosen.workspaceSize) == CUBLAS_STATUS_INVALID_VALUE);
  CHECK(run(a.get() + 1, workspace.get(), chosen.workspaceSize) == CUBLAS_STATUS_NOT_SUPPORTED);
  matmul.set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, std::uint32_t{4});
  REQUIRE(matmul.choose(chosen) == CUBLAS_STATUS_SUCCESS);
  CHECK(run(a.get(), workspace.get(), chosen.workspaceSize) == CUBLAS_STATUS_SUCCESS);
  matmul.set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_RELU);
  CHECK(run(a.get(), workspace.get(), chosen.workspaceSize) == CUBLAS_STATUS_NOT_SUPPORTED);
  CHECK(cudaDeviceSynchronize() == cudaSuccess);
}

TEST_CASE_FIXTURE(Fixture, "emulation: products that make no sense or have no algorithm are refused") {
  using Float = Matmul<float, float>;
  const auto choose_after = [](auto change) {
    Float matmul(kSmall, CUBLAS_COMPUTE_32F);
    change(matmul);
    return matmul.choose();
  };
  CHECK(choose_after([](Float&) {}) == CUBLAS_STATUS_SUCCESS);
  CHECK(choose_after([](Float& m) { m.set(m.a, CUBLASLT_MATRIX_LAYOUT_LD, kSmall.m - 1); }) ==
        CUBLAS_STATUS_INVALID_VALUE);
  CHECK(choose_after([](Float& m) { m.set(m.b, CUBLASLT_MATRIX_LAYOUT_ROWS, std::uint64_t{4}); }) ==
        CUBLAS_STATUS_INVALID_VALUE);
  CHECK(choose_after([](Float& m) { m.set(m.d, CUBLASLT_MATRIX_LAYOUT_COLS, std::uint64_t{6}); }) ==
        CUBLAS_STATUS_INVALID_VALUE);
  CHECK(choose_after([](Float& m) { m.set(m.b, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, 2); }) ==
        CUBLAS_STATUS_INVALID_VALUE);
  CHECK(choose_after([](Float& m) { m.set(m.a, CUBLASLT_MATRIX_LAYOUT_ORDER, CUBLASLT_ORDER_ROW); }) ==
        CUBLAS_STATUS_NOT_SUPPORTED);
  CHECK(choose_after([](Float& m) { m.set(m.a, CUBLASLT_MATRIX_LAYOUT_TYPE, CUDA_R_16F); }) ==
        CUBLAS_STATUS_NOT_SUPPORTED);
  CHECK(choose_after([](Float& m) { m.set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_GELU); }) ==
        CUBLAS_STATUS_NOT_SUPPORTED);
  CHECK(choose_after([](Float& m) { m.set(CUBLASLT_MATMUL_DESC_SCALE_TYPE, CUDA_R_64F); }) ==
        CUBLAS_STATUS_NOT_SUPPORTED);
  CHECK(choose_after([](Float& m) { m.set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, std::uint32_t{2}); }) ==
        CUBLAS_STATUS_NOT_SUPPORTED);
  CHECK(Matmul<reel::Half, reel::Half>(kSmall, CUBLAS_COMPUTE_32F_FAST_TF32).choose() == CUBLAS_STATUS_NOT_SUPPORTED);
  CHECK(Matmul<float, reel::Half>(kSmall, CUBLAS_COMPUTE_32F).choose() == CUBLAS_STATUS_NOT_SUPPORTED);

  Float matmul(kSmall, CUBLAS_COMPUTE_32F);
  const std::int64_t wrong_size = 0;
  CHECK(cublasLtMatmulDescSetAttribute(matmul.desc, CUBLASLT_MATMUL_DESC_TRANSA, &wrong_size, sizeof wrong_size) ==
        CUBLAS_STATUS_INVALID_VALUE);
  const DeviceArray<float> x(200), y(200);
  CHECK(matmul.run(x.get(), nullptr, y.get()) == CUBLAS_STATUS_INVALID_VALUE);
  CHECK(matmul.run(x.get(), x.get(), x.get()) == CUBLAS_STATUS_INVALID_VALUE);
  for (const auto epilogue : {CUBLASLT_EPILOGUE_BIAS, CUBLASLT_EPILOGUE_RELU_AUX}) {
    matmul.set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
    CHECK(matmul.run(x.get(), x.get(), y.get()) == CUBLAS_STATUS_INVALID_VALUE);  // without a vector, without a mask
  }
  matmul.set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, y.get());
  matmul.set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, std::int64_t{64});
  CHECK(matmul.run(x.get(), x.get(), y.get()) == CUBLAS_STATUS_INVALID_VALUE);
  emulation::fail_call("cublasLtMatmulAlgoGetHeuristic", CUBLAS_STATUS_NOT_SUPPORTED);
  int found = 0;
  cublasLtMatmulHeuristicResult_t chosen{};
  CHECK(cublasLtMatmulAlgoGetHeuristic(matmul.handle, matmul.desc, matmul.a, matmul.b, matmul.d, matmul.d,
                                       matmul.preference, 1, &chosen, &found) == CUBLAS_STATUS_NOT_SUPPORTED);
}

TEST_CASE_FIXTURE(Fixture, "emulation: a product that leaves the device's memory is found") {
  Matmul<float, float> matmul(kSmall, CUBLAS_COMPUTE_32F);
  const DeviceArray<float> x(200), y(60);  // of which D needs 61
  REQUIRE(matmul.run(x.get(), x.get(), y.get()) == CUBLAS_STATUS_SUCCESS);
  finds("cublasLtMatmul: D is not on the device");
  std::vector<float> host(200);
  REQUIRE(matmul.run(host.data(), x.get(), y.get()) == CUBLAS_STATUS_SUCCESS);
  finds("cublasLtMatmul: A is not on the device");
}

TEST_CASE_FIXTURE(Fixture, "emulation: products are queued, and captured") {
  const Shape s{1, 1, 1, 1, false, false};
  const DeviceArray<float> a(std::vector<float>{2}), b(std::vector<float>{3}), d(std::vector<float>{1});
  const Stream stream;
  Matmul<float, float> matmul(s, CUBLAS_COMPUTE_32F);
  const auto accumulate = [&] { return matmul.run(a.get(), b.get(), d.get(), {1, 1}, nullptr, nullptr, 0, stream); };
  REQUIRE(accumulate() == CUBLAS_STATUS_SUCCESS);
  CHECK(d.read()[0] == 1);  // the default stream does not wait for this one
  REQUIRE(cudaStreamSynchronize(stream) == cudaSuccess);
  CHECK(d.read()[0] == 7);
  REQUIRE(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal) == cudaSuccess);
  REQUIRE(accumulate() == CUBLAS_STATUS_SUCCESS);
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t exec = nullptr;
  REQUIRE(cudaStreamEndCapture(stream, &graph) == cudaSuccess);
  REQUIRE(cudaGraphInstantiate(&exec, graph) == cudaSuccess);
  for (int i = 0; i < 2; ++i) REQUIRE(cudaGraphLaunch(exec, stream) == cudaSuccess);
  REQUIRE(cudaStreamSynchronize(stream) == cudaSuccess);
  CHECK(d.read()[0] == 19);
  cudaGraphExecDestroy(exec);
  cudaGraphDestroy(graph);
}
