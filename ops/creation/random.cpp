// Random tensors: rand, randn, randint, randperm, and the draws that dropout and initialisers share.

#include <reel/ops/internal/empty.h>
#include <reel/ops/internal/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/neighbour.h>
#include <reel/ops/pointwise.h>
#include <reel/tensor/core/cuda_graph.h>

namespace reel {
using namespace detail;
namespace {

/// Element i in row-major order gets number i of the draw, whatever the layout.
void fill_random(std::string_view op, const Tensor& x, kernels::RandomArgs args, Generator& generator) {
  check_in_place(op, x);
  if (is_half(x)) {  // drawn in f32 and rounded; a uniform number that would be rounded up to the end stays below it
    const Tensor drawn = empty(x.shape(), {.dtype = DType::f32, .device = x.device()});
    fill_random(op, drawn, args, generator);
    const bool uniform = args.distribution == kernels::Distribution::uniform;
    x.copy_(uniform ? minimum(drawn,
                              full({}, std::max(args.low, number_before(args.high, true, x.dtype())), drawn.options()))
                    : drawn);
    return;
  }
  const Tensor target = x.is_contiguous() ? x : empty(x.shape(), x.options());
  args.dtype = x.dtype();
  args.data = target.data();
  args.n = x.numel();
  args.state = next_draw(generator, x.device());
  kernels::random[x.device()](args);
  if (target.is_same(x)) x.bump_version();
  else x.copy_(target);
}

kernels::RandomArgs distribution(kernels::Distribution which, double low, double high) {
  kernels::RandomArgs args{};
  args.distribution = which;
  args.low = low;
  args.high = high;
  return args;
}

/// How many binary digits a dtype has: all integers up to 2 to their power are numbers of it.
int mantissa_bits(DType dtype) {
  return dtype == DType::f64 ? 53 : dtype == DType::f32 ? 24 : dtype == DType::f16 ? 11 : 8;
}

Tensor make_uniform(std::string_view op, const Shape& shape, const TensorOptions& options, Generator& generator) {
  const Tensor out = empty_as(op, shape, {.dtype = options.dtype, .device = options.device});
  fill_uniform(op, out, 0, 1, generator);
  return options.requires_grad ? out.requires_grad_() : out;
}

Tensor make_normal(std::string_view op, const Shape& shape, const TensorOptions& options, Generator& generator) {
  const Tensor out = empty_as(op, shape, {.dtype = options.dtype, .device = options.device});
  fill_normal(op, out, 0, 1, generator);
  return options.requires_grad ? out.requires_grad_() : out;
}

}  // namespace

kernels::DrawState detail::next_draw(Generator& generator, Device device) {
  const PhiloxState state = generator.next();
  if (device.is_cpu() || !cuda::is_capturing()) return {state};
  const std::array words{state.seed, state.offset};
  return {state, cuda::step_values(words, [draw = generator.lasting_next()](std::span<std::uint64_t> refreshed) {
            const PhiloxState next = draw();
            refreshed[0] = next.seed;
            refreshed[1] = next.offset;
          })};
}

std::vector<std::int64_t> detail::random_order(std::int64_t n, Generator& generator) {
  const Tensor draws = randint(0, INT64_MAX, {n}, {.dtype = DType::i64, .device = Device::cpu()}, generator);
  const auto* draw = draws.data_ptr<std::int64_t>();
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t i = n - 1; i > 0; --i) {  // Fisher-Yates
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(draw[i] % (i + 1))]);
  }
  return order;
}

void detail::fill_uniform(std::string_view op, const Tensor& x, double low, double high, Generator& generator) {
  check_dtype(op, x, kFloating);
  const double width = x.dtype() == DType::f32 ? static_cast<float>(high - low) : high - low;
  check<ValueError>(std::isfinite(width), "{}: expected a range whose width {} holds, got [{}, {})", op, x.dtype(), low,
                    high);
  fill_random(op, x, distribution(kernels::Distribution::uniform, low, high), generator);
}

void detail::fill_normal(std::string_view op, const Tensor& x, double mean, double std, Generator& generator) {
  check_dtype(op, x, kFloating);
  fill_random(op, x, distribution(kernels::Distribution::normal, mean, std), generator);
}

const Tensor& TensorMethods::uniform_(double low, double high, Generator& generator) const {
  check_option("uniform_", "low", low, kFinite);
  check_option("uniform_", "high", high, {low, kInfinite, false, true});
  fill_uniform("uniform_", self(), low, high, generator);
  return self();
}

const Tensor& TensorMethods::normal_(double mean, double std, Generator& generator) const {
  check_option("normal_", "mean", mean, kFinite);
  check_option("normal_", "std", std, kFiniteAtLeastZero);
  fill_normal("normal_", self(), mean, std, generator);
  return self();
}

double Generator::uniform() {
  const kernels::Philox words(next(), 0);
  return kernels::uniform_f64(words.word[0], words.word[1]);
}

Tensor rand(const Shape& shape, const TensorOptions& options, Generator& generator) {
  return make_uniform("rand", shape, options, generator);
}

Tensor randn(const Shape& shape, const TensorOptions& options, Generator& generator) {
  return make_normal("randn", shape, options, generator);
}

Tensor rand_like(const Tensor& x, Generator& generator) {
  return make_uniform("rand_like", x.shape(), x.options(), generator);
}

Tensor randn_like(const Tensor& x, Generator& generator) {
  return make_normal("randn_like", x.shape(), x.options(), generator);
}

Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, const TensorOptions& options,
               Generator& generator) {
  check<ValueError>(low < high, "randint: expected low < high, got {} and {}", low, high);
  check_scalar("randint", low, options.dtype);
  check_scalar("randint", high - 1, options.dtype);
  const Tensor out = empty_as("randint", shape, {.dtype = options.dtype, .device = options.device});
  check_dtype("randint", out, kNumeric);
  const std::int64_t exact = std::int64_t{1} << mantissa_bits(options.dtype);
  check<ValueError>(!is_floating(options.dtype) || (low >= -exact && high - 1 <= exact),
                    "randint: expected bounds up to {}, below which {} holds every integer, got [{}, {}); use i64",
                    exact, options.dtype, low, high);
  kernels::RandomArgs args = distribution(kernels::Distribution::integer, 0, 0);
  args.first = low;
  args.range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  fill_random("randint", out, args, generator);
  return options.requires_grad ? out.requires_grad_() : out;
}

Tensor randint(std::int64_t high, const Shape& shape, const TensorOptions& options, Generator& generator) {
  return randint(0, high, shape, options, generator);
}

Tensor randint_like(const Tensor& x, std::int64_t low, std::int64_t high, Generator& generator) {
  return randint(low, high, x.shape(), x.options(), generator);
}

Tensor randperm(std::int64_t n, Generator& generator) {
  check_at_least("randperm", "n", n, 0);
  return tensor(random_order(n, generator));
}

void manual_seed(std::uint64_t seed) { default_generator().manual_seed(seed); }

}  // namespace reel
