#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <reel/tensor/core/dtype.h>

/// The tensor types of GGUF files, and what their bytes mean.
namespace reel::data {

/// A type of tensors: `block` elements lie in `bytes` bytes.
struct GGUFType {
  std::uint32_t number;                            ///< In the file.
  std::string_view name;                           ///< "Q4_1".
  std::int64_t block, bytes;                       ///< Elements and bytes of a block.
  DType stored;                                    ///< What the bytes are, if they are no blocks.
  void (*decode)(const std::byte* block, float*);  ///< Of quantised types: one block; else null.
};

/// The type with this number; null if it cannot be read.
const GGUFType* find_gguf_type(std::uint32_t number);
/// "F32, F16, ...": those that can be read.
std::string_view gguf_type_names();

/// Decodes `blocks` blocks of a quantised type.
void decode_gguf_blocks(const GGUFType& type, const std::byte* from, std::int64_t blocks, float* to);

}  // namespace reel::data
