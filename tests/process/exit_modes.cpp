// The ends of a program: main returns or something calls exit, while threads, loaders and destructors still compute.

#include <pthread.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <thread>

#include <reel/reel.h>

#include "work.h"

using namespace reel;

namespace process {
namespace {

/// main returns amid a computation of another thread.
template <void (*Work)()> int detached() {
  set_num_threads(2);
  compute_for_ever<Work>();
  wait_until([] { return rounds >= 3; });
  return 0;
}

void small_convolution() { convolution(4); }
void large_convolution() { convolution(32); }

int detached_many() {
  set_num_threads(2);
  compute_for_ever<everything>();
  compute_for_ever<new_shapes>();
  compute_for_ever<product_f64>();
  wait_until([] { return rounds >= 6; });
  everything();
  return 0;
}

void go_through_epochs() { epoch(2); }

int static_computes() {
  static const AtEnd end{everything};
  everything();
  return 0;
}

int static_computes_first() {
  static const AtEnd end{everything};
  return 0;
}

int static_computes_new_shapes() {
  static const AtEnd end{[] {
    product(777);
    convolution(7);
    convolution(40);
  }};
  everything();
  return 0;
}

int atexit_computes() {
  std::atexit(everything);
  everything();
  return 0;
}

int thread_local_computes() {
  thread_local const AtEnd end{everything};
  static_cast<void>(&end);
  everything();
  return 0;
}

int thread_local_of_a_thread_computes() {
  std::thread([] {
    thread_local const AtEnd end{everything};
    static_cast<void>(&end);
    everything();
  }).join();
  return 0;
}

int key_of_a_thread_computes() {
  pthread_key_t key;
  pthread_key_create(&key, [](void*) { everything(); });
  std::thread([&] { pthread_setspecific(key, &key); }).join();
  std::thread([&] {
    everything();
    pthread_setspecific(key, &key);
  }).join();
  everything();
  return 0;
}

int statics_outlive() {
  static Generator generator(5);
  static const Tensor x = randn({64, 64}, {}, generator).requires_grad_();
  static const nn::Linear layer(64, 64);
  static optim::Adam adam(layer.parameters(), 0.01);
  static const Tensor loss = layer(x).sum();
  static data::DataLoader loader = numbers(64, 2);
  static auto position = loader.begin();
  everything();
  loss.backward({}, true);
  adam.step();
  return 0;
}

int static_thread_joins() {
  static std::atomic<bool> over{false};
  static std::thread thread;
  static const AtEnd end{[] {
    over = true;
    thread.join();
  }};
  thread = std::thread([] {
    for (; !over; ++rounds) everything();
  });
  wait_until([] { return rounds >= 1; });
  everything();
  return 0;
}

/// Another thread ends the program with `End`.
template <void (*End)(int)> int end_in_thread() {
  std::thread([] {
    wait_until([] { return rounds >= 2; });
    End(0);
  }).detach();
  for (;; ++rounds) everything();
}

template <void (*End)(int)> int end_in_hook() {
  static const Tensor x = ones({64, 64}).requires_grad_();
  static const Tensor y = matmul(x, x);
  y.register_hook([](const Tensor& grad) {
    End(0);
    return grad;
  });
  y.sum().backward();
  return 1;
}

/// A dataset that ends the program at an example.
template <void (*End)(int)> class Ending final : public data::Dataset {
 public:
  std::int64_t size() const override { return 64; }
  data::Example get(std::int64_t index) const override {
    if (index == 24) End(0);
    return {full({2}, index), {}};
  }
};

template <void (*End)(int)> int end_in_worker() {
  for (data::DataLoader loader(Ending<End>(), {.batch_size = 4, .num_workers = 2}); const auto& batch : loader) {
    static_cast<void>(batch);
  }
  return 1;
}

int exit_in_worker_of_static_loader() {
  static data::DataLoader loader(Ending<std::exit>(), {.batch_size = 4, .num_workers = 2, .prefetch_factor = 8});
  static auto position = loader.begin();
  for (;;) nap();
}

}  // namespace

std::span<const Mode> exit_modes() {
  static constexpr Mode modes[] = {
      {"detached_pointwise", detached<pointwise>},
      {"detached_small_product", detached<small_product>},
      {"detached_big_product", detached<big_product>},
      {"detached_product_f64", detached<product_f64>},
      {"detached_small_convolution", detached<small_convolution>},
      {"detached_large_convolution", detached<large_convolution>},
      {"detached_new_shapes", detached<new_shapes>},
      {"detached_random", detached<random_numbers>},
      {"detached_backward", detached<backward>},
      {"detached_step", detached<step>},
      {"detached_loader", detached<go_through_epochs>},
      {"detached_many", detached_many},
      {"static_computes", static_computes},
      {"static_computes_first", static_computes_first},
      {"static_computes_new_shapes", static_computes_new_shapes},
      {"atexit_computes", atexit_computes},
      {"thread_local_computes", thread_local_computes},
      {"thread_local_of_a_thread_computes", thread_local_of_a_thread_computes},
      {"key_of_a_thread_computes", key_of_a_thread_computes},
      {"statics_outlive", statics_outlive},
      {"static_thread_joins", static_thread_joins},
      {"exit_in_thread", end_in_thread<std::exit>},
      {"exit_in_hook", end_in_hook<std::exit>},
      {"exit_in_worker", end_in_worker<std::exit>},
      {"exit_in_worker_of_static_loader", exit_in_worker_of_static_loader},
      {"quick_exit_in_thread", end_in_thread<std::quick_exit>},
      {"quick_exit_in_hook", end_in_hook<std::quick_exit>},
      {"quick_exit_in_worker", end_in_worker<std::quick_exit>},
  };
  return modes;
}

}  // namespace process
