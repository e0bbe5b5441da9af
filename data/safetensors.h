#pragma once

#include <map>
#include <string>

#include <reel/tensor/tensor.h>

/// Tensors in files, in the safetensors format (https://huggingface.co/docs/safetensors): a length (u64), a header in
/// JSON, the elements row by row, all little-endian. Nothing in a file is ever executed.
namespace reel::data {

/// What a safetensors file holds.
struct SafetensorsFile {
  std::map<std::string, Tensor> tensors;        ///< On the CPU; by name.
  std::map<std::string, std::string> metadata;  ///< Free text that the writer added.
};

/// Writes the tensors, of any dtype, device and layout, and replaces the file at once when everything is on the disk
/// (data/atomic_file.h). Names and metadata must be UTF-8 and "__metadata__" is no name (ValueError); IOError if the
/// file cannot be written.
void save_safetensors(const std::string& path, const std::map<std::string, Tensor>& tensors,
                      const std::map<std::string, std::string>& metadata = {});

/// Reads a file. The file is not trusted: everything is checked before memory is allocated for it, and the tensors must
/// cover the file exactly, without gaps or overlaps. A FormatError names the file, the tensor and what is wrong; an
/// IOError if it cannot be read. The dtypes are F64 F32 F16 BF16 I64 I32 U8 BOOL, and I16 I8 U16, which become i32, and
/// U32, which becomes i64.
///
///     net.load_state_dict(data::load_safetensors("net.safetensors").tensors);
SafetensorsFile load_safetensors(const std::string& path);

}  // namespace reel::data
