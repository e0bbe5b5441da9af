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
  const Tensor& values = plot.field.values;
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

/// A line for each x, a column for each series.
void write_joined(std::ostream& out, const Plot& plot) {
  std::map<double, std::vector<std::string>> rows;
  for (std::size_t s = 0; s < plot.series.size(); ++s) {
    for (std::size_t i = 0; i < plot.series[s].x.size(); ++i) {
      std::vector<std::string>& row = rows[plot.series[s].x[i]];
      row.resize(plot.series.size());
      row[s] = fmt::format("{}", plot.series[s].y[i]);
    }
  }
  out << quoted(plot.x_label);
  for (const Series& s : plot.series) out << ',' << quoted(s.name);
  out << '\n';
  for (const auto& [x, values] : rows) {
    out << fmt::format("{}", x);
    for (const std::string& value : values) out << ',' << value;
    out << '\n';
  }
}

/// A line for each point.
void write_points(std::ostream& out, const Plot& plot) {
  out << "series,x,y\n";
  for (const Series& s : plot.series) {
    for (std::size_t i = 0; i < s.x.size(); ++i) out << fmt::format("{},{},{}\n", quoted(s.name), s.x[i], s.y[i]);
  }
}

std::string drawn(std::string_view who, const std::vector<Plot>& plots, const PictureOptions& options,
                  const char* terminal) {
  check<ValueError>(!plots.empty(), "{}: expected at least one plot, got none", who);
  check<ValueError>(options.columns >= 0 && options.width >= 0 && options.height >= 0,
                    "{}: expected columns, width and height of 0 or more, got {}, {} and {}", who, options.columns,
                    options.width, options.height);
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
