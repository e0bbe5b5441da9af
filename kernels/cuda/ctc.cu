// Connectionist temporal classification on the GPU: a block for each sample walks through the steps, its threads share
// the places. What the places draw is added up by one thread for each step and sample, in a fixed order.

#include <reel/kernels/ctc.h>

#include <algorithm>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

template <class T> __global__ void __launch_bounds__(kThreads, 1) walk_forward(CtcLossArgs args) {
  const std::int64_t n = blockIdx.x, width = args.places();
  const CtcSample<T> sample(args, n);
  double* alphas = args.alphas + n * args.steps * width;
  for (std::int64_t t = 0; t < sample.steps; ++t) {
    double* now = alphas + t * width;
    for (std::int64_t s = threadIdx.x; s < sample.places; s += blockDim.x) {
      double reached = s < 2 ? 0 : kNever;
      if (t > 0) {
        const double* before = now - width;
        reached = log_sum(before[s], s > 0 ? before[s - 1] : kNever, sample.may_jump(s) ? before[s - 2] : kNever);
      }
      now[s] = reached + sample.draw(t, s);
    }
    __syncthreads();
  }
  if (threadIdx.x == 0) static_cast<T*>(args.losses)[n] = static_cast<T>(sample.loss(alphas, width));
}

/// shares [batch, steps, places]: the share of a sample's paths that are at a place. `rows` [batch, 2, places] holds
/// what follows from a place on, for the last step and the one before.
template <class T> __global__ void __launch_bounds__(kThreads, 1)
    walk_backward(CtcGradArgs args, double* rows, double* shares) {
  const std::int64_t n = blockIdx.x, width = args.places();
  const CtcSample<T> sample(args, n);
  const double* alphas = args.alphas + n * args.steps * width;
  const double loss = sample.loss(alphas, width);
  rows += n * 2 * width;
  shares += n * args.steps * width;
  for (std::int64_t t = sample.steps - 1; t >= 0; --t) {
    double* now = rows + t % 2 * width;
    const double* later = rows + (t + 1) % 2 * width;  // with the draws of step t + 1
    for (std::int64_t s = threadIdx.x; s < sample.places; s += blockDim.x) {
      double left = sample.is_end(s) ? 0 : kNever;
      if (t < sample.steps - 1) {
        left = log_sum(later[s], s + 1 < sample.places ? later[s + 1] : kNever,
                       s + 2 < sample.places && sample.may_jump(s + 2) ? later[s + 2] : kNever);
      }
      shares[t * width + s] = math::exp(alphas[t * width + s] + left + loss);
      now[s] = left + sample.draw(t, s);
    }
    __syncthreads();
  }
}

template <class T> __global__ void __launch_bounds__(kThreads) add_shares(CtcGradArgs args, const double* shares) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= args.steps * args.batch) return;
  const std::int64_t t = i / args.batch, n = i % args.batch;
  const CtcSample<T> sample(args, n);
  const auto grad = static_cast<double>(static_cast<const T*>(args.grad)[n]);
  if (t >= sample.steps || grad == 0) return;
  const double* share = shares + (n * args.steps + t) * args.places();
  T* row = static_cast<T*>(args.out) + i * args.classes;
  double blanks = 0;
  for (std::int64_t s = 0; s < sample.places; s += 2) blanks += share[s];
  row[args.blank] = static_cast<T>(-grad * blanks);
  for (std::int64_t s = 1; s < sample.places; s += 2) row[sample.label(s)] -= static_cast<T>(grad * share[s]);
}

/// Whole warps, as many threads as there are places, up to kThreads.
unsigned threads_for(std::int64_t places) {
  return static_cast<unsigned>(std::min<std::int64_t>(kThreads, divide_up(places, kWarp) * kWarp));
}

}  // namespace

void ctc_loss(const CtcLossArgs& args) {
  if (args.batch == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    launch(walk_forward<T>, static_cast<unsigned>(args.batch), threads_for(args.places()), 0, args);
  });
}

void ctc_loss_grad(const CtcGradArgs& args) {
  const std::int64_t rows = args.steps * args.batch;
  if (rows == 0) return;
  const std::size_t bytes = static_cast<std::size_t>(rows * args.classes) * size_of(args.dtype);
  check_call(cudaMemsetAsync(args.out, 0, bytes, current_stream()), "cudaMemsetAsync");
  const Scratch<double> left(args.batch * 2 * args.places()), shares(rows * args.places());
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    launch(walk_backward<T>, static_cast<unsigned>(args.batch), threads_for(args.places()), 0, args, left.data(),
           shares.data());
    launch(add_shares<T>, blocks_for(rows, kThreads), kThreads, 0, args, static_cast<const double*>(shares.data()));
  });
}

}  // namespace reel::kernels::cuda
