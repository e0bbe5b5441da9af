// Plots in gnuplot's language.

#include <reel/training/plot_script.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace reel::training {
namespace {

/// Okabe and Ito's colours, which people with any vision tell apart.
constexpr std::array kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"};
/// With more points than this a line has no dots.
constexpr std::size_t kFew = 60;

/// Text that is taken literally.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += "''";
    else out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out + "'";
}

/// Writes the script of one plot.
class Script {
 public:
  Script(const Plot& plot, std::string& out) : plot_(plot), out_(out) {}

  void write() {
    line("reset\nset encoding utf8");
    if (!plot_.title.empty()) line("set title {} font ',13'", quoted(plot_.title));
    // The line break keeps the legend away.
    if (!plot_.x_label.empty()) line("set xlabel {} . \"\\n\" offset 0,0.4", quoted(plot_.x_label));
    if (!plot_.y_label.empty()) line("set ylabel {}", quoted(plot_.y_label));
    line("set datafile missing 'none'\nset autoscale xfix");
    if (is_image()) write_image();
    else write_axes();
    if (plot_.field.values.defined() && !is_image()) write_field();
    for (std::size_t i = 0; i < plot_.series.size(); ++i) write_series(i);
    // Something must be drawn, or there are no axes.
    if (parts_.empty()) parts_.push_back("NaN notitle");
    line("plot {}", fmt::join(parts_, ", "));
  }

 private:
  template <class... Args> void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }

  bool is_image() const { return plot_.field.values.defined() && plot_.field.values.dim() == 3; }
  bool shows(const Series& s, std::size_t i) const {
    return std::isfinite(s.x[i]) && std::isfinite(s.y[i]) && !(plot_.log_x && s.x[i] <= 0) &&
           !(plot_.log_y && s.y[i] <= 0);
  }

  void write_axes() {
    line("set border 3 lc rgb '#333333'\nset tics nomirror out\nset grid lt 1 lc rgb '#dddddd'");
    bool named = false, whole = !plot_.log_x, any = false, bars = false;
    double low = INFINITY, high = -INFINITY;
    for (const Series& s : plot_.series) {
      named = named || !s.name.empty();
      bars = bars || s.mark == Mark::bars;
      for (std::size_t i = 0; i < s.x.size(); ++i) {
        if (!shows(s, i)) continue;
        any = true;
        whole = whole && s.x[i] == std::round(s.x[i]);
        low = std::min(low, s.x[i]);
        high = std::max(high, s.x[i]);
      }
    }
    if (named) line("set key below center Left reverse samplen 2");
    else line("unset key");
    if (any && whole && high - low <= 10) line("set xtics 1");
    if (!any && !plot_.field.values.defined()) line("set xrange [0:1]\nset yrange [0:1]");
    if (any && (bars || low == high)) line("set xrange [{}:{}]", low - 0.5, high + 0.5);
    if (bars) line("set boxwidth 0.8 relative\nset style fill solid\nset yrange [*<0:]");
    if (plot_.log_x) line("set logscale x");
    if (plot_.log_y) line("set logscale y\nset format y '%.4g'");
  }

  /// The points that have a place, with a gap where one has none.
  void write_series(std::size_t number) {
    const Series& s = plot_.series[number];
    std::size_t shown = 0;
    line("$series{} << EOD", number);
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (!shows(s, i)) {
        out_ += '\n';
        continue;
      }
      ++shown;
      const auto bound = [&](double value) {
        return std::isfinite(value) && (!plot_.log_y || value > 0) ? value : s.y[i];
      };
      if (s.low.empty()) line("{} {}", s.x[i], s.y[i]);
      else line("{} {} {} {}", s.x[i], s.y[i], bound(s.low[i]), bound(s.high[i]));
    }
    line("EOD");
    if (shown == 0) return;
    const char* colour = kColours[number % kColours.size()];
    if (!s.low.empty()) {
      parts_.push_back(
          fmt::format("$series{} using 1:3:4 with filledcurves fc rgb '{}' fs transparent solid 0.2 "
                      "noborder notitle",
                      number, colour));
    }
    const std::string title = s.name.empty() ? "notitle" : "title " + quoted(s.name);
    parts_.push_back(
        fmt::format("$series{} using 1:2 with {} lc rgb '{}' {}", number, style(s.mark, shown), colour, title));
  }

  static std::string style(Mark mark, std::size_t shown) {
    if (mark == Mark::points) return "points pt 7 ps 0.5";
    if (mark == Mark::bars) return "boxes fs solid 0.6 noborder";
    return shown <= kFew ? "linespoints lw 2 pt 7 ps 0.5" : "lines lw 2";
  }

  /// A heat map, contour lines or both.
  void write_field() {
    const Field& field = plot_.field;
    const std::int64_t rows = field.values.size(0), columns = field.values.size(1);
    const std::vector<double> values = field.values.to(Device::cpu(), DType::f64).contiguous().to_vector<double>();
    line("$field << EOD");
    for (std::int64_t r = 0; r < rows; ++r) {
      const auto first = values.begin() + r * columns;
      line("{}", fmt::join(first, first + columns, " "));
    }
    line("EOD");
    const auto step = [](double low, double high, std::int64_t n) {
      return n > 1 ? (high - low) / static_cast<double>(n - 1) : high - low;
    };
    const double dx = step(field.x_low, field.x_high, columns), dy = step(field.y_low, field.y_high, rows);
    const std::string places =
        fmt::format("$field matrix using ({} + $1 * {}):({} + $2 * {}):3", field.x_low, dx, field.y_low, dy);
    const double margin = field.heat_map ? 0.5 : 0;
    line("set xrange [{}:{}]\nset yrange [{}:{}]", field.x_low - margin * dx, field.x_high + margin * dx,
         field.y_low - margin * dy, field.y_high + margin * dy);
    if (field.heat_map) {
      line("set palette defined (0 '#440154', 1 '#3b528b', 2 '#21918c', 3 '#5ec962', 4 '#fde725')");
      parts_.push_back(places + " with image notitle");
    }
    if (field.contours.empty()) return;
    line("set contour base\nunset surface\nset cntrparam levels discrete {}", fmt::join(field.contours, ", "));
    line("set table $contours\nsplot {} with lines\nunset table\nunset contour", places);
    parts_.push_back(
        fmt::format("$contours using 1:2 with lines lc rgb '{}' notitle", field.heat_map ? "#ffffff" : "#999999"));
  }

  void write_image() {
    const Tensor& values = plot_.field.values;
    const std::int64_t channels = values.size(0), rows = values.size(1), columns = values.size(2);
    const std::vector<double> pixels = values.to(Device::cpu(), DType::f64).contiguous().to_vector<double>();
    line("unset border\nunset tics\nunset key\nunset colorbox\nset size ratio -1\nset yrange [] reverse");
    line("$image << EOD");
    const auto level = [&](std::int64_t channel, std::int64_t place) {
      const double value = pixels[static_cast<std::size_t>(std::min(channel, channels - 1) * rows * columns + place)];
      return std::isfinite(value) ? static_cast<int>(std::lround(255 * std::clamp(value, 0.0, 1.0))) : 0;
    };
    for (std::int64_t i = 0; i < rows * columns; ++i) {
      line("{} {} {} {} {}", i % columns, i / columns, level(0, i), level(1, i), level(2, i));
    }
    line("EOD");
    parts_.push_back("$image with rgbimage notitle");
  }

  const Plot& plot_;
  std::string& out_;
  std::vector<std::string> parts_;
};

}  // namespace

std::string detail::plot_script(const std::vector<Plot>& plots, const PictureOptions& options, const char* terminal) {
  const int count = static_cast<int>(plots.size());
  const int columns = options.columns > 0 ? options.columns : static_cast<int>(std::ceil(std::sqrt(count)));
  const int rows = (count + columns - 1) / columns;
  const bool images = std::all_of(plots.begin(), plots.end(), [](const Plot& plot) {
    return plot.field.values.defined() && plot.field.values.dim() == 3;
  });
  const int cell_width = images ? (count > 1 ? 160 : 480) : count > 1 ? 440 : 720;
  const int cell_height = images ? (count > 1 ? 180 : 480) : count > 1 ? 320 : 440;
  std::string script = fmt::format("set terminal {} size {},{} noenhanced background rgb '#ffffff' font 'sans,11'\n",
                                   terminal, options.width > 0 ? options.width : columns * cell_width,
                                   options.height > 0 ? options.height : rows * cell_height);
  if (count > 1) script += fmt::format("set multiplot layout {},{}\n", rows, columns);
  for (const Plot& plot : plots) Script(plot, script).write();
  if (count > 1) script += "unset multiplot\n";
  return script;
}

}  // namespace reel::training
