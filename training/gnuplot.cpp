// Runs gnuplot.

#include <reel/training/gnuplot.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <reel/data/file_descriptor.h>
#include <reel/tensor/core/check.h>
#include <reel/training/plot.h>

namespace reel::training {
namespace {

using data::FileDescriptor;

/// A file in memory: unlike a pipe it takes any amount, so nobody waits for the other end.
FileDescriptor memory_file(const char* name) {
  const FileDescriptor file(::memfd_create(name, MFD_CLOEXEC));
  // Not one of the standard streams, which the child's are connected to in turn, though the program may have closed
  // its.
  FileDescriptor above(file ? ::fcntl(file.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1);
  check<IOError>(static_cast<bool>(above), "gnuplot: cannot make a file in memory: {}", std::strerror(errno));
  return above;
}

std::string contents(const FileDescriptor& file) {
  std::string text(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
  ::lseek(file.get(), 0, SEEK_SET);
  const auto size = static_cast<std::int64_t>(text.size());
  check<IOError>(data::read_up_to(file, text.data(), size) == size, "gnuplot: cannot read what it wrote: {}",
                 std::strerror(errno));
  return text;
}

class Actions {
 public:
  Actions() { succeed(posix_spawn_file_actions_init(&actions_)); }
  ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  void connect(const FileDescriptor& file, int to) {
    succeed(posix_spawn_file_actions_adddup2(&actions_, file.get(), to));
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  static void succeed(int error) { check<Error>(error == 0, "gnuplot: cannot be started: {}", std::strerror(error)); }

  posix_spawn_file_actions_t actions_{};
};

constexpr int kNoProgram = 127, kUnknown = -1;

/// Its exit status: kNoProgram if there is none, kUnknown if the process that this is in has its children's ends
/// collected by others (SIGCHLD ignored, say).
int run(const FileDescriptor& in, const FileDescriptor& out, const FileDescriptor& err) {
  Actions actions;
  actions.connect(in, STDIN_FILENO);
  actions.connect(out, STDOUT_FILENO);
  actions.connect(err, STDERR_FILENO);
  char program[] = "gnuplot", no_files[] = "-d";  // settings of the user's own would change the picture
  char* arguments[] = {program, no_files, nullptr};
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, program, actions.get(), nullptr, arguments, environ);
  if (error == ENOENT) return kNoProgram;
  check<Error>(error == 0, "gnuplot: cannot be started: {}", std::strerror(error));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno == ECHILD) return kUnknown;
    check<Error>(errno == EINTR, "gnuplot: cannot wait for its end: {}", std::strerror(errno));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/// What came of a script.
struct Outcome {
  int status;
  std::string picture, messages;
};

Outcome run(const std::string& script) {
  const FileDescriptor in = memory_file("script"), out = memory_file("picture"), err = memory_file("messages");
  check<IOError>(data::write_all(in, script.data(), script.size()), "gnuplot: cannot write its script: {}",
                 std::strerror(errno));
  ::lseek(in.get(), 0, SEEK_SET);
  const int status = run(in, out, err);
  return {status, contents(out), contents(err)};
}

}  // namespace

std::string detail::run_gnuplot(const std::string& script) {
  Outcome outcome = run(script);
  check<Error>(outcome.status != kNoProgram,
               "gnuplot: expected the program, which draws pictures, got none on the PATH; install it (Debian: apt-get "
               "install gnuplot-nox), or use write_csv");
  const bool good = outcome.status == kUnknown ? outcome.messages.empty() : outcome.status == 0;
  check<Error>(good, "gnuplot: expected a picture, got an error: {}", outcome.messages);
  return std::move(outcome.picture);
}

bool can_draw() {
  // Some are built without one of them.
  const Outcome outcome = run("set terminal svg\nset terminal pngcairo\n");
  return outcome.status == 0 || (outcome.status == kUnknown && outcome.messages.find("unknown") == std::string::npos);
}

}  // namespace reel::training
