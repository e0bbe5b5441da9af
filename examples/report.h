#pragma once

#include <unistd.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "support.h"

/// How classifiers tell of their training.
namespace support {

/// The mean loss and the accuracy (a share) of a model.
struct Score {
  double loss, accuracy;
};

inline Tensor softmax_loss(const Tensor& logits, const Tensor& labels) { return cross_entropy(logits, labels); }

/// Scores a model, whose parameters may be half floats, on a dataset, in batches of 1000.
template <class Model, class Loss = decltype(&softmax_loss)>
Score evaluate(Model& model, const data::Dataset& set, Device device, const Loss& loss = &softmax_loss,
               DType dtype = DType::f32) {
  const NoGradGuard no_grad;
  model.eval();
  training::Mean mean;
  training::Accuracy accuracy;
  std::vector<std::int64_t> indices;
  const std::int64_t size = set.size();
  for (std::int64_t i = 0; i < size; ++i) {
    indices.push_back(i);
    if (indices.size() < 1000 && i + 1 < size) continue;
    const auto [images, labels] = set.get_batch(indices);
    const Tensor target = labels.to(device), outputs = model.forward(images.to(device, dtype));
    mean.add(loss(outputs, target).item(), static_cast<double>(indices.size()));
    accuracy.add(outputs, target);
    indices.clear();
  }
  return {mean.value(), accuracy.value()};
}

/// What several seeds gave.
struct Spread {
  double mean, low, high;
  std::size_t count;
};

inline Spread spread(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return {sum / static_cast<double>(values.size()), *low, *high, values.size()};
}

/// The last line of every classifier; accuracies are in per cent.
inline void print_accuracy(const Spread& accuracy) {
  std::printf("test accuracy: %.2f%%", accuracy.mean);
  if (accuracy.count > 1)
    std::printf(" (mean of %zu seeds, %.2f%% to %.2f%%)", accuracy.count, accuracy.low, accuracy.high);
  std::printf("\n");
}

inline void print_accuracy(double per_cent) { print_accuracy({per_cent, per_cent, per_cent, 1}); }

/// A curve that is measured with several seeds.
class Curve {
 public:
  void add(double at, double value) { values_[at].push_back(value); }
  /// The means; with several seeds a band from the least to the largest.
  training::Series series(std::string name) const {
    training::Series series{std::move(name), {}, {}};
    const bool band =
        std::any_of(values_.begin(), values_.end(), [](const auto& place) { return place.second.size() > 1; });
    for (const auto& [at, values] : values_) {
      const Spread s = spread(values);
      band ? series.add(at, s.mean, s.low, s.high) : series.add(at, s.mean);
    }
    return series;
  }

 private:
  std::map<double, std::vector<double>> values_;
};

/// A bar on a terminal, which is gone after each epoch; nothing in a file.
inline training::Progress quiet_progress(const Options& options, std::int64_t batches) {
  return {std::cout,
          {.epochs = options.epochs, .batches = batches, .terminal = isatty(STDOUT_FILENO) == 1, .lines_per_epoch = 0}};
}

/// Shows how the training of a classifier goes, once or with several seeds: within an epoch, after each, and in a
/// picture of the losses and errors.
class Report {
 public:
  Report(std::string name, const Options& options) : name_(std::move(name)), options_(options) {
    fs::create_directories(options.out);  // before the long work, in case it cannot be
  }

  /// Training begins, with so many batches in each epoch.
  void start(std::int64_t batches) {
    if (options_.seeds > 1)
      std::printf("seed %llu\n", static_cast<unsigned long long>(options_.seed + accuracies_.size()));
    progress_.emplace(std::cout,
                      training::ProgressOptions{
                          .epochs = options_.epochs, .batches = batches, .terminal = isatty(STDOUT_FILENO) == 1});
    epochs_ = 0;
  }
  /// One more step of training is done.
  void step(const Tensor& loss, const Tensor& outputs, const Tensor& labels) {
    loss_.add(loss.item(), static_cast<double>(labels.size(0)));
    accuracy_.add(outputs, labels);
    progress_->update(labels.size(0), loss_.value(), accuracy_.value());
  }
  /// One more epoch is done, after which the model scores `test` on images that it was not trained with.
  void epoch(const Score& test) {
    const double at = static_cast<double>(++epochs_);
    progress_->clear();
    std::printf("epoch %lld: train loss %.4f, test loss %.4f, test accuracy %.2f%%\n", static_cast<long long>(epochs_),
                loss_.value(), test.loss, 100 * test.accuracy);
    std::fflush(stdout);
    train_loss_.add(at, loss_.value());
    test_loss_.add(at, test.loss);
    train_error_.add(at, 100 - 100 * accuracy_.value());
    test_error_.add(at, 100 - 100 * test.accuracy);
    if (epochs_ == options_.epochs) accuracies_.push_back(100 * test.accuracy);
    loss_ = {};
    accuracy_ = {};
  }
  /// Writes the picture and returns the test accuracies after the last epoch, in per cent.
  Spread finish() const {
    write_plots(options_, name_,
                {{.title = name_ + ": loss",
                  .x_label = "epoch",
                  .y_label = "loss",
                  .series = {train_loss_.series("train"), test_loss_.series("test")}},
                 {.title = name_ + ": error",
                  .x_label = "epoch",
                  .y_label = "error in %",
                  .series = {train_error_.series("train"), test_error_.series("test")}}});
    return spread(accuracies_);
  }
  const Curve& train_error() const { return train_error_; }
  const Curve& test_error() const { return test_error_; }

 private:
  std::string name_;
  const Options& options_;
  std::optional<training::Progress> progress_;
  training::Mean loss_;
  training::Accuracy accuracy_;
  std::int64_t epochs_ = 0;
  Curve train_loss_, test_loss_, train_error_, test_error_;
  std::vector<double> accuracies_;
};

}  // namespace support
