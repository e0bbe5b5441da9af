// What `std::cout << x.shape() << x.dtype() << x.device()` prints.

#include <ostream>

#include <reel/tensor/core/device.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/shape.h>

namespace reel {

std::ostream& operator<<(std::ostream& out, const Dims& dims) { return out << to_string(dims); }
std::ostream& operator<<(std::ostream& out, DType d) { return out << to_string(d); }
std::ostream& operator<<(std::ostream& out, Device d) { return out << to_string(d); }

}  // namespace reel
