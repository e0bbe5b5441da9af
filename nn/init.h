#pragma once

#include <reel/tensor/core/generator.h>
#include <reel/tensor/tensor.h>

/// Initial values for parameters. Every function fills a floating tensor in place, off the tape, and returns it.
/// Those that scale by fan-in and fan-out need rank 2 or more (a ShapeError): a weight [out, in, ...] has
/// n_in = in * (receptive field) and n_out = out * (receptive field).
namespace reel::nn::init {

/// Which of the two numbers scales a Kaiming initialisation.
enum class FanMode : std::uint8_t { fan_in, fan_out };
/// What follows the layer.
enum class Nonlinearity : std::uint8_t { linear, sigmoid, tanh, relu, leaky_relu, selu };

/// How many inputs each output of a weight sees, and how many outputs each input reaches.
struct Fans {
  /// Numbers of elements; at least 1.
  std::int64_t in, out;
};

/// Options of the Kaiming initialisations.
struct KaimingOptions {
  double a = 0;                    ///< The negative slope, for leaky_relu.
  FanMode mode = FanMode::fan_in;  ///< fan_in keeps the variance in the forward pass, fan_out in the backward.
  Nonlinearity nonlinearity = Nonlinearity::leaky_relu;  ///< Decides the gain.
};

/// The fans of a weight [out, in, ...].
Fans fan_in_and_fan_out(const Tensor& weight);
/// The factor that compensates for what a nonlinearity takes from the standard deviation: 1 for linear and sigmoid, 5/3
/// for tanh, sqrt(2) for relu, sqrt(2 / (1 + slope^2)) for leaky_relu, 3/4 for selu.
double calculate_gain(Nonlinearity nonlinearity, double slope = 0.01);

/// Filled with one value.
Tensor constant_(const Tensor& t, Scalar value);
Tensor zeros_(const Tensor& t);
Tensor ones_(const Tensor& t);
/// Uniform in [low, high). A range whose width the dtype cannot hold is a ValueError.
Tensor uniform_(const Tensor& t, double low = 0, double high = 1, Generator& generator = default_generator());
/// Normal.
Tensor normal_(const Tensor& t, double mean = 0, double std = 1, Generator& generator = default_generator());
/// Uniform with standard deviation gain * sqrt(2 / (n_in + n_out)) (Glorot and Bengio 2010).
Tensor xavier_uniform_(const Tensor& t, double gain = 1, Generator& generator = default_generator());
/// Normal with standard deviation gain * sqrt(2 / (n_in + n_out)) (Glorot and Bengio 2010).
Tensor xavier_normal_(const Tensor& t, double gain = 1, Generator& generator = default_generator());
/// Normal with standard deviation 1 / sqrt(n_in) (LeCun et al. 1998), sometimes called Xavier initialisation.
Tensor lecun_normal_(const Tensor& t, Generator& generator = default_generator());
/// Uniform with standard deviation gain / sqrt(fan) (He et al. 2015, "MSRA").
Tensor kaiming_uniform_(const Tensor& t, const KaimingOptions& options = {},
                        Generator& generator = default_generator());
/// Normal with standard deviation gain / sqrt(fan); for ReLU sqrt(2 / n_in), as in He et al. 2015 ("MSRA").
Tensor kaiming_normal_(const Tensor& t, const KaimingOptions& options = {}, Generator& generator = default_generator());
/// A (semi-)orthogonal matrix times `gain`: of [rows, everything else] the rows are orthonormal, or the columns if
/// these are fewer (Saxe et al. 2013). Needs rank 2 or more (a ShapeError), and LAPACK (an Error in a build without).
Tensor orthogonal_(const Tensor& t, double gain = 1, Generator& generator = default_generator());
/// Normal with this mean and std, but for numbers outside [a, b], which are drawn anew.
Tensor trunc_normal_(const Tensor& t, double mean = 0, double std = 1, double a = -2, double b = 2,
                     Generator& generator = default_generator());
/// 1 at the middle of the window from each input channel to the output of the same number, else 0, so that a
/// convolution keeps its input: a weight [out, in, ...] of rank 3, 4 or 5 (else a ShapeError). Each group has this
/// pattern.
Tensor dirac_(const Tensor& t, std::int64_t groups = 1);
/// A matrix of normal numbers with mean 0, of which in each column a share, rounded up, is 0 (Martens 2010).
Tensor sparse_(const Tensor& t, double sparsity, double std = 0.01, Generator& generator = default_generator());

}  // namespace reel::nn::init
