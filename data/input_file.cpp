// Regular files that are read.

#include <reel/data/input_file.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <utility>

#include <reel/tensor/core/check.h>

namespace reel::data {

InputFile::InputFile(std::string op, const std::string& path) : op_(std::move(op)), name_(path) {
  check_path(op_, path);
  // Without O_NONBLOCK a pipe would wait here for somebody to write into it.
  file_ = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status = {};
  if (!file_ || ::fstat(file_.get(), &status) != 0) {
    fail<IOError>("{}: cannot open {}: {}", op_, name_, std::strerror(errno));
  }
  check<IOError>(S_ISREG(status.st_mode), "{}: {} is {}, expected a regular file", op_, name_,
                 kind_of_file(status.st_mode));
  size_ = status.st_size;
}

void InputFile::read(void* to, std::int64_t size) {
  const std::int64_t got = read_up_to(file_, to, size);
  if (got < 0) fail<IOError>("{}: cannot read {}: {}", op_, name_, std::strerror(errno));
  check<IOError>(got == size, "{}: {} became shorter while it was read", op_, name_);
}

}  // namespace reel::data
