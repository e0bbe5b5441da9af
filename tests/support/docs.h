#pragma once

#include <set>
#include <string>
#include <vector>

/// What the project's pages say about its files, commands and settings, to be held against the sources.
namespace reel::testing {

/// The pages for people: README, CONTRIBUTING and those of docs/, as paths relative to the project.
std::vector<std::string> pages();

/// Every path and file name in a page's code that does not exist, and every relative link that leads nowhere.
/// Placeholders (`kernels/<name>.h`) and patterns (`kernels/cuda/*.cu`) stand for at least one file.
std::vector<std::string> missing_files(const std::string& page, const std::string& text);

/// Every `./dev command`, `./dev check step` and preset in a page that the script `dev` does not know.
std::vector<std::string> unknown_commands(const std::string& text);

/// The CMake options that the project declares, and the environment variables (REEL_*, EMULATION_*) that it reads.
std::set<std::string> cmake_options();
std::set<std::string> environment_variables();

}  // namespace reel::testing
