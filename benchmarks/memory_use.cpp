// memory_use [WORKLOAD...]: how much of the system's memory programs hold that make tensors of many sizes, beside what
// their tensors hold.
//
// For each workload the most that was alive, reserved and resident, the ratio of reserved to alive, what stays resident
// after empty_cache(), and time and page faults of a step once the first tenth of the steps has passed.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <reel/nn/models/resnet.h>

#include "training_steps.h"

using namespace reel;

namespace {

using Clock = std::chrono::steady_clock;
constexpr double kMega = 1e6;

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

long page_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

/// Follows the memory of a workload.
class Meter {
 public:
  explicit Meter(std::int64_t steps) : steps_(steps) {
    alive_series.name = "alive";
    reserved_series.name = "reserved";
    resident_series.name = "resident";
    empty_cache();
    reset_peak_memory();
  }

  std::int64_t steps() const { return steps_; }
  /// One more step is done, or is where most is alive.
  void step() {
    reserved_ = std::max(reserved_, static_cast<double>(memory_reserved()));
    if (done_ % std::max<std::int64_t>(steps_ / 500, 1) == 0) {
      const double at = static_cast<double>(done_), resident = resident_bytes();
      resident_ = std::max(resident_, resident);
      alive_series.add(at, static_cast<double>(memory_allocated()) / kMega);
      reserved_series.add(at, static_cast<double>(memory_reserved()) / kMega);
      resident_series.add(at, resident / kMega);
    }
    if (done_++ == steps_ / 10) {
      start_ = Clock::now();
      faults_ = page_faults();
    }
  }
  void print(const std::string& name) const {
    const std::chrono::duration<double, std::micro> time = Clock::now() - start_;
    const double counted = static_cast<double>(std::max<std::int64_t>(done_ - 1 - steps_ / 10, 1));
    const double alive = static_cast<double>(max_memory_allocated()),
                 faults = static_cast<double>(page_faults() - faults_);
    empty_cache();
    std::printf("%-24s%10.1f%10.1f%10.1f%8.2f%10.1f%12.2f%10.2f\n", name.c_str(), alive / kMega, reserved_ / kMega,
                resident_ / kMega, reserved_ / alive, resident_bytes() / kMega, time.count() / counted,
                faults / counted);
    std::fflush(stdout);
  }

  training::Series alive_series, reserved_series, resident_series;

 private:
  std::int64_t steps_, done_ = 0;
  double reserved_ = 0, resident_ = 0;
  Clock::time_point start_ = Clock::now();
  long faults_ = 0;
};

/// Whole numbers and sizes that every compiler draws alike.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(n)); }
  /// Each power of two is as likely as every other.
  std::size_t size(double least, double most) {
    const double share = static_cast<double>(below(1 << 30)) / (1 << 30);
    return static_cast<std::size_t>(least * std::pow(most / least, share));
  }

 private:
  std::mt19937_64 engine_;
};

/// Blocks of random sizes and lifetimes, of which `touched` in a thousand are written to: all would take hours.
void random_blocks(Meter& meter, std::uint32_t seed, double least, double most, std::size_t at_most_alive,
                   int touched) {
  struct Block {
    void* data;
    std::size_t bytes;
  };
  Random random(seed);
  std::vector<Block> blocks;
  std::size_t alive = 0;
  Allocator& allocator = cpu_allocator();
  const auto free_one = [&] {
    const auto i = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(blocks.size())));
    allocator.deallocate(blocks[i].data, blocks[i].bytes);
    alive -= blocks[i].bytes;
    blocks[i] = blocks.back();
    blocks.pop_back();
  };
  for (std::int64_t i = 0; i < meter.steps(); ++i) {
    const std::size_t bytes = random.size(least, most);
    while (alive + bytes > at_most_alive) free_one();
    blocks.push_back({allocator.allocate(bytes), bytes});
    alive += bytes;
    if (random.below(1000) < touched) std::memset(blocks.back().data, 1, bytes);
    meter.step();
  }
  while (!blocks.empty()) free_one();
}

/// Activations of a network whose batches are never the same, all alive at the end of each step.
void varying_batches(Meter& meter) {
  Random random(1);
  for (std::int64_t i = 0; i < meter.steps(); ++i) {
    const std::int64_t batch = 64 + random.below(193);
    std::vector<Tensor> layers;
    for (const std::int64_t width : {400, 300, 200, 100, 100, 160}) layers.push_back(ones({batch, width, 1024}));
    meter.step();
  }
}

void one_at_a_time(Meter& meter) {
  for (std::int64_t i = 0; i < meter.steps(); ++i) {
    const std::int64_t elements = (16 << 20) + i * (240 << 20) / std::max<std::int64_t>(meter.steps() - 1, 1);
    const Tensor x = ones({elements});
    meter.step();
  }
}

void fresh_outputs(Meter& meter) {
  const Tensor x = ones({16 << 20});
  for (std::int64_t i = 0; i < meter.steps(); ++i) {
    relu(x);
    meter.step();
  }
}

void small_shapes(Meter& meter) {
  Random random(2);
  nn::Sequential net(nn::Linear(16, 32), nn::ReLU(), nn::Linear(32, 4));
  optim::SGD sgd(net.parameters(), {.lr = 0.01});
  for (std::int64_t i = 0; i < meter.steps(); ++i) {
    sgd.zero_grad();
    mean(square(net(ones({1 + random.below(128), 16})))).backward();
    sgd.step();
    meter.step();
  }
}

void small_cnn(Meter& meter) {
  Random random(3);
  nn::Sequential net(nn::Conv2d(1, 8, 3, {.padding = 1}), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                     nn::Linear(8 * 14 * 14, 10));
  optim::Adam adam(net.parameters(), {.lr = 0.001});
  for (std::int64_t i = 0; i < meter.steps(); ++i) {
    const std::int64_t batch = 1 + random.below(64);
    adam.zero_grad();
    cross_entropy(net(rand({batch, 1, 28, 28})), zeros({batch}, DType::i64)).backward();
    adam.step();
    meter.step();
  }
}

/// Training steps of a large network.
void resnet_152(Meter& meter, std::int64_t batch, bool checkpointed) {
  nn::models::ResNet net(152, {.checkpoint = checkpointed});
  const auto sgd = std::make_shared<optim::SGD>(net.parameters(), optim::SGDOptions{.lr = 0.01, .momentum = 0.9});
  const auto step = bench::training_step(std::move(net), sgd, randn({batch, 3, 224, 224}), 1000);
  for (std::int64_t i = 0; i < meter.steps(); ++i) {
    step();
    meter.step();
  }
}

struct Workload {
  std::string name;
  std::int64_t steps;
  std::function<void(Meter&)> run;
};

std::vector<Workload> workloads(std::int64_t batch) {
  std::vector<Workload> all{
      {"varying-batches", 40, varying_batches},
      {"one-at-a-time", 33, one_at_a_time},
      {"fresh-64MB", 200, fresh_outputs},
      {"blocks-4-256KiB", 200000, [](Meter& meter) { random_blocks(meter, 100, 4096, 256 << 10, 200'000'000, 1000); }},
      {"small-shapes", 1000000, small_shapes},
      {"small-cnn", 10000, small_cnn},
      {"resnet-152", 3, [batch](Meter& meter) { resnet_152(meter, batch, false); }},
      {"resnet-152-checkpointed", 3, [batch](Meter& meter) { resnet_152(meter, batch, true); }}};
  for (std::uint32_t i = 1; i <= 10; ++i) {
    all.push_back({"random-" + std::to_string(i), 100000,
                   [i](Meter& meter) { random_blocks(meter, i, 1024, 1 << 30, 4'000'000'000, 1); }});
  }
  return all;
}

void draw(const std::string& folder, const std::string& name, const Meter& meter) {
  std::filesystem::create_directories(folder);
  training::write_svg((std::filesystem::path(folder) / (name + ".svg")).string(),
                      {.title = name,
                       .x_label = "step",
                       .y_label = "MB",
                       .series = {meter.alive_series, meter.reserved_series, meter.resident_series}});
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The memory that tensors hold, and that the process holds for them");
  std::vector<std::string> names, known;
  std::string folder;
  double share = 1;
  std::int64_t batch = 4;
  for (const Workload& workload : workloads(batch)) known.push_back(workload.name);
  app.add_option("workload", names, "Which to run; all unless some are named")->check(CLI::IsMember(known));
  app.add_option("--steps", share, "This share of each workload's steps")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--batch", batch, "Images of a step of ResNet-152")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--svg", folder, "Folder for a picture of each workload");
  CLI11_PARSE(app, argc, argv);
  set_default_device(Device::cpu());
  std::printf("%-24s%10s%10s%10s%8s%10s%12s%10s\n", "MB at most", "alive", "reserved", "resident", "ratio", "emptied",
              "us a step", "faults");
  for (const Workload& workload : workloads(batch)) {
    if (!names.empty() && std::find(names.begin(), names.end(), workload.name) == names.end()) continue;
    Meter meter(std::max<std::int64_t>(1, std::llround(share * static_cast<double>(workload.steps))));
    workload.run(meter);
    meter.print(workload.name);
    if (!folder.empty()) draw(folder, workload.name, meter);
  }
}
