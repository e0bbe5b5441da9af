// Connectionist temporal classification on the CPU: one sample after the other on each thread.

#include <reel/kernels/ctc.h>

#include <algorithm>
#include <vector>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {
namespace {

/// out[s] = log(exp(stay[s]) + exp(move[s]) + exp(jump[s] + bar[s])).
REEL_VECTOR_CLONES void log_sums(const double* stay, const double* move, const double* jump, const double* bar,
                                 std::int64_t n, double* out) {
#pragma omp simd
  for (std::int64_t s = 0; s < n; ++s) out[s] = log_sum(stay[s], move[s], jump[s] + bar[s]);
}

/// out[s] = exp(a[s] + b[s] + shift).
REEL_VECTOR_CLONES void exp_of_sums(const double* a, const double* b, double shift, std::int64_t n, double* out) {
#pragma omp simd
  for (std::int64_t s = 0; s < n; ++s) out[s] = math::exp(a[s] + b[s] + shift);
}

/// A row of a sample's places, with two that are never reached before them and two after.
class Row {
 public:
  explicit Row(std::int64_t places) : values_(static_cast<std::size_t>(places) + 4, kNever) {}
  double* data() { return values_.data() + 2; }

 private:
  std::vector<double> values_;
};

/// The buffers of a walk through a sample's steps.
template <class T> struct Walk {
  CtcSample<T> sample;
  Row now, bars;  // bars: 0 where a jump to the place is allowed, else minus infinity
  std::vector<double> next;

  Walk(const CtcArgs& args, std::int64_t n)
      : sample(args, n), now(sample.places), bars(sample.places), next(static_cast<std::size_t>(sample.places)) {
    for (std::int64_t s = 0; s < sample.places; ++s) bars.data()[s] = sample.may_jump(s) ? 0 : kNever;
  }

  void forward(double* alphas, std::int64_t width) {
    double* row = now.data();
    for (std::int64_t t = 0; t < sample.steps; ++t, alphas += width) {
      if (t == 0) std::fill_n(next.data(), std::min<std::int64_t>(2, sample.places), 0.0);
      else log_sums(row, row - 1, row - 2, bars.data(), sample.places, next.data());
      if (t == 0 && sample.places > 2) std::fill(next.begin() + 2, next.end(), kNever);
      for (std::int64_t s = 0; s < sample.places; ++s) row[s] = next[static_cast<std::size_t>(s)] + sample.draw(t, s);
      std::copy_n(row, sample.places, alphas);
    }
  }

  /// `visit(t, shares)` gets, for each step from the last one on, the share of the paths that are at each place.
  template <class F> void backward(const double* alphas, std::int64_t width, F&& visit) {
    double* row = now.data();
    std::vector<double> shares(next.size());
    const double loss = sample.loss(alphas, width);
    for (std::int64_t t = sample.steps - 1; t >= 0; --t) {
      if (t == sample.steps - 1) {
        for (std::int64_t s = 0; s < sample.places; ++s)
          next[static_cast<std::size_t>(s)] = sample.is_end(s) ? 0 : kNever;
      } else {
        log_sums(row, row + 1, row + 2, bars.data() + 2, sample.places, next.data());
      }
      exp_of_sums(alphas + t * width, next.data(), loss, sample.places, shares.data());
      visit(t, shares.data());
      for (std::int64_t s = 0; s < sample.places; ++s) row[s] = next[static_cast<std::size_t>(s)] + sample.draw(t, s);
    }
  }
};

}  // namespace

void ctc_loss(const CtcLossArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    parallel_for(args.batch, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        double* alphas = args.alphas + n * args.steps * args.places();
        Walk<T> walk(args, n);
        walk.forward(alphas, args.places());
        static_cast<T*>(args.losses)[n] = static_cast<T>(walk.sample.loss(alphas, args.places()));
      }
    });
  });
}

void ctc_loss_grad(const CtcGradArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    parallel_for(args.batch, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        T* out = static_cast<T*>(args.out) + n * args.classes;
        const std::int64_t stride = args.batch * args.classes;
        for (std::int64_t t = 0; t < args.steps; ++t) std::fill_n(out + t * stride, args.classes, T(0));
        const auto grad = static_cast<double>(static_cast<const T*>(args.grad)[n]);
        if (grad == 0) continue;
        Walk<T> walk(args, n);
        walk.backward(args.alphas + n * args.steps * args.places(), args.places(),
                      [&](std::int64_t t, const double* shares) {
                        double blanks = 0;
                        for (std::int64_t s = 0; s < walk.sample.places; s += 2) blanks += shares[s];
                        T* row = out + t * stride;
                        row[args.blank] = static_cast<T>(-grad * blanks);
                        for (std::int64_t s = 1; s < walk.sample.places; s += 2) {
                          row[walk.sample.label(s)] -= static_cast<T>(grad * shares[s]);
                        }
                      });
      }
    });
  });
}

}  // namespace reel::kernels::cpu
