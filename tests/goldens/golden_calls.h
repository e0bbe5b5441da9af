#pragma once

#include <map>
#include <string>

#include <reel/autograd/gradcheck.h>

namespace reel::testing {

/// Reel's call for each case of goldens.json, by name.
std::map<std::string, TensorFunction> golden_calls();
/// And of spatial.json.
std::map<std::string, TensorFunction> spatial_calls();
/// The same of linalg.json.
std::map<std::string, TensorFunction> linalg_golden_calls();
/// Adds those of rarer activations, special functions, distances, bags, and losses with margins.
void add_rarer_golden_calls(std::map<std::string, TensorFunction>& calls);

}  // namespace reel::testing
