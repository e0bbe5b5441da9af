#pragma once

#include <cstddef>
#include <string>

namespace reel::data {

/// Writes a file so that readers find either the old contents or all of the new ones, whenever the writer dies: the
/// bytes go into "<name>.tmp" beside it, which `commit` flushes to the disk and renames. Without a commit the temporary
/// file is removed and the old file stays as it is; one that a killed process left behind is taken over by the next
/// writer. The mode of an existing file is kept, and symbolic links are followed, also to a file that is not there yet.
/// Failures are IOErrors that name the file.
class AtomicFile {
 public:
  /// Opens the temporary file. An IOError if another writer has it open.
  explicit AtomicFile(const std::string& path);
  /// Without a commit, removes what was written.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends `size` bytes.
  void write(const void* data, std::size_t size);
  /// Puts the new contents in the place of the old ones.
  void commit();

 private:
  [[noreturn]] void fail_system(const char* what) const;
  void lock_temporary();
  void discard();

  std::string path_, temporary_;
  int file_ = -1;  // the temporary file, locked; -1 once committed
};

}  // namespace reel::data
