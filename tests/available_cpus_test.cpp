// The processors that cgroups grant: files as the kernel writes them, in a folder of the test's.

#include <sched.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <reel/kernels/available_cpus.h>

#include "support/scratch_folder.h"

using namespace reel;
using kernels::cgroup_cpus;

namespace {

/// A folder of control groups.
struct Groups : testing::ScratchFolder {
  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path target = path() / file;
    std::filesystem::create_directories(target.parent_path());
    std::ofstream(target) << text;
  }
  int cpus(const std::string& membership) const { return cgroup_cpus(membership, path()); }
};

}  // namespace

TEST_CASE("the quota of a cgroup of version 2") {
  const Groups groups;
  CHECK(groups.cpus("0::/\n") == 0);  // no such file
  groups.write("cpu.max", "max 100000\n");
  CHECK(groups.cpus("0::/\n") == 0);
  groups.write("cpu.max", "200000 100000\n");
  CHECK(groups.cpus("0::/\n") == 2);
  groups.write("cpu.max", "150000 100000\n");
  CHECK(groups.cpus("0::/\n") == 2);
  groups.write("cpu.max", "10000 100000\n");
  CHECK(groups.cpus("0::/\n") == 1);
  CHECK(groups.cpus("0::/docker/0123\n") == 1);  // a path that only the host has
  CHECK(groups.cpus("") == 0);
}

TEST_CASE("the smallest quota of a cgroup and those above it holds") {
  const Groups groups;
  groups.write("cpu.max", "800000 100000\n");
  groups.write("a/cpu.max", "300000 100000\n");
  groups.write("a/b/cpu.max", "max 100000\n");
  groups.write("c/cpu.max", "1600000 100000\n");
  CHECK(groups.cpus("0::/a/b\n") == 3);
  CHECK(groups.cpus("0::/c\n") == 8);
  CHECK(groups.cpus("0::/../../a\n") >= 0);  // a process outside its namespace's root
}

TEST_CASE("the quota of a cgroup of version 1") {
  const Groups groups;
  const std::string membership = "9:name=systemd:/a\n4:cpuset:/a\n2:cpu,cpuacct:/a/b\n0::/a\n";
  groups.write("cpu/a/b/cpu.cfs_quota_us", "-1\n");
  groups.write("cpu/a/b/cpu.cfs_period_us", "100000\n");
  CHECK(groups.cpus(membership) == 0);
  groups.write("cpu/a/cpu.cfs_quota_us", "350000\n");
  groups.write("cpu/a/cpu.cfs_period_us", "100000\n");
  CHECK(groups.cpus(membership) == 4);
  groups.write("cpu/a/b/cpu.cfs_quota_us", "50000\n");
  CHECK(groups.cpus(membership) == 1);
  CHECK(groups.cpus("4:cpuset:/a/b\n3:cpuacct:/a/b\n") == 0);
}

TEST_CASE("damaged files grant no limit") {
  const Groups groups;
  for (const char* text : {"", "x", "100000", "100000 0", "0 0", "-5 100000"}) {
    groups.write("cpu.max", text);
    CHECK(groups.cpus("0::/") == 0);
  }
  CHECK(groups.cpus("no colons\n:\n::") == 0);
}

TEST_CASE("the processors that a thread may run on") {
  cpu_set_t all, first;
  REQUIRE(sched_getaffinity(0, sizeof all, &all) == 0);
  int processor = 0;
  while (!CPU_ISSET(processor, &all)) ++processor;
  CPU_ZERO(&first);
  CPU_SET(processor, &first);
  CHECK(kernels::available_cpus() >= 1);
  CHECK(kernels::available_cpus() <= CPU_COUNT(&all));
  REQUIRE(sched_setaffinity(0, sizeof first, &first) == 0);
  CHECK(kernels::available_cpus() == 1);
  REQUIRE(sched_setaffinity(0, sizeof all, &all) == 0);
}
