#pragma once

#include <reel/tensor/core/require_cpp20.h>  // first

// Each family of operations has a header of its own, so that a new operation does not rebuild what uses others.
#include <reel/ops/activation.h>
#include <reel/ops/activation_variants.h>
#include <reel/ops/alpha_dropout.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/attention.h>
#include <reel/ops/bilinear.h>
#include <reel/ops/comparison.h>
#include <reel/ops/convolution.h>
#include <reel/ops/ctc_loss.h>
#include <reel/ops/distance.h>
#include <reel/ops/embedding_bag.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/linalg.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/loss.h>
#include <reel/ops/margin_loss.h>
#include <reel/ops/normalization.h>
#include <reel/ops/numeric.h>
#include <reel/ops/options.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/products.h>
#include <reel/ops/random.h>
#include <reel/ops/recurrent.h>
#include <reel/ops/reduction.h>
#include <reel/ops/regression_loss.h>
#include <reel/ops/resampling.h>
#include <reel/ops/rotary.h>
#include <reel/ops/scan.h>
#include <reel/ops/selection.h>
#include <reel/ops/shift.h>
#include <reel/ops/sorted.h>
#include <reel/ops/special.h>
#include <reel/ops/statistics.h>
#include <reel/ops/view.h>

/// Every operation of Reel. Names, argument order and defaults are PyTorch's. Unless its line says otherwise an
/// operation takes f32 and f64, is differentiable, twice and more, broadcasts its operands as NumPy does, and throws a
/// typed error (tensor/core/error.h) that names it when operands do not fit. Operands of one call share dtype and
/// device; a C++ number takes the tensor's dtype.
namespace reel {}
