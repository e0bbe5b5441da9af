// The MNIST dataset: where its files are, and what they must hold.

#include <reel/data/mnist.h>

#include <filesystem>
#include <optional>
#include <string>

#include <reel/data/idx.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

namespace fs = std::filesystem;

/// `dir/name` or `dir/name.gz`, whichever exists.
std::optional<fs::path> find_file(const fs::path& dir, const std::string& name) {
  for (const std::string& candidate : {name, name + ".gz"}) {
    std::error_code error;
    if (fs::is_regular_file(dir / candidate, error)) return dir / candidate;
  }
  return std::nullopt;
}

struct Files {
  fs::path images, labels;
};

std::optional<Files> find_files(const fs::path& dir, Split split) {
  const std::string prefix = split == Split::train ? "train" : "t10k";
  for (const fs::path& folder : {dir, dir / "mnist", dir / "MNIST" / "raw"}) {
    const auto images = find_file(folder, prefix + "-images-idx3-ubyte");
    const auto labels = find_file(folder, prefix + "-labels-idx1-ubyte");
    if (images && labels) return Files{*images, *labels};
  }
  return std::nullopt;
}

ImageDataset load(const fs::path& dir, Split split) {
  const std::optional<Files> files = find_files(dir, split);
  check<IOError>(files.has_value(),
                 "MNIST: {0} has no {1}-images-idx3-ubyte and {1}-labels-idx1-ubyte (plain or .gz), nor have its "
                 "folders mnist and MNIST/raw",
                 dir.string(), split == Split::train ? "train" : "t10k");
  const Tensor images = read_idx(files->images), labels = read_idx(files->labels);
  check<FormatError>(images.dim() == 3 && images.dtype() == DType::u8,
                     "MNIST: expected images of rank 3 in u8, {} has shape {} in {}", files->images.string(),
                     images.shape(), images.dtype());
  check<FormatError>(labels.dim() == 1 && labels.dtype() == DType::u8,
                     "MNIST: expected labels of rank 1 in u8, {} has shape {} in {}", files->labels.string(),
                     labels.shape(), labels.dtype());
  check<FormatError>(labels.size(0) == images.size(0),
                     "MNIST: expected a label for each image, {} has {} and {} has {}", files->labels.string(),
                     labels.size(0), files->images.string(), images.size(0));
  const auto* label = labels.data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    check<FormatError>(label[i] < 10, "MNIST: expected labels 0 to 9, label {} of {} is {}", i, files->labels.string(),
                       label[i]);
  }
  return {images.unsqueeze(1), labels.to(DType::i64)};
}

}  // namespace

MNIST::MNIST(const std::string& dir, Split split) : ImageDataset(load(dir, split)) {}

bool MNIST::is_in(const std::string& dir) { return find_files(dir, Split::train) && find_files(dir, Split::test); }

}  // namespace reel::data
