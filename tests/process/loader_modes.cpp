// Loaders of data and processes that prepare it, before and after a fork.

#include <array>
#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include <reel/reel.h>

#include "work.h"

using namespace reel;

namespace process {
namespace {

/// Batches that differ in order and noise, from a seed.
data::DataLoader noisy(std::int64_t workers) {
  const data::Transform add_noise = [](const Tensor& x, Generator& generator) {
    product(64);
    return x + rand(x.shape(), {}, generator);
  };
  return data::DataLoader(
      data::TensorDataset(arange(256).to(DType::f32)),
      {.batch_size = 4, .shuffle = true, .num_workers = workers, .seed = 5, .transforms = {add_noise}});
}

/// Parent and child both finish an epoch that was begun before the fork, the child without workers.
int amid_an_epoch() {
  std::vector<Tensor> expected;
  for (const auto& [x, none] : noisy(0)) expected.push_back(x);
  for (std::size_t i = 0; i < 5; ++i) {
    data::DataLoader loader = noisy(3);
    pid_t child = -1;
    std::size_t batches = 0;
    for (const auto& [x, none] : loader) {
      require(equal(x, expected[batches++]), "a batch of an epoch with a fork");
      if (child == 0) require(has_foreign_threads() || tasks() == 1, "a child without workers");
      if (batches != 5 + i) continue;
      child = fork();
      if (child == 0) alarm(kChildSeconds);
    }
    require(batches == expected.size(), "the batches of an epoch with a fork");
    if (child == 0) std::exit(0);
    finish(child);
  }
  return 0;
}

int child_leaves_an_epoch() {
  data::DataLoader loader = noisy(3);
  auto position = loader.begin();
  const pid_t child = fork();
  if (child == 0) {
    alarm(kChildSeconds);
    { const auto ended = std::move(position); }
    epoch(2);
    std::exit(0);
  }
  finish(child);
  return 0;
}

int child_has_workers() {
  everything_on(4);
  epoch(2);
  in_child([] {
    epoch(2);
    static std::atomic<int> elsewhere{0};
    const data::Transform note = [id = std::this_thread::get_id()](const Tensor& x) {
      elsewhere += std::this_thread::get_id() != id;
      return x;
    };
    data::DataLoader loader(data::TensorDataset(arange(64).to(DType::f32)),
                            {.batch_size = 4, .num_workers = 2, .transforms = {note}});
    for (const auto& batch : loader) static_cast<void>(batch);
    require(elsewhere == 16, "workers prepare a child's batches");
  });
  return 0;
}

/// Children prepare batches and send them through pipes, as loaders do that have processes for workers.
int several_children() {
  constexpr int count = 4, batches = 6;
  everything_on(4);
  std::vector<std::array<int, 2>> pipes(count);
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    auto& ends = pipes[static_cast<std::size_t>(i)];
    require(pipe(ends.data()) == 0, "pipe");
    children.push_back(start_child([&] {
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

}  // namespace

std::span<const Mode> loader_modes() {
  static constexpr Mode modes[] = {
      {"amid_an_epoch", amid_an_epoch},
      {"child_leaves_an_epoch", child_leaves_an_epoch},
      {"child_has_workers", child_has_workers},
      {"several_children", several_children},
  };
  return modes;
}

}  // namespace process
