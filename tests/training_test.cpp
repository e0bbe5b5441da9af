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

TEST_CASE("training: a plot as CSV joins the series on x") {
  training::Plot plot{
      .title = "t", .x_label = "epoch", .y_label = "loss", .series = {{"train", {}, {}}, {"te,st", {}, {}}}};
  plot.series[0].add(1, 0.5);
  plot.series[0].add(2, 0.25);
  plot.series[1].add(2, 0.1);
  plot.series[1].add(3, std::numeric_limits<double>::infinity());
  std::ostringstream out;
  training::write_csv(out, plot);
  CHECK(out.str() == "epoch,train,\"te,st\"\n1,0.5,\n2,0.25,0.1\n3,,inf\n");
}

TEST_CASE("training: a plot as CSV keeps every point where x does not increase") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const auto csv = [](const std::vector<training::Series>& series) {
    std::ostringstream out;
    training::write_csv(out, {.title = "", .x_label = "x", .y_label = "y", .series = series});
    return out.str();
  };
  const training::Series plain{"p,q", {0, 1}, {7, 8}};
  CHECK(csv({plain, {"s", {1, 1}, {2, 3}}}) == "series,x,y\n\"p,q\",0,7\n\"p,q\",1,8\ns,1,2\ns,1,3\n");
  CHECK(csv({{"s", {2, 1}, {5, 6}}}) == "series,x,y\ns,2,5\ns,1,6\n");
  CHECK(csv({{"s", {nan, 1, nan}, {5, 6, 7}}}) == "series,x,y\ns,nan,5\ns,1,6\ns,nan,7\n");
  CHECK(csv({{"s", {1, inf}, {5, 6}}}) == "series,x,y\ns,1,5\ns,inf,6\n");
  CHECK(csv({plain}) == "x,\"p,q\"\n0,7\n1,8\n");
  CHECK(csv({}) == "x\n");
}

TEST_CASE("training: a plot as SVG has axes, ticks, labels and a legend") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const training::Plot plot{
      .title = "a < b",
      .x_label = "epoch",
      .y_label = "loss",
      .series = {{"train", {0, 1, 2, 3, 4}, {1, 0.5, nan, 0.25, 0.2}}, {"test", {0, 4}, {0.9, 0.3}}}};
  std::ostringstream out;
  training::write_svg(out, plot);
  const std::string svg = out.str();
  CHECK(svg.find("<svg xmlns=") == 0);
  CHECK(svg.find("a &lt; b") != std::string::npos);
  for (const char* text : {">epoch<", ">loss<", ">train<", ">test<", ">0.2<", ">0.4<", ">1<", ">4<", "</svg>"}) {
    INFO(text);
    CHECK(svg.find(text) != std::string::npos);
  }
  // x from 0 to 4 and y from 0.2 to 1 fill the axes; the gap at NaN starts a new line
  CHECK(svg.find("d=\"M76.0 44.0L232.0 256.5M544.0 362.8L700.0 384.0\"") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);

  std::ostringstream logarithmic;
  training::write_svg(
      logarithmic, {.title = "", .x_label = "", .y_label = "", .series = {{"s", {1, 2}, {0.001, 10}}}, .log_y = true});
  for (const char* text : {">0.001<", ">0.01<", ">10<"}) CHECK(logarithmic.str().find(text) != std::string::npos);

  std::ostringstream nothing, constant;
  training::write_svg(nothing, {});
  training::write_svg(constant, {.title = "", .x_label = "", .y_label = "", .series = {{"s", {1, 2}, {3, 3}}}});
  CHECK(constant.str().find("nan") == std::string::npos);
  CHECK_THROWS_AS(training::write_svg(nothing, {.title = "", .x_label = "", .y_label = "", .series = {{"s", {1}, {}}}}),
                  ValueError);
  nothing.setstate(std::ios::failbit);
  CHECK_THROWS_AS(training::write_svg(nothing, plot), IOError);
  CHECK_THROWS_AS(training::write_csv(nothing, plot), IOError);
}
