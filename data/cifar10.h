#pragma once

#include <string>

#include <reel/data/dataset.h>

namespace reel::data {

/// Reads one file of CIFAR-10's binary version: records of a label byte and 3 x 32 x 32 pixels. An IOError if it cannot
/// be read, a FormatError if it is empty, its length is no whole number of records or a label is above 9.
ImageDataset read_cifar10(const std::string& path);

/// The CIFAR-10 photographs (Krizhevsky 2009) in their binary version: 32x32 RGB images, ten classes. Reads
/// `data_batch_1.bin`, `data_batch_2.bin`, ... as far as they go, or `test_batch.bin`, in `dir`,
/// `dir/cifar-10-batches-bin` or `dir/cifar10`: the first batches alone will do, a gap among them will not.
class CIFAR10 : public ImageDataset {
 public:
  /// An IOError if the files, or one before the last, are not there, a FormatError if they are not what they should be.
  CIFAR10(const std::string& dir, Split split);
};

}  // namespace reel::data
