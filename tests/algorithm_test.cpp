// Which algorithm is chosen for the convolutions, products and reductions of docs/benchmarks.md, on every kind of
// processor, and what the algorithm listener hears.

#include <reel/kernels/algorithm.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <mutex>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <reel/kernels/cpu/conv/conv_algorithms.h>
#include <reel/kernels/cpu/gemm/gemm_choice.h>
#include <reel/kernels/cpu/reduce/reduce_loops.h>
#include <reel/kernels/winograd.h>
#include <reel/ops/ops.h>

#include "support/default_device.h"
#include "support/source_files.h"

using namespace reel;
using kernels::ConvOp;
using kernels::ConvShape;
using kernels::cpu::OneDnnSupport;

namespace {

constexpr OneDnnSupport kNoOneDnn{};
constexpr OneDnnSupport kAvx2{.available = true};
constexpr OneDnnSupport kAvx512{.available = true, .avx512 = true};
constexpr OneDnnSupport kBf16{.available = true, .avx512 = true, .bf16 = true};  // AVX512_BF16 or AMX

/// The names of the CPU's benchmarks in docs/benchmarks.md that begin so.
std::set<std::string> documented_rows(const std::string& prefix) {
  const std::string page = testing::read_text(testing::source_dir() / "docs/benchmarks.md");
  const std::string text = page.substr(0, page.find("\n## GPU"));
  const std::regex row("\n\\| (" + prefix + "[^|]*?) \\|");
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), row), end; at != end; ++at) {
    const std::string name = (*at)[1];
    if (name.find("deterministic") == std::string::npos && name.find("limit") == std::string::npos) found.insert(name);
  }
  return found;
}

/// The numbers in a row's name, in order.
std::vector<std::int64_t> numbers_in(const std::string& name) {
  static const std::regex number("\\d+");
  std::vector<std::int64_t> found;
  for (std::sregex_iterator at(name.begin(), name.end(), number), end; at != end; ++at) {
    found.push_back(std::stoll(at->str()));
  }
  return found;
}

struct Convolution {
  ConvOp op;
  ConvShape shape;
};

/// "conv 3x3 stride 2 64->128, 32x64x32x32 (ResNet), weight gradient".
Convolution parse_convolution(const std::string& row) {
  std::vector<std::int64_t> n = numbers_in(row);
  if (row.find("stride") == std::string::npos) n.insert(n.begin() + 2, 1);
  const std::int64_t kernel = n.at(0), stride = n.at(2), size = n.at(7), out = (size - 1) / stride + 1;
  const ConvOp op = row.ends_with("forward")          ? ConvOp::forward
                    : row.ends_with("input gradient") ? ConvOp::input_grad
                                                      : ConvOp::weight_grad;
  return {op,
          {.batch = n.at(5),
           .channels = n.at(3),
           .height = size,
           .width = size,
           .out_channels = n.at(4),
           .kernel_height = kernel,
           .kernel_width = kernel,
           .out_height = out,
           .out_width = out,
           .stride_h = stride,
           .stride_w = stride,
           .dilation_h = 1,
           .dilation_w = 1,
           .pad_top = kernel / 2,
           .pad_left = kernel / 2,
           .groups = 1}};
}

ConvAlgorithm choose(const Convolution& c, const OneDnnSupport& onednn, DType factors = DType::f32,
                     bool allow_winograd = true) {
  return kernels::cpu::convolution::choose(c.op, DType::f32, factors, c.shape, onednn, allow_winograd);
}

/// A product as a row of docs/benchmarks.md has it, of one f32 matrix.
kernels::GemmArgs parse_product(const std::string& row) {
  const std::vector<std::int64_t> n = numbers_in(row);
  kernels::GemmArgs args{};
  args.dtype = args.factors = DType::f32;
  const auto multiply = [&](std::int64_t rows, std::int64_t cols, std::int64_t sums, bool a_transposed,
                            bool b_transposed) {
    args.m = rows, args.n = cols, args.k = sums;
    args.a.layout = {a_transposed, a_transposed ? rows : sums};
    args.b.layout = {b_transposed, b_transposed ? sums : cols};
    args.ldc = cols;
  };
  if (row.starts_with("matmul")) multiply(n.at(0), n.at(0), n.at(0), false, false);
  else if (row.ends_with("forward")) multiply(n.at(2), n.at(1), n.at(0), false, true);
  else if (row.ends_with("input gradient")) multiply(n.at(2), n.at(0), n.at(1), false, false);
  else multiply(n.at(1), n.at(0), n.at(2), true, false);
  return args;
}

GemmAlgorithm choose(const kernels::GemmArgs& args, const OneDnnSupport& onednn, int threads = 1,
                     bool deterministic = false) {
  return kernels::cpu::product::choose(args, {onednn, threads, deterministic});
}

}  // namespace

TEST_CASE("the choice of a convolution's algorithm, for the layers of docs/benchmarks.md") {
  using enum ConvAlgorithm;
  struct Expected {
    ConvAlgorithm avx512, avx2, bf16_factors;  // the last one where the processor multiplies bf16
  };
  constexpr Expected by_winograd{winograd, winograd, onednn}, by_winograd_or_rows{winograd, winograd, im2col};
  const std::map<std::string, Expected> expected{
      {"conv 5x5 1->32, 64x1x28x28 (CNN), forward", {onednn, onednn, onednn}},
      {"conv 5x5 1->32, 64x1x28x28 (CNN), weight gradient", {onednn, onednn, onednn}},
      {"conv 5x5 32->64, 64x32x14x14 (CNN), forward", by_winograd},
      {"conv 5x5 32->64, 64x32x14x14 (CNN), input gradient", by_winograd},
      {"conv 5x5 32->64, 64x32x14x14 (CNN), weight gradient", by_winograd},
      {"conv 3x3 3->64, 32x3x32x32 (ResNet), forward", {onednn, onednn, onednn}},
      {"conv 3x3 3->64, 32x3x32x32 (ResNet), weight gradient", {onednn, onednn, onednn}},
      {"conv 3x3 64->64, 32x64x32x32 (ResNet), forward", by_winograd},
      {"conv 3x3 64->64, 32x64x32x32 (ResNet), input gradient", by_winograd},
      {"conv 3x3 64->64, 32x64x32x32 (ResNet), weight gradient", by_winograd},
      {"conv 3x3 stride 2 64->128, 32x64x32x32 (ResNet), forward", {onednn, im2col, onednn}},
      {"conv 3x3 stride 2 64->128, 32x64x32x32 (ResNet), input gradient", {onednn, im2col, im2col}},
      {"conv 3x3 stride 2 64->128, 32x64x32x32 (ResNet), weight gradient", {onednn, im2col, im2col}},
      {"conv 1x1 stride 2 64->128, 32x64x32x32 (ResNet), forward", {onednn, im2col, onednn}},
      {"conv 1x1 stride 2 64->128, 32x64x32x32 (ResNet), input gradient", {onednn, im2col, im2col}},
      {"conv 1x1 stride 2 64->128, 32x64x32x32 (ResNet), weight gradient", {onednn, im2col, im2col}},
      {"conv 3x3 128->128, 32x128x16x16 (ResNet), forward", by_winograd},
      {"conv 3x3 128->128, 32x128x16x16 (ResNet), input gradient", by_winograd},
      {"conv 3x3 128->128, 32x128x16x16 (ResNet), weight gradient", by_winograd},
      {"conv 3x3 256->256, 32x256x8x8 (ResNet), forward", by_winograd},
      {"conv 3x3 256->256, 32x256x8x8 (ResNet), input gradient", by_winograd},
      {"conv 3x3 256->256, 32x256x8x8 (ResNet), weight gradient", by_winograd_or_rows},
      {"conv 3x3 512->512, 32x512x4x4 (ResNet), forward", by_winograd_or_rows},
      {"conv 3x3 512->512, 32x512x4x4 (ResNet), input gradient", by_winograd_or_rows},
      {"conv 3x3 512->512, 32x512x4x4 (ResNet), weight gradient", by_winograd_or_rows},
      {"conv 3x3 3->64, 2x3x224x224 (VGG), forward", {onednn, onednn, onednn}},
      {"conv 3x3 3->64, 2x3x224x224 (VGG), weight gradient", {onednn, im2col, onednn}},
      {"conv 3x3 64->128, 2x64x112x112 (VGG), forward", by_winograd},
      {"conv 3x3 64->128, 2x64x112x112 (VGG), input gradient", by_winograd},
      {"conv 3x3 64->128, 2x64x112x112 (VGG), weight gradient", by_winograd},
      {"conv 3x3 128->256, 2x128x56x56 (VGG), forward", by_winograd},
      {"conv 3x3 128->256, 2x128x56x56 (VGG), input gradient", by_winograd},
      {"conv 3x3 128->256, 2x128x56x56 (VGG), weight gradient", by_winograd},
      {"conv 3x3 256->256, 2x256x56x56 (VGG), forward", by_winograd},
      {"conv 3x3 256->256, 2x256x56x56 (VGG), input gradient", by_winograd},
      {"conv 3x3 256->256, 2x256x56x56 (VGG), weight gradient", by_winograd},
      {"conv 3x3 256->512, 2x256x28x28 (VGG), forward", by_winograd},
      {"conv 3x3 256->512, 2x256x28x28 (VGG), input gradient", by_winograd},
      {"conv 3x3 256->512, 2x256x28x28 (VGG), weight gradient", by_winograd},
      {"conv 3x3 512->512, 2x512x28x28 (VGG), forward", by_winograd},
      {"conv 3x3 512->512, 2x512x28x28 (VGG), input gradient", by_winograd},
      {"conv 3x3 512->512, 2x512x28x28 (VGG), weight gradient", by_winograd},
      {"conv 3x3 512->512, 2x512x14x14 (VGG), forward", by_winograd},
      {"conv 3x3 512->512, 2x512x14x14 (VGG), input gradient", by_winograd},
      {"conv 3x3 512->512, 2x512x14x14 (VGG), weight gradient", by_winograd},
  };
  std::set<std::string> rows;
  for (const auto& [name, algorithms] : expected) {
    const std::string row = name;  // clang's lambdas capture no structured bindings
    INFO(row);
    rows.insert(row);
    const Convolution c = parse_convolution(row);
    CHECK(choose(c, kAvx512) == algorithms.avx512);
    CHECK(choose(c, kBf16) == algorithms.avx512);
    CHECK(choose(c, kAvx2) == algorithms.avx2);
    CHECK(choose(c, kNoOneDnn) == (algorithms.avx2 == winograd ? winograd : im2col));
    CHECK(choose(c, kBf16, DType::bf16) == algorithms.bf16_factors);
    for (const OneDnnSupport& other : {kAvx512, kAvx2, kNoOneDnn}) CHECK(choose(c, other, DType::bf16) == upcast);
    CHECK(choose(c, kAvx512, DType::f32, false) == onednn);  // none of them is better as a product
  }
  CHECK(documented_rows("conv ") == rows);
}

TEST_CASE("the choice of a convolution's algorithm, where docs/benchmarks.md has no row") {
  using enum ConvAlgorithm;
  const auto with = [](const std::string& row, auto&& change) {
    Convolution c = parse_convolution(row);
    change(c.shape);
    return c;
  };
  const auto nothing = [](ConvShape&) {};
  const auto grouped = [](ConvShape& s) { s.groups = s.channels; };
  // A 1x1 convolution is a product, unless it is in groups.
  const std::string pointwise = "conv 1x1 64->64, 32x64x14x14 (none), forward";
  for (const OneDnnSupport& any : {kNoOneDnn, kAvx2, kAvx512, kBf16}) {
    CHECK(choose(with(pointwise, nothing), any) == im2col);
    CHECK(choose(with(pointwise, grouped), any) == (any.available ? onednn : im2col));
  }
  // From one channel to one there is nothing but pixels to fill vectors with.
  const auto one = [](ConvShape& s) { s.channels = s.out_channels = 1; };
  const auto one_strided = [](ConvShape& s) { s.channels = s.out_channels = 1, s.stride_w = 2; };
  for (const char* pass : {"forward", "input gradient", "weight gradient"}) {
    const std::string row = std::string("conv 3x3 3->64, 32x3x32x32 (none), ") + pass;
    CHECK(choose(with(row, one), kNoOneDnn) == planes);
    CHECK(choose(with(row, one), kAvx512) == planes);
    CHECK(choose(with(row, one_strided), kAvx512) != planes);
  }
  // Gradients of strided convolutions with wide, small images.
  const Convolution strided = with("conv 3x3 stride 2 256->512, 32x256x16x16 (none), input gradient", nothing);
  CHECK(choose(strided, kAvx512) == im2col);
  CHECK(choose({ConvOp::forward, strided.shape}, kAvx512) == onednn);
  CHECK(choose({ConvOp::weight_grad, strided.shape}, kAvx512) == im2col);
  // The input's gradient with a few channels.
  const Convolution few = with("conv 3x3 3->64, 32x3x32x32 (none), input gradient", nothing);
  CHECK(choose(few, kAvx512) == im2col);
  CHECK(choose(few, kBf16, DType::bf16) == im2col);
  CHECK(choose({few.op, with("conv 3x3 64->64, 2x64x14x14 (none), forward", grouped).shape}, kBf16, DType::bf16) ==
        upcast);
  // Other dtypes.
  const ConvShape wide = parse_convolution("conv 3x3 64->64, 32x64x32x32 (none), forward").shape;
  for (const OneDnnSupport& any : {kNoOneDnn, kAvx2, kAvx512, kBf16}) {
    using kernels::cpu::convolution::choose;
    CHECK(choose(ConvOp::forward, DType::f64, DType::f64, wide, any, true) == im2col);
    CHECK(choose(ConvOp::forward, DType::f16, DType::f16, wide, any, true) == upcast);
    CHECK(choose(ConvOp::forward, DType::bf16, DType::bf16, wide, any, true) == upcast);
  }
}

TEST_CASE("the choice of a product's algorithm, for the products of docs/benchmarks.md") {
  using enum GemmAlgorithm;
  struct Expected {
    GemmAlgorithm avx512, avx2;
  };
  const std::map<std::string, Expected> expected{
      {"matmul 4x4", {blas, blas}},
      {"matmul 64", {blas, onednn_sgemm}},
      {"matmul 128", {onednn_matmul, onednn_sgemm}},
      {"matmul 256", {onednn_matmul, onednn_sgemm}},
      {"matmul 512", {onednn_matmul, blas_uncut}},
      {"matmul 1024", {onednn_sgemm, blas_uncut}},
      {"matmul 2048", {onednn_sgemm, blas_uncut}},
      {"linear 784->500, batch 64, forward", {onednn_matmul, onednn_sgemm}},
      {"linear 784->500, batch 64, weight gradient", {onednn_matmul, onednn_sgemm}},
      {"linear 500->10, batch 64, forward", {blas, onednn_sgemm}},
      {"linear 500->10, batch 64, input gradient", {blas, onednn_sgemm}},
      {"linear 500->10, batch 64, weight gradient", {blas, onednn_sgemm}},
      {"linear 784->500, batch 256, forward", {onednn_matmul, onednn_sgemm}},
      {"linear 784->500, batch 256, weight gradient", {onednn_matmul, onednn_sgemm}},
      {"linear 500->10, batch 256, forward", {onednn_matmul, onednn_sgemm}},
      {"linear 500->10, batch 256, input gradient", {onednn_matmul, onednn_sgemm}},
      {"linear 500->10, batch 256, weight gradient", {onednn_matmul, onednn_sgemm}},
  };
  std::set<std::string> rows;
  for (const auto& [name, algorithms] : expected) {
    const std::string row = name;  // clang's lambdas capture no structured bindings
    INFO(row);
    rows.insert(row);
    const kernels::GemmArgs args = parse_product(row);
    const auto [avx512, avx2] = algorithms;
    CHECK(choose(args, kNoOneDnn) == blas);
    CHECK(choose(args, kAvx512) == avx512);
    CHECK(choose(args, kBf16) == avx512);
    CHECK(choose(args, kAvx2) == avx2);
    CHECK(choose(args, kAvx512, 2) == avx512);
    CHECK(choose(args, kAvx2, 2) == (avx2 == blas_uncut ? blas : avx2));  // shared out to the threads
    // Libraries cut the work for their own threads in ways that results depend on.
    CHECK(choose(args, kAvx512, 2, true) == (avx512 == blas ? blas : onednn_matmul));
    CHECK(choose(args, kAvx2, 1, true) == (avx2 == blas_uncut ? blas : avx2));

    kernels::GemmArgs other = args;
    other.factors = DType::bf16;
    for (const OneDnnSupport& none : {kNoOneDnn, kAvx2, kAvx512}) CHECK(choose(other, none) == upcast);
    CHECK(choose(other, kBf16) == (row == "matmul 4x4" ? upcast : onednn_matmul));
    other.dtype = other.factors = DType::f16;
    CHECK(choose(other, kBf16) == upcast);
    for (const OneDnnSupport& any : {kNoOneDnn, kAvx2, kAvx512, kBf16}) {
      other.dtype = other.factors = DType::f64;
      CHECK(choose(other, any) == blas);
      other.dtype = other.factors = DType::i32;
      CHECK(choose(other, any) == loops);
    }
  }
  std::set<std::string> documented = documented_rows("matmul ");
  documented.merge(documented_rows("linear "));
  CHECK(documented == rows);

  kernels::GemmArgs vector = parse_product("matmul 2048");
  vector.m = 1;
  CHECK(choose(vector, kAvx512) == matrix_vector);
  kernels::GemmArgs empty = parse_product("matmul 64");
  empty.k = 0;
  CHECK(choose(empty, kAvx512) == loops);
  kernels::GemmArgs long_sum = parse_product("matmul 64");
  long_sum.k = 1 << 17;
  for (const OneDnnSupport& any : {kNoOneDnn, kAvx2, kAvx512, kBf16}) CHECK(choose(long_sum, any) == long_sums);
  long_sum.dtype = long_sum.factors = DType::f64;
  CHECK(choose(long_sum, kAvx512) == blas);
  kernels::GemmArgs batch = parse_product("matmul 1024");
  batch.batch = 2;
  CHECK(choose(batch, kAvx512) == onednn_matmul);
}

TEST_CASE("the choice of a reduction's algorithm") {
  using enum ReduceAlgorithm;
  using kernels::cpu::reduction::choose;
  constexpr std::int64_t piece_rows = 512;
  CHECK(choose(1, 1000, 1, piece_rows) == rows);                 // sum of 1000
  CHECK(choose(1, 16 << 20, 1, piece_rows) == split_rows);       // sum, 64 MB
  CHECK(choose(4096, 4096, 1, piece_rows) == rows);              // sum over dim 1, 64 MB
  CHECK(choose(1, 4096, 4096, piece_rows) == split_columns);     // sum over dim 0, 64 MB
  CHECK(choose(1, 512, 512, piece_rows) == columns);             // sum over dim 0, 1 MB
  CHECK(choose(15, 7 * 4096 + 1, 1, piece_rows) == split_rows);  // few rows, long enough to be shared out
  CHECK(choose(16, 7 * 4096 + 1, 1, piece_rows) == rows);
}

namespace {

std::mutex mutex;
std::vector<std::string> heard;

void listen(const AlgorithmChoice& choice) {
  const std::scoped_lock lock(mutex);
  heard.push_back(std::string(choice.op) + " " + choice.problem + ": " + std::string(choice.algorithm));
}

/// What is heard while `run` runs on the CPU.
template <class F> std::vector<std::string> choices_of(F&& run) {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  heard.clear();
  set_algorithm_listener(&listen);
  run();
  set_algorithm_listener(nullptr);
  return heard;
}

}  // namespace

TEST_CASE("the algorithm listener hears what is chosen, and what that runs inside") {
  CHECK((algorithm_listener() == nullptr));
  using Lines = std::vector<std::string>;
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const Tensor image = ones({2, 64, 16, 16}), weight = ones({64, 64, 3, 3});
  const bool enabled = winograd();
  set_winograd(true);
  CHECK(choices_of([&] { conv2d(image, weight, {}, {.padding = 1}); }) ==
        Lines{"conv2d f32 2x64x16x16 * 64x64x3x3: winograd"});
  set_winograd(enabled);
  CHECK(choices_of([&] {
          conv2d(ones({1, 3, 5, 5}, {.dtype = DType::f64}), ones({2, 3, 1, 1}, {.dtype = DType::f64}));
        }) == Lines{"conv2d f64 1x3x5x5 * 2x3x1x1: im2col", "gemm f64 25x3 * 3x2: blas"});
  CHECK(choices_of([&] {
          matmul(ones({2, 3}).to(DType::f16), ones({3, 4}).to(DType::f16));
        }) == Lines{"gemm f16 2x3 * 3x4: upcast", "gemm f32 2x3 * 3x4: blas"});
  CHECK(choices_of([&] {
          matmul(ones({5, 2, 3}), ones({5, 3, 1}));
        }) == Lines{"gemm f32 5x2x3 * 5x3x1: matrix_vector"});
  CHECK(choices_of([&] { sum(ones({7, 5}), {0}); }) == Lines{"reduce f32 1x7x5: columns"});
  CHECK(choices_of([&] { cumsum(ones({7, 5}), 1); }) == Lines{"reduce f32 7x5x1: rows"});
  // Whatever kind of processor this is, a convolution that oneDNN has no kernel for ends in one of the others.
  const Tensor half = ones({1, 3, 5, 5}).to(DType::bf16), half_weight = ones({4, 3, 3, 3}).to(DType::bf16);
  const Lines lines = choices_of([&] { conv2d(half, half_weight); });
  REQUIRE(lines.size() >= 2);
  CHECK(lines[0] == "conv2d bf16 1x3x5x5 * 4x3x3x3: upcast");
  CHECK(lines[1].starts_with("conv2d f32 1x3x5x5 * 4x3x3x3: "));

  matmul(ones({2, 3}), ones({3, 4}));
  CHECK(heard == lines);  // nobody listens any more
}

TEST_CASE("every algorithm has a name of its own") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(ConvAlgorithm::upcast); ++i) names.insert(to_string(ConvAlgorithm(i)));
  CHECK(names.size() == 6);
  names.clear();
  for (int i = 0; i <= static_cast<int>(GemmAlgorithm::upcast); ++i) names.insert(to_string(GemmAlgorithm(i)));
  CHECK(names.size() == 9);
  names.clear();
  for (int i = 0; i <= static_cast<int>(ReduceAlgorithm::split_columns); ++i) {
    names.insert(to_string(ReduceAlgorithm(i)));
  }
  CHECK(names == std::set<std::string_view>{"rows", "split_rows", "columns", "split_columns"});
}
