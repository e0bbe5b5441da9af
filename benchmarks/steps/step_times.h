#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace steps {

/// Prints the median time of `count` steps, an odd number, in milliseconds, after some that are not counted.
template <class Step> void print_median(int warm_up, int count, Step&& step) {
  std::vector<double> times;
  for (int i = 0; i < warm_up + count; ++i) {
    const auto start = std::chrono::steady_clock::now();
    step();
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    if (i >= warm_up) times.push_back(time.count());
  }
  std::nth_element(times.begin(), times.begin() + count / 2, times.end());
  std::printf("%.4f ms\n", times[static_cast<std::size_t>(count / 2)]);
}

}  // namespace steps
