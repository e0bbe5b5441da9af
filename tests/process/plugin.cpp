// A plug-in that computes with Reel, such as a module of Python: its host does not know the library.

#include <reel/reel.h>

using namespace reel;

/// 0 if a small training on several threads comes out as arithmetic says.
extern "C" int reel_plugin_check() {
  set_num_threads(2);
  const Tensor w = ones({128, 256}).requires_grad_();
  optim::SGD sgd({w}, 0.5);
  matmul(full({64, 128}, 2), w).sum().backward();
  sgd.step();
  const Tensor y = conv2d(ones({1, 8, 20, 20}), ones({16, 8, 3, 3}));
  const bool right = equal(w.detach(), full({128, 256}, 1 - 0.5 * 128)) && equal(y, full({1, 16, 18, 18}, 72));
  return right ? 0 : 1;
}
