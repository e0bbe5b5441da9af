#pragma once

#include <signal.h>

#include <array>
#include <string>

namespace emulation {

/// While one lives, a fault of the thread that made it (an access to memory that is not there, a division of integers
/// by zero) calls `stop`, which must not return. Under sanitizers it does nothing: they report faults, and better.
class FaultHandler {
 public:
  explicit FaultHandler(void (*stop)(const std::string& what));
  FaultHandler(const FaultHandler&) = delete;
  FaultHandler& operator=(const FaultHandler&) = delete;
  ~FaultHandler();

 private:
  std::array<struct sigaction, 3> old_actions_;
  stack_t old_stack_;
};

}  // namespace emulation
