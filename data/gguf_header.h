#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <reel/data/gguf.h>
#include <reel/data/gguf_blocks.h>
#include <reel/data/input_file.h>

/// The front part of a GGUF file: its metadata, and where its tensors lie.
namespace reel::data {

/// A file that is read in small pieces, forwards. Reading beyond its end is a FormatError, found before anything is
/// read.
class GGUFSource {
 public:
  /// At the beginning of a file.
  explicit GGUFSource(InputFile file) : file_(std::move(file)) {}

  const std::string& name() const { return file_.name(); }
  /// How many bytes are still to come.
  std::int64_t left() const { return file_.size() - position_; }
  std::int64_t position() const { return position_; }

  /// Copies the next `size` bytes; `what` they are is for the message.
  void read(void* to, std::int64_t size, std::string_view what);
  void skip(std::int64_t size, std::string_view what);
  /// The next number.
  template <class T> T number(std::string_view what) {
    T value;
    read(&value, sizeof value, what);
    return value;
  }
  /// Fails unless `count` things of at least `bytes` each can still come, before memory is taken for them.
  void expect(std::uint64_t count, std::int64_t bytes, std::string_view what) const;

 private:
  InputFile file_;
  std::vector<char> buffer_;  // bytes [begin_, end of buffer_) have been read from the file, but not been asked for
  std::size_t begin_ = 0;
  std::int64_t position_ = 0;
};

/// One tensor of a file: its bytes are [begin, end), counted from the beginning of the tensors.
struct GGUFEntry {
  std::string name;
  const GGUFType* type;
  Shape shape;
  std::int64_t begin, end;
};

/// What stands before the tensors.
struct GGUFHeader {
  std::map<std::string, GGUFValue> metadata;
  std::vector<GGUFEntry> entries;  ///< In the order of their bytes, which follow one another.
  std::int64_t alignment;          ///< Of the tensors.
};

/// Reads all that stands before the tensors, up to where they begin, and checks it; without `tensors` the metadata
/// alone. A FormatError, which begins with the file's name, if anything is wrong.
GGUFHeader read_gguf_header(GGUFSource& source, bool tensors = true);

}  // namespace reel::data
