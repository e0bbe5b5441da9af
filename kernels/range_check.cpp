// The error messages of failed range checks.

#include <reel/kernels/range_check.h>

#include <string>

namespace reel::kernels {

void fail_range_check(const RangeCheck& check, Scalar number) {
  const std::string op(check.op), size = std::to_string(check.size), got = to_string(number);
  switch (check.kind) {
    case RangeCheck::Kind::index:
      throw IndexError(op + ": index " + got + " is out of range for dimension " + std::to_string(check.dim) +
                       " of size " + size);
    case RangeCheck::Kind::row:
      throw IndexError(op + ": index " + got + " is out of range for " + size + " rows");
    case RangeCheck::Kind::label:
      throw IndexError(op + ": label " + got + " is out of range for " + size + " classes");
    case RangeCheck::Kind::probability:
      break;
  }
  throw ValueError(op + ": expected outputs in [0, 1], got " + got);
}

}  // namespace reel::kernels
