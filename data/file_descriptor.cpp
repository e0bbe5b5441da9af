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

bool write_all(const FileDescriptor& file, const void* data, std::size_t size) {
  const char* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(file.get(), bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

std::int64_t read_up_to(const FileDescriptor& file, void* to, std::int64_t size) {
  std::int64_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(file.get(), static_cast<char*>(to) + done, static_cast<std::size_t>(size - done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += got;
  }
  return done;
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
