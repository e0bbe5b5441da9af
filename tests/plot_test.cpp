// Plots as pictures and tables.

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <reel/reel.h>
#include <reel/training/plot_script.h>

#include "support/files.h"
#include "support/requirement.h"
#include "support/scratch_folder.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;
using training::Plot;
using training::Series;

namespace {

const Requirement needs_gnuplot("needs gnuplot", [] { return training::can_draw() ? "" : "it is not installed"; });

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::string svg_of(const Plot& plot) {
  std::ostringstream out;
  training::write_svg(out, plot);
  return out.str();
}

std::string script_of(const std::vector<Plot>& plots) { return training::detail::plot_script(plots, {}, "svg"); }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

}  // namespace

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
  training::Series band{"b", {}, {}};
  band.add(0, 2, 1, 3);
  CHECK(csv({band, plain}) == "x,b,b low,b high,\"p,q\"\n0,2,1,3,7\n1,,,,8\n");
  CHECK(csv({band, {"s", {1, 1}, {2, 3}}}) == "series,x,y,low,high\nb,0,2,1,3\ns,1,2,,\ns,1,3,,\n");
  CHECK(csv({plain}) == "x,\"p,q\"\n0,7\n1,8\n");
  CHECK(csv({}) == "x\n");
}

TEST_CASE("training: a plot as SVG has axes, ticks, labels and a legend" * needs_gnuplot) {
  const Plot plot{.title = "a < b",
                  .x_label = "epoch",
                  .y_label = "loss",
                  .series = {{"train", {0, 1, 2, 3, 4}, {1, 0.5, kNan, 0.25, 0.2}}, {"test", {0, 4}, {0.9, 0.3}}}};
  const std::string svg = svg_of(plot);
  CHECK(has(svg, "<svg"));
  for (const char* text : {"a &lt; b", ">epoch<", ">loss<", ">train<", ">test<", "</svg>"}) {
    INFO(text);
    CHECK(has(svg, text));
  }
  for (const char* tick : {"> 0<", "> 1<", "> 2<", "> 3<", "> 4<"}) CHECK(has(svg, tick));
  CHECK_FALSE(has(svg, "> 1.5<"));  // epochs are whole
  CHECK(has(svg_of({.series = {{"s", {1, 2}, {0.001, 10}}}, .log_y = true}), "0.001<"));
  for (const Plot& odd : {Plot{}, Plot{.series = {{"s", {}, {}}}}, Plot{.series = {{"s", {1, 2}, {3, 3}}}},
                          Plot{.series = {{"s", {1}, {3}}}}, Plot{.series = {{"s", {1}, {kNan}}}},
                          Plot{.series = {{"s", {1, 2}, {-1, 0}}}, .log_y = true}}) {
    CHECK(has(svg_of(odd), "</svg>"));
  }
}

TEST_CASE("training: what is not finite leaves a gap, and a band has its place") {
  const std::string script =
      script_of({{.series = {{"s", {0, 1, 2, 3}, {5, 6, kNan, 8}}, {"b", {1, 2}, {3, 4}, {2, 3}, {4, 5}}}}});
  CHECK(has(script, "$series0 << EOD\n0 5\n1 6\n\n3 8\nEOD\n"));
  CHECK(has(script, "$series1 << EOD\n1 3 2 4\n2 4 3 5\nEOD\n"));
  CHECK(has(script, "$series1 using 1:3:4 with filledcurves"));
  CHECK(has(script_of({{.series = {{"s", {1, 2}, {-1, 5}}}, .log_y = true}}), "$series0 << EOD\n\n2 5\nEOD\n"));
}

TEST_CASE("training: texts are taken literally" * needs_gnuplot) {
  const ScratchFolder folder;
  const std::string file = folder / "made";
  const std::string title = "it's `touch " + file + "` \"x\" a_b {c} ^2 @d \\n";
  const std::string svg = svg_of({.title = title + "\nplot 'y'", .series = {{title, {1}, {1}}}});
  CHECK(has(svg, "a_b {c} ^2 @d \\n plot"));
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("training: fields are heat maps, contour lines and images") {
  const Tensor values = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  const std::string map = script_of({{.field = {.values = values, .x_low = 10, .x_high = 12, .y_high = 5}}});
  CHECK(has(map, "$field << EOD\n1 2 3\n4 5 6\nEOD\n"));
  CHECK(has(map, "(10 + $1 * 1):(0 + $2 * 5):3 with image"));
  const std::string lines = script_of({{.field = {.values = values, .contours = {1.5, 2.5}, .heat_map = false}}});
  CHECK(has(lines, "levels discrete 1.5, 2.5"));
  CHECK_FALSE(has(lines, "with image"));
  const Tensor image = tensor({{{0.0, 1.0}}, {{0.5, 2.0}}, {{1.0, -1.0}}});  // [3, 1, 2]
  CHECK(has(script_of({{.field = {.values = image}}}), "$image << EOD\n0 0 0 128 255\n1 0 255 255 0\nEOD\n"));
  CHECK(has(script_of({{.field = {.values = image.narrow(0, 0, 1)}}}), "0 0 0 0 0\n1 0 255 255 255\n"));
}

TEST_CASE("training: several plots stand in rows, as PNG of the size asked for, too" * needs_gnuplot) {
  const ScratchFolder folder;
  const std::vector<Plot> plots{{.title = "one", .series = {{"s", {1, 2}, {3, 4}}}},
                                {.title = "two", .field = {.values = rand({8, 8}), .contours = {0.5}}},
                                {.title = "three", .field = {.values = rand({3, 8, 8})}},
                                {.series = {{"n", {1, 2}, {3, 4}, {}, {}, training::Mark::bars}}},
                                {.series = {{"p", {1, 2}, {3, 4}, {}, {}, training::Mark::points}}}};
  training::write_svg(folder / "all.svg", plots);
  const std::string svg = read_bytes(folder / "all.svg");
  for (const char* title : {">one<", ">two<", ">three<"}) CHECK(has(svg, title));
  training::write_png(folder / "all.png", plots, {.columns = 5, .width = 900, .height = 250});
  const std::string png = read_bytes(folder / "all.png");
  REQUIRE(png.starts_with("\x89PNG\r\n"));
  CHECK(big_endian(png, 16) == 900);
  CHECK(big_endian(png, 20) == 250);
}

TEST_CASE("training: pictures are drawn whatever becomes of children and standard streams" * needs_gnuplot) {
  const Plot plot{.series = {{"s", {1, 2}, {3, 4}}}};
  const auto former = std::signal(SIGCHLD, SIG_IGN);  // then the system tells nobody how children end
  const std::string unwatched = svg_of(plot);
  CHECK(training::can_draw());
  std::signal(SIGCHLD, former);
  CHECK(has(unwatched, "</svg>"));
  const int input = ::dup(STDIN_FILENO);
  ::close(STDIN_FILENO);
  const std::string closed = svg_of(plot);
  if (input >= 0) {
    ::dup2(input, STDIN_FILENO);
    ::close(input);
  }
  CHECK(has(closed, "</svg>"));
}

TEST_CASE("training: plots that cannot be drawn are errors that say why") {
  std::ostringstream out;
  const auto draw = [&](const Plot& plot) { training::write_svg(out, plot); };
  CHECK(message_of<ValueError>([&] {
          draw({.series = {{"s", {1}, {}}}});
        }) == "write_svg: expected as many x as y in series 's', got 1 and 0");
  CHECK(message_of<ValueError>([&] {
          draw({.series = {{"s", {1}, {1}, {0}, {}}}});
        }) == "write_svg: expected a band of 1 values in series 's', got 1 and 0");
  check_throws<ShapeError>("write_svg: expected a field of shape [rows, columns], or an image [1 or 3, rows, columns]",
                           [&] {
                             draw({.field = {.values = ones({2, 4, 4})}});
                           });
  check_throws<ValueError>("write_svg: expected a field of some width and height, got x from 2 to 2 and y from 0 to 1",
                           [&] {
                             draw({.field = {.values = ones({2, 2}), .x_low = 2, .x_high = 2}});
                           });
  check_throws<ValueError>("write_png: expected at least one plot",
                           [] { training::write_png("x.png", std::vector<Plot>{}); });
  out.setstate(std::ios::failbit);
  CHECK_THROWS_AS(training::write_csv(out, {}), IOError);

  const std::string path = std::getenv("PATH");
  const ScratchFolder empty;
  ::setenv("PATH", empty.path().c_str(), 1);
  CHECK_FALSE(training::can_draw());
  const std::string message = message_of<Error>([] { training::write_png("x.png", Plot{}); });
  ::setenv("PATH", path.c_str(), 1);
  CHECK(message ==
        "gnuplot: expected the program, which draws pictures, got none on the PATH; install it (Debian: apt-get "
        "install gnuplot-nox), or use write_csv");
}
