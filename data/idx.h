#pragma once

#include <string>

#include <reel/tensor/tensor.h>

namespace reel::data {

/// Reads a file in the IDX format of the MNIST pages, plain or compressed by gzip: unsigned bytes (u8), signed ones,
/// 16- and 32-bit integers (i32), floats (f32) or doubles (f64), big-endian. An IOError if the file cannot be read, a
/// FormatError if it is not IDX, ends early, goes on after the last element, or is damaged.
Tensor read_idx(const std::string& path);

}  // namespace reel::data
