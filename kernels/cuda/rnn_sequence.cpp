// A recurrent network over sequences on the GPU: all samples at once.

#include <reel/kernels/rnn_sequence.h>

#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

struct Backend {
  using Memory = Scratch<char>;
  static constexpr auto gemm = &cuda::gemm;
  static constexpr auto copy = &cuda::copy;
  static constexpr auto rnn_cell = &cuda::rnn_cell;
  static constexpr auto rnn_cell_grad = &cuda::rnn_cell_grad;
};

}  // namespace

void rnn(const RnnArgs& args) { run_rnn<Backend>(args, {0, args.batch}); }
void rnn_grad(const RnnGradArgs& args) { run_rnn_grad<Backend>(args, {0, args.batch}); }

}  // namespace reel::kernels::cuda
