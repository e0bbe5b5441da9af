// Shows gradient descent with and without momentum; run build/release/examples/rosenbrock [--help].
//
// Rosenbrock's function f(x, y) = (1 - x)^2 + 100 (y - x^2)^2 has its minimum at (1, 1), in a curved ravine. The
// program draws both paths.
#include "support.h"

using namespace reel;

Tensor rosenbrock(const Tensor& p) {
  const Tensor x = p[0], y = p[1];
  return square(1 - x) + 100 * square(y - square(x));
}

/// Walks `steps` steps from (-1.5, 2) and returns the path.
training::Series descend(const std::string& name, double lr, double momentum, std::int64_t steps) {
  const Tensor p = tensor({-1.5, 2.0}, {.dtype = DType::f64, .requires_grad = true});
  optim::SGD sgd({p}, {.lr = lr, .momentum = momentum});
  training::Series path{name, {}, {}};
  for (std::int64_t step = 0; step <= steps; ++step) {
    const auto here = p.to_vector<double>();
    path.add(here[0], here[1]);
    const Tensor value = rosenbrock(p);
    sgd.zero_grad();
    value.backward();
    if (step == steps) {
      std::printf("%-14s after %lld steps: (%.6f, %.6f), f = %.3e\n", name.c_str(), static_cast<long long>(step),
                  here[0], here[1], value.item());
    }
    sgd.step();
  }
  return path;
}

int main(int argc, char** argv) {
  CLI::App app("Gradient descent with and without momentum on Rosenbrock's function.");
  support::Options options{.lr = 1e-3};
  std::int64_t steps = 2000;
  double momentum = 0.9;
  app.add_option("--steps", steps, "Steps of each descent")->check(support::positive)->capture_default_str();
  app.add_option("--lr", options.lr, "Learning rate")->check(support::positive)->capture_default_str();
  app.add_option("--momentum", momentum, "Momentum of the second descent")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  options.add_common(app);

  return support::run(app, options, argc, argv, [&] {
    training::Plot plot{.title = "Rosenbrock's ravine", .x_label = "x", .y_label = "y", .series = {}};
    plot.series.push_back(descend("SGD", options.lr, 0, steps));
    plot.series.push_back(descend("with momentum", options.lr, momentum, steps));
    plot.series.push_back({"minimum", {1}, {1}, {}, {}, training::Mark::points});
    const Tensor x = linspace(-1.6, 1.6, 161), y = linspace(-0.6, 2.6, 161).unsqueeze(1);
    plot.field = {.values = log(square(1 - x) + 100 * square(y - square(x)) + 1e-3) / std::log(10),
                  .x_low = -1.6,
                  .x_high = 1.6,
                  .y_low = -0.6,
                  .y_high = 2.6,
                  .contours = {-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5},
                  .heat_map = false};
    support::write_plot(options, "rosenbrock", plot);
    return 0;
  });
}
