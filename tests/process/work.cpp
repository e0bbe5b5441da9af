// Computations whose results arithmetic knows.

#include "work.h"

#include <signal.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include <reel/reel.h>

using namespace reel;

namespace process {

void require(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "wrong: %s\n", what);
  std::_Exit(1);
}

void nap() { usleep(200); }

int tasks() { return static_cast<int>(std::distance(std::filesystem::directory_iterator("/proc/self/task"), {})); }

namespace {
const int tasks_before_main = tasks();
}
bool has_foreign_threads() { return tasks_before_main > 1; }

void finish(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  require(status == 0, WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "a child hangs" : "a child's end");
}

void pointwise() {
  const Tensor x = full({1 << 18}, 3);
  require(equal(x * 2 + 1, full({1 << 18}, 7)), "pointwise");
}

void product(std::int64_t n) {
  require(equal(matmul(ones({n, n}), full({n, n}, 2)), full({n, n}, 2.0 * static_cast<double>(n))), "product");
}

void product_f64() {
  const Tensor ab = matmul(ones({256, 300}, DType::f64), full({300, 256}, 2, DType::f64));
  require(equal(ab, full({256, 256}, 600, DType::f64)), "product of f64");
}

void convolution(std::int64_t channels) {
  const Tensor y = conv2d(ones({2, channels, 30, 30}), ones({24, channels, 3, 3}));
  // Winograd's algorithm rounds.
  require(allclose(y, full({2, 24, 28, 28}, 9.0 * static_cast<double>(channels)), 1e-4), "convolution");
}

void random_numbers() {
  const Tensor x = rand({100'000});
  require(x.min().item<float>() >= 0 && x.max().item<float>() < 1, "range of random numbers");
  Generator a(3), b(3);
  require(equal(randn({1000}, {}, a), randn({1000}, {}, b)), "random numbers of a seed");
}

void backward() {
  const Tensor w = full({96, 128}, 0.5).requires_grad_();
  matmul(ones({64, 96}), w).relu().sum().backward();
  require(equal(w.grad(), full({96, 128}, 64)), "gradient of a product");
  const Tensor k = ones({16, 8, 3, 3}).requires_grad_();
  conv2d(ones({2, 8, 20, 20}), k).sum().backward();
  require(equal(k.grad(), full({16, 8, 3, 3}, 2 * 18 * 18)), "gradient of a convolution");
}

void step() {
  const Tensor w = ones({300, 300}).requires_grad_();
  optim::SGD sgd({w}, 0.25);
  w.sum().backward();
  sgd.step();
  require(equal(w.detach(), full({300, 300}, 0.75)), "step");
}

void new_shapes() {
  static std::atomic<std::int64_t> calls{0};
  const std::int64_t call = calls++ % 200;
  product(100 + call);
  convolution(1 + call);
}

void everything() {
  pointwise();
  product(160);
  product(1024);
  product_f64();
  convolution(4);
  convolution(32);
  random_numbers();
  backward();
  step();
}

void everything_on(int threads) {
  set_num_threads(threads);
  everything();
}

data::DataLoader numbers(std::int64_t n, std::int64_t workers) {
  const data::Transform multiply = [](const Tensor& x) {
    product(64);
    return x;
  };
  return data::DataLoader(data::TensorDataset(arange(n).to(DType::f32)),
                          {.batch_size = 4, .num_workers = workers, .transforms = {multiply}});
}

void epoch(std::int64_t workers) {
  float sum = 0;
  data::DataLoader loader = numbers(64, workers);
  for (const auto& [x, none] : loader) sum += x.sum().item<float>();
  require(sum == 2016, "the numbers of an epoch");
}

}  // namespace process
