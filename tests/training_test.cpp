// What shows the progress of training: metrics, progress lines, plots.

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <sstream>

#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>
#include <reel/training/training.h>

using namespace reel;

TEST_CASE("training: the running mean weighs, and accuracy counts the largest output") {
  training::Mean mean;
  CHECK(mean.value() == 0);
  mean.add(1, 3);
  mean.add(5);
  CHECK(mean.value() == 2);
  mean.reset();
  CHECK(mean.value() == 0);

  training::Accuracy accuracy;
  CHECK(accuracy.value() == 0);
  accuracy.add(tensor({{1.0, 2.0, 0.0}, {3.0, 1.0, 2.0}}), tensor({1, 2}));
  accuracy.add(tensor({{0.0, 0.5, 1.0}, {9.0, 0.0, 0.0}}), tensor({2, 0}).to(DType::i32));
  CHECK(accuracy.correct() == 3);
  CHECK(accuracy.count() == 4);
  CHECK(accuracy.value() == 0.75);
  CHECK_THROWS_AS(accuracy.add(ones({2, 3}), tensor({1, 2, 0})), ShapeError);
  CHECK_THROWS_AS(accuracy.add(ones({2, 3}), tensor({1.0, 2.0})), DTypeError);
  CHECK(accuracy.count() == 4);
}

TEST_CASE("training: plain progress gives a few lines an epoch, without control characters") {
  std::ostringstream out;
  double time = 100;
  training::Progress progress(
      out, {.epochs = 2, .batches = 4, .terminal = false, .lines_per_epoch = 2, .clock = [&] { return time; }});
  for (int i = 0; i < 8; ++i) {
    time += 2;
    progress.update(10, 0.5, i < 4 ? std::optional<double>(0.875) : std::nullopt);
  }
  CHECK(out.str() ==
        "epoch 1/2  batch 2/4  loss 0.5000  accuracy 87.50%  5 images/s  ETA 0:12\n"
        "epoch 1/2  batch 4/4  loss 0.5000  accuracy 87.50%  5 images/s  ETA 0:08\n"
        "epoch 2/2  batch 2/4  loss 0.5000  5 images/s  ETA 0:04\n"
        "epoch 2/2  batch 4/4  loss 0.5000  5 images/s  ETA 0:00\n");
}

TEST_CASE("training: on a terminal one line is redrawn, ten times a second at most") {
  std::ostringstream out;
  double time = 0;
  training::Progress progress(out, {.epochs = 1, .batches = 100, .terminal = true, .clock = [&] { return time; }});
  progress.clear();
  CHECK(out.str().empty());
  for (int i = 0; i < 50; ++i, time += 0.01) progress.update(1, 1, 0.5);
  const std::string text = out.str();
  CHECK(std::count(text.begin(), text.end(), '\r') == 5);
  CHECK(out.str().find("\repoch 1/1 [>                       ]  batch 1/100  loss 1.0000  accuracy 50.00%") == 0);
  CHECK(out.str().find('\n') == std::string::npos);
  progress.clear();
  CHECK(out.str().substr(out.str().size() - 4) == "\r\033[K");
  for (int i = 0; i < 50; ++i, time += 100) progress.update(1, 1, 0.5);
  CHECK(out.str().find("[=======================>]") != std::string::npos);
  CHECK(out.str().find("[========================]  batch 100/100") != std::string::npos);
  CHECK(out.str().find("ETA 1:") != std::string::npos);
  CHECK(out.str().back() == '\n');
  CHECK_THROWS_AS(training::Progress(out, {.epochs = 0}), ValueError);
  CHECK_THROWS_AS(training::Progress(out, {.batches = 0}), ValueError);
}
