#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace reel::training {

/// A line of a plot: y[i] over x[i].
struct Series {
  std::string name;          ///< For the legend.
  std::vector<double> x, y;  ///< As many of each.

  /// One more point.
  void add(double at, double value) {
    x.push_back(at);
    y.push_back(value);
  }
};

/// A picture of curves over common axes: the losses of a training, or the paths of optimizers.
struct Plot {
  std::string title, x_label, y_label;  ///< What is written above, below and beside it.
  std::vector<Series> series;           ///< The curves.
  bool log_y = false;                   ///< A logarithmic y axis; values not above 0 are left out.
};

/// Writes the plot as an SVG picture with axes, ticks, labels and a legend. Values that are not finite leave gaps. A
/// ValueError if a series has not one y for each x, an IOError if the stream fails. A file is replaced at once when all
/// is on the disk (data/atomic_file.h).
void write_svg(std::ostream& out, const Plot& plot);
void write_svg(const std::string& path, const Plot& plot);

/// Writes the same values as CSV. If in each series the x are finite and strictly increasing: a column of all x in
/// order, then one for each series, empty where it has no value. If not, that would lose points, and there is a line
/// for every point, "series,x,y". Errors and files as with `write_svg`.
void write_csv(std::ostream& out, const Plot& plot);
void write_csv(const std::string& path, const Plot& plot);

}  // namespace reel::training
