#pragma once

#include <filesystem>
#include <string>

/// How many processors a process may keep busy.
namespace reel::kernels {

/// The processors that the process may run on, or fewer where a cgroup (a container) grants less of their time; at
/// least 1.
int available_cpus();

/// The CPU time that cgroups grant, in processors, rounded up; 0 without a limit. `membership` is the text of
/// /proc/self/cgroup, and cgroups are mounted at `root`. The smallest limit of the process's group and those above it
/// holds, in both versions of cgroups.
int cgroup_cpus(const std::string& membership, const std::filesystem::path& root);

}  // namespace reel::kernels
