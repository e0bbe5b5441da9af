// Plots as pictures and CSV tables.

#include <reel/training/plot.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>
#include <sstream>
#include <vector>

#include <reel/data/atomic_file.h>
#include <reel/tensor/core/check.h>
#include <reel/tensor/core/option.h>
#include <reel/training/gnuplot.h>
#include <reel/training/plot_script.h>

namespace reel::training {
namespace {

void check_plot(std::string_view who, const Plot& plot) {
  for (const Series& s : plot.series) {
    check<ValueError>(s.x.size() == s.y.size(), "{}: expected as many x as y in series '{}', got {} and {}", who,
                      s.name, s.x.size(), s.y.size());
    const bool band = s.low.size() == s.x.size() && s.high.size() == s.x.size();
    check<ValueError>(band || (s.low.empty() && s.high.empty()),
                      "{}: expected a band of {} values in series '{}', got {} and {}", who, s.x.size(), s.name,
                      s.low.size(), s.high.size());
  }
  const Field& field = plot.field;
  for (const auto& [name, value] : {std::pair("x_low", field.x_low), std::pair("x_high", field.x_high),
                                    std::pair("y_low", field.y_low), std::pair("y_high", field.y_high)}) {
    reel::detail::check_option(who, name, value, reel::detail::kFinite);
  }
  check<ValueError>(field.x_low != field.x_high && field.y_low != field.y_high,
                    "{}: expected a field of some width and height, got x from {} to {} and y from {} to {}", who,
                    field.x_low, field.x_high, field.y_low, field.y_high);
  for (const double value : field.contours) {
    reel::detail::check_option(who, "contours", value, reel::detail::kFinite);
  }
  const Tensor& values = field.values;
  if (!values.defined()) return;
  const bool image = values.dim() == 3 && (values.size(0) == 1 || values.size(0) == 3);
  check<ShapeError>((values.dim() == 2 || image) && values.numel() > 0,
                    "{}: expected a field of shape [rows, columns], or an image [1 or 3, rows, columns], got {}", who,
                    values.shape());
}

/// What a stream still holds back may fail to be written, too.
void check_written(std::string_view who, std::ostream& out) {
  check<IOError>(out.flush().good(), "{}: the stream cannot be written", who);
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string q = "\"";
  for (const char c : text) q += c == '"' ? std::string("\"\"") : std::string(1, c);
  return q + "\"";
}

/// Whether each x of a series can have a line of its own, in order.
bool is_function_of_x(const Series& series) {
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!std::isfinite(series.x[i]) || (i > 0 && series.x[i] <= series.x[i - 1])) return false;
  }
  return true;
}

/// What is told of a point: y, and its band if the series has one.
std::string point(const Series& s, std::size_t i) {
  return s.low.empty() ? fmt::format("{}", s.y[i]) : fmt::format("{},{},{}", s.y[i], s.low[i], s.high[i]);
}

/// A line for each x; for each series a column, or three with its band.
void write_joined(std::ostream& out, const Plot& plot) {
  std::map<double, std::vector<std::string>> rows;
  std::vector<std::string> none;
  out << quoted(plot.x_label);
  for (const Series& s : plot.series) {
    none.push_back(s.low.empty() ? "" : ",,");
    out << ',' << quoted(s.name);
    if (!s.low.empty()) out << ',' << quoted(s.name + " low") << ',' << quoted(s.name + " high");
  }
  out << '\n';
  for (std::size_t s = 0; s < plot.series.size(); ++s) {
    for (std::size_t i = 0; i < plot.series[s].x.size(); ++i) {
      rows.try_emplace(plot.series[s].x[i], none).first->second[s] = point(plot.series[s], i);
    }
  }
  for (const auto& [x, values] : rows) {
    out << fmt::format("{}", x);
    for (const std::string& value : values) out << ',' << value;
    out << '\n';
  }
}

/// A line for each point.
void write_points(std::ostream& out, const Plot& plot) {
  const bool bands =
      std::any_of(plot.series.begin(), plot.series.end(), [](const Series& s) { return !s.low.empty(); });
  out << (bands ? "series,x,y,low,high\n" : "series,x,y\n");
  for (const Series& s : plot.series) {
    const char* none = bands && s.low.empty() ? ",," : "";
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      out << fmt::format("{},{},{}{}\n", quoted(s.name), s.x[i], point(s, i), none);
    }
  }
}

std::string drawn(std::string_view who, const std::vector<Plot>& plots, const PictureOptions& options,
                  const char* terminal) {
  check<ValueError>(!plots.empty(), "{}: expected at least one plot, got none", who);
  for (const auto& [name, value] : {std::pair("columns", options.columns), std::pair("width", options.width),
                                    std::pair("height", options.height)}) {
    reel::detail::check_at_least(who, name, value, 0);
  }
  for (const Plot& plot : plots) check_plot(who, plot);
  return detail::run_gnuplot(detail::plot_script(plots, options, terminal));
}

}  // namespace

void write_svg(std::ostream& out, const Plot& plot, const PictureOptions& options) {
  out << drawn("write_svg", {plot}, options, "svg");
  check_written("write_svg", out);
}

void write_svg(const std::string& path, const Plot& plot, const PictureOptions& options) {
  write_svg(path, std::vector<Plot>{plot}, options);
}

void write_svg(const std::string& path, const std::vector<Plot>& plots, const PictureOptions& options) {
  data::write_file(path, drawn("write_svg", plots, options, "svg"));
}

void write_png(const std::string& path, const Plot& plot, const PictureOptions& options) {
  write_png(path, std::vector<Plot>{plot}, options);
}

void write_png(const std::string& path, const std::vector<Plot>& plots, const PictureOptions& options) {
  data::write_file(path, drawn("write_png", plots, options, "pngcairo"));
}

void write_csv(std::ostream& out, const Plot& plot) {
  check_plot("write_csv", plot);
  if (std::all_of(plot.series.begin(), plot.series.end(), is_function_of_x)) write_joined(out, plot);
  else write_points(out, plot);
  check_written("write_csv", out);
}

void write_csv(const std::string& path, const Plot& plot) {
  std::ostringstream text;
  write_csv(text, plot);
  data::write_file(path, text.str());
}

}  // namespace reel::training
