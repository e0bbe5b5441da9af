#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// What readers and writers of files share.
namespace reel::data {

/// An open file or folder, closed when its owner goes.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  /// Takes over what `open` has returned; a negative number is no file.
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor() { close(); }

  explicit operator bool() const { return number_ >= 0; }
  /// Its number, -1 if it is none.
  int get() const { return number_; }
  /// Gives the number away.
  int release();
  /// Closes it, and leaves `errno` as it was.
  void close();

 private:
  int number_ = -1;
};

/// Writes all of it; false, with `errno`, if the system refuses.
bool write_all(const FileDescriptor& file, const void* data, std::size_t size);
/// Reads `size` bytes, or fewer up to the end of the file: how many; -1, with `errno`, if the system refuses.
std::int64_t read_up_to(const FileDescriptor& file, void* to, std::int64_t size);

/// "a folder", "a pipe", ... for the `st_mode` of a file.
std::string_view kind_of_file(mode_t mode);

/// An IOError that begins with `op` for a path that the system would not see as a whole: an empty one, or one with a
/// byte 0.
void check_path(std::string_view op, const std::string& path);

}  // namespace reel::data
