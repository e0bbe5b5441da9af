#pragma once

#include <algorithm>

#include "support.h"

/// How programs show what they have measured, and whether it is what was claimed.
namespace support {

/// Prints the series of a plot as columns below its title; they have the same x.
inline void print_table(const training::Plot& plot) {
  std::printf("%s: %s\n%-10s", plot.title.c_str(), plot.y_label.c_str(), plot.x_label.c_str());
  for (const training::Series& s : plot.series) std::printf("  %12s", s.name.c_str());
  for (std::size_t i = 0; i < plot.series.at(0).x.size(); ++i) {
    std::printf("\n%-10g", plot.series[0].x[i]);
    for (const training::Series& s : plot.series) {
      std::printf("  %*.4g", std::max(12, static_cast<int>(s.name.size())), s.y.at(i));
    }
  }
  std::printf("\n");
  std::fflush(stdout);
}

/// Prints whether a claim holds and returns it: a program whose claim does not hold ends with 1.
inline bool check(bool holds, const std::string& claim) {
  std::printf("%s: %s\n", claim.c_str(), holds ? "yes" : "NO");
  return holds;
}

}  // namespace support
