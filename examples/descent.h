#pragma once

#include <functional>

#include "report.h"

/// Gradient descent with all examples in each step, with one, or with some.
namespace support {

/// What a program tells of its model. Batches are vectors of numbers of examples, [n], i64.
struct DescentProblem {
  std::int64_t examples;                                     ///< How many there are.
  std::function<void()> restart;                             ///< Sets the parameters to their first values.
  std::function<Tensors(const Tensor& batch)> gradients;     ///< Of the batch's mean loss.
  std::function<void(const Tensor& batch, double lr)> step;  ///< A step of descent.
  std::function<double()> loss;                              ///< The mean loss of all examples.
};

/// The option --descent: which to compare, out of batch, single and minibatch.
inline void add_descent(CLI::App& app, std::vector<std::string>& kinds) {
  app.add_option("--descent", kinds, "Compare descents: batch (all examples in a step), single, minibatch (32)")
      ->delimiter(',')
      ->check(CLI::IsMember({"batch", "single", "minibatch"}));
}

namespace detail {

inline std::int64_t batch_size(const std::string& kind, std::int64_t examples) {
  return kind == "batch" ? examples : kind == "single" ? 1 : std::min<std::int64_t>(32, examples);
}

/// The variance of a batch's gradient at the start, in units of the squared norm of the whole gradient:
/// mean |g_batch - g|^2 / |g|^2, over 200 random batches.
inline double gradient_variance(const DescentProblem& problem, std::int64_t size) {
  problem.restart();
  const Tensors whole = problem.gradients(arange(problem.examples));
  double sum = 0, norm = 0;
  for (const Tensor& g : whole) norm += square(g).sum().item();
  constexpr int kBatches = 200;
  for (int i = 0; i < kBatches; ++i) {
    const Tensor batch = size == problem.examples ? arange(size) : randint(0, problem.examples, {size});
    const Tensors part = problem.gradients(batch);
    for (std::size_t p = 0; p < part.size(); ++p) sum += square(part[p] - whole[p]).sum().item();
  }
  return sum / kBatches / norm;
}

/// Descends until `count` examples have been seen; calls seen(examples so far) after each step.
template <class Seen>
void descend(const DescentProblem& problem, std::int64_t size, double lr, std::int64_t count, Seen&& seen) {
  problem.restart();
  Tensor order = randperm(problem.examples);
  for (std::int64_t done = 0, place = 0; done < count;) {
    if (place + size > problem.examples) order = randperm(problem.examples), place = 0;
    problem.step(order.slice(0, place, place + size), lr);
    place += size;
    seen(done += size);
  }
}

/// Whether the loss is below the first one, on average after 30, 60, ..., 300 steps.
inline bool is_stable(const DescentProblem& problem, std::int64_t size, double lr, double first_loss) {
  training::Mean loss;
  descend(problem, size, lr, 300 * size, [&](std::int64_t seen) {
    if (seen / size % 30 == 0) loss.add(problem.loss());
  });
  return loss.value() < first_loss;
}

/// The largest learning rate from 1e-4 up that is stable, to 10 %; 0 if none is.
inline double largest_stable_rate(const DescentProblem& problem, std::int64_t size) {
  problem.restart();
  const double first_loss = problem.loss();
  double low = 1e-4, high = low;
  if (!is_stable(problem, size, low, first_loss)) return 0;
  while (high < 1e4 && is_stable(problem, size, high, first_loss)) low = high, high *= 4;
  while (high / low > 1.1) {
    const double middle = std::sqrt(low * high);
    (is_stable(problem, size, middle, first_loss) ? low : high) = middle;
  }
  return low;
}

}  // namespace detail

/// Prints for each kind the variance of its gradient and its largest stable learning rate, and draws the loss over the
/// examples seen, all at one rate.
inline void compare_descents(const Options& options, const std::string& name, const std::vector<std::string>& kinds,
                             const DescentProblem& problem) {
  constexpr double kRate = 0.1;
  constexpr std::int64_t kEpochs = 20;
  training::Plot plot{.title = "loss over examples seen, at a learning rate of 0.1",
                      .x_label = "examples",
                      .y_label = "loss",
                      .log_y = true,
                      .log_x = true};
  std::printf("%-10s %10s %18s %12s %23s\n", "descent", "batch", "gradient variance", "stable rate",
              "loss after 20 epochs");
  for (const std::string& kind : kinds) {
    const std::int64_t size = detail::batch_size(kind, problem.examples);
    const double variance = detail::gradient_variance(problem, size);
    const double rate = detail::largest_stable_rate(problem, size);
    training::Series curve{kind, {}, {}};
    double next = 1;
    detail::descend(problem, size, kRate, kEpochs * problem.examples, [&](std::int64_t seen) {
      if (static_cast<double>(seen) < next) return;
      curve.add(static_cast<double>(seen), problem.loss());
      next = static_cast<double>(seen) * 1.3;
    });
    std::printf("%-10s %10lld %18.4f %12.4g %23.6f\n", kind.c_str(), static_cast<long long>(size), variance, rate,
                problem.loss());
    std::fflush(stdout);
    plot.series.push_back(curve);
  }
  write_plot(options, name + "_descent", plot);
}

}  // namespace support
