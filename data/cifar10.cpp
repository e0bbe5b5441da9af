// The reader of CIFAR-10's binary files.

#include <reel/data/cifar10.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <reel/data/input_file.h>
#include <reel/ops/factories.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kPixels = 3 * 32 * 32, kRecord = 1 + kPixels;

std::vector<fs::path> find_files(const fs::path& dir, Split split) {
  std::error_code error;
  for (const fs::path& folder : {dir, dir / "cifar-10-batches-bin", dir / "cifar10"}) {
    std::vector<fs::path> files;
    if (split == Split::test) {
      if (fs::is_regular_file(folder / "test_batch.bin", error)) files.push_back(folder / "test_batch.bin");
    } else {
      fs::path missing;
      for (int i = 1; i <= 5; ++i) {
        const fs::path file = folder / ("data_batch_" + std::to_string(i) + ".bin");
        if (!fs::is_regular_file(file, error)) {
          if (missing.empty()) missing = file;
          continue;
        }
        check<IOError>(missing.empty(), "CIFAR10: {} is missing, though {} is there", missing.string(),
                       file.filename().string());
        files.push_back(file);
      }
    }
    if (!files.empty()) return files;
  }
  fail<IOError>("CIFAR10: {} has no {}, nor have its folders cifar-10-batches-bin and cifar10", dir.string(),
                split == Split::test ? "test_batch.bin" : "data_batch_1.bin");
}

/// The files' records one after the other.
ImageDataset read_files(const std::vector<fs::path>& files) {
  std::vector<InputFile> inputs;
  std::int64_t total = 0;
  for (const fs::path& path : files) {
    const std::int64_t size = inputs.emplace_back("CIFAR10", path.string()).size();
    check<FormatError>(size > 0, "CIFAR10: {} is empty", path.string());
    check<FormatError>(size % kRecord == 0, "CIFAR10: {} has {} bytes, which is not a whole number of records of {}",
                       path.string(), size, kRecord);
    total += size / kRecord;
  }
  const Tensor images = empty({total, 3, 32, 32}, {.dtype = DType::u8, .device = Device::cpu()}),
               labels = empty({total}, {.dtype = DType::i64, .device = Device::cpu()});
  auto* pixels = images.data_ptr<std::uint8_t>();
  auto* label = labels.data_ptr<std::int64_t>();
  std::vector<char> record(kRecord);
  for (InputFile& in : inputs) {
    for (std::int64_t i = 0; i < in.size() / kRecord; ++i, pixels += kPixels, ++label) {
      in.read(record.data(), kRecord);
      *label = static_cast<unsigned char>(record[0]);
      check<FormatError>(*label < 10, "CIFAR10: expected labels 0 to 9, record {} of {} has {}", i, in.name(), *label);
      std::memcpy(pixels, record.data() + 1, kPixels);
    }
  }
  return {images, labels};
}

}  // namespace

ImageDataset read_cifar10(const std::string& path) { return read_files({path}); }

CIFAR10::CIFAR10(const std::string& dir, Split split) : ImageDataset(read_files(find_files(dir, split))) {}

}  // namespace reel::data
