#pragma once

#include <unistd.h>

namespace reel::testing {

/// Ends the program if what should return at once waits for ever.
class Deadline {
 public:
  Deadline() { ::alarm(60); }
  ~Deadline() { ::alarm(0); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
};

}  // namespace reel::testing
