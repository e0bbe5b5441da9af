// Curves as SVG pictures and CSV tables.

#include <reel/training/plot.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <ostream>
#include <sstream>
#include <vector>

#include <reel/data/atomic_file.h>
#include <reel/tensor/core/check.h>

namespace reel::training {
namespace {

// The picture and, inside it, the rectangle of the axes; pixels.
constexpr double kWidth = 720, kHeight = 440, kLeft = 76, kRight = 700, kTop = 44, kBottom = 384;
constexpr std::array kColours = {"#1f6fb4", "#d9541e", "#2e8b57", "#8e44ad", "#b8860b", "#555555"};

void check_plot(std::string_view who, const Plot& plot) {
  for (const Series& s : plot.series) {
    check<ValueError>(s.x.size() == s.y.size(), "{}: expected as many x as y in series '{}', got {} and {}", who,
                      s.name, s.x.size(), s.y.size());
  }
}

/// What a stream still holds back may fail to be written, too.
void check_written(std::string_view who, std::ostream& out) {
  check<IOError>(out.flush().good(), "{}: the stream cannot be written", who);
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else out += c;
  }
  return out;
}

struct Tick {
  double place;  // on the axis, in its own units (decades if it is logarithmic)
  std::string text;
};

/// One axis: the range of its values, and where they lie on the picture.
class Axis {
 public:
  Axis(bool logarithmic, double first_pixel, double last_pixel)
      : log_(logarithmic), first_(first_pixel), last_(last_pixel) {}

  bool shows(double value) const { return std::isfinite(value) && (!log_ || value > 0); }
  void include(double value) {
    low_ = std::min(low_, units(value));
    high_ = std::max(high_, units(value));
  }
  /// Widens the range to whole steps, about five of them, after everything is included.
  void finish() {
    if (low_ > high_) low_ = 0, high_ = 1;
    if (high_ - low_ < 1e-12 * std::max(1.0, std::abs(low_))) low_ -= .5, high_ += .5;
    const double rough = (high_ - low_) / 5, power = std::pow(10, std::floor(std::log10(rough)));
    step_ = power * (rough < 1.5 * power ? 1 : rough < 3.5 * power ? 2 : rough < 7.5 * power ? 5 : 10);
    if (log_) step_ = std::max(1.0, std::round(step_));
    low_ = std::floor(low_ / step_ + 1e-9) * step_;
    high_ = std::ceil(high_ / step_ - 1e-9) * step_;
  }

  double pixel(double value) const { return pixel_of_units(units(value)); }
  double pixel_of_units(double u) const { return first_ + (u - low_) / (high_ - low_) * (last_ - first_); }
  std::vector<Tick> ticks() const {
    std::vector<Tick> out;
    const auto steps = static_cast<int>(std::lround((high_ - low_) / step_));
    for (int i = 0; i <= steps; ++i) {
      double place = low_ + i * step_;
      if (std::abs(place) < step_ * 1e-6) place = 0;
      out.push_back({place, fmt::format("{:.6g}", log_ ? std::pow(10, place) : place)});
    }
    return out;
  }

 private:
  double units(double value) const { return log_ ? std::log10(value) : value; }

  bool log_;
  double first_, last_, low_ = std::numeric_limits<double>::infinity(), high_ = -low_, step_ = 1;
};

void write_axes(std::ostream& out, const Plot& plot, const Axis& x, const Axis& y) {
  out << "<g stroke=\"#dddddd\">\n";
  for (const Tick& t : x.ticks()) {
    out << fmt::format("<line x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\"/>\n", x.pixel_of_units(t.place), kTop,
                       kBottom);
  }
  for (const Tick& t : y.ticks()) {
    out << fmt::format("<line x1=\"{1}\" y1=\"{0:.1f}\" x2=\"{2}\" y2=\"{0:.1f}\"/>\n", y.pixel_of_units(t.place),
                       kLeft, kRight);
  }
  out << "</g>\n"
      << fmt::format("<path d=\"M{0} {1}V{2}H{3}\" fill=\"none\" stroke=\"#333333\"/>\n", kLeft, kTop, kBottom, kRight);
  for (const Tick& t : x.ticks()) {
    out << fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", x.pixel_of_units(t.place),
                       kBottom + 18, t.text);
  }
  for (const Tick& t : y.ticks()) {
    out << fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 7,
                       y.pixel_of_units(t.place) + 4, t.text);
  }
  const double middle = (kTop + kBottom) / 2;
  out << fmt::format("<text x=\"{}\" y=\"26\" text-anchor=\"middle\" font-size=\"16\">{}</text>\n",
                     (kLeft + kRight) / 2, escaped(plot.title))
      << fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", (kLeft + kRight) / 2, kHeight - 16,
                     escaped(plot.x_label))
      << fmt::format("<text x=\"20\" y=\"{0}\" text-anchor=\"middle\" transform=\"rotate(-90 20 {0})\">{1}</text>\n",
                     middle, escaped(plot.y_label));
}

/// The line of a series, with a dot for each value while they are few.
void write_series(std::ostream& out, const Series& series, const std::string& colour, const Axis& x, const Axis& y) {
  std::string path, dots;
  bool pen_down = false;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    const bool shown = x.shows(series.x[i]) && y.shows(series.y[i]);
    if (shown) {
      const double px = x.pixel(series.x[i]), py = y.pixel(series.y[i]);
      path += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", px, py);
      if (series.x.size() <= 60) dots += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\"/>", px, py);
    }
    pen_down = shown;
  }
  out << fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\"/>\n", path, colour);
  if (!dots.empty()) out << fmt::format("<g fill=\"{}\">{}</g>\n", colour, dots);
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

}  // namespace

void write_svg(std::ostream& out, const Plot& plot) {
  check_plot("write_svg", plot);
  Axis x(false, kLeft, kRight), y(plot.log_y, kBottom, kTop);
  for (const Series& s : plot.series) {
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (!x.shows(s.x[i]) || !y.shows(s.y[i])) continue;
      x.include(s.x[i]);
      y.include(s.y[i]);
    }
  }
  x.finish();
  y.finish();
  out << fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      kWidth, kHeight);
  write_axes(out, plot, x, y);
  double legend = kTop + 16;
  for (std::size_t i = 0; i < plot.series.size(); ++i, legend += 18) {
    const std::string colour = kColours[i % kColours.size()];
    write_series(out, plot.series[i], colour, x, y);
    out << fmt::format("<path d=\"M{} {}h22\" stroke=\"{}\" stroke-width=\"2.5\"/>", kRight - 150, legend - 4, colour)
        << fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", kRight - 122, legend, escaped(plot.series[i].name));
  }
  out << "</svg>\n";
  check_written("write_svg", out);
}

void write_csv(std::ostream& out, const Plot& plot) {
  check_plot("write_csv", plot);
  if (std::all_of(plot.series.begin(), plot.series.end(), is_function_of_x)) write_joined(out, plot);
  else write_points(out, plot);
  check_written("write_csv", out);
}

void write_svg(const std::string& path, const Plot& plot) {
  std::ostringstream text;
  write_svg(text, plot);
  data::write_file(path, text.str());
}

void write_csv(const std::string& path, const Plot& plot) {
  std::ostringstream text;
  write_csv(text, plot);
  data::write_file(path, text.str());
}

}  // namespace reel::training
