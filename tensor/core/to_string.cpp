// Shapes, dtypes, devices and scalars as text, in messages and where `std::cout << x.shape()` prints.

#include <array>
#include <charconv>
#include <ostream>

#include <reel/tensor/core/device.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/scalar.h>
#include <reel/tensor/core/shape.h>

namespace reel {

std::string to_string(const Dims& dims) {
  std::string out = "[";
  for (int i = 0; i < dims.size(); ++i) out += (i ? ", " : "") + std::to_string(dims[i]);
  return out + "]";
}

std::string to_string(DTypeSet set) {
  std::string out;
  for (DType d : {DType::f32, DType::f64, DType::f16, DType::bf16, DType::i64, DType::i32, DType::u8, DType::boolean}) {
    if (!set.contains(d)) continue;
    if (!out.empty()) out += ", ";
    out += to_string(d);
  }
  return out;
}

std::string to_string(Device d) { return d.is_cpu() ? "cpu" : "cuda:" + std::to_string(d.index()); }

std::string to_string(const Scalar& s) {
  if (s.is_integral()) return std::to_string(s.to<std::int64_t>());
  std::array<char, 32> text;  // the shortest that reads back as the same number takes at most 24
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), s.to<double>()).ptr};
}

std::ostream& operator<<(std::ostream& out, const Dims& dims) { return out << to_string(dims); }
std::ostream& operator<<(std::ostream& out, DType d) { return out << to_string(d); }
std::ostream& operator<<(std::ostream& out, Device d) { return out << to_string(d); }

}  // namespace reel
