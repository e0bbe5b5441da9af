#pragma once

#include <cstddef>

namespace reel::kernels {

/// Starts up to `count` threads that live at the same time, with stacks as large as those of OpenMP's threads, and ends
/// them; how many started.
int start_at_once(int count);

/// The bytes that a value of OMP_STACKSIZE stands for, such as "16M"; 0 if it stands for none.
std::size_t stack_size_of(const char* value);

}  // namespace reel::kernels
