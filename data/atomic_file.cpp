// Files that are replaced at once: a locked temporary file beside the target, flushed and renamed.

#include <reel/data/atomic_file.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

/// Where a chain of symbolic links ends, be there a file or not yet.
std::string follow_links(const std::string& path) {
  std::filesystem::path file = path;
  for (int links = 0;; ++links) {
    std::error_code error;
    const std::filesystem::path target = std::filesystem::read_symlink(file, error);
    if (error) return file.string();  // no link; whatever else is wrong shows when it is opened
    check<IOError>(links < 40, "{}: follows more than 40 symbolic links", path);  // the limit of Linux
    file = file.parent_path() / target;
  }
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(follow_links(path)), temporary_(path_ + ".tmp") {
  struct stat old = {};
  const bool exists = ::stat(path_.c_str(), &old) == 0;
  check<IOError>(!exists || S_ISREG(old.st_mode), "{}: cannot be replaced, for it is not a regular file", path_);
  lock_temporary();
  if (::ftruncate(file_, 0) != 0 || (exists && ::fchmod(file_, old.st_mode & 07777) != 0)) {
    const int error = errno;
    discard();
    errno = error;
    fail_system("prepare");
  }
}

AtomicFile::~AtomicFile() {
  if (file_ >= 0) discard();
}

void AtomicFile::discard() {
  ::unlink(temporary_.c_str());  // while the lock is still held
  ::close(std::exchange(file_, -1));
}

void AtomicFile::fail_system(const char* what) const {
  const int error = errno;
  fail<IOError>("{}: cannot {} {}: {}", path_, what, temporary_, std::strerror(error));
}

void AtomicFile::lock_temporary() {
  for (;;) {
    const int file = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file < 0) fail_system("create");
    // Between opening and locking another writer may have renamed what was opened: then it is the temporary file no
    // more.
    struct stat opened = {}, named = {};
    const bool locked = ::flock(file, LOCK_EX | LOCK_NB) == 0;
    if (locked && ::fstat(file, &opened) == 0 && ::lstat(temporary_.c_str(), &named) == 0 &&
        named.st_ino == opened.st_ino && named.st_dev == opened.st_dev) {
      file_ = file;
      return;
    }
    const int error = errno;
    ::close(file);
    if (locked) continue;
    check<IOError>(error != EWOULDBLOCK, "{}: another process or thread is writing it", path_);
    errno = error;
    fail_system("lock");
  }
}

void AtomicFile::write(const void* data, std::size_t size) {
  const char* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(file_, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_system("write");
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  if (::fsync(file_) != 0) fail_system("flush");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail_system("rename");
  ::close(std::exchange(file_, -1));
  // The rename must reach the disk as well. EINVAL: a file system that cannot flush folders.
  const std::size_t slash = path_.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool flushed = directory >= 0 && (::fsync(directory) == 0 || errno == EINVAL);
  const int error = errno;
  if (directory >= 0) ::close(directory);
  errno = error;
  if (!flushed) fail_system("flush the folder of");
}

}  // namespace reel::data
