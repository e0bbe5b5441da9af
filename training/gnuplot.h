#pragma once

#include <string>

/// The program that draws. Not for users.
namespace reel::training::detail {

/// Runs gnuplot on a script and returns what it writes. An Error if it cannot be started or fails, with what it says.
std::string run_gnuplot(const std::string& script);

}  // namespace reel::training::detail
