// Checkpoints: resumed runs give the same bits, and neither a failed load nor a kill loses anything.

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <new>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <reel/reel.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/default_device.h"
#include "support/files.h"
#include "support/scratch_folder.h"
#include "support/throws.h"

using namespace reel;
using testing::entries;
using testing::message_of;
using testing::ScratchFolder;
namespace fs = std::filesystem;
using State = std::map<std::string, Tensor>;

namespace {

void check_same(const State& a, const State& b) {
  CHECK(a.size() == b.size());
  for (const auto& entry : a) {
    INFO(entry.first);
    CHECK(entry.second.to_vector<double>() == b.at(entry.first).to_vector<double>());
  }
}

/// Everything that one run consists of. The generator decides about the data and the dropout.
struct Run {
  nn::Sequential net{nn::Linear(4, 8), nn::ReLU(), nn::Dropout(0.3), nn::Linear(8, 2)};
  optim::Adam optimizer{net.parameters(), {.lr = 0.05}};
  optim::StepLR schedule{optimizer, 2, 0.5};
  Generator data_generator{99};
  training::Checkpoint checkpoint;

  Run() {
    checkpoint.add("model", net).add("optimizer", optimizer).add("schedule", schedule).add("data", data_generator);
  }

  std::vector<float> step() {
    const Tensor x = randn({6, 4}, {}, data_generator);
    net.zero_grad();
    const Tensor y = net(x);
    const Tensor loss = (y * y).sum();
    loss.backward();
    optimizer.step();
    schedule.step();
    return loss.to_vector<float>();
  }
};

/// A model of one tensor with the same number everywhere, so that a mixture of two states can be told.
struct Uniform : nn::Module {
  Tensor a = register_parameter("a", zeros({20'000}));
  Tensor b = register_parameter("b", zeros({20'000}));
  explicit Uniform(double value) {
    apply([&](nn::Module&) { nn::init::constant_(a, value), nn::init::constant_(b, value); });
  }
};

}  // namespace

TEST_CASE("a run resumed from a checkpoint goes on to the bit") {
  const ScratchFolder folder;
  const fs::path path = folder / "run.safetensors";
  manual_seed(21);
  Run first;
  for (int i = 0; i < 3; ++i) first.step();
  first.checkpoint.save(path, {{"step", "3"}});
  std::vector<std::vector<float>> expected;
  for (int i = 0; i < 3; ++i) expected.push_back(first.step());

  manual_seed(1234);
  Run second;
  second.step();
  CHECK(second.checkpoint.load(path) == training::Checkpoint::Metadata{{"step", "3"}});
  for (int i = 0; i < 3; ++i) CHECK(second.step() == expected[static_cast<std::size_t>(i)]);
  check_same(first.net.state_dict(), second.net.state_dict());
  check_same(first.optimizer.state_dict(), second.optimizer.state_dict());
  CHECK(first.optimizer.lr() == second.optimizer.lr());
  CHECK(first.schedule.last_epoch() == second.schedule.last_epoch());
}

TEST_CASE("the rates survive, whatever the order of the parts and however many schedules share an optimizer") {
  const ScratchFolder folder;
  const fs::path path = folder / "run.safetensors";
  struct Rates {
    Tensor weight = zeros({1});
    optim::SGD sgd{{weight}, {.lr = 1}};
    optim::StepLR steps{sgd, 3, 0.5};
    optim::CosineAnnealingLR cosine{sgd, 7};
    optim::ReduceLROnPlateau plateau{sgd, {.factor = 0.5, .patience = 0}};
    training::Checkpoint checkpoint;
    explicit Rates(bool optimizer_first) {
      if (optimizer_first) checkpoint.add("sgd", sgd);
      checkpoint.add("steps", steps).add("cosine", cosine).add("plateau", plateau);
      if (!optimizer_first) checkpoint.add("sgd", sgd);
    }
    std::vector<double> step(int t) {
      if (t % 3 == 0) sgd.set_lr(0.1 + t);
      else if (t % 2 == 0) steps.step();
      else cosine.step();
      plateau.step(t % 4);
      return {sgd.lr(), steps.last_lr()[0], cosine.last_lr()[0]};
    }
  };
  for (const bool optimizer_first : {true, false}) {
    for (int done = 0; done < 8; ++done) {
      Rates whole(optimizer_first), resumed(optimizer_first);
      for (int t = 0; t < done; ++t) whole.step(t);
      whole.checkpoint.save(path);
      resumed.step(1);
      resumed.checkpoint.load(path);
      CHECK(resumed.sgd.lr() == whole.sgd.lr());
      for (int t = done; t < 12; ++t) CHECK(resumed.step(t) == whole.step(t));
    }
  }
}

TEST_CASE("a resumed program sees the batches that the uninterrupted one sees") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const ScratchFolder folder;
  const fs::path path = folder / "run.safetensors";
  const data::TensorDataset set(arange(40).to(DType::f32).reshape({10, 1, 2, 2}));
  struct Loading {
    data::DataLoader loader;
    training::Checkpoint checkpoint;
    explicit Loading(const data::TensorDataset& dataset)
        : loader(dataset, {.batch_size = 3, .shuffle = true, .num_workers = 1, .transforms = {data::RandomShift(1)}}) {
      checkpoint.add("data", loader);
    }
    std::vector<float> epoch() {
      std::vector<float> out;
      for (const auto& [x, target] : loader) {
        const std::vector<float> batch = x.to_vector<float>();
        out.insert(out.end(), batch.begin(), batch.end());
      }
      return out;
    }
  };
  manual_seed(8);
  Loading first(set);
  for (int i = 0; i < 2; ++i) first.epoch();
  first.checkpoint.save(path);
  std::vector<std::vector<float>> expected;
  for (int i = 0; i < 3; ++i) expected.push_back(first.epoch());

  manual_seed(9);  // the new program's loader draws another seed
  Loading second(set);
  CHECK(second.loader.options().seed != first.loader.options().seed);
  second.epoch();
  second.checkpoint.load(path);
  CHECK(second.loader.epoch() == 2);
  for (const std::vector<float>& epoch : expected) CHECK(second.epoch() == epoch);
  CHECK(expected[0] != expected[1]);
}

TEST_CASE("a checkpoint from before the first step begins anew") {
  const ScratchFolder folder;
  const fs::path path = folder / "start.safetensors";
  manual_seed(3);
  Run first;
  first.checkpoint.save(path);
  const std::vector<float> expected = first.step();
  Run second;
  second.step();
  second.checkpoint.load(path);
  CHECK(second.optimizer.state_dict().count("state.0.step") == 0);
  CHECK(second.step() == expected);
}

TEST_CASE("the model alone can be read from the checkpoint of a run") {
  const ScratchFolder folder;
  const fs::path path = folder / "run.safetensors";
  Run run;
  run.step();
  run.checkpoint.save(path);
  nn::Sequential net{nn::Linear(4, 8), nn::ReLU(), nn::Dropout(0.3), nn::Linear(8, 2)};
  training::Checkpoint().add("model", net).load(path);
  CHECK(net.at<nn::Linear>(3).weight.to_vector<float>() == run.net.at<nn::Linear>(3).weight.to_vector<float>());
}

TEST_CASE("a checkpoint that does not fit changes nothing") {
  const ScratchFolder folder;
  const fs::path path = folder / "run.safetensors";
  Run run;
  run.step();
  run.checkpoint.save(path);

  // "model" fits and "zoo" does not: the model must be as before, and so must the generator.
  nn::Sequential net{nn::Linear(4, 8), nn::ReLU(), nn::Dropout(0.3), nn::Linear(8, 2)};
  nn::Linear zoo(1, 1);
  nn::Sequential with_zoo{nn::Linear(4, 8), nn::ReLU(), nn::Dropout(0.3), nn::Linear(8, 2)};
  const fs::path other = folder / "other.safetensors";
  nn::Linear large(2, 2);
  training::Checkpoint().add("model", run.net).add("zoo", large).save(other);
  manual_seed(77);
  const std::vector<float> before = net.at<nn::Linear>(0).weight.to_vector<float>();
  const std::string message = message_of([&] { training::Checkpoint().add("model", net).add("zoo", zoo).load(other); });
  CHECK(message.find("weight: expected shape [1, 1], got [2, 2]") != std::string::npos);
  CHECK(net.at<nn::Linear>(0).weight.to_vector<float>() == before);
  CHECK(default_generator().state().seed == 77);

  CHECK(message_of([&] { training::Checkpoint().add("zoo", zoo).load(path); }) ==
        path.string() +
            ": expected a checkpoint with a part \"zoo\", got one with __generator__,model,optimizer,schedule,data");
  data::save_safetensors(other, {{"x", ones({1})}});
  CHECK(message_of([&] { run.checkpoint.load(other); }).find("is not a checkpoint") != std::string::npos);
  CHECK_THROWS_AS(run.checkpoint.load(folder / "missing"), IOError);
}

TEST_CASE("a load that fails puts every part back, also rates set by hand and a part that changed half of itself") {
  const ScratchFolder folder;
  const fs::path path = folder / "run.safetensors";
  struct Half {
    int value = 0;
    bool refuses = false;
    State state_dict() const { return {{"value", tensor(value)}}; }
    void load_state_dict(const State& state) {
      value = state.at("value").item<int>();
      if (refuses && value == 1) throw ValueError("refused");
    }
  };
  Half half;
  half.value = 1;
  Run saved;
  saved.step();
  saved.checkpoint.add("half", half);
  saved.checkpoint.save(path);

  Run run;
  Half other;
  other.value = 2;
  other.refuses = true;
  run.checkpoint.add("half", other);
  for (int i = 0; i < 3; ++i) run.step();
  run.optimizer.set_lr(0.123);
  State before = run.optimizer.state_dict();
  for (auto& [name, tensor] : before) tensor = tensor.clone();
  const State schedule = run.schedule.state_dict();
  CHECK(message_of([&] { run.checkpoint.load(path); }) == "refused");
  CHECK(other.value == 2);
  CHECK(run.optimizer.lr() == 0.123);
  check_same(run.optimizer.state_dict(), before);
  check_same(run.schedule.state_dict(), schedule);
}

TEST_CASE("parts have names of their own") {
  Run run;
  CHECK(message_of([&] { run.checkpoint.add("model", run.net); }) ==
        "Checkpoint: expected a name that is not taken, got \"model\"");
  for (const char* name : {"", "a.b", "a,b"}) {
    CHECK(message_of([&] {
            run.checkpoint.add(name, run.net);
          }).find("Checkpoint: expected a name without '.' and ','") != std::string::npos);
  }
  CHECK(message_of([&] {
          run.checkpoint.save("x", {{"reel.parts", ""}});
        }).find("that does not begin with \"reel.\"") != std::string::npos);
}

TEST_CASE("a part may be called generator, as in every GAN, and files from before still load") {
  const ScratchFolder folder;
  const fs::path path = folder / "run.safetensors";
  nn::Linear generator(2, 3), discriminator(3, 1);
  const auto add_to = [&](training::Checkpoint& c) {
    c.add("generator", generator).add("discriminator", discriminator);
  };
  training::Checkpoint checkpoint;
  add_to(checkpoint);
  manual_seed(5);
  const std::vector<float> expected = generator.weight.to_vector<float>();
  checkpoint.save(path);
  manual_seed(6);
  nn::init::zeros_(generator.weight);
  checkpoint.load(path);
  CHECK(generator.weight.to_vector<float>() == expected);
  CHECK(default_generator().state().seed == 5);
  CHECK(message_of([&] { checkpoint.add("__generator__", generator); }) ==
        "Checkpoint: the name \"__generator__\" is reserved for the default generator");

  // As version 0.1.0 wrote them: the default generator is the part "generator".
  data::save_safetensors(path,
                         {{"generator.philox", tensor(std::vector<std::int64_t>{9, 4})},
                          {"model.weight", full({1, 1}, 7)},
                          {"model.bias", zeros({1})}},
                         {{"reel.parts", "generator,model"}});
  nn::Linear model(1, 1);
  training::Checkpoint().add("model", model).load(path);
  CHECK(model.weight.item() == 7);
  CHECK(default_generator().state().seed == 9);
  CHECK(default_generator().state().offset == 4);
  CHECK_THROWS_AS(checkpoint.load(path), FormatError);  // it has no discriminator
  CHECK_THROWS_AS(training::Checkpoint().add("generator", generator).load(path), ValueError);  // nor a network
  CHECK(generator.weight.to_vector<float>() == expected);
}

namespace {

/// Whether a folder's file system has files without names.
bool has_unnamed_files(const fs::path& folder) {
  const int file = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (file >= 0) ::close(file);
  return file >= 0;
}

}  // namespace

TEST_CASE("kill -9 while saving, 100 times, never loses the last good checkpoint") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const ScratchFolder folder;
  const fs::path path = folder / "run.safetensors";
  Uniform model(0), one(1), two(2);
  training::Checkpoint().add("model", model).save(path);
  training::Checkpoint checkpoints[2];
  checkpoints[0].add("model", one);
  checkpoints[1].add("model", two);
  // What the children say of themselves: that they are in the middle of saving.
  void* shared = ::mmap(nullptr, sizeof(std::atomic<bool>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(shared != MAP_FAILED);
  auto* saving = new (shared) std::atomic<bool>(false);
  int interrupted = 0;
  for (int i = 0; i < 100; ++i) {
    *saving = false;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      for (int k = 0;; k = 1 - k) {
        try {
          *saving = true;
          checkpoints[k].save(path);
          *saving = false;
        } catch (...) {
          ::_exit(1);
        }
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200 + 137 * (i % 29)));
    CHECK(::kill(child, SIGKILL) == 0);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));  // it was saving to the end
    interrupted += *saving;

    CHECK_NOTHROW(training::Checkpoint().add("model", model).load(path));
    const float value = *model.a.data_ptr<float>();
    CHECK(model.a.to_vector<float>() == std::vector<float>(20'000, value));
    CHECK(model.b.to_vector<float>() == std::vector<float>(20'000, value));
  }
  ::munmap(shared, sizeof(std::atomic<bool>));
  CHECK(interrupted > 0);  // some were killed in the middle of it
  CHECK_NOTHROW(checkpoints[0].save(path));
  const auto left = entries(folder.path()) - 1;
  if (has_unnamed_files(folder.path())) CHECK(left < 10);  // of those killed between naming and renaming
}
