#pragma once

#include <functional>
#include <string>

namespace bench {

/// What the program needs to know of the library whose rows it measures.
struct Library {
  std::string name;  ///< With the version.
  std::function<void(int)> set_num_threads;
};

/// The whole program: measures rows on command (`../protocol.h`). The row that was measured last stays ready until
/// another one, or another variant of it, is asked for.
int run_program(int argc, char** argv, const Library& library);

}  // namespace bench
