// Files that are replaced at once: a temporary file in the same folder, flushed and renamed.

#include <reel/data/atomic_file.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <utility>

#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

/// Of fixed length: the target's name may already be as long as names can be.
std::string random_name() {
  auto word = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  if (::getrandom(&word, sizeof word, GRND_NONBLOCK) < 0) word ^= static_cast<std::uint64_t>(::getpid()) << 40;
  return fmt::format(".reel-{:016x}.tmp", word);
}

/// Calls `make` with random names until one is free; false, and errno, if that was not why it failed.
template <class Make> bool with_free_name(std::string& name, Make&& make) {
  for (int tries = 0; tries < 100; ++tries) {
    std::string candidate = random_name();
    if (make(candidate.c_str())) {
      name = std::move(candidate);
      return true;
    }
    if (errno != EEXIST) return false;
  }
  return false;
}

/// The way to an open file that has no name, or to an open folder.
std::string proc_link(const FileDescriptor& file) { return fmt::format("/proc/self/fd/{}", file.get()); }

/// Whether an access control list says who may use a file. The bits of the group in the file's mode are then the most
/// that anybody whom the list names may do, and the group itself may do less.
bool has_acl(const FileDescriptor& folder, const std::string& name) {
  const std::string path = fmt::format("{}/{}", proc_link(folder), name);
  return ::lgetxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) >= 0;
}

bool is_on_proc(const FileDescriptor& folder) {
  struct statfs status = {};
  return ::fstatfs(folder.get(), &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path, Temporary temporary) : path_(path) {
  find_place();
  struct stat old = {};
  const bool exists = ::fstatat(folder_.get(), name_.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0;
  if (!exists && errno != ENOENT) fail_system("look at what is there");
  check<IOError>(!exists || S_ISREG(old.st_mode),
                 "{}: cannot be replaced, for it is {}; expected a regular file, or none", path_,
                 kind_of_file(old.st_mode));
  // What replaces a file is its writer's alone until it has the old one's group and mode.
  const mode_t mode = exists ? 0600 : 0666;
  if (temporary == Temporary::unnamed) make_unnamed(mode);
  if (!file_) make_named(mode);
  try {
    if (exists) take_over(old);
  } catch (...) {
    discard();
    throw;
  }
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() {
  const int error = errno;
  if (!temporary_.empty()) ::unlinkat(folder_.get(), temporary_.c_str(), 0);
  temporary_.clear();
  file_.close();
  errno = error;
}

void AtomicFile::fail_system(const char* what) const {
  fail<IOError>("{}: cannot {}: {}", path_, what, std::strerror(errno));
}

void AtomicFile::give_up(const char* what) {
  discard();
  fail_system(what);
}

void AtomicFile::check_open() const {
  check<IOError>(static_cast<bool>(file_), "{}: expected an open file, got one that is committed or has failed", path_);
}

/// Goes along the symbolic links, each of which is seen from its own folder, to the folder and the name at their end.
void AtomicFile::find_place() {
  check_path("AtomicFile", path_);
  std::string rest = path_;
  for (int links = 0;; ++links) {
    const std::size_t start = rest.rfind('/') + 1;  // 0 without a '/'
    name_ = rest.substr(start);
    const std::string parent = start == 0 ? "." : rest.substr(0, start);
    folder_ =
        FileDescriptor(::openat(folder_ ? folder_.get() : AT_FDCWD, parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder_) fail_system("open its folder");
    check<IOError>(!name_.empty(), "{}: names a folder; expected the name of a file", path_);

    std::array<char, PATH_MAX> target{};
    const ssize_t length = ::readlinkat(folder_.get(), name_.c_str(), target.data(), target.size());
    if (length < 0) return;  // no link; whatever else is wrong shows when it is replaced
    check<IOError>(links < 40, "{}: follows more than 40 symbolic links", path_);  // the limit of Linux
    // Links that others have put into a folder for everybody, as /tmp, the system refuses to follow, and so do we.
    struct stat end = {};
    const bool exists = ::fstatat(folder_.get(), name_.c_str(), &end, 0) == 0;
    if (!exists && errno == EACCES) fail_system("follow its symbolic link");
    check<IOError>(!exists || S_ISREG(end.st_mode),
                   "{}: cannot be replaced, for it is {}; expected a regular file, or none", path_,
                   kind_of_file(end.st_mode));
    check<IOError>(!is_on_proc(folder_), "{}: is an open file of a process, which cannot be replaced; expected a path",
                   path_);
    rest.assign(target.data(), static_cast<std::size_t>(length));
  }
}

/// Leaves `file_` empty where the file system has no files without names, or where one could not be named later.
void AtomicFile::make_unnamed(mode_t mode) {
  file_ = FileDescriptor(::openat(folder_.get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode));
  if (file_ && ::access(proc_link(file_).c_str(), F_OK) != 0) file_.close();
}

void AtomicFile::make_named(mode_t mode) {
  const bool made = with_free_name(temporary_, [&](const char* name) {
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    file_ = FileDescriptor(::openat(folder_.get(), name, flags, mode));
    return static_cast<bool>(file_);
  });
  if (!made) fail_system("create a temporary file beside it");
}

/// Gives the temporary file the owner, the group and the mode of the old one, as far as nobody gains by it.
void AtomicFile::take_over(const struct stat& old) {
  // First the owner: that clears the bits that set one. Both can be given away by root alone, the group by a member.
  const bool all = ::fchown(file_.get(), old.st_uid, old.st_gid) == 0;
  const bool group = all || ::fchown(file_.get(), static_cast<uid_t>(-1), old.st_gid) == 0;
  mode_t mode = old.st_mode & (all ? 07777 : 01777);
  if (!group || has_acl(folder_, name_)) mode = (mode & ~static_cast<mode_t>(070)) | (mode & 07) << 3;
  if (::fchmod(file_.get(), mode) != 0) fail_system("set the mode of its new contents");
}

void AtomicFile::write(const void* data, std::size_t size) {
  check_open();
  if (!write_all(file_, data, size)) give_up("write its new contents");
}

void AtomicFile::name_temporary() {
  const std::string file = proc_link(file_);
  const bool named = with_free_name(temporary_, [&](const char* name) {
    return ::linkat(AT_FDCWD, file.c_str(), folder_.get(), name, AT_SYMLINK_FOLLOW) == 0;
  });
  if (!named) give_up("name its new contents");
}

void AtomicFile::commit() {
  check_open();
  // Linux reports bytes that did not reach the disk once: a second fsync would succeed without them.
  if (::fsync(file_.get()) != 0) give_up("flush its new contents");
  if (temporary_.empty()) name_temporary();
  if (::renameat(folder_.get(), temporary_.c_str(), folder_.get(), name_.c_str()) != 0) {
    give_up("put its new contents in its place");
  }
  temporary_.clear();
  file_.close();
  flush_folder();
}

/// The rename must reach the disk as well, where that can be asked for: EACCES says that the folder may be written but
/// not read, EINVAL that its file system cannot flush folders.
void AtomicFile::flush_folder() const {
  const FileDescriptor readable(::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const bool flushed = readable ? ::fsync(readable.get()) == 0 || errno == EINVAL : errno == EACCES;
  if (!flushed) fail_system("flush the folder of its new contents");
}

void write_file(const std::string& path, std::string_view contents) {
  AtomicFile file(path);
  file.write(contents.data(), contents.size());
  file.commit();
}

}  // namespace reel::data
