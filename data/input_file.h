#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <reel/data/file_descriptor.h>

namespace reel::data {

/// A regular file that is read from its beginning. Opening it never waits: folders, pipes and devices are refused. All
/// failures are IOErrors that name the operation and the file.
class InputFile {
 public:
  /// Opens it for an operation, "read_idx".
  InputFile(std::string op, const std::string& path);

  /// Its path, and how many bytes it had when it was opened.
  const std::string& name() const { return name_; }
  std::int64_t size() const { return size_; }

  /// Reads exactly `size` bytes, the next ones.
  void read(void* to, std::int64_t size);
  /// Gives the descriptor away: from here on this is only a name and a size.
  FileDescriptor release() { return std::move(file_); }

 private:
  std::string op_, name_;
  FileDescriptor file_;
  std::int64_t size_ = 0;
};

}  // namespace reel::data
