// Forks: the child computes what the parent does, whatever the parent's threads were doing.

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include <reel/reel.h>

#include "work.h"

using namespace reel;

namespace process {
namespace {

int after_parallel_operations() {
  everything_on(4);
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

/// The pool of the parent ends before the fork and starts again with its next operation; the child has one of its own.
int threads_of_both() {
#if !defined(__clang__)  // LLVM's pool does not end
  if (has_foreign_threads()) return 0;
  everything_on(4);
  in_child([] {
    require(tasks() == 1, "the one thread of a child");
    set_num_threads(3);
    pointwise();
    wait_until([] { return tasks() == 3; });
  });
  wait_until([] { return tasks() == 1; });
  pointwise();
  wait_until([] { return tasks() == 4; });
#endif
  return 0;
}

int private_variable = 0;
#pragma omp threadprivate(private_variable)

/// What the program's variables held in the threads of the pool is lost, that of the forking thread is not.
int threadprivate_variables() {
#if !defined(__clang__)
#pragma omp parallel num_threads(2)
  private_variable = 7;
  in_child(everything);
  int sum = 0;
#pragma omp parallel num_threads(2) reduction(+ : sum)
  sum += private_variable;
  require(sum == 7, "threadprivate variables after a fork");
#endif
  return 0;
}

/// A fork waits for the ends of the pool's threads, where destructors use oneDNN for the first time.
int pool_computes_at_its_end() {
  set_num_threads(2);
#pragma omp parallel num_threads(2)
  {
    thread_local const AtEnd end{[] {
      small_product();
      convolution(4);
    }};
    static_cast<void>(&end);
  }
  in_child(everything);
  everything();
  return 0;
}

int child_on_several_threads() {
  everything_on(4);
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
  everything_on(4);
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

/// A pass gives several leaves their gradients, or none of them.
int while_others_share_leaves() {
  static const Tensor a = ones({64, 64}).requires_grad_(), b = ones({64, 64}).requires_grad_();
  const Busy busy([] { sum(a + b).backward(); }, 3);
  for (int i = 0; i < 20; ++i) {
    in_child([] {
      require(equal(a.grad(), b.grad()), "the gradients of leaves that a pass shares");
      const Tensor before = a.grad().clone();
      sum(a + b).backward();
      require(equal(a.grad(), before + 1) && equal(b.grad(), before + 1), "the gradients of a child");
    });
  }
  return 0;
}

int grandchild() {
  everything_on(4);
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
  everything_on(2);
#pragma omp parallel num_threads(2)
  {
#pragma omp master
    in_child([] {
      everything();
      require(tasks() == 1, "a child within a parallel region computes on its one thread");
    });
  }
  everything();
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
      {"threads_of_both", threads_of_both},
      {"threadprivate_variables", threadprivate_variables},
      {"pool_computes_at_its_end", pool_computes_at_its_end},
      {"child_on_several_threads", child_on_several_threads},
      {"before_the_first_operation", before_the_first_operation},
      {"child_exits", child_exits},
      {"while_others_allocate", while_others_allocate},
      {"while_others_compute", while_others_compute},
      {"generators_go_on", generators_go_on},
      {"while_others_draw", while_others_draw},
      {"while_others_train", while_others_train},
      {"while_others_share_leaves", while_others_share_leaves},
      {"grandchild", grandchild},
      {"in_a_thread", in_a_thread},
      {"in_a_parallel_region", in_a_parallel_region},
      {"counts_survive", counts_survive},
  };
  return modes;
}

}  // namespace process
