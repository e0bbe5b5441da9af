// Reading and writing safetensors files.

#include <reel/data/safetensors.h>

#include <algorithm>
#include <bit>

#include <reel/data/atomic_file.h>
#include <reel/data/input_file.h>
#include <reel/data/safetensors_header.h>
#include <reel/ops/factories.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

SafetensorsHeader read_header(InputFile& file) {
  check<FormatError>(file.size() >= 8, "{}: {} bytes are too few for a safetensors file", file.name(), file.size());
  std::uint64_t length = 0;
  file.read(&length, 8);
  check<FormatError>(length <= static_cast<std::uint64_t>(kMaxSafetensorsHeader),
                     "{}: a header of {} bytes is longer than the {} that are allowed", file.name(), length,
                     kMaxSafetensorsHeader);
  const auto header_bytes = static_cast<std::int64_t>(length);
  check<FormatError>(header_bytes <= file.size() - 8, "{}: the header has {} bytes, but the file only {}", file.name(),
                     header_bytes, file.size());
  std::string json(length, '\0');
  file.read(json.data(), header_bytes);
  return parse_safetensors_header(file.name(), json, file.size() - 8 - header_bytes);
}

/// Row-major on the CPU, as the file wants it.
Tensor file_layout(const Tensor& t) { return t.detach().cpu().contiguous(); }

}  // namespace

void save_safetensors(const std::string& path, const std::map<std::string, Tensor>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  SafetensorsHeader header{{}, metadata};
  for (const auto& [name, tensor] : tensors) {
    check<ValueError>(name != "__metadata__", "save_safetensors: \"__metadata__\" cannot be the name of a tensor");
    check<ValueError>(tensor.defined(), "save_safetensors: tensor \"{}\" is undefined", name);
    header.entries.push_back({name, tensor.dtype(), tensor.shape(), 0, 0});
  }
  // Wide elements first, so that every tensor is aligned to its element size.
  std::stable_sort(header.entries.begin(), header.entries.end(),
                   [](const auto& a, const auto& b) { return size_of(a.dtype) > size_of(b.dtype); });
  std::int64_t position = 0;
  for (SafetensorsEntry& e : header.entries) {
    e.begin = position;
    e.end = position += numel(e.shape) * static_cast<std::int64_t>(size_of(e.dtype));
  }
  const std::string json = write_safetensors_header(header);
  const std::uint64_t length = json.size();
  check<ValueError>(json.size() <= static_cast<std::size_t>(kMaxSafetensorsHeader),
                    "save_safetensors: names and metadata need a header of {} bytes; {} are allowed", json.size(),
                    kMaxSafetensorsHeader);

  AtomicFile file(path);
  file.write(&length, 8);
  file.write(json.data(), json.size());
  for (const SafetensorsEntry& e : header.entries) {
    const Tensor t = file_layout(tensors.at(e.name)).cpu();
    file.write(t.data(), static_cast<std::size_t>(e.end - e.begin));
  }
  file.commit();
}

SafetensorsFile load_safetensors(const std::string& path) {
  InputFile file("load_safetensors", path);
  SafetensorsHeader header = read_header(file);
  SafetensorsFile out;
  out.metadata = std::move(header.metadata);
  for (const SafetensorsEntry& e : header.entries) {  // in the order of the file, which they cover
    if (e.stored) {
      const Tensor bytes = empty({e.end - e.begin}, {.dtype = DType::u8, .device = Device::cpu()});
      file.read(bytes.data(), e.end - e.begin);
      out.tensors.emplace(e.name, read_integers(*e.stored, bytes.data(), e.shape));
      continue;
    }
    const Tensor t = empty(e.shape, {.dtype = e.dtype, .device = Device::cpu()});
    file.read(t.data(), e.end - e.begin);
    if (e.dtype == DType::boolean) {
      const auto* bytes = static_cast<const unsigned char*>(t.data());
      check<FormatError>(std::all_of(bytes, bytes + t.numel(), [](unsigned char b) { return b <= 1; }),
                         "{}: tensor \"{}\": a BOOL byte is neither 0 nor 1", file.name(), e.name);
    }
    out.tensors.emplace(e.name, t);
  }
  return out;
}

}  // namespace reel::data
