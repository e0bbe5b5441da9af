// Reading GGUF files.

#include <reel/data/gguf.h>

#include <bit>

#include <reel/data/gguf_header.h>
#include <reel/ops/factories.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

static_assert(std::endian::native == std::endian::little, "GGUF files are read as little-endian");

constexpr std::string_view kinds[] = {
    "a truth value",      "an integer",        "a number",        "text",           "a list of truth values",
    "a list of integers", "a list of numbers", "a list of texts", "a list of lists"};
static_assert(std::size(kinds) == std::variant_size_v<GGUFValue::Variant>);

Tensor read_tensor(GGUFSource& source, const GGUFEntry& entry, bool keep_half) {
  const TensorOptions on_cpu{.dtype = entry.type->stored, .device = Device::cpu()};
  const Tensor out = empty(entry.shape, on_cpu);
  const std::int64_t bytes = entry.end - entry.begin;
  if (entry.type->decode) {
    std::vector<std::byte> blocks(static_cast<std::size_t>(bytes));
    source.read(blocks.data(), bytes, entry.name);
    decode_gguf_blocks(*entry.type, blocks.data(), bytes / entry.type->bytes, static_cast<float*>(out.data()));
    return out;
  }
  source.read(out.data(), bytes, entry.name);
  const bool half = out.dtype() == DType::f16 || out.dtype() == DType::bf16;
  return half && !keep_half ? out.to(DType::f32) : out;
}

}  // namespace

void GGUFValue::fail_kind(std::size_t expected) const {
  fail<FormatError>("GGUF: expected \"{}\" to be {}, got {}", key_, kinds[expected], kinds[value_.index()]);
}

const GGUFValue& GGUFFile::at(const std::string& key) const {
  const auto found = metadata.find(key);
  check<FormatError>(found != metadata.end(), "{}: expected metadata \"{}\", got none", path, key);
  return found->second;
}

GGUFFile load_gguf(const std::string& path, const GGUFOptions& options) {
  GGUFSource source(InputFile("load_gguf", path));
  GGUFHeader header = read_gguf_header(source, options.tensors);
  GGUFFile out;
  out.path = path;
  out.metadata = std::move(header.metadata);
  if (!options.tensors) return out;
  const std::int64_t origin = source.position();
  for (const GGUFEntry& entry : header.entries) {
    source.skip(origin + entry.begin - source.position(), entry.name);
    out.tensors.emplace(entry.name, read_tensor(source, entry, options.keep_half));
  }
  return out;
}

}  // namespace reel::data
