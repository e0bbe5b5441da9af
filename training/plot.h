#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include <reel/tensor/tensor.h>

namespace reel::training {

/// How the values of a series are drawn.
enum class Mark : std::uint8_t { line, points, bars };

/// A series of a plot: y[i] over x[i].
struct Series {
  std::string name;                    ///< For the legend; an empty name has no place there.
  std::vector<double> x = {}, y = {};  ///< As many of each.
  /// A band from low[i] to high[i], such as the spread over seeds; empty, or as many.
  std::vector<double> low = {}, high = {};
  Mark mark = Mark::line;  ///< Lines have a dot for each value while these are few.

  /// One more point.
  void add(double at, double value) {
    x.push_back(at);
    y.push_back(value);
  }
  /// One more point with its part of the band.
  void add(double at, double value, double from, double to) {
    add(at, value);
    low.push_back(from);
    high.push_back(to);
  }
};

/// Values over the plane, below the series: a heat map, contour lines, or an image.
struct Field {
  /// [rows, columns], the first row at the lowest y; or an image [1 or 3, rows, columns] of values from 0 to 1, whose
  /// first row is at the top. Undefined: no field.
  Tensor values;
  /// The places of the outer rows and columns; y_low above y_high has the first row at the top. Those of an image are
  /// its rows and columns, from 0 at the top.
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;
  std::vector<double> contours = {};  ///< The values along lines of which others are; may be none.
  bool heat_map = true;               ///< Whether colours show the values.
};

/// A picture of curves over common axes: the losses of a training, the paths of optimizers, a decision boundary.
struct Plot {
  std::string title = {}, x_label = {}, y_label = {};  ///< What is written above, below and beside it.
  std::vector<Series> series = {};                     ///< The curves.
  bool log_y = false;                                  ///< A logarithmic y axis; values not above 0 are left out.
  bool log_x = false;                                  ///< The same for the x axis.
  Field field = {};                                    ///< What lies below the curves. An image has no axes.
};

/// The form of a picture of one plot or several.
struct PictureOptions {
  int columns = 0;  ///< Plots stand side by side in so many columns; 0: about as many as rows.
  int width = 0;    ///< Pixels; 0: as the plots need.
  int height = 0;   ///< Pixels; 0: as the plots need.
};

/// Writes the plot as a picture in SVG, with axes, ticks (at whole numbers where all x are whole) and, below the axes,
/// a legend. Values that are not finite leave gaps. gnuplot draws it (Debian: gnuplot-nox), which runs as a program of
/// its own: an Error says if it is missing or fails. A ValueError if a series has not one y for each x, an IOError if
/// the stream fails. A file is replaced at once when all is on the disk (data/atomic_file.h).
void write_svg(std::ostream& out, const Plot& plot, const PictureOptions& options = {});
void write_svg(const std::string& path, const Plot& plot, const PictureOptions& options = {});
/// Several plots in one picture, in rows.
void write_svg(const std::string& path, const std::vector<Plot>& plots, const PictureOptions& options = {});
/// The same in PNG.
void write_png(const std::string& path, const Plot& plot, const PictureOptions& options = {});
void write_png(const std::string& path, const std::vector<Plot>& plots, const PictureOptions& options = {});

/// Whether there is a gnuplot that draws SVG and PNG.
bool can_draw();

/// Writes the values of the series as CSV. If in each series the x are finite and strictly increasing: a column of all
/// x in order, then one for each series, empty where it has no value, with two more for its band if it has one. If not,
/// that would lose points, and there is a line for every point, "series,x,y", or "series,x,y,low,high" with bands.
/// Errors and files as with `write_svg`.
void write_csv(std::ostream& out, const Plot& plot);
void write_csv(const std::string& path, const Plot& plot);

}  // namespace reel::training
