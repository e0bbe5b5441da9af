#pragma once

#include <cstdint>

#include <reel/kernels/range_check.h>

/// What kernels find wrong with their arguments is told by the next call that waits for the GPU: a check that waited
/// itself would cost more than most kernels, and could not be part of a graph.
namespace reel::kernels::cuda {

/// What a failed check leaves in memory that host and device share.
struct DeferredError {
  int check;        // which check failed first, or 0
  int is_integral;  // whether `integer` or `real` is the number
  std::int64_t integer;
  double real;
};

/// Where the current device's kernels report: the first to set `*taken` to 1 writes `error`.
struct ErrorReport {
  int* taken;            // on the device
  DeferredError* error;  // pinned memory
};
ErrorReport error_report();

/// A number above 0 that stands for the check from now on.
int register_check(const RangeCheck& check);

/// Throws what a kernel of the current device has reported since the last call. Everything queued is done.
void throw_deferred_error();

}  // namespace reel::kernels::cuda
