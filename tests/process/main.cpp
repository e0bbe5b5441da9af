// process FAMILY RUNS: runs each mode of a family so many times, in a process of its own, which must end with 0 in
// time. process FAMILY MODE runs one.

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "modes.h"

using namespace process;

namespace {

constexpr unsigned kSeconds = 200;  // that a run may take: some hundred times what it does alone

char** arguments = nullptr;  // main's

std::span<const Mode> modes_of(const std::string& family) {
  if (family == "exit") return exit_modes();
  if (family == "libraries") return library_modes();
  if (family == "fork") return fork_modes();
  if (family == "loaders") return loader_modes();
  if (family == "threads") return thread_modes();
  return {};
}

/// The status of a new process that runs a mode.
int status_of(const char* mode) {
  char* child_arguments[] = {arguments[0], arguments[1], const_cast<char*>(mode), nullptr};
  pid_t child = 0;
  int status = -1;
  if (posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, child_arguments, environ) != 0) return -1;
  waitpid(child, &status, 0);
  return status;
}

std::string description(int status) {
  if (WIFEXITED(status)) return "returned " + std::to_string(WEXITSTATUS(status));
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) return "took more than " + std::to_string(kSeconds) + " s";
  return WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "could not be started";
}

}  // namespace

void process::start_anew() {
  execv("/proc/self/exe", arguments);
  std::_Exit(1);
}

int main(int argc, char** argv) {
  arguments = argv;
  const std::span<const Mode> modes = argc == 3 ? modes_of(argv[1]) : std::span<const Mode>{};
  for (const Mode& mode : modes) {
    if (std::strcmp(mode.name, argv[2]) != 0) continue;
    alarm(kSeconds);
    return mode.run();
  }
  const int runs = argc == 3 ? std::atoi(argv[2]) : 0;
  if (modes.empty() || runs < 1) {
    std::fprintf(stderr, "usage: %s exit|libraries|fork|loaders|threads RUNS|MODE\n", argv[0]);
    return 2;
  }
  int failed = 0;
  for (const Mode& mode : modes) {
    int bad = 0, last = 0;
    for (int run = 0; run < runs; ++run) {
      if (const int status = status_of(mode.name); status != 0) ++bad, last = status;
    }
    if (bad) std::printf("%s %s: %d of %d, at last: %s\n", argv[1], mode.name, bad, runs, description(last).c_str());
    failed += bad;
  }
  std::printf("%s: %d runs of %zu modes failed\n", argv[1], failed, modes.size());
  return failed ? 1 : 0;
}
