#pragma once

#include <cstdint>
#include <limits>

#include <reel/kernels/table.h>
#include <reel/kernels/vector_math.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

/// Connectionist temporal classification (Graves et al. 2006). A path goes through the places of a sample's labels with
/// blanks around them: blank, label 0, blank, label 1, ..., blank. It begins at one of the first two, ends at one of
/// the last two, and in each step it draws the class of its place and then stays, moves on, or jumps over a blank
/// between labels that differ. All sums are logarithms in f64, so that the rounding of many steps does not pile up.
namespace reel::kernels {

struct CtcArgs {
  DType dtype;
  const void* log_probs;               // [steps, batch, classes]
  const std::int64_t* labels;          // [batch, longest], each in [0, classes)
  const std::int64_t* input_lengths;   // [batch], in [0, steps]
  const std::int64_t* target_lengths;  // [batch], in [0, longest]
  std::int64_t steps, batch, classes, longest, blank;

  REEL_HD std::int64_t places() const { return 2 * longest + 1; }
};

/// alphas [batch, steps, places]: the paths that are at a place after drawing its class in a step. losses [batch].
struct CtcLossArgs : CtcArgs {
  double* alphas;
  void* losses;
};

/// out [steps, batch, classes] = -grad [batch] * the expected number of draws; 0 where the gradient is 0.
struct CtcGradArgs : CtcArgs {
  const double* alphas;
  const void* grad;
  void* out;
};

namespace cpu {
void ctc_loss(const CtcLossArgs& args);
void ctc_loss_grad(const CtcGradArgs& args);
}  // namespace cpu
namespace cuda {
void ctc_loss(const CtcLossArgs& args);
void ctc_loss_grad(const CtcGradArgs& args);
}  // namespace cuda

inline constexpr KernelTable<void(const CtcLossArgs&)> ctc_loss{&cpu::ctc_loss, &cuda::ctc_loss};
inline constexpr KernelTable<void(const CtcGradArgs&)> ctc_loss_grad{&cpu::ctc_loss_grad, &cuda::ctc_loss_grad};

// --- what both devices compute

inline constexpr double kNever = -std::numeric_limits<double>::infinity();  // the logarithm of 0

/// log(exp(a) + exp(b) + exp(c)), also where all are minus infinity.
REEL_HD inline double log_sum(double a, double b, double c) {
  const double ab = a > b ? a : b, largest = ab > c ? ab : c, shift = largest == kNever ? 0 : largest;
  return shift + math::log(math::exp(a - shift) + math::exp(b - shift) + math::exp(c - shift));
}

/// One sample: its lengths, and the classes of its places.
template <class T> struct CtcSample {
  const T* log_probs;   // of the first step
  std::int64_t stride;  // from one step to the next
  const std::int64_t* labels;
  std::int64_t steps, places, blank;

  REEL_HD CtcSample(const CtcArgs& args, std::int64_t n)
      : log_probs(static_cast<const T*>(args.log_probs) + n * args.classes),
        stride(args.batch * args.classes),
        labels(args.labels + n * args.longest),
        steps(args.input_lengths[n]),
        places(2 * args.target_lengths[n] + 1),
        blank(args.blank) {}

  REEL_HD std::int64_t label(std::int64_t s) const { return s % 2 == 0 ? blank : labels[s / 2]; }
  REEL_HD double draw(std::int64_t t, std::int64_t s) const {
    return static_cast<double>(log_probs[t * stride + label(s)]);
  }
  /// Whether a path may jump from place s - 2 to s.
  REEL_HD bool may_jump(std::int64_t s) const { return s % 2 == 1 && s > 1 && labels[s / 2] != labels[s / 2 - 1]; }
  /// Whether a path may end at s.
  REEL_HD bool is_end(std::int64_t s) const { return s >= places - 2; }
  /// The loss, from the sample's alphas [steps, width].
  REEL_HD double loss(const double* alphas, std::int64_t width) const {
    if (steps == 0) return places == 1 ? 0 : -kNever;
    const double* last = alphas + (steps - 1) * width;
    return -log_sum(last[places - 1], places > 1 ? last[places - 2] : kNever, kNever);
  }
};

}  // namespace reel::kernels
