#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <reel/data/file_descriptor.h>

struct stat;

namespace reel::data {

/// Writes a file so that readers find either the old contents or all of the new ones, whenever the writer dies: the
/// bytes go into a temporary file in the same folder, which `commit` flushes to the disk and renames. Without a commit
/// it is removed and the old file stays as it is. Of several writers at a time the last one to commit wins.
///
/// The temporary file has no name until `commit`, where the file system can do that, so that a killed process leaves
/// nothing behind; elsewhere it has a random one, ".reel-<16 digits>.tmp", that no file had before. No other file is
/// touched.
///
/// A new file has the mode that the umask leaves of 0666. One that replaces another has its mode and, where the system
/// allows it, its owner and group, but neither its access control list nor other extended attributes. If the group
/// cannot be kept, or there was such a list, the group may do what others may and no more. From the first byte on
/// nobody may read the temporary file who may not read the result.
///
/// Symbolic links are followed and stay, also where they lead to no file yet. Folders, pipes, sockets and devices are
/// never replaced, nor are open files behind a link of /proc, as /dev/stdout: an IOError. All failures are IOErrors
/// that name the file. Where the file is, is decided at the beginning: a later `chdir` does not matter.
class AtomicFile {
 public:
  /// How the temporary file comes into being.
  enum class Temporary : std::uint8_t {
    unnamed,  ///< without a name where the file system can do that
    named,    ///< always with a name
  };

  /// Makes the temporary file.
  explicit AtomicFile(const std::string& path, Temporary temporary = Temporary::unnamed);
  /// Without a commit, removes what was written.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends `size` bytes. If that fails, what was written is removed and cannot be committed any more.
  void write(const void* data, std::size_t size);
  /// Puts the new contents in the place of the old ones. If that fails, they are removed: a second attempt is refused,
  /// since the system may have lost some of them. Where they are in place and only the flush of the folder fails, they
  /// stay.
  void commit();

 private:
  [[noreturn]] void fail_system(const char* what) const;
  [[noreturn]] void give_up(const char* what);
  void check_open() const;
  void find_place();
  void make_unnamed(mode_t mode);
  void make_named(mode_t mode);
  void take_over(const struct stat& old);
  void name_temporary();
  void flush_folder() const;
  void discard();

  std::string path_;       // as it was given, for messages
  FileDescriptor folder_;  // where the links end; all names are seen from it
  std::string name_;       // in that folder
  std::string temporary_;  // the name of the temporary file, empty while it has none
  FileDescriptor file_;    // none once it is committed or has failed
};

/// Writes a whole file as an AtomicFile.
void write_file(const std::string& path, std::string_view contents);

}  // namespace reel::data
