// Files that are replaced at once: which file is replaced, what is refused, what failures leave.

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <reel/data/atomic_file.h>
#include <reel/tensor/core/error.h>
#include <reel/training/plot.h>

#include "support/atomic_files.h"
#include "support/deadline.h"
#include "support/files.h"
#include "support/scratch_folder.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;
using data::AtomicFile;
namespace fs = std::filesystem;

TEST_CASE("an atomic file replaces at once, or not at all") {
  for (const AtomicFile::Temporary temporary : kBoth) {
    const ScratchFolder folder;
    const fs::path path = folder / "text";
    write_bytes(path, "old");
    ::chmod(path.c_str(), 0640);
    {
      AtomicFile file(path, temporary);
      file.write("new", 3);
      CHECK(read_bytes(path) == "old");
      CHECK(entries(folder.path()) <= 2);
    }
    CHECK(read_bytes(path) == "old");
    CHECK(entries(folder.path()) == 1);

    fs::create_symlink(path, folder / "link");
    AtomicFile file(folder / "link", temporary);
    file.write("ne", 2);
    file.write("w", 1);
    file.commit();
    CHECK(read_bytes(path) == "new");
    CHECK(fs::is_symlink(folder / "link"));
    CHECK(entries(folder.path()) == 2);
    CHECK(fs::status(path).permissions() == fs::perms(0640));
    check_throws<IOError>("expected an open file, got one that is committed or has failed", [&] { file.commit(); });
    check_throws<IOError>("expected an open file", [&] { file.write("x", 1); });
  }
}

TEST_CASE("of two atomic files at a time the one that is committed last wins") {
  for (const AtomicFile::Temporary temporary : kBoth) {
    const ScratchFolder folder;
    AtomicFile first(folder / "text", temporary), second(folder / "text", temporary);
    second.write("second", 6);
    first.write("first", 5);
    second.commit();
    CHECK(read_bytes(folder / "text") == "second");
    first.commit();
    CHECK(read_bytes(folder / "text") == "first");
    CHECK(entries(folder.path()) == 1);
  }
}

TEST_CASE("an atomic file touches no other file, whatever is called like a temporary one") {
  const Deadline deadline;
  for (const AtomicFile::Temporary temporary : kBoth) {
    const ScratchFolder folder;
    const fs::path other = folder / "text.tmp";
    write_bytes(other, "somebody's");
    put(folder / "text", temporary);
    CHECK(read_bytes(other) == "somebody's");
    { AtomicFile dropped(folder / "text", temporary); }
    CHECK(read_bytes(other) == "somebody's");

    fs::remove(other);
    write_bytes(folder / "linked", "by two names");
    fs::create_hard_link(folder / "linked", other);
    put(folder / "text", temporary);
    CHECK(read_bytes(folder / "linked") == "by two names");
    CHECK(fs::hard_link_count(folder / "linked") == 2);

    fs::remove(other);
    REQUIRE(::mkfifo(other.c_str(), 0600) == 0);  // nobody reads it: to open it for writing would wait for ever
    put(folder / "text", temporary);
    CHECK(fs::is_fifo(other));

    fs::remove(other);
    fs::create_symlink("linked", other);
    put(folder / "text", temporary);
    CHECK(fs::is_symlink(other));
    CHECK(read_bytes(folder / "linked") == "by two names");
    CHECK(read_bytes(folder / "text") == "new");
  }
}

TEST_CASE("what is no regular file is not replaced") {
  const Deadline deadline;
  const ScratchFolder folder;
  const fs::path pipe = folder / "pipe", text = folder / "text";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  write_bytes(text, "old");
  fs::create_symlink("pipe", folder / "to_pipe");
  fs::create_symlink(folder.path(), folder / "to_folder");
  const auto refused = [&](const std::string& reason, const std::string& path) {
    check_throws<IOError>(path + reason, [&] { put(path); });
  };
  refused(": cannot be replaced, for it is a pipe; expected a regular file, or none", pipe);
  refused(": cannot be replaced, for it is a pipe", folder / "to_pipe");
  refused(": cannot be replaced, for it is a folder", folder.path());
  refused(": cannot be replaced, for it is a folder", folder / "to_folder");
  refused(": cannot be replaced, for it is a device", "/dev/null");
  refused(": cannot be replaced, for it is a device", "/dev/full");
  refused(": names a folder", folder.path().string() + "/");
  refused(": cannot open its folder: No such file or directory", folder / "no/such/folder");
  refused(": cannot open its folder: Not a directory", folder / "text/file");
  check_throws<IOError>("expected the path of a file, got an empty one", [] { put(""); });
  check_throws<IOError>("got one with a byte 0", [&] { put(text.string() + '\0' + ".old"); });

  const int open = ::open(text.c_str(), O_RDONLY | O_CLOEXEC);
  refused(": is an open file of a process, which cannot be replaced", "/proc/self/fd/" + std::to_string(open));
  ::close(open);
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  refused(": cannot be replaced, for it is a pipe", "/dev/fd/" + std::to_string(ends[1]));
  for (const int end : ends) ::close(end);

  CHECK(fs::is_fifo(pipe));
  CHECK(read_bytes(text) == "old");
  CHECK(entries(folder.path()) == 4);
}

TEST_CASE("an atomic file follows links to where no file is yet, and refuses a ring of them") {
  const ScratchFolder folder;
  fs::create_directories(folder / "far");
  fs::create_symlink("far/second", folder / "first");
  fs::create_symlink("../target", folder / "far/second");  // as seen from its own folder
  put(folder / "first");
  CHECK(read_bytes(folder / "target") == "new");
  CHECK(fs::is_symlink(folder / "first"));
  CHECK(fs::is_symlink(folder / "far/second"));

  for (int i = 0; i < 41; ++i) fs::create_symlink(std::to_string(i + 1), folder / std::to_string(i));
  put(folder / "1");  // forty links: as many as Linux follows
  CHECK(read_bytes(folder / "41") == "new");
  CHECK(message_of([&] { put(folder / "0"); }) == (folder / "0").string() + ": follows more than 40 symbolic links");

  fs::create_symlink("there", folder / "here");
  fs::create_symlink("here", folder / "there");
  CHECK_THROWS_AS(put(folder / "here"), IOError);
  fs::create_symlink("no/such/folder", folder / "nowhere");
  CHECK_THROWS_AS(put(folder / "nowhere"), IOError);
  CHECK(fs::is_symlink(folder / "nowhere"));
}

TEST_CASE("a name may be as long as names can be") {
  const ScratchFolder folder;
  const std::string longest(255, 'n');
  for (const AtomicFile::Temporary temporary : kBoth) {
    put(folder / longest, temporary);
    put(folder / longest, temporary);
    CHECK(read_bytes(folder / longest) == "new");
  }
  CHECK_THROWS_AS(AtomicFile(folder / (longest + "n")), IOError);  // before anything is written
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("a relative path is seen from where the program is when the file is opened") {
  const ScratchFolder folder;
  const fs::path here = fs::current_path();
  fs::create_directories(folder / "before");
  fs::create_directories(folder / "after");
  for (const AtomicFile::Temporary temporary : kBoth) {
    fs::current_path(folder / "before");
    AtomicFile kept("text", temporary), dropped("text", temporary);
    fs::current_path(folder / "after");
    kept.write("new", 3);
    kept.commit();
    fs::current_path(here);
  }
  CHECK(read_bytes(folder / "before/text") == "new");
  CHECK(entries(folder / "before") == 1);
  CHECK(entries(folder / "after") == 0);
}

TEST_CASE("a write that fails leaves the old file and nothing else") {
  for (const AtomicFile::Temporary temporary : kBoth) {
    const ScratchFolder folder;
    const fs::path path = folder / "kept";
    write_bytes(path, "old");
    // The limit on the size of files stands for a full disk: a write beyond it fails.
    rlimit former = {};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &former) == 0);
    const rlimit limit{10'000, former.rlim_max};
    const auto handler = ::signal(SIGXFSZ, SIG_IGN);
    AtomicFile file(path, temporary);
    const std::string many(20'000, 'x');
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    const std::string message = message_of([&] { file.write(many.data(), many.size()); });
    ::setrlimit(RLIMIT_FSIZE, &former);
    ::signal(SIGXFSZ, handler);
    CHECK(message == path.string() + ": cannot write its new contents: File too large");
    CHECK_THROWS_AS(file.commit(), IOError);  // half of the contents
    CHECK(read_bytes(path) == "old");
    CHECK(entries(folder.path()) == 1);
  }
}

TEST_CASE("a commit that fails leaves nothing") {
  for (const AtomicFile::Temporary temporary : kBoth) {
    const ScratchFolder folder;
    {
      AtomicFile file(folder / "text", temporary);
      fs::create_directory(folder / "text");
      check_throws<IOError>("cannot put its new contents in its place: Is a directory", [&] { file.commit(); });
      CHECK(entries(folder.path()) == 1);
      fs::remove(folder / "text");
      check_throws<IOError>("expected an open file", [&] { file.commit(); });  // the system may have lost some bytes
      CHECK(entries(folder.path()) == 0);
    }
    CHECK(entries(folder.path()) == 0);
  }
}

TEST_CASE("tables are written to files as to streams, or not at all") {
  const ScratchFolder folder;
  const training::Plot plot{.title = "t", .x_label = "x", .y_label = "y", .series = {{"a", {1, 2}, {3, 4}}}};
  std::ostringstream csv;
  training::write_csv(csv, plot);
  training::write_csv(folder / "plot.csv", plot);
  CHECK(read_bytes(folder / "plot.csv") == csv.str());
  CHECK_THROWS_AS(training::write_csv(folder / "no/plot.csv", plot), IOError);
  CHECK_THROWS_AS(training::write_csv("/dev/full", plot), IOError);

  std::ofstream full("/dev/full");  // what fits into the stream's buffer fails when that is flushed
  CHECK_THROWS_AS(training::write_csv(full, plot), IOError);
}
