#pragma once

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <reel/kernels/linalg.h>
#include <reel/tensor/core/cuda.h>

namespace reel::testing {

/// What a test needs and some machines lack, as a decorator: `TEST_CASE("..." * needs_gpu)`. It is doctest's test suite
/// of the test, and main.cpp leaves the suites out whose requirement is not met, so that their tests count as skipped.
class Requirement : public doctest::test_suite {
 public:
  /// `problem` is called once main has begun; it says what is missing, or nothing.
  Requirement(const char* suite, std::function<std::string()> problem) : doctest::test_suite(suite) {
    all().push_back({suite, std::move(problem)});
  }

  struct Entry {
    std::string suite;
    std::function<std::string()> problem;
  };
  static std::vector<Entry>& all() {
    static std::vector<Entry> entries;
    return entries;
  }
};

inline const Requirement needs_gpu("needs a GPU", [] { return cuda::unavailable_reason(); });
inline const Requirement needs_no_gpu("needs a machine without a GPU",
                                      [] { return cuda::is_available() ? "this machine has one" : ""; });

inline const Requirement needs_lapack("needs LAPACK",
                                      [] { return kernels::lapack_available() ? "" : "Reel was built without it"; });

inline const Requirement needs_python("needs python3",
                                      [] { return std::system("python3 -c ''") == 0 ? "" : "it is not installed"; });

/// The tests that run each row of the op table, which REEL_TEST_OPS can narrow down.
inline const doctest::test_suite op_table_driven("op table");
inline const Requirement op_table_driven_on_gpu("op table on a GPU", [] { return cuda::unavailable_reason(); });
inline constexpr const char* kOpTableSuites = "op table*";

}  // namespace reel::testing
