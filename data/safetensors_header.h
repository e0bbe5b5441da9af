#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <reel/data/stored_integer.h>
#include <reel/tensor/tensor.h>

/// The header of a safetensors file, apart from the file.
namespace reel::data {

/// One tensor in a header; its bytes are [begin, end) of the data behind the header.
struct SafetensorsEntry {
  /// What the header says of it.
  std::string name;
  DType dtype;
  Shape shape;
  std::int64_t begin, end;
  std::optional<StoredInteger> stored =
      std::nullopt;  ///< What `dtype` is in the file, where tensors have no such type.

  /// The bytes of an element in the file.
  std::int64_t item_size() const { return static_cast<std::int64_t>(stored ? size_of(*stored) : reel::size_of(dtype)); }
};

/// What a header says.
struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;        ///< In the order of their bytes.
  std::map<std::string, std::string> metadata;  ///< Free text that the writer added.
};

/// The longest header that is read, as in the reference implementation.
inline constexpr std::int64_t kMaxSafetensorsHeader = 100'000'000;

/// Reads the JSON of a header with `data_bytes` bytes behind it and checks all that it says. A FormatError, which
/// begins with `file`, if anything is wrong.
SafetensorsHeader parse_safetensors_header(std::string_view file, std::string_view json, std::int64_t data_bytes);

/// The JSON of a header, padded with spaces so that what follows is aligned to 8 bytes. A ValueError for text that is
/// not UTF-8.
std::string write_safetensors_header(const SafetensorsHeader& header);

}  // namespace reel::data
