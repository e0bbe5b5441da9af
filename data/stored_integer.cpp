// Integers of files as tensors.

#include <reel/data/stored_integer.h>

#include <cstring>

#include <reel/ops/factories.h>

namespace reel::data {
namespace {

/// Calls `f` with the type in the file and that in the tensor.
template <class F> auto with_types(StoredInteger type, F&& f) {
  switch (type) {
    case StoredInteger::i8:
      return f.template operator()<std::int8_t, std::int32_t>();
    case StoredInteger::i16:
      return f.template operator()<std::int16_t, std::int32_t>();
    case StoredInteger::u16:
      return f.template operator()<std::uint16_t, std::int32_t>();
    case StoredInteger::u32:
      break;
  }
  return f.template operator()<std::uint32_t, std::int64_t>();
}

}  // namespace

std::size_t size_of(StoredInteger type) {
  return with_types(type, []<class From, class To>() { return sizeof(From); });
}

DType widened(StoredInteger type) {
  return with_types(type, []<class From, class To>() { return dtype_of<To>; });
}

Tensor read_integers(StoredInteger type, const void* bytes, const Shape& shape) {
  return with_types(type, [&]<class From, class To>() {
    Tensor out = empty(shape, {.dtype = dtype_of<To>, .device = Device::cpu()});
    auto* to = out.data_ptr<To>();
    const auto* from = static_cast<const char*>(bytes);
    for (std::int64_t i = 0; i < out.numel(); ++i) {
      From value;
      std::memcpy(&value, from + i * static_cast<std::int64_t>(sizeof(From)), sizeof(From));
      to[i] = value;  // NOLINT(bugprone-signed-char-misuse): the sign is meant
    }
    return out;
  });
}

}  // namespace reel::data
