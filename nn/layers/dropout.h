#pragma once

#include <reel/nn/layer.h>

namespace reel::nn {

/// `dropout` in training; in evaluation it returns its input.
class Dropout : public Layer<Dropout> {
 public:
  Dropout(NullPointer auto null) : Layer(null) {}
  /// p is the probability that an element (a channel) is dropped; outside [0, 1] it is a ValueError.
  explicit Dropout(double p = 0.5);
  Tensor forward(const Tensor& x) const;

 private:
  double p_ = 0;
};

/// `dropout2d` (whole channels of [N, C, ...]) in training; in evaluation it returns its input.
class Dropout2d : public Layer<Dropout2d> {
 public:
  Dropout2d(NullPointer auto null) : Layer(null) {}
  /// p is the probability that an element (a channel) is dropped; outside [0, 1] it is a ValueError.
  explicit Dropout2d(double p = 0.5);
  Tensor forward(const Tensor& x) const;

 private:
  double p_ = 0;
};

/// `dropout3d` (whole channels of [N, C, ...]) in training; in evaluation it returns its input.
class Dropout3d : public Layer<Dropout3d> {
 public:
  Dropout3d(NullPointer auto null) : Layer(null) {}
  /// p is the probability that an element (a channel) is dropped; outside [0, 1] it is a ValueError.
  explicit Dropout3d(double p = 0.5);
  Tensor forward(const Tensor& x) const;

 private:
  double p_ = 0;
};

}  // namespace reel::nn
