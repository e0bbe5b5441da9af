#pragma once

#include "claims.h"
#include "seeds.h"

/// The part of `tricks` that trains nothing: how wide weights must be at first.
namespace support {

constexpr std::int64_t kWidth = 512, kDepth = 10;

/// Variances of the activations of each of ten layers whose weights have this standard deviation.
inline std::vector<double> variances(double std, const std::string& activation) {
  const NoGradGuard no_grad;
  Tensor x = randn({1000, kWidth});
  std::vector<double> result;
  for (std::int64_t layer = 0; layer < kDepth; ++layer) {
    const Tensor weight = nn::init::normal_(empty({kWidth, kWidth}), 0, std);
    x = activation == "ReLU" ? relu(linear(x, weight)) : tanh(linear(x, weight));
    result.push_back(x.var().item());
  }
  return result;
}

/// Draws how the variance goes from layer to layer. With ReLU each should multiply it by n std^2 / 2, so that He's
/// std = sqrt(2 / n) keeps it: returns whether that holds to a tenth.
inline bool initial_weights(const Options& options) {
  const double n = kWidth;
  std::vector<training::Plot> plots;
  double worst = 0;
  for (const std::string activation : {"ReLU", "tanh"}) {
    training::Plot plot{
        .title = activation, .x_label = "layer", .y_label = "variance of the activations", .log_y = true};
    for (const auto& [name, std] :
         {std::pair("0.01", 0.01), std::pair("Xavier, sqrt(1/n)", std::sqrt(1 / n)),
          std::pair("He, sqrt(2/n)", std::sqrt(2 / n)), std::pair("2/sqrt(n)", 2 / std::sqrt(n))}) {
      plot.series.push_back(
          over_seeds(name, options, [&, deviation = std](std::uint64_t) { return variances(deviation, activation); }));
      const std::vector<double>& y = plot.series.back().y;
      const double factor = std::pow(y.back() / y.front(), 1.0 / (kDepth - 1)), expected = n * std * std / 2;
      if (activation == "ReLU") worst = std::max(worst, std::abs(factor / expected - 1));
    }
    print_table(plot);
    plots.push_back(plot);
  }
  plots.push_back(plots.back());
  plots.back().title = "tanh, without 0.01";
  plots.back().log_y = false;
  plots.back().series[0] = {};
  write_plots(options, "tricks_init", plots, {.columns = 3, .width = 1320, .height = 340});
  std::printf("factor of a ReLU layer against n std^2 / 2: off by %.1f%% at most\n", 100 * worst);
  return check(worst < 0.1, "a layer with ReLU multiplies the variance by n std^2 / 2");
}

}  // namespace support
