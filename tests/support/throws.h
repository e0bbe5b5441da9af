#pragma once

#include <string>

#include <doctest/doctest.h>
#include <reel/tensor/core/error.h>

namespace reel::testing {

/// The message of the E that `f` throws, or that it threw none.
template <class E = Error, class F> std::string message_of(F&& f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  }
  return "nothing was thrown";
}

/// Checks that `f` throws an E whose message contains `message`.
template <class E, class F> void check_throws(const std::string& message, F&& f) {
  try {
    f();
    FAIL_CHECK("nothing was thrown; expected: " << message);
  } catch (const E& e) {
    INFO("the message was: " << std::string(e.what()));
    CHECK(std::string(e.what()).find(message) != std::string::npos);
  }
}

}  // namespace reel::testing
