#pragma once

#include <stdexcept>

/// The exceptions that Reel throws. Every message names the operation, what was expected and what came; a call that
/// throws leaves its arguments as they were.
namespace reel {

/// Base of every exception that the library throws on purpose.
class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Sizes, ranks or strides that do not fit the operation.
class ShapeError : public Error {
  using Error::Error;
};

/// A dtype that the operation does not take, or a mixture of dtypes.
class DTypeError : public Error {
  using Error::Error;
};

/// Operands on different devices, or a device that is not available.
class DeviceError : public Error {
  using Error::Error;
};

/// A dimension, index or label outside its range.
class IndexError : public Error {
  using Error::Error;
};

/// An option, count or name whose value makes no sense.
class ValueError : public Error {
  using Error::Error;
};

/// A matrix that has no inverse, is not positive definite, or whose singular values or eigenvalues are not found.
class LinAlgError : public Error {
  using Error::Error;
};

/// Memory that could not be allocated, even after the caches were emptied.
class OutOfMemoryError : public Error {
  using Error::Error;
};

/// A file whose contents violate its format.
class FormatError : public Error {
  using Error::Error;
};

/// A file that could not be opened, read, written or renamed.
class IOError : public Error {
  using Error::Error;
};

/// A misuse of the tape: in-place changes of saved tensors, a second backward, a gradient of the wrong shape.
class AutogradError : public Error {
  using Error::Error;
};

}  // namespace reel
