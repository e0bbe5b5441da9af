#pragma once

#include <span>

/// The ways in which processes begin, fork and end that the program tries, each in a process of its own.
namespace process {

struct Mode {
  const char* name;
  int (*run)();  ///< what main returns: 0
};

std::span<const Mode> exit_modes();
std::span<const Mode> library_modes();
std::span<const Mode> fork_modes();
std::span<const Mode> loader_modes();
std::span<const Mode> thread_modes();

/// Runs the mode again from the start, in the environment as it is now.
[[noreturn]] void start_anew();

/// Ends the process with 1, without any destructor, unless `ok`.
void require(bool ok, const char* what);

/// Waits a fifth of a millisecond.
void nap();
/// Waits until `ready` says so.
template <class F> void wait_until(F&& ready) {
  while (!ready()) nap();
}

}  // namespace process
