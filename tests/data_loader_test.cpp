// Loaders: a batch does not depend on the thread that makes it, and what fails half-way changes nothing.

#include <doctest/doctest.h>

#include <pthread.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <compare>
#include <filesystem>
#include <functional>
#include <iterator>
#include <mutex>
#include <set>
#include <thread>

#include <reel/reel.h>

#include "support/default_device.h"
#include "support/throws.h"

using namespace reel;
using testing::check_throws;
using testing::DefaultDeviceGuard;

namespace {

using Numbers = std::vector<std::int64_t>;

/// As many examples as a function says, each its own index. It counts how often it is asked.
class Changing : public data::Dataset {
 public:
  explicit Changing(std::function<std::int64_t(int call)> size) : size_(std::move(size)) {}
  std::int64_t size() const override { return size_((*calls_)++); }
  data::Example get(std::int64_t index) const override {
    return {full({1}, static_cast<double>(index)), full({}, index, {.dtype = DType::i64})};
  }
  int calls() const { return *calls_; }

 private:
  std::function<std::int64_t(int)> size_;
  std::shared_ptr<std::atomic<int>> calls_ = std::make_shared<std::atomic<int>>(0);
};

/// A hundred examples; a function is called before each is returned.
class Acting : public data::Dataset {
 public:
  explicit Acting(std::function<void(std::int64_t)> act) : act_(std::move(act)) {}
  std::int64_t size() const override { return 100; }
  data::Example get(std::int64_t index) const override {
    act_(index);
    return {full({1}, static_cast<double>(index)), full({}, index, {.dtype = DType::i64})};
  }

 private:
  std::function<void(std::int64_t)> act_;
};

/// Whatever batch a function makes of the indices.
class Batches : public data::Dataset {
 public:
  explicit Batches(std::function<data::Example(std::int64_t count)> batch) : batch_(std::move(batch)) {}
  std::int64_t size() const override { return 6; }
  data::Example get(std::int64_t) const override { return batch_(1); }
  data::Example get_batch(std::span<const std::int64_t> indices) const override {
    return batch_(static_cast<std::int64_t>(indices.size()));
  }

 private:
  std::function<data::Example(std::int64_t)> batch_;
};

Numbers targets_of_epoch(data::DataLoader& loader) {
  Numbers out;
  for (const auto& batch : loader) {
    for (const auto t : batch.target.to_vector<std::int64_t>()) out.push_back(t);
  }
  return out;
}

std::ptrdiff_t threads_of_process() {
  const std::filesystem::path tasks = "/proc/self/task";
  return std::distance(std::filesystem::directory_iterator(tasks), std::filesystem::directory_iterator());
}

/// The same, once threads that have been joined are gone for the system as well.
std::ptrdiff_t threads_of_process_but_at_least(std::ptrdiff_t expected) {
  for (int tries = 0; tries < 1000 && threads_of_process() > expected; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return threads_of_process();
}

/// The size of the stacks of new threads: with more than there are addresses, none can be started.
void set_stack_size(std::size_t bytes) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  CHECK(pthread_attr_setstacksize(&attributes, bytes) == 0);
  CHECK(pthread_setattr_default_np(&attributes) == 0);
  pthread_attr_destroy(&attributes);
}
constexpr std::size_t kTooLarge = std::size_t{1} << 62;

/// No threads can be started from `forbid` on, as long as it lives.
class NoThreads {
 public:
  NoThreads() {
    pthread_attr_t attributes;
    REQUIRE(pthread_getattr_default_np(&attributes) == 0);
    REQUIRE(pthread_attr_getstacksize(&attributes, &former_) == 0);
    pthread_attr_destroy(&attributes);
  }
  ~NoThreads() { set_stack_size(former_); }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;
  static void forbid() { set_stack_size(kTooLarge); }

 private:
  std::size_t former_ = 0;
};

/// The settings of a thread that could change what operations return.
struct Settings {
  bool grad = GradMode::enabled();
  DType autocast = Autocast::dtype();
  bool anomaly = anomaly_enabled();
  bool fixed = deterministic();
  auto operator<=>(const Settings&) const = default;
};

/// The settings under which a loader's functions run.
std::set<Settings> settings_of_loader(std::int64_t workers) {
  std::mutex mutex;
  std::set<Settings> seen;
  const auto note = [&] {
    const std::scoped_lock lock(mutex);
    seen.insert(Settings());
  };
  const auto transform = [&](const Tensor& batch) {
    note();
    return batch;
  };
  const auto collate = [&](const std::vector<data::Example>& examples) {
    note();
    return data::collate(examples);
  };
  data::DataLoader loader(Acting([&](std::int64_t) { note(); }),
                          {.batch_size = 10, .num_workers = workers, .collate = collate, .transforms = {transform}});
  for (const auto& batch : loader) CHECK(batch.data.size(0) == 10);
  return seen;
}

/// What a loader yields whose transform is `f`, of 64 examples with 40 x 40 numbers each.
Tensor yielded(std::int64_t workers, const data::Transform& f) {
  Generator generator(7);
  const data::TensorDataset set(randn({64, 40, 40}, {}, generator));
  data::DataLoader loader(set, {.batch_size = 16, .num_workers = workers, .seed = 1, .transforms = {f}});
  Tensors all;
  for (const auto& batch : loader) all.push_back(batch.data);
  return cat(all);
}

}  // namespace

TEST_CASE("data: the settings under which a batch is made are the same for every thread, whatever the caller's are") {
  const DefaultDeviceGuard cpu(Device::cpu());
  Settings expected;
  expected.grad = expected.anomaly = false;
  expected.autocast = DType::f32;
  expected.fixed = true;
  const std::set<Settings> one{expected};
  for (const std::int64_t workers : {0, 3}) {
    INFO(workers << " workers");
    CHECK(settings_of_loader(workers) == one);
    {
      const AutocastGuard bf16(DType::bf16);
      const AnomalyGuard anomaly;
      CHECK(settings_of_loader(workers) == one);
      CHECK(Autocast::dtype() == DType::bf16);  // the caller has them back
      CHECK(anomaly_enabled());
    }
    const NoGradGuard no_grad;
    CHECK(settings_of_loader(workers) == one);
  }
  CHECK(GradMode::enabled());
  CHECK_FALSE(deterministic());
}

TEST_CASE("data: a caller's autocast does not reach the batches") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const auto product = [](const Tensor& x) { return bmm(x, x); };
  const Tensor exact = yielded(0, product);
  const AutocastGuard bf16(DType::bf16);
  CHECK(equal(yielded(0, product), exact));
  CHECK(equal(yielded(3, product), exact));
  // A function's own guard counts, everywhere.
  const auto rounded = [](const Tensor& x) { return autocast(DType::bf16, [&] { return bmm(x, x); }); };
  CHECK_FALSE(equal(yielded(0, rounded), exact));
  CHECK(equal(yielded(0, rounded), yielded(3, rounded)));
}

TEST_CASE("data: batches do not depend on the number of threads of the caller") {
  const DefaultDeviceGuard cpu(Device::cpu());
  Generator generator(3);
  const Tensor weight = randn({24, 16, 3, 3}, {}, generator), wide = randn({16, 1600, 100}, {}, generator);
  const std::vector<data::Transform> transforms{
      [&](const Tensor& x) {  // the gradient of a convolution's weight, which oneDNN adds up by thread
        const GradModeGuard grad_mode(true);
        const Tensor w = weight.clone().requires_grad_();
        const Tensor y = conv2d(x.reshape({4, 16, 20, 20}), w, {}, {.stride = 2});
        return grad({y.sum()}, {w})[0].reshape({24, -1}).narrow(0, 0, 16);
      },
      [&](const Tensor& x) {
        return matmul(x.reshape({16, 1600}), wide[0]);
      },
      [&](const Tensor& x) {
        return std::get<0>(lstm(x, {}, {}, weight.reshape({-1}).narrow(0, 0, 3200).reshape({80, 40}),
                                wide[1].narrow(0, 0, 80).narrow(1, 0, 20)));
      },
      [](const Tensor& x) { return softmax(x, 0) * var(x); },
  };
  const int threads = num_threads();
  for (std::size_t i = 0; i < transforms.size(); ++i) {
    INFO("transform " << i);
    set_num_threads(1);
    const Tensor one = yielded(0, transforms[i]);
    for (const int n : {2, 3, 4}) {
      set_num_threads(n);
      CHECK(equal(yielded(0, transforms[i]), one));
      CHECK(equal(yielded(2, transforms[i]), one));
    }
  }
  set_num_threads(threads);
}

TEST_CASE("data: the caller's anomaly mode does not make a batch fail") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const auto gradient = [](const Tensor& batch) {
    const GradModeGuard grad_mode(true);
    const Tensor x = full({batch.size(0)}, NAN).requires_grad_();
    return grad({(x * x).sum()}, {x})[0];
  };
  const AnomalyGuard anomaly;
  CHECK_THROWS_AS(gradient(ones({2})), AutogradError);
  for (const std::int64_t workers : {0, 2}) CHECK(isnan(yielded(workers, gradient)).all().item<bool>());
}

TEST_CASE("data: a loader asks a dataset's size once when an epoch begins") {
  for (const std::int64_t workers : {0, 2}) {
    const Changing set([](int call) { return 20 - 6 * call; });  // smaller with every call
    data::DataLoader loader(set, {.batch_size = 4, .num_workers = workers});
    CHECK(set.calls() == 1);
    CHECK(targets_of_epoch(loader) == Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13});
    CHECK(set.calls() == 2);
    CHECK(targets_of_epoch(loader) == Numbers{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(loader.size() == 1);  // of 2
    CHECK(set.calls() == 4);
    check_throws<ValueError>("expected at least 0 examples, got -4", [&] { loader.begin(); });
    CHECK(loader.epoch() == 2);
  }
  const Changing growing([](int call) { return call; });
  data::DataLoader loader(growing, {.shuffle = true});
  CHECK(targets_of_epoch(loader) == Numbers{0});
  CHECK(targets_of_epoch(loader).size() == 2);

  struct Words {
    std::shared_ptr<int> count = std::make_shared<int>(3);
    std::size_t size() const { return static_cast<std::size_t>((*count)--); }
    std::string get(std::int64_t i) const { return std::string(static_cast<std::size_t>(i), 'x'); }
  };
  auto words = data::make_data_loader(Words(), {.batch_size = 5});
  CHECK(*words.begin() == std::vector<std::string>{"", "x"});
  CHECK(*words.begin() == std::vector<std::string>{""});
}

TEST_CASE("data: no two batches draw the same random numbers, though epochs have different numbers of batches") {
  const Changing set([](int call) { return 20 - 6 * call; });  // 7 batches, then 4, then 1
  std::set<double> drawn;
  const auto note = [&](const Tensor& batch, Generator& generator) {
    drawn.insert(rand({}, {.dtype = DType::f64}, generator).item());
    return batch;
  };
  data::DataLoader loader(set, {.batch_size = 2, .seed = 5, .transforms = {note}});
  for (int epoch = 0; epoch < 3; ++epoch) targets_of_epoch(loader);
  CHECK(drawn.size() == 7 + 4 + 1);
}

TEST_CASE("data: without workers the loop makes its batches on all threads") {
  const int threads = num_threads();
  int seen = 0;
  const auto note = [&](const Tensor& batch) {
    seen = num_threads();
    return batch;
  };
  set_num_threads(3);
  data::DataLoader loader(Acting([](std::int64_t) {}), {.batch_size = 50, .transforms = {note}});
  targets_of_epoch(loader);
  set_num_threads(threads);
  CHECK(seen == 3);
}

TEST_CASE("data: random_split asks a dataset's size once") {
  const Changing set([](int call) { return call == 0 ? 10 : 11; });
  CHECK(data::random_split(set, {4, 6})[1].size() == 6);
}

TEST_CASE("data: a derived class with a size of its own reads no other memory") {
  struct First : data::ImageDataset {
    First(const Tensor& images, std::int64_t n) : ImageDataset(images, arange(images.size(0))), count(n) {}
    std::int64_t size() const override { return count; }
    std::int64_t count;
  };
  const DefaultDeviceGuard cpu(Device::cpu());
  const Tensor images = arange(6 * 4).reshape({6, 1, 2, 2}).to(DType::u8);
  const data::ImageDataset all(images, arange(6));
  for (const std::int64_t size : {1, 2, 5, 6}) {  // more pixels for each image than there are
    const First first(images, size);
    CHECK(equal(first.get(0).data, all.get(0).data));
    CHECK(equal(first.get_batch(Numbers{size - 1}).data, all.get_batch(Numbers{size - 1}).data));
  }
  CHECK_THROWS_AS(First(images, 9).get(8), IndexError);

  struct MoreIndices : data::Subset {
    using Subset::Subset;
    std::int64_t size() const override { return 1000; }
  };
  const MoreIndices more(all, Numbers{1, 2});
  CHECK_THROWS_AS(more.get(500), IndexError);
  CHECK_THROWS_AS(more.get_batch(Numbers{0, 500}), IndexError);
}

TEST_CASE("data: get_batch must return as many examples as it was asked for") {
  const DefaultDeviceGuard cpu(Device::cpu());
  for (const std::int64_t workers : {0, 2}) {
    const auto refused = [workers]<class E>(const E*, const std::string& message, auto&& batch) {
      data::DataLoader loader(Batches(batch), {.batch_size = 4, .num_workers = workers});
      check_throws<E>(message, [&] { targets_of_epoch(loader); });
    };
    const ShapeError* shape = nullptr;
    const ValueError* value = nullptr;
    refused(shape, "DataLoader: expected a batch of 4 examples from get_batch, got data of shape [3, 2]",
            [](std::int64_t n) {
              return data::Example{ones({n - 1, 2}), zeros({n})};
            });
    refused(shape, "got data of shape [5]", [](std::int64_t n) { return data::Example{ones({n + 1}), {}}; });
    refused(shape, "got data of shape []", [](std::int64_t) { return data::Example{ones({}), {}}; });
    refused(shape, "expected a target for each of 4 examples from get_batch, got targets of shape [1]",
            [](std::int64_t n) {
              return data::Example{ones({n}), zeros({1})};
            });
    refused(value, "got undefined data", [](std::int64_t) { return data::Example{}; });
  }
}

TEST_CASE("data: the end of an epoch has no batch and nothing behind it") {
  for (const std::int64_t workers : {0, 2}) {
    data::DataLoader loader(Acting([](std::int64_t) {}), {.batch_size = 60, .num_workers = workers});
    auto place = loader.begin();
    ++place;
    CHECK(place->data.size(0) == 40);
    CHECK(place != loader.end());
    ++place;
    const auto check_end = [&] {
      CHECK(place == loader.end());
      check_throws<IndexError>("DataLoader: cannot go on at the end of an epoch; begin() starts", [&] { ++place; });
      check_throws<IndexError>("cannot go on", [&] { place++; });
      check_throws<IndexError>("cannot read a batch at the end of an epoch", [&] { *place; });
      check_throws<IndexError>("cannot read a batch", [&] { (void)place->data; });
    };
    check_end();
    check_end();  // and it is still the end
    data::DataLoader none(Changing([](int) { return 0; }), {.num_workers = workers});
    place = none.begin();
    check_end();
  }
}

TEST_CASE("data: after an error the epoch is over, for every copy of the iterator") {
  for (const std::int64_t workers : {0, 2}) {
    data::DataLoader loader(Acting([](std::int64_t i) {
                              if (i == 30) throw FormatError("example 30 is damaged");
                            }),
                            {.batch_size = 30, .num_workers = workers});
    auto place = loader.begin(), copy = place;
    CHECK_THROWS_AS(++place, FormatError);
    CHECK(place == loader.end());
    CHECK_THROWS_AS(++place, IndexError);
    CHECK(copy->data.size(0) == 30);  // which it has
    ++copy;
    CHECK(copy == loader.end());
    CHECK(loader.epoch() == 1);
  }
}

TEST_CASE("data: an epoch whose first batch fails has not begun") {
  for (const std::int64_t workers : {0, 3}) {
    bool damaged = false;  // changed only while no worker runs
    data::DataLoader loader(Acting([&](std::int64_t) {
                              if (damaged) throw FormatError("damaged");
                            }),
                            {.batch_size = 7, .shuffle = true, .num_workers = workers, .seed = 5});
    data::DataLoader same(Acting([](std::int64_t) {}), {.batch_size = 7, .shuffle = true, .seed = 5});
    CHECK(targets_of_epoch(loader) == targets_of_epoch(same));
    damaged = true;
    for (int i = 0; i < 3; ++i) CHECK_THROWS_AS(loader.begin(), FormatError);
    damaged = false;
    CHECK(loader.epoch() == 1);
    CHECK(targets_of_epoch(loader) == targets_of_epoch(same));
  }
}

TEST_CASE("data: a worker that cannot be started is an error with a remedy, and uses up no epoch") {
  data::DataLoader loader(Acting([](std::int64_t) {}), {.shuffle = true, .num_workers = 3, .seed = 5});
  data::DataLoader same(Acting([](std::int64_t) {}), {.shuffle = true, .seed = 5});
  CHECK(targets_of_epoch(loader) == targets_of_epoch(same));
  {
    const NoThreads no_threads;
    NoThreads::forbid();
    check_throws<Error>(
        "DataLoader: expected 3 worker threads, could start only 0 (Resource temporarily unavailable); use fewer "
        "num_workers",
        [&] { loader.begin(); });
  }
  CHECK(loader.epoch() == 1);
  CHECK(targets_of_epoch(loader) == targets_of_epoch(same));
}

TEST_CASE("data: workers that have been started end where another one cannot be") {
  // The first one forbids the others.
  data::DataLoader loader(Acting([](std::int64_t) { NoThreads::forbid(); }),
                          {.shuffle = true, .num_workers = 100, .seed = 5});
  const std::ptrdiff_t before = threads_of_process();
  std::string message;
  for (int tries = 0; tries < 1000 && message.empty(); ++tries) {  // until the first one runs before the last starts
    const NoThreads no_threads;
    loader.set_epoch(3);
    try {
      loader.begin();
    } catch (const Error& error) {
      message = error.what();
      CHECK(loader.epoch() == 3);
    }
    CHECK(threads_of_process_but_at_least(before) <= before);  // one that was just ending may have counted
  }
  CHECK(message.starts_with("DataLoader: expected 100 worker threads, could start only "));
  CHECK(message.find(" only 0 ") == std::string::npos);
}
