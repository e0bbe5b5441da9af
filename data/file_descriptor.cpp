// Descriptors of files, and what kind of file one is.

#include <reel/data/file_descriptor.h>

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

#include <reel/tensor/core/check.h>

namespace reel::data {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this == &other) return *this;
  close();
  number_ = other.release();
  return *this;
}

int FileDescriptor::release() { return std::exchange(number_, -1); }

void FileDescriptor::close() {
  if (number_ < 0) return;
  const int error = errno;
  ::close(release());
  errno = error;
}

std::string_view kind_of_file(mode_t mode) {
  if (S_ISREG(mode)) return "a regular file";
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISLNK(mode)) return "a symbolic link";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

void check_path(std::string_view op, const std::string& path) {
  check<IOError>(!path.empty(), "{}: expected the path of a file, got an empty one", op);
  const std::size_t zero = path.find('\0');
  check<IOError>(zero == std::string::npos, "{}: expected the path of a file, got one with a byte 0 behind \"{}\"", op,
                 path.substr(0, zero));
}

}  // namespace reel::data
