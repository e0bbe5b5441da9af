#pragma once

#include <string>

namespace emulation {

/// The linker's name of a function, also of one that is not exported; null if it is not known. It stays valid.
const char* symbol_of(const void* function);

/// The name to read: "reel::axpy(float*, int)"; "a kernel" if it is not known.
std::string name_of(const void* function);

}  // namespace emulation
