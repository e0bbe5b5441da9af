#include <reel/reel.h>

int main() {
  const reel::Tensor x = reel::tensor({1.0, 2.0, 3.0}).requires_grad_();
  reel::sum(x * x).backward();
  return x.grad().to_vector<float>() == std::vector<float>{2, 4, 6} ? 0 : 1;
}
