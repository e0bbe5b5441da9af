// The tensor types of GGUF files.

#include <reel/data/gguf_blocks.h>

#include <cstring>

#include <reel/kernels/cpu/parallel.h>
#include <reel/tensor/core/half.h>

namespace reel::data {
namespace {

/// Elements of a quantised block.
constexpr int kBlock = 32;

float half_at(const std::byte* at) {
  Half value;
  std::memcpy(&value.bits, at, sizeof value.bits);
  return static_cast<float>(value);
}

/// Byte i of 16 holds element i in its lower half and element i + 16 in its upper one.
void decode_nibbles(const std::byte* quants, float scale, float zero, float shift, float* to) {
  for (int i = 0; i < kBlock / 2; ++i) {
    const auto byte = std::to_integer<unsigned>(quants[i]);
    to[i] = (static_cast<float>(byte & 15u) - zero) * scale + shift;
    to[i + kBlock / 2] = (static_cast<float>(byte >> 4) - zero) * scale + shift;
  }
}

/// A scale (f16), 16 bytes of 4-bit numbers minus 8.
void decode_q4_0(const std::byte* block, float* to) { decode_nibbles(block + 2, half_at(block), 8, 0, to); }

/// A scale and a minimum (f16), 16 bytes of 4-bit numbers.
void decode_q4_1(const std::byte* block, float* to) {
  decode_nibbles(block + 4, half_at(block), 0, half_at(block + 2), to);
}

/// A scale (f16), 32 signed bytes.
void decode_q8_0(const std::byte* block, float* to) {
  const float scale = half_at(block);
  for (int i = 0; i < kBlock; ++i) to[i] = static_cast<float>(std::to_integer<std::int8_t>(block[2 + i])) * scale;
}

constexpr GGUFType types[] = {{0, "F32", 1, 4, DType::f32, nullptr},
                              {1, "F16", 1, 2, DType::f16, nullptr},
                              {30, "BF16", 1, 2, DType::bf16, nullptr},
                              {28, "F64", 1, 8, DType::f64, nullptr},
                              {26, "I32", 1, 4, DType::i32, nullptr},
                              {27, "I64", 1, 8, DType::i64, nullptr},
                              {8, "Q8_0", kBlock, 34, DType::f32, decode_q8_0},
                              {2, "Q4_0", kBlock, 18, DType::f32, decode_q4_0},
                              {3, "Q4_1", kBlock, 20, DType::f32, decode_q4_1}};

}  // namespace

const GGUFType* find_gguf_type(std::uint32_t number) {
  for (const GGUFType& type : types) {
    if (type.number == number) return &type;
  }
  return nullptr;
}

std::string_view gguf_type_names() { return "F64, F32, F16, BF16, I64, I32, Q8_0, Q4_0, Q4_1"; }

void decode_gguf_blocks(const GGUFType& type, const std::byte* from, std::int64_t blocks, float* to) {
  constexpr std::int64_t kBlocksOfAThread = 4096;
  kernels::cpu::parallel_for(blocks, kBlocksOfAThread, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) type.decode(from + i * type.bytes, to + i * type.block);
  });
}

}  // namespace reel::data
