// The example of docs/adding-an-op.md, compiled and run. A test reads the page and checks that the code here is the
// code there.

#include <doctest/doctest.h>

#include <regex>
#include <string>

#include <reel/autograd/gradcheck.h>
#include <reel/autograd/tape/op.h>
#include <reel/kernels/cpu/elementwise/elementwise_loops.h>
#include <reel/ops/internal/elementwise.h>

#include "support/default_device.h"
#include "support/op_samples.h"
#include "support/source_files.h"

namespace reel::kernels {
/// x / (1 + |x|).
struct Softsign : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return x / (T(1) + (x < T(0) ? -x : x)); }
};

// In the library, the name in a list of scalar_ops.h does this.
namespace cpu {
extern const auto softsign_loops = pointwise::instantiate(FunctorList<Softsign>{});
}
namespace cuda {
template <> void elementwise(const Softsign&, const ElementwiseArgs<1>&) { throw DeviceError("only on the CPU here"); }
}  // namespace cuda
}  // namespace reel::kernels

namespace reel {

/// x / (1 + |x|).
Tensor softsign(const Tensor& x);

using namespace detail;
namespace {

struct Softsign {
  static constexpr std::string_view name = "softsign";

  Tensor forward(Context& ctx, const Tensor& x) const {
    ctx.save(x);
    return elementwise(name, kernels::Softsign{}, x);
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad / square(1 + abs(ctx.saved(0)))}; }
};

}  // namespace

Tensor softsign(const Tensor& x) { return apply(Softsign{}, x); }

}  // namespace reel

TEST_CASE("the op of docs/adding-an-op.md works") {
  using namespace reel;
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const Tensor x = tensor({-3.0, 0.0, 1.0}, {.dtype = DType::f64});
  CHECK(softsign(x).to_vector<double>() == std::vector<double>{-0.75, 0, 0.5});
  const Tensor leaf = tensor({-3.0, 0.5, 1.0}, {.dtype = DType::f64, .requires_grad = true});
  const TensorFunction f = [](const Tensors& in) { return Tensors{softsign(in[0])}; };
  CHECK(gradcheck(f, {leaf}));
  CHECK(gradgradcheck(f, {leaf}));
  CHECK_THROWS_WITH_AS(softsign(tensor({1, 2})), doctest::Contains("softsign: expects dtype f32, f64"), DTypeError);
}

TEST_CASE("the row of docs/adding-an-op.md is one of the op table's") {
  using namespace reel;
  using namespace reel::testing;
  const DefaultDeviceGuard cpu(Device::cpu());
  std::vector<OpRow> table;
  table.push_back({"softsign",
                   {{"vector", {leaf({2, 3})}, call1([](const Tensor& x) { return softsign(x); })}},
                   {error<DTypeError>("softsign: expects dtype f32, f64", [] {
                     softsign(tensor({1, 2}));
                   })}});
  CHECK(table[0].samples[0].call(table[0].samples[0].inputs)[0].shape() == Shape{2, 3});
  CHECK_THROWS_WITH_AS(table[0].errors[0].call(), doctest::Contains(table[0].errors[0].message.c_str()), DTypeError);
}

TEST_CASE("docs/adding-an-op.md shows the code that is tested") {
  const auto squeezed = [](const char* path) {  // white space does not count
    return std::regex_replace(reel::testing::read_text(reel::testing::source_dir() / path), std::regex("\\s+"), "");
  };
  const std::string page = squeezed("docs/adding-an-op.md");
  const std::string here = squeezed("tests/adding_an_op_test.cpp");
  for (const std::string part : {"structSoftsign:Pointwise<1,kFloating>{", "structSoftsign{staticconstexpr",
                                 "///x/(1+|x|).Tensorsoftsign", "table.push_back({"}) {
    const auto start = page.find(part);
    REQUIRE(start != std::string::npos);
    const std::string code = page.substr(start, page.find("```", start) - start);
    CHECK(here.find(code) != std::string::npos);
  }
}
