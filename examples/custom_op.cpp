// Shows an operation defined outside the library; run build/release/examples/custom_op.
//
// It is written as the library writes its own: a struct with a name, a forward and a backward. The tape records it, it
// is twice differentiable, and gradcheck compares its derivatives with central differences.
#include "support.h"

using namespace reel;

namespace {

/// squash(x) = x / (1 + |x|), with derivative 1 / (1 + |x|)^2. (The library has it as softsign.)
struct Squash {
  static constexpr std::string_view name = "squash";

  Tensor forward(Context& ctx, const Tensor& x) const {
    ctx.save(x);
    return x / (1 + abs(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {  // public operations only: differentiable again
    return {grad / square(1 + abs(ctx.saved(0)))};
  }
};

Tensor squash(const Tensor& x) { return apply(Squash{}, x); }

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Defines an operation outside the library, checks its gradients and prints them.");
  support::Options options;
  options.add_common(app);
  return support::run(app, options, argc, argv, [&] {
    const Tensor x = tensor({-2.0, -0.5, 0.25, 3.0}, {.dtype = DType::f64, .requires_grad = true});
    const auto function = [](const Tensors& in) { return Tensors{squash(in[0])}; };
    gradcheck(function, {x});  // throws if a derivative is wrong
    gradgradcheck(function, {x});
    std::cout << "gradcheck and gradgradcheck: passed\n";

    const Tensor y = squash(x);
    y.sum().backward();
    const Tensor curvature = grad({grad({squash(x).sum()}, {x}, {.create_graph = true})[0].sum()}, {x})[0];
    std::cout << "squash(x):         " << y << "\nits derivative:    " << x.grad()
              << "\nthe second:        " << curvature << '\n';
    return 0;
  });
}
