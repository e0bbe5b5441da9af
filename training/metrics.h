#pragma once

#include <cstdint>

#include <reel/tensor/core/option.h>
#include <reel/tensor/tensor.h>

namespace reel::training {

/// The running mean of a value, each weighted by the number of examples it stands for.
class Mean {
 public:
  /// One more value. A ValueError for a weight that is negative or not finite.
  void add(double value, double weight = 1) {
    detail::check_option("Mean", "weight", weight, detail::kFiniteAtLeastZero);
    sum_ += value * weight;
    weight_ += weight;
  }
  /// 0 before the first value.
  double value() const { return weight_ > 0 ? sum_ / weight_ : 0; }
  void reset() { *this = {}; }

 private:
  double sum_ = 0, weight_ = 0;
};

/// The share of examples whose largest output is that of their class.
class Accuracy {
 public:
  /// outputs [N, classes], logits or probabilities, one for each of the labels [N] (i64 or i32). A ShapeError if they
  /// do not match.
  void add(const Tensor& outputs, const Tensor& labels);
  /// In [0, 1]; 0 before the first example.
  double value() const { return count_ > 0 ? static_cast<double>(correct_) / static_cast<double>(count_) : 0; }
  std::int64_t correct() const { return correct_; }
  std::int64_t count() const { return count_; }
  void reset() { *this = {}; }

 private:
  std::int64_t correct_ = 0, count_ = 0;
};

}  // namespace reel::training
