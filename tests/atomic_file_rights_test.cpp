// Mode, owner and group of files that are replaced at once, and of their temporary files.

#include <doctest/doctest.h>

#include <linux/filter.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include <reel/data/atomic_file.h>

#include "support/atomic_files.h"
#include "support/files.h"
#include "support/requirement.h"
#include "support/scratch_folder.h"

using namespace reel::testing;
using reel::data::AtomicFile;
namespace fs = std::filesystem;

namespace {

/// The umask of a scope.
class Umask {
 public:
  explicit Umask(mode_t mask) : former_(::umask(mask)) {}
  ~Umask() { ::umask(former_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t former_;
};

struct stat status_of(const fs::path& path) {
  struct stat status = {};
  CHECK(::lstat(path.c_str(), &status) == 0);
  return status;
}
mode_t mode_of(const fs::path& path) { return status_of(path).st_mode & 07777; }

/// The only entry of a folder that is not called `name`.
fs::path other_than(const fs::path& folder, const std::string& name) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() != name) return entry.path();
  }
  return {};
}

/// From here on fchmod and fchown of this process do nothing and succeed; false if that cannot be had.
bool ignore_changes_of_modes() {
  std::array<sock_filter, 5> code{
      {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fchmod, 2, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fchown, 1, 0),
       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO)}};
  const sock_fprog program{code.size(), code.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

int exit_code_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Makes this process another user's.
bool become_another_user() { return ::setresgid(12345, 12345, 12345) == 0 && ::setresuid(12345, 12345, 12345) == 0; }

/// Root of a container may be allowed neither, and may keep its temporary files where no other user comes.
const Requirement needs_root("needs root", [] {
  const ScratchFolder folder;
  write_bytes(folder / "file", "");
  if (::chown((folder / "file").c_str(), 12345, 23456) != 0) return "files cannot be given to another user";
  ::chmod(folder.path().c_str(), 0777);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(become_another_user() && ::access(folder.path().c_str(), W_OK) == 0 ? 0 : 1);
  return child > 0 && exit_code_of(child) == 0 ? "" : "another user cannot use the folder for temporary files";
});

/// Gives a file an access control list: its owner and user 12345 read and write, its group does nothing.
bool set_acl(const fs::path& path, std::uint16_t rights_of_others) {
  struct {
    posix_acl_xattr_header header{POSIX_ACL_XATTR_VERSION};
    std::array<posix_acl_xattr_entry, 5> entries;
  } list;
  constexpr auto kNoId = static_cast<std::uint32_t>(ACL_UNDEFINED_ID);
  list.entries = {{{ACL_USER_OBJ, 6, kNoId},
                   {ACL_USER, 6, 12345},
                   {ACL_GROUP_OBJ, 0, kNoId},
                   {ACL_MASK, 6, kNoId},
                   {ACL_OTHER, rights_of_others, kNoId}}};
  return ::setxattr(path.c_str(), "system.posix_acl_access", &list, sizeof list, 0) == 0;
}

const Requirement needs_acls("needs access control lists", [] {
  const ScratchFolder folder;
  write_bytes(folder / "file", "");
  return set_acl(folder / "file", 0) ? "" : "the folder for temporary files has none";
});

}  // namespace

TEST_CASE("a new file has the mode that the umask leaves, one that replaces another has its mode") {
  for (const AtomicFile::Temporary temporary : kBoth) {
    const ScratchFolder folder;
    for (const mode_t mask : {0U, 022U, 027U, 077U}) {
      const Umask umask(mask);
      const fs::path path = folder / ("new" + std::to_string(mask));
      put(path, temporary);
      CHECK(mode_of(path) == (0666 & ~mask));
      for (const mode_t mode : {0600U, 0644U, 0664U, 0444U, 0755U, 0606U}) {
        ::chmod(path.c_str(), mode);
        put(path, temporary);
        CHECK(mode_of(path) == mode);
      }
    }
  }
}

TEST_CASE("nobody may read the temporary file who may not read the result, from the beginning") {
  const ScratchFolder folder;
  const fs::path path = folder / "private";
  write_bytes(path, "old");
  ::chmod(path.c_str(), 0600);
  const Umask everybody(0);
  // In a process where calls that change modes and owners do nothing, a file has the mode that it was made with.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    try {
      if (!ignore_changes_of_modes()) ::_exit(0);  // nothing to be seen here
      const AtomicFile file(path, AtomicFile::Temporary::named);
      ::_exit(mode_of(other_than(folder.path(), "private")) == 0600 ? 0 : 1);
    } catch (...) {
      ::_exit(2);
    }
  }
  CHECK(exit_code_of(child) == 0);
  const AtomicFile file(path, AtomicFile::Temporary::named);
  const fs::path temporary = other_than(folder.path(), "private");
  CHECK(mode_of(temporary) == 0600);
  CHECK(temporary.filename().string().starts_with(".reel-"));
}

TEST_CASE("what replaces a file keeps its owner and group" * needs_root) {
  for (const AtomicFile::Temporary temporary : kBoth) {
    const ScratchFolder folder;
    const fs::path path = folder / "theirs";
    write_bytes(path, "old");
    REQUIRE(::chown(path.c_str(), 12345, 23456) == 0);
    REQUIRE(::chmod(path.c_str(), 06750) == 0);
    put(path, temporary);
    CHECK(read_bytes(path) == "new");
    CHECK(status_of(path).st_uid == 12345);
    CHECK(status_of(path).st_gid == 23456);
    CHECK(mode_of(path) == 06750);
  }
}

TEST_CASE("where the group cannot be kept, the new one may do no more than everybody" * needs_root) {
  for (const AtomicFile::Temporary temporary : kBoth) {
    const ScratchFolder folder;
    const std::map<std::string, mode_t> modes{{"a", 0664}, {"b", 0660}, {"c", 02770}, {"d", 0604}};
    REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
    for (const auto& [name, mode] : modes) {
      write_bytes(folder / name, "old");
      REQUIRE(::chown((folder / name).c_str(), 12345, 23456) == 0);  // a group that 12345 is not in
      REQUIRE(::chmod((folder / name).c_str(), mode) == 0);
    }
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        if (!become_another_user()) ::_exit(2);
        for (const auto& entry : modes) put(folder / entry.first, temporary);
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    CHECK(exit_code_of(child) == 0);
    const std::map<std::string, mode_t> expected{{"a", 0644}, {"b", 0600}, {"c", 0700}, {"d", 0644}};
    for (const auto& entry : expected) {
      INFO(entry.first);
      const fs::path path = folder / entry.first;
      CHECK(read_bytes(path) == "new");
      CHECK(status_of(path).st_uid == 12345);
      CHECK(mode_of(path) == entry.second);
    }
  }
}

TEST_CASE("where an access control list is lost, the group may do no more than everybody" * needs_acls) {
  for (const AtomicFile::Temporary temporary : kBoth) {
    const ScratchFolder folder;
    const fs::path path = folder / "listed";
    for (const std::uint16_t rights_of_others : {0, 4}) {
      write_bytes(path, "old");
      REQUIRE(set_acl(path, rights_of_others));
      REQUIRE(mode_of(path) == (0660U | rights_of_others));  // what the list allows anybody, not what the group may do
      put(path, temporary);
      CHECK(read_bytes(path) == "new");
      CHECK(mode_of(path) == (rights_of_others == 0 ? 0600 : 0644));
    }
  }
}
