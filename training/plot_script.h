#pragma once

#include <string>
#include <vector>

#include <reel/training/plot.h>

/// Plots in gnuplot's language. Not for users.
namespace reel::training::detail {

/// A script that writes the plots to its output; `terminal` is gnuplot's name of the format.
std::string plot_script(const std::vector<Plot>& plots, const PictureOptions& options, const char* terminal);

}  // namespace reel::training::detail
