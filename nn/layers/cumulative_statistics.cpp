// The scope in which batch norm layers average over all batches.

#include <reel/nn/layers/cumulative_statistics.h>

#include <utility>

namespace reel::nn {
namespace {

thread_local bool cumulating = false;

}  // namespace

CumulativeStatisticsGuard::CumulativeStatisticsGuard() : former_(std::exchange(cumulating, true)) {}
CumulativeStatisticsGuard::~CumulativeStatisticsGuard() { cumulating = former_; }

bool is_cumulating_statistics() { return cumulating; }

}  // namespace reel::nn
