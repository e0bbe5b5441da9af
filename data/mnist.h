#pragma once

#include <string>

#include <reel/data/dataset.h>

namespace reel::data {

/// The MNIST digits (LeCun, Cortes, Burges) or a set in the same files, such as Fashion-MNIST: 28x28 grey images, ten
/// classes. Needs `train-images-idx3-ubyte` and its three siblings, plain or `.gz`, in `dir`, `dir/mnist` or
/// `dir/MNIST/raw`.
class MNIST : public ImageDataset {
 public:
  /// An IOError if the files are not there, a FormatError if they are not what they should be.
  MNIST(const std::string& dir, Split split);

  /// Whether all four files are in one of these folders.
  static bool is_in(const std::string& dir);
};

}  // namespace reel::data
