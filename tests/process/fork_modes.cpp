// Forks: the child computes what the parent does, whatever the parent's threads were doing.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include <reel/reel.h>

#include "modes.h"
#include "work.h"

using namespace reel;

namespace process {
namespace {

constexpr unsigned kSeconds = 20;

/// Forks a child that calls `f` and ends with 0, in time.
template <class F> pid_t start(F&& f) {
  const pid_t child = fork();
  require(child >= 0, "fork");
  if (child > 0) return child;
  alarm(kSeconds);
  f();
  _exit(0);
}

void finish(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  require(status == 0, WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "a child hangs" : "a child's end");
}

template <class F> void in_child(F&& f) { finish(start(f)); }

/// Threads that run a function again and again until the scope ends.
class Busy {
 public:
  explicit Busy(void (*run)(), int count = 1) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, run] {
        for (; !over_; ++rounds_) run();
      });
    }
    wait_until([&] { return rounds_ >= 2; });
  }
  ~Busy() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> over_{false};
  std::atomic<int> rounds_{0};
  std::vector<std::thread> threads_;
};

int after_parallel_operations() {
  set_num_threads(4);
  everything();
  in_child([] {
    require(num_threads() == 1, "a child computes on one thread");
    everything();
    new_shapes();
    std::thread(everything).join();
  });
  everything();
  require(num_threads() == 4, "the parent's threads are as they were");
  return 0;
}

int child_on_several_threads() {
  set_num_threads(4);
  everything();
  in_child([] {
    set_num_threads(3);
    require(num_threads() == 3, "a child may ask for more threads");
    everything();
    std::thread(everything).join();
  });
  everything();
  return 0;
}

int before_the_first_operation() {
  const int threads = num_threads();
  in_child([&] {
    require(num_threads() == threads, "a fork before the first operation changes nothing");
    everything();
  });
  everything();
  return 0;
}

/// What the child leaves by `exit` destroys.
int child_exits() {
  static const Tensor x = ones({64, 64}).requires_grad_();
  static data::DataLoader loader = numbers(64, 2);
  static auto position = loader.begin();
  set_num_threads(4);
  everything();
  in_child([] {
    everything();
    std::exit(0);
  });
  return 0;
}

int while_others_allocate() {
  const Busy busy(
      [] {
        std::vector<Tensor> tensors;
        for (const std::int64_t n : {10, 500, 5000, 100'000, 1 << 21}) tensors.push_back(empty({n}));
      },
      3);
  for (int i = 0; i < 30; ++i) {
    in_child([] {
      pointwise();
      step();
    });
  }
  return 0;
}

int while_others_compute() {
  set_num_threads(2);
  const Busy busy(everything, 2), shapes(new_shapes);
  for (int i = 0; i < 10; ++i) {
    in_child([] {
      everything();
      new_shapes();
    });
  }
  return 0;
}

int generators_go_on() {
  manual_seed(11);
  random_numbers();
  const std::uint64_t offset = default_generator().state().offset;
  in_child([&] {
    require(default_generator().state().seed == 11 && default_generator().next().offset == offset,
            "a child's generator");
  });
  require(default_generator().next().offset == offset, "the parent's generator");
  return 0;
}

int while_others_draw() {
  const Busy busy(
      [] {
        for (int i = 0; i < 1000; ++i) default_generator().next();
      },
      3);
  for (int i = 0; i < 50; ++i) in_child(random_numbers);
  return 0;
}

/// A model that threads train together.
const Tensor& weights() {
  static const Tensor w = ones({64, 64}).requires_grad_();
  return w;
}

int while_others_train() {
  const Busy busy([] { matmul(weights(), weights()).sum().backward(); }, 3);
  for (int i = 0; i < 20; ++i) {
    in_child([] {
      weights().set_grad({});
      weights().sum().backward();
      require(equal(weights().grad(), ones({64, 64})), "the gradient of a child");
    });
  }
  return 0;
}

/// Parent and child both finish an epoch that was begun before the fork.
int amid_an_epoch() {
  for (int i = 0; i < 5; ++i) {
    data::DataLoader loader = numbers(256, 3);
    float sum = 0;
    pid_t child = -1;
    bool is_child = false;
    std::int64_t batches = 0;
    for (const auto& [x, none] : loader) {
      sum += x.sum().item<float>();
      if (++batches != 5 + i) continue;
      child = fork();
      is_child = child == 0;
      if (is_child) alarm(kSeconds);
    }
    require(sum == 255 * 128, "the numbers of an epoch with a fork");
    if (is_child) std::exit(0);
    finish(child);
  }
  return 0;
}

int child_leaves_an_epoch() {
  data::DataLoader loader = numbers(256, 3);
  for (const auto& batch : loader) {
    static_cast<void>(batch);
    break;
  }
  auto position = loader.begin();
  const pid_t child = fork();
  if (child == 0) {
    alarm(kSeconds);
    { const auto ended = std::move(position); }
    epoch(2);
    std::exit(0);
  }
  finish(child);
  return 0;
}

int child_has_workers() {
  set_num_threads(4);
  everything();
  epoch(2);
  in_child([] { epoch(2); });
  return 0;
}

int grandchild() {
  set_num_threads(4);
  everything();
  in_child([] {
    everything();
    epoch(2);
    in_child([] {
      everything();
      epoch(2);
    });
    everything();
  });
  return 0;
}

int in_a_thread() {
  set_num_threads(4);
  std::thread([] {
    everything();
    in_child(everything);
    everything();
  }).join();
  everything();
  return 0;
}

int in_a_parallel_region() {
  set_num_threads(2);
  everything();
#pragma omp parallel num_threads(2)
  {
#pragma omp master
    in_child(everything);
  }
  everything();
  return 0;
}

/// Children prepare batches and send them through pipes, as loaders do that have processes for workers.
int several_children() {
  constexpr int count = 4, batches = 6;
  set_num_threads(4);
  everything();
  std::vector<std::array<int, 2>> pipes(count);
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    auto& ends = pipes[static_cast<std::size_t>(i)];
    require(pipe(ends.data()) == 0, "pipe");
    children.push_back(start([&] {
      for (int batch = 0; batch < batches; ++batch) {
        const Tensor x = matmul(full({64, 64}, i), full({64, 64}, batch));
        const ssize_t bytes = 64 * 64 * sizeof(float);
        require(write(ends[1], x.data_ptr<float>(), static_cast<std::size_t>(bytes)) == bytes, "write");
      }
    }));
  }
  for (int batch = 0; batch < batches; ++batch) {
    for (int i = 0; i < count; ++i) {
      const Tensor x = empty({64, 64});
      char* to = reinterpret_cast<char*>(x.data_ptr<float>());
      for (std::size_t left = 64 * 64 * sizeof(float); left > 0;) {
        const ssize_t got = read(pipes[static_cast<std::size_t>(i)][0], to, left);
        require(got > 0, "read");
        to += got;
        left -= static_cast<std::size_t>(got);
      }
      require(equal(x, full({64, 64}, 64 * i * batch)), "a batch from a child");
    }
    everything();
  }
  for (const pid_t child : children) finish(child);
  return 0;
}

/// The memory of the parent's threads serves the child's; what they had counted stays.
int counts_survive() {
  std::atomic<bool> over{false};
  std::atomic<int> holding{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const std::vector<Tensor> held(10, ones({3}));
      ++holding;
      wait_until([&] { return over.load(); });
    });
  }
  wait_until([&] { return holding == 4; });
  const std::int64_t tensors = live_tensors(), storages = live_storages();
  in_child([&] {
    for (int round = 0; round < 3; ++round) {
      std::vector<std::thread> others;
      for (int i = 0; i < 6; ++i) others.emplace_back(pointwise);
      for (std::thread& thread : others) thread.join();
      require(live_tensors() == tensors && live_storages() == storages, "what a child counts");
    }
  });
  over = true;
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace

std::span<const Mode> fork_modes() {
  static constexpr Mode modes[] = {
      {"after_parallel_operations", after_parallel_operations},
      {"child_on_several_threads", child_on_several_threads},
      {"before_the_first_operation", before_the_first_operation},
      {"child_exits", child_exits},
      {"while_others_allocate", while_others_allocate},
      {"while_others_compute", while_others_compute},
      {"generators_go_on", generators_go_on},
      {"while_others_draw", while_others_draw},
      {"while_others_train", while_others_train},
      {"amid_an_epoch", amid_an_epoch},
      {"child_leaves_an_epoch", child_leaves_an_epoch},
      {"child_has_workers", child_has_workers},
      {"grandchild", grandchild},
      {"in_a_thread", in_a_thread},
      {"in_a_parallel_region", in_a_parallel_region},
      {"several_children", several_children},
      {"counts_survive", counts_survive},
  };
  return modes;
}

}  // namespace process
