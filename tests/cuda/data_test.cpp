// Where a program's tensors are on the GPU unless it says otherwise, data on the CPU takes no detour through the GPU.

#include <mutex>
#include <set>

#include <doctest/doctest.h>
#include <reel/reel.h>

#include "support/default_device.h"
#include "support/requirement.h"
#include "support/scratch_folder.h"

using namespace reel;
using namespace reel::testing;

namespace {

/// Whether `f` allocates nothing on the GPU.
template <class F> bool stays_on_the_cpu(F&& f) {
  cuda::reset_peak_memory();
  const std::size_t before = cuda::max_memory_allocated();
  f();
  return cuda::max_memory_allocated() == before;
}

}  // namespace

TEST_CASE("batches of data on the CPU are made there" * needs_gpu) {
  const DefaultDeviceGuard gpu(Device::cuda());
  const TensorOptions host{.device = Device::cpu()};
  const Tensor images = rand({40, 3, 2, 2}, host), labels = zeros({40}, {.dtype = DType::i64, .device = Device::cpu()});
  CHECK_FALSE(stays_on_the_cpu([] { ones({1}); }));
  CHECK(stays_on_the_cpu([&] {
    const auto parts = data::random_split(data::TensorDataset(images, labels), {30, 10});
    data::DataLoader loader(parts[0],
                            {.batch_size = 8,
                             .shuffle = true,
                             .transforms = {data::Normalize({0.1, 0.2, 0.3}, {1, 2, 4}), data::RandomShift(1)}});
    std::int64_t count = 0;
    for (const auto& [batch, target] : loader) {
      CHECK(batch.device().is_cpu());
      CHECK(target.device().is_cpu());
      count += batch.size(0);
    }
    CHECK(count == 30);
  }));
}

TEST_CASE("what a program saves of itself is on the CPU" * needs_gpu) {
  const DefaultDeviceGuard gpu(Device::cuda());
  const Tensor p = ones({3}, {.requires_grad = true});
  p.set_grad(ones({3}));
  optim::SGD sgd({p}, {.lr = 1});
  sgd.step();
  optim::StepLR schedule(sgd, 2);
  data::DataLoader loader(data::TensorDataset(ones({4, 1}, {.device = Device::cpu()})));
  Generator generator(3);
  const ScratchFolder folder;
  training::Checkpoint checkpoint;
  checkpoint.add("sgd", sgd).add("schedule", schedule).add("loader", loader).add("generator2", generator);
  CHECK(stays_on_the_cpu([&] { checkpoint.save((folder / "state").string()); }));
  CHECK(stays_on_the_cpu([&] { checkpoint.load((folder / "state").string()); }));
}

TEST_CASE("batches of data on the GPU are made there" * needs_gpu) {
  const DefaultDeviceGuard cpu(Device::cpu());
  const Tensor x = arange(12).reshape({6, 2}).to(Device::cuda());
  const data::TensorDataset dataset(x);
  const std::vector<std::int64_t> indices{4, 0, 5};
  const Tensor batch = dataset.get_batch(indices).data;
  CHECK(batch.device().is_cuda());
  CHECK(batch.to_vector<std::int64_t>() == std::vector<std::int64_t>{8, 9, 0, 1, 10, 11});
}

TEST_CASE("batches are made on the stream of the thread that began the epoch" * needs_gpu) {
  const DefaultDeviceGuard gpu(Device::cuda());
  const cuda::Stream stream, own = cuda::Stream::default_stream();
  for (const std::int64_t workers : {0, 2}) {
    std::mutex mutex;
    std::set<void*> seen;
    const auto note = [&](const Tensor& batch) {
      const std::scoped_lock lock(mutex);
      seen.insert(cuda::Stream::current().handle());
      return batch.to(Device::cuda()) * 2;
    };
    data::DataLoader loader(data::TensorDataset(ones({20, 3}, {.device = Device::cpu()})),
                            {.num_workers = workers, .transforms = {note}});
    const auto begin_under = [&](const cuda::Stream& s) {
      const cuda::StreamGuard guard(s);
      return loader.begin();
    };
    for (auto place = begin_under(stream); place != loader.end(); ++place) CHECK(cuda::Stream::current() == own);
    CHECK(seen == std::set<void*>{stream.handle()});
    seen.clear();
    auto place = loader.begin();
    const cuda::StreamGuard guard(stream);
    for (; place != loader.end(); ++place) CHECK(cuda::Stream::current() == stream);
    CHECK(seen == std::set<void*>{own.handle()});
  }
}
