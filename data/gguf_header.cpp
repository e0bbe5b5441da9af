// The front part of GGUF files, which is not trusted.

#include <reel/data/gguf_header.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
/// The shortest string, and the shortest list within a list.
constexpr std::int64_t kLeastString = 8, kLeastList = 12;
/// What elements of a list keep of its key, for messages.
constexpr std::size_t kShortKey = 64;

/// The numbers of the kinds of values.
enum class Kind : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, list, u64, i64, f64 };

/// Reads one header; its members share the source.
class Parser {
 public:
  explicit Parser(GGUFSource& source) : in_(source) {}

  GGUFHeader parse(bool with_tensors) {
    char magic[4];
    in_.read(magic, sizeof magic, "the magic number");
    expect(std::memcmp(magic, "GGUF", sizeof magic) == 0, "it does not begin with \"GGUF\"");
    const auto version = in_.number<std::uint32_t>("the version");
    expect(version == 2 || version == 3, "expected version 2 or 3, little-endian, got {}", version);
    const auto tensors = in_.number<std::uint64_t>("the number of tensors");
    const auto pairs = in_.number<std::uint64_t>("the number of keys");
    in_.expect(tensors, kLeastEntry, "tensors");
    in_.expect(pairs, kLeastPair, "keys");
    GGUFHeader header;
    for (std::uint64_t i = 0; i < pairs; ++i) pair(header.metadata);
    header.alignment = alignment(header.metadata);
    if (!with_tensors) return header;
    for (std::uint64_t i = 0; i < tensors; ++i) header.entries.push_back(entry());
    if (tensors > 0) {
      in_.skip(aligned(in_.position(), header.alignment) - in_.position(), "what fills up to the tensors");
    }
    check_layout(header);
    return header;
  }

 private:
  /// A name, dimensions, a type and an offset; a key, a kind and a value.
  static constexpr std::int64_t kLeastEntry = 8 + 4 + 4 + 8, kLeastPair = 8 + 4 + 1;

  template <class... Args> void expect(bool ok, fmt::format_string<Args...> message, Args&&... args) const {
    if (!ok) fail<FormatError>("{}: {}", in_.name(), fmt::format(message, std::forward<Args>(args)...));
  }

  static std::int64_t aligned(std::int64_t position, std::int64_t alignment) {
    return (position + alignment - 1) / alignment * alignment;
  }

  std::string string(std::string_view what) {
    const auto length = in_.number<std::uint64_t>(what);
    in_.expect(length, 1, what);
    std::string text(length, '\0');
    in_.read(text.data(), static_cast<std::int64_t>(length), what);
    return text;
  }

  void pair(std::map<std::string, GGUFValue>& metadata) {
    const std::string key = string("a key");
    expect(!metadata.contains(key), "the key \"{}\" appears twice", key);
    const auto kind = in_.number<std::uint32_t>(key);
    metadata.emplace(key, GGUFValue(key, value(key, kind, 0)));
  }

  /// An integer of the file as i64.
  template <class T> std::int64_t integer(const std::string& key) {
    const T value = in_.number<T>(key);
    if constexpr (std::is_same_v<T, std::uint64_t>) {
      expect(value <= static_cast<std::uint64_t>(kMost), "\"{}\" holds {}, which exceeds 64-bit signed integers", key,
             value);
    }
    return static_cast<std::int64_t>(value);
  }

  bool truth(const std::string& key) {
    const auto value = in_.number<std::uint8_t>(key);
    expect(value <= 1, "\"{}\" holds a truth value of {}, expected 0 or 1", key, value);
    return value == 1;
  }

  GGUFValue::Variant value(const std::string& key, std::uint32_t kind, int depth) {
    switch (static_cast<Kind>(kind)) {
      case Kind::u8:
        return integer<std::uint8_t>(key);
      case Kind::i8:
        return integer<std::int8_t>(key);
      case Kind::u16:
        return integer<std::uint16_t>(key);
      case Kind::i16:
        return integer<std::int16_t>(key);
      case Kind::u32:
        return integer<std::uint32_t>(key);
      case Kind::i32:
        return integer<std::int32_t>(key);
      case Kind::u64:
        return integer<std::uint64_t>(key);
      case Kind::i64:
        return integer<std::int64_t>(key);
      case Kind::f32:
        return static_cast<double>(in_.number<float>(key));
      case Kind::f64:
        return in_.number<double>(key);
      case Kind::boolean:
        return truth(key);
      case Kind::string:
        return string(key);
      case Kind::list:
        return list(key, depth);
    }
    fail<FormatError>("{}: \"{}\" is of kind {}, which is not one of 0 to 12", in_.name(), key, kind);
  }

  /// A list whose elements `next` reads, each from at least `bytes` bytes.
  template <class T, class Next>
  std::vector<T> items(const std::string& key, std::uint64_t count, std::int64_t bytes, Next&& next) {
    in_.expect(count, bytes, key);
    std::vector<T> out;
    out.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) out.push_back(next());
    return out;
  }

  GGUFValue::Variant list(const std::string& key, int depth) {
    constexpr int kDeepest = 4;
    expect(depth < kDeepest, "\"{}\" is nested too deeply", key);
    const auto kind = in_.number<std::uint32_t>(key);
    const auto count = in_.number<std::uint64_t>(key);
    const auto integers = [&]<class T>(T) {
      return items<std::int64_t>(key, count, sizeof(T), [&] { return integer<T>(key); });
    };
    switch (static_cast<Kind>(kind)) {
      case Kind::u8:
        return integers(std::uint8_t());
      case Kind::i8:
        return integers(std::int8_t());
      case Kind::u16:
        return integers(std::uint16_t());
      case Kind::i16:
        return integers(std::int16_t());
      case Kind::u32:
        return integers(std::uint32_t());
      case Kind::i32:
        return integers(std::int32_t());
      case Kind::u64:
        return integers(std::uint64_t());
      case Kind::i64:
        return integers(std::int64_t());
      case Kind::f32:
        return items<double>(key, count, 4, [&] { return static_cast<double>(in_.number<float>(key)); });
      case Kind::f64:
        return items<double>(key, count, 8, [&] { return in_.number<double>(key); });
      case Kind::boolean:
        return items<bool>(key, count, 1, [&] { return truth(key); });
      case Kind::string:
        return items<std::string>(key, count, kLeastString, [&] { return string(key); });
      case Kind::list:
        // A few bytes of the file make an element: it must not copy a key of any length.
        return items<GGUFValue>(key, count, kLeastList,
                                [&] { return GGUFValue(key.substr(0, kShortKey), list(key, depth + 1)); });
    }
    fail<FormatError>("{}: \"{}\" is a list of kind {}, which is not one of 0 to 12", in_.name(), key, kind);
  }

  std::int64_t alignment(const std::map<std::string, GGUFValue>& metadata) const {
    constexpr std::int64_t kUsual = 32, kLargest = 1 << 20;
    const auto found = metadata.find("general.alignment");
    if (found == metadata.end()) return kUsual;
    const auto value = found->second.as<std::int64_t>();
    expect(value >= 1 && value <= kLargest && (value & (value - 1)) == 0,
           "general.alignment is {}, expected a power of two up to {}", value, kLargest);
    return value;
  }

  GGUFEntry entry() {
    GGUFEntry out;
    out.name = string("the name of a tensor");
    const auto rank = in_.number<std::uint32_t>(out.name);
    expect(rank <= kMaxRank, "tensor \"{}\": rank {} exceeds the highest rank, {}", out.name, rank, kMaxRank);
    std::vector<std::int64_t> sizes;
    for (std::uint32_t i = 0; i < rank; ++i) sizes.push_back(integer<std::uint64_t>(out.name));
    const auto type = in_.number<std::uint32_t>(out.name);
    out.type = find_gguf_type(type);
    expect(out.type != nullptr, "tensor \"{}\": its type, number {}, is not one of {}", out.name, type,
           gguf_type_names());
    const std::int64_t row = sizes.empty() ? 1 : sizes.front();
    expect(row % out.type->block == 0, "tensor \"{}\": rows of {} elements are no multiple of the {} in a block of {}",
           out.name, row, out.type->block, out.type->name);
    std::int64_t elements = 1;
    bool empty = false;
    for (const std::int64_t size : sizes) {
      empty = empty || size == 0;
      const bool fits = !__builtin_mul_overflow(elements, std::max<std::int64_t>(size, 1), &elements);
      expect(fits, "tensor \"{}\": its elements cannot be counted", out.name);
    }
    if (empty) elements = 0;
    std::int64_t bytes = 0;
    bool fits = !__builtin_mul_overflow(elements / out.type->block, out.type->bytes, &bytes);
    out.begin = integer<std::uint64_t>(out.name);
    fits = !__builtin_add_overflow(out.begin, bytes, &out.end) && fits;
    expect(fits, "tensor \"{}\": its bytes cannot be counted", out.name);
    std::reverse(sizes.begin(), sizes.end());
    out.shape = Shape(sizes);
    return out;
  }

  void check_layout(GGUFHeader& header) const {
    std::vector<GGUFEntry>& entries = header.entries;
    std::vector<std::string_view> names;
    names.reserve(entries.size());
    for (const GGUFEntry& e : entries) names.push_back(e.name);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) expect(false, "tensor \"{}\" appears twice", *twice);
    std::stable_sort(entries.begin(), entries.end(), [](const GGUFEntry& a, const GGUFEntry& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);  // empty ones first
    });
    std::int64_t end = 0;
    for (const GGUFEntry& e : entries) {
      const std::int64_t expected = end > kMost - header.alignment ? kMost : aligned(end, header.alignment);
      expect(e.begin == expected, "tensor \"{}\": it begins at {}, but what is before it ends at {}", e.name, e.begin,
             expected);
      expect(e.end <= in_.left(), "tensor \"{}\": its bytes [{}, {}) lie beyond the {} that the file has for tensors",
             e.name, e.begin, e.end, in_.left());
      end = e.end;
    }
    expect(in_.left() - end < header.alignment || entries.empty(), "{} bytes follow the last tensor", in_.left() - end);
  }

  GGUFSource& in_;
};

}  // namespace

void GGUFSource::expect(std::uint64_t count, std::int64_t bytes, std::string_view what) const {
  check<FormatError>(count <= static_cast<std::uint64_t>(left() / bytes),
                     "{}: \"{}\" at byte {}: {} times {} bytes or more are needed, but only {} follow", name(), what,
                     position_, count, bytes, left());
}

void GGUFSource::read(void* to, std::int64_t size, std::string_view what) {
  expect(static_cast<std::uint64_t>(size), 1, what);
  constexpr std::size_t kBuffer = 1 << 16;
  auto* out = static_cast<char*>(to);
  auto wanted = static_cast<std::size_t>(size);
  const std::size_t held = std::min(wanted, buffer_.size() - begin_);
  std::copy_n(buffer_.data() + begin_, held, out);
  begin_ += held;
  wanted -= held;
  if (wanted >= kBuffer) {
    file_.read(out + held, static_cast<std::int64_t>(wanted));
  } else if (wanted > 0) {
    const std::int64_t unread = left() - static_cast<std::int64_t>(held);
    buffer_.resize(std::min(kBuffer, static_cast<std::size_t>(unread)));
    file_.read(buffer_.data(), static_cast<std::int64_t>(buffer_.size()));
    std::copy_n(buffer_.data(), wanted, out + held);
    begin_ = wanted;
  }
  position_ += size;
}

void GGUFSource::skip(std::int64_t size, std::string_view what) {
  std::vector<char> unused(static_cast<std::size_t>(size));
  read(unused.data(), size, what);
}

GGUFHeader read_gguf_header(GGUFSource& source, bool tensors) { return Parser(source).parse(tensors); }

}  // namespace reel::data
