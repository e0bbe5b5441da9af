// Running statistics that are computed anew for averaged parameters.

#include <doctest/doctest.h>
#include <reel/data/data.h>
#include <reel/nn/nn.h>
#include <reel/ops/ops.h>
#include <reel/training/update_bn.h>

#include "support/throws.h"

using namespace reel;

namespace {

using Doubles = std::vector<double>;

Tensors batches() {
  return {tensor({{1.0, 2.0}, {3.0, -4.0}, {0.5, 6.0}}).to(DType::f64),
          tensor({{-1.0, 0.0}, {2.0, 8.0}, {5.0, 1.0}}).to(DType::f64),
          tensor({{4.0, 3.0}, {1.0, -2.0}}).to(DType::f64)};
}

/// Two layers, one with a momentum of its own and one without, after other data.
struct Net : nn::Layer<Net> {
  nn::BatchNorm1d first = register_module("first", nn::BatchNorm1d(2, {.momentum = 0.3}));
  nn::BatchNorm1d last = register_module("last", nn::BatchNorm1d(2, {.momentum = std::nullopt}));
  int calls = 0;

  Net() {
    to(DType::f64);
    first.running_mean.fill_(7);
    first.num_batches_tracked.fill_(9);
    last.running_var.fill_(5);
  }
  Tensor forward(const Tensor& x) {
    ++calls;
    return last(relu(first(x)));
  }
};

void check_statistics(const nn::BatchNorm1d& norm, const Doubles& mean, const Doubles& variance, std::int64_t batches) {
  for (std::size_t i = 0; i < mean.size(); ++i) {
    CHECK(norm.running_mean.to_vector<double>()[i] == doctest::Approx(mean[i]).epsilon(1e-13));
    CHECK(norm.running_var.to_vector<double>()[i] == doctest::Approx(variance[i]).epsilon(1e-13));
  }
  CHECK(norm.num_batches_tracked.item<std::int64_t>() == batches);
}

/// What PyTorch's update_bn makes of the batches; the first layer's are the means of the batches' own.
void check_updated(const Net& net) {
  check_statistics(net.first, {2, 29.0 / 18}, {61.0 / 12, 341.0 / 18}, 3);
  check_statistics(net.last, {0.4570516350495959, 0.4669608830727293}, {0.5476161923853338, 0.5116953921905121}, 3);
}

}  // namespace

TEST_CASE("update_bn: running statistics become the mean over the batches, and momenta and modes are as before") {
  Net net;
  net.first.eval();  // a layer that is frozen stays so
  training::update_bn(batches(), net);
  check_updated(net);
  CHECK(net.calls == 3);
  CHECK(net.is_training());
  CHECK(!net.first.is_training());
  CHECK(net.last.is_training());
  for (const Tensor& p : net.parameters()) CHECK(!p.grad().defined());

  net.train();
  net(batches()[0]);  // PyTorch's numbers again: the momenta are 0.3 and none
  check_statistics(net.first, {1.85, 55.0 / 36}, {49.0 / 12, 751.0 / 36}, 4);
  check_statistics(net.last, {0.45851574278690077, 0.4583682443743505}, {0.5714250524640732, 0.47806973392246466}, 4);
}

TEST_CASE("update_bn takes loaders, batches of any type, and models that are no layers") {
  const data::TensorDataset dataset(cat(batches()), zeros({8}, DType::i64));
  Net loaded;
  training::update_bn(data::DataLoader(dataset, {.batch_size = 3}), loaded);
  check_updated(loaded);

  Net called;
  called.eval();
  training::update_bn(std::vector<std::pair<int, Tensor>>{{0, batches()[0]}, {1, batches()[1]}, {2, batches()[2]}},
                      called, [&](const auto& batch) {
                        CHECK(!called(batch.second).requires_grad());
                        CHECK(called.is_training());
                      });
  check_updated(called);
  CHECK(!called.is_training());

  struct Plain : nn::Module {
    nn::BatchNorm1d norm = register_module("norm", nn::BatchNorm1d(2));
    Tensor forward(const Tensor& x) const { return norm(x); }
  };
  const Plain plain;
  plain.to(DType::f64);
  training::update_bn(batches(), plain);
  check_statistics(plain.norm, {2, 29.0 / 18}, {61.0 / 12, 341.0 / 18}, 3);

  const nn::BatchNorm1d alone(2);
  alone.to(DType::f64);
  training::update_bn(batches(), alone);
  check_statistics(alone, {2, 29.0 / 18}, {61.0 / 12, 341.0 / 18}, 3);
}

TEST_CASE("update_bn reads no batch without layers that have running statistics, and restores what fails") {
  nn::Sequential none(nn::Linear(2, 2), nn::BatchNorm1d(2, {.track_running_stats = false}), nn::InstanceNorm1d(2));
  int calls = 0;
  training::update_bn(batches(), none, [&](const Tensor&) { ++calls; });
  CHECK(calls == 0);

  Net net;
  net.eval();
  CHECK_THROWS_AS(training::update_bn(Tensors{ones({3, 5}, DType::f64)}, net), ShapeError);
  CHECK(!net.is_training());
  net.train();
  net(batches()[0]);  // with its own momentum
  check_statistics(net.first, {0.3 * 1.5, 0.3 * 4.0 / 3}, {0.7 + 0.3 * 1.75, 0.7 + 0.3 * (76.0 / 3)}, 1);
}
