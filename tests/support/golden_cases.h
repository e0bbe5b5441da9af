#pragma once

#include <map>
#include <string>

#include <reel/autograd/gradcheck.h>

namespace reel::testing {

/// Checks that the calls give the results and gradients of the cases of a file in tests/goldens, made as goldens.json
/// is. Every case has a call, and every call a case. Returns the names of the operations, the first words of the cases.
std::vector<std::string> check_goldens(const std::string& file, const std::map<std::string, TensorFunction>& calls);

}  // namespace reel::testing
