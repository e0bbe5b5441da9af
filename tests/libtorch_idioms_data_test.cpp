// What libtorch programs write for data and files, each idiom in a test case of its own.
#include <doctest/doctest.h>

#include <set>

#include <reel/reel.h>

#include "support/default_device.h"
#include "support/scratch_folder.h"
#include "support/throws.h"

using namespace reel;
using testing::check_throws;

namespace {

using Floats = std::vector<float>;

/// Examples that are no tensors.
struct Words {
  std::vector<std::string> words{"a", "bc", "def", "ghij", "klmno"};
  std::int64_t size() const { return static_cast<std::int64_t>(words.size()); }
  std::string get(std::int64_t i) const { return words.at(static_cast<std::size_t>(i)); }
};

/// A batch that is no pair of tensors.
struct Lengths {
  Tensor lengths;
  std::vector<std::string> words;
};

}  // namespace

TEST_CASE("idiom: save(net, path) and load(net, path)") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const testing::ScratchFolder folder;
  const std::string path = folder / "net.safetensors", other = folder / "other.safetensors";
  const auto make = [] { return nn::Sequential(nn::Linear(4, 3), nn::BatchNorm1d(3)); };
  nn::Sequential net = make(), copy = make();
  save(net, path);
  load(copy, path);
  for (const auto& entry : net.state_dict()) CHECK(equal(copy.state_dict().at(entry.first), entry.second));
  CHECK(data::load_safetensors(path).tensors.contains("0.weight"));  // as Python reads it

  optim::SGD sgd(net.parameters(), {.lr = 0.1, .momentum = 0.9});
  for (const Tensor& p : net.parameters()) p.set_grad(ones_like(p));
  sgd.step();
  save(sgd, other);
  optim::SGD resumed(net.parameters(), {.momentum = 0.9});
  load(resumed, other);
  CHECK(resumed.lr() == 0.1);
  CHECK(resumed.state_dict().at("state.0.momentum_buffer").to_vector<float>() == Floats(12, 1));

  const auto shared = std::make_shared<nn::Linear>(2, 2);
  save(shared, other);
  load(shared, other);

  // what does not fit changes nothing
  nn::Linear fc(4, 3);
  const Floats before = fc.weight.to_vector<float>();
  CHECK_THROWS_AS(load(fc, path), ValueError);
  save(sgd, other);
  check_throws<FormatError>(other + ": expected a module, got an optimizer", [&] { load(fc, other); });
  training::Checkpoint().add("model", net).save(other);
  check_throws<FormatError>("expected a module, got a checkpoint", [&] { load(fc, other); });
  CHECK_THROWS_AS(load(fc, folder / "missing"), IOError);
  CHECK(fc.weight.to_vector<float>() == before);
}

TEST_CASE("idiom: save and load of tensors and lists of tensors") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const testing::ScratchFolder folder;
  const std::string path = folder / "tensor.safetensors", list = folder / "list.safetensors";
  const Tensor x = tensor({{1.0F, 2.0F}, {3.0F, 4.0F}});
  save(x.t(), path);
  Tensor y;
  load(y, path);
  CHECK(y.to_vector<float>() == Floats{1, 3, 2, 4});

  Tensors many;
  for (int i = 0; i < 12; ++i) many.push_back(full({i % 3}, i));  // "10" sorts before "2"
  save(many, list);
  Tensors read;
  load(read, list);
  REQUIRE(read.size() == 12);
  for (std::size_t i = 0; i < 12; ++i) CHECK(equal(read[i], many[i]));

  check_throws<FormatError>("expected a tensor, got a list of tensors", [&] { load(y, list); });
  check_throws<FormatError>("expected a list of tensors, got a tensor", [&] { load(read, path); });
  check_throws<ValueError>("save: expected a tensor, got an undefined one", [&] { save(Tensor(), path); });
  check_throws<ValueError>("got an undefined one at 1", [&] { save(Tensors{x, {}}, path); });
  CHECK(y.to_vector<float>() == Floats{1, 3, 2, 4});
  CHECK(read.size() == 12);

  // files of other programs carry no mark
  data::save_safetensors(path, {{"x", x}});
  load(y, path);
  CHECK(equal(y, x));
  data::save_safetensors(path, {{"x", x}, {"y", x}});
  check_throws<FormatError>("expected one tensor, got 2", [&] { load(y, path); });
  check_throws<FormatError>("got none named \"0\"", [&] { load(read, path); });
}

TEST_CASE("idiom: data::map with a function of one example, or of its data") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const data::TensorDataset set(arange(6).to(DType::f32).reshape({3, 2}), arange(3));
  data::DataLoader doubled(data::map(set, [](const Tensor& x) { return x * 2; }), {.batch_size = 3});
  for (const auto& batch : doubled) {
    CHECK(batch.data.to_vector<float>() == Floats{0, 2, 4, 6, 8, 10});
    CHECK(batch.target.to_vector<int>() == std::vector<int>{0, 1, 2});
  }
  const auto swapped = data::map(set, [](const data::Example& e) { return data::Example{e.data[1], e.target + 10}; });
  CHECK(swapped.get(2).data.item() == 5);
  CHECK(swapped.get(2).target.item() == 12);
  CHECK_THROWS_AS(swapped.get(3), IndexError);
  CHECK_THROWS_AS(data::MappedDataset(set, {}), ValueError);
}

TEST_CASE("idiom: a transform of one argument, and one of each image") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const data::TensorDataset set(arange(32).to(DType::f32).reshape({2, 1, 4, 4}));
  const auto crop = [](const Tensor& image, Generator& generator) {
    CHECK(image.shape() == Shape{1, 4, 4});
    const auto at = [&] { return randint(0, 3, {}, {}, generator).item<std::int64_t>(); };
    const std::int64_t top = at();
    return image.narrow(1, top, 2).narrow(2, at(), 2).clone();
  };
  const auto epochs = [&](std::int64_t workers) {
    data::DataLoader loader(set, {.batch_size = 2,
                                  .num_workers = workers,
                                  .seed = 3,
                                  .transforms = {[](const Tensor& x) { return x + 1; }, data::each(crop)}});
    std::vector<Floats> seen;
    for (int epoch = 0; epoch < 6; ++epoch) {
      for (const auto& batch : loader) seen.push_back(batch.data.to_vector<float>());
    }
    return seen;
  };
  const std::vector<Floats> seen = epochs(0);
  CHECK(epochs(2) == seen);
  bool differ = false;  // the crops of two images are not the same one
  for (const Floats& batch : seen) {
    REQUIRE(batch.size() == 8);
    for (const std::size_t i : {0U, 4U}) {  // a window of rows of four
      CHECK(batch[i + 1] == batch[i] + 1);
      CHECK(batch[i + 2] == batch[i] + 4);
      CHECK(batch[i + 3] == batch[i] + 5);
    }
    CHECK(batch[0] <= 11);
    CHECK(batch[4] >= 17);
    differ = differ || batch[4] != batch[0] + 16;
  }
  CHECK(differ);
}

TEST_CASE("idiom: examples and batches that are no tensors") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const auto collate = [](std::vector<std::string> words) {
    std::vector<std::int64_t> lengths;
    for (const std::string& word : words) lengths.push_back(static_cast<std::int64_t>(word.size()));
    return Lengths{tensor(lengths), std::move(words)};
  };
  for (const std::int64_t workers : {0, 2}) {
    auto loader = data::make_data_loader(Words(), {.batch_size = 2, .num_workers = workers}, collate);
    CHECK(loader.size() == 3);
    std::vector<std::int64_t> lengths;
    for (const Lengths& batch : loader) {
      for (const std::int64_t n : batch.lengths.to_vector<std::int64_t>()) lengths.push_back(n);
      CHECK(batch.words.size() == static_cast<std::size_t>(batch.lengths.numel()));
    }
    CHECK(lengths == std::vector<std::int64_t>{1, 2, 3, 4, 5});
  }

  auto plain = data::make_data_loader(Words(), {.batch_size = 5});
  CHECK(plain.begin()->back() == "klmno");

  // a training that is resumed sees the order of the one that was not
  const auto shuffled = [&](auto& loader) {
    std::vector<std::string> all;
    for (const Lengths& batch : loader) all.insert(all.end(), batch.words.begin(), batch.words.end());
    return all;
  };
  auto first = data::make_data_loader(Words(), {.batch_size = 2, .shuffle = true, .seed = 5}, collate);
  auto second = data::make_data_loader(Words(), {.batch_size = 2, .shuffle = true}, collate);
  const auto before = shuffled(first);
  second.load_state_dict(first.state_dict());
  CHECK(shuffled(first) == shuffled(second));
  CHECK(before.size() == 5);

  auto failing = data::make_data_loader(Words(), {.num_workers = 1}, [](const auto& words) -> Lengths {
    if (words.at(0) == "bc") throw ValueError("no bc");
    return {};
  });
  check_throws<ValueError>("no bc", [&] {
    for (const Lengths& batch : failing) CHECK(batch.words.empty());
  });
  CHECK_THROWS_AS(data::make_data_loader(Words(), {.batch_size = 0}), ValueError);
}

TEST_CASE("a collate of one's own may draw random numbers: they depend on seed and epoch, not on the workers") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const auto draws = [](std::int64_t workers) {
    auto loader = data::make_data_loader(
        Words(), {.batch_size = 2, .num_workers = workers, .seed = 7},
        [](const std::vector<std::string>&, Generator& generator) { return rand({}, {}, generator).item(); });
    std::vector<double> all;
    for (int epoch = 0; epoch < 2; ++epoch) {
      for (const double drawn : loader) all.push_back(drawn);
    }
    return all;
  };
  const std::vector<double> all = draws(0);
  CHECK(all.size() == 6);
  CHECK(std::set<double>(all.begin(), all.end()).size() == 6);
  CHECK(draws(2) == all);
}
