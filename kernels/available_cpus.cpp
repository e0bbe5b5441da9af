// The processors that affinity and cgroups leave to the process.

#include <reel/kernels/available_cpus.h>

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <thread>

namespace reel::kernels {
namespace {

namespace fs = std::filesystem;

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

/// The number that a file begins with; 0 if there is none.
double first_number(const fs::path& file) {
  std::ifstream in(file);
  double number = 0;
  return in >> number ? number : 0;
}

/// The processors that one group grants.
double quota_of(const fs::path& group) {
  if (std::ifstream in(group / "cpu.max"); in) {  // version 2: "150000 100000"
    double quota = 0, period = 0;
    return in >> quota >> period && quota > 0 && period > 0 ? quota / period : kNoLimit;
  }
  const double quota = first_number(group / "cpu.cfs_quota_us"), period = first_number(group / "cpu.cfs_period_us");
  return quota > 0 && period > 0 ? quota / period : kNoLimit;
}

/// The smallest quota of a group and those above it. Within a container the path may be one that only the host has:
/// what is missing has no limit.
double smallest_quota(const fs::path& root, fs::path group) {
  double smallest = kNoLimit;
  for (group = group.relative_path();; group = group.parent_path()) {
    smallest = std::min(smallest, quota_of(root / group));
    if (group.empty()) return smallest;
  }
}

bool lists_cpu(const std::string& controllers) {
  std::istringstream list(controllers);
  for (std::string name; std::getline(list, name, ',');) {
    if (name == "cpu") return true;
  }
  return false;
}

int affine_cpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::thread::hardware_concurrency());  // more processors than the set has room for
}

}  // namespace

int cgroup_cpus(const std::string& membership, const fs::path& root) {
  double smallest = kNoLimit;
  std::istringstream lines(membership);
  for (std::string line; std::getline(lines, line);) {  // "0::/user.slice" in version 2, "4:cpu,cpuacct:/a/b" in 1
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && !lists_cpu(controllers)) continue;
    smallest = std::min(smallest, smallest_quota(controllers.empty() ? root : root / "cpu", line.substr(second + 1)));
  }
  return smallest == kNoLimit ? 0 : static_cast<int>(std::ceil(std::min(smallest, 1e6)));
}

int available_cpus() {
  std::ifstream file("/proc/self/cgroup");
  const std::string membership{std::istreambuf_iterator<char>(file), {}};
  const int cpus = std::max(1, affine_cpus()), quota = cgroup_cpus(membership, "/sys/fs/cgroup");
  return quota > 0 ? std::min(cpus, quota) : cpus;
}

}  // namespace reel::kernels
