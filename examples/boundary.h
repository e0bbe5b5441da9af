#pragma once

#include <algorithm>

#include "support.h"

namespace support {

/// The first digits of a set over their distance from the boundary, and the direction of largest variance beside w.
inline training::Plot draw_boundary(const data::TensorDataset& set, const std::vector<std::int64_t>& pair,
                                    const Tensor& w, const Tensor& b) {
  const NoGradGuard no_grad;
  const auto [images, labels] = first_examples(set, 600);
  const Tensor x = images.to(w.device());
  const Tensor norm = sqrt(square(w).sum()), unit = w / norm;
  const Tensor along = matmul(x, unit), rest = x - x.mean(0, true) - matmul(along - along.mean(), unit.t());
  Tensor direction = ones({x.size(1), 1});
  for (int i = 0; i < 50; ++i) {  // the power method finds it
    direction = matmul(rest.t(), matmul(rest, direction));
    direction = direction / sqrt(square(direction).sum());
  }
  const auto u = (along + b / norm).to_vector<float>(), v = matmul(rest, direction).to_vector<float>();
  const auto classes = labels.to_vector<float>();
  training::Plot plot{.title = "decision boundary", .x_label = "distance", .y_label = "largest variance beside it"};
  for (const std::int64_t digit : pair)
    plot.series.push_back({std::to_string(digit), {}, {}, {}, {}, training::Mark::points});
  for (std::size_t i = 0; i < u.size(); ++i) plot.series[classes[i] > 0.5F].add(u[i], v[i]);
  const auto [low, high] = std::minmax_element(v.begin(), v.end());
  plot.series.push_back({"boundary", {0, 0}, {*low, *high}});
  return plot;
}

}  // namespace support
