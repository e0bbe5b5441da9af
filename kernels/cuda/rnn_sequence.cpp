// An LSTM over a sequence on the GPU: all samples at once.

#include <reel/kernels/lstm_sequence.h>

#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

struct Backend {
  using Memory = Scratch<char>;
  static constexpr auto gemm = &cuda::gemm;
  static constexpr auto copy = &cuda::copy;
  static constexpr auto lstm_cell = &cuda::lstm_cell;
  static constexpr auto lstm_cell_grad = &cuda::lstm_cell_grad;
};

}  // namespace

void lstm_sequence(const LstmArgs& args) { run_lstm<Backend>(args, 0, args.batch); }
void lstm_sequence_grad(const LstmGradArgs& args) { run_lstm_grad<Backend>(args, 0, args.batch); }

}  // namespace reel::kernels::cuda
