#pragma once

namespace reel::kernels {

/// How many of `wanted` threads a parallel region of the calling thread may have. Before its pool grows beyond what it
/// has had, twice as many plain threads are started at once: where OpenMP cannot start a thread, it ends the program.
int startable_threads(int wanted);

}  // namespace reel::kernels
