// The reader of IDX files, plain or compressed.

#include <reel/data/idx.h>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <reel/data/input_file.h>
#include <reel/data/stored_integer.h>
#include <reel/ops/factories.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

static_assert(std::endian::native == std::endian::little, "the bytes of IDX files are swapped");

/// A file's contents, decompressed if they are gzip's.
class GzipFile {
 public:
  explicit GzipFile(InputFile file)
      : name_(file.name()), size_(static_cast<std::uint64_t>(file.size())), file_(open(std::move(file))) {
    gzbuffer(file_.get(), 1 << 18);
  }

  /// Reads up to `bytes.size()` bytes; how many there were.
  std::size_t read(std::span<unsigned char> bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto part = static_cast<unsigned>(std::min<std::size_t>(bytes.size() - done, 1 << 30));
      const int got = gzread(file_.get(), bytes.data() + done, part);
      if (got <= 0) {
        check_end();
        break;
      }
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  const std::string& name() const { return name_; }

  /// No more bytes than this can come: deflate compresses by 1032 at most.
  std::uint64_t limit() const {
    return gzdirect(file_.get()) ? size_ : size_ > UINT64_MAX / 1032 ? UINT64_MAX : size_ * 1032;
  }

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };
  using Handle = std::unique_ptr<gzFile_s, Close>;

  static Handle open(InputFile file) {
    FileDescriptor descriptor = file.release();
    Handle handle(gzdopen(descriptor.get(), "rb"));
    check<IOError>(handle != nullptr, "read_idx: cannot open {}: out of memory", file.name());
    descriptor.release();  // it is zlib's now
    return handle;
  }

  /// zlib reports a compressed file that stops early, or fails its checksum, as an error at the end.
  void check_end() {
    int code = Z_OK;
    const std::string message = gzerror(file_.get(), &code);
    check<IOError>(code != Z_ERRNO, "read_idx: cannot read {}: {}", name_, std::strerror(errno));
    check<FormatError>(code == Z_OK || code == Z_STREAM_END, "read_idx: {} is truncated or damaged ({})", name_,
                       message);
  }

  std::string name_;
  std::uint64_t size_;
  Handle file_;
};

struct ElementType {
  unsigned char code;
  DType dtype;
  std::optional<StoredInteger> stored = std::nullopt;  // what it is in the file, where tensors have no such type

  std::size_t size() const { return stored ? size_of(*stored) : reel::size_of(dtype); }
};
constexpr ElementType kElementTypes[] = {{0x08, DType::u8},
                                         {0x09, DType::i32, StoredInteger::i8},
                                         {0x0B, DType::i32, StoredInteger::i16},
                                         {0x0C, DType::i32},
                                         {0x0D, DType::f32},
                                         {0x0E, DType::f64}};

void swap_bytes(unsigned char* bytes, std::size_t count, std::size_t size) {
  for (std::size_t i = 0; i < count; ++i, bytes += size) std::reverse(bytes, bytes + size);
}

struct Header {
  ElementType type;
  Shape shape;
};

/// Two zero bytes, the element type, the rank, and each size in four bytes.
Header read_header(GzipFile& file) {
  std::array<unsigned char, 4> magic{};
  check<FormatError>(file.read(magic) == magic.size(), "read_idx: {} ends within its header", file.name());
  const auto* type = std::find_if(std::begin(kElementTypes), std::end(kElementTypes),
                                  [&](const ElementType& t) { return t.code == magic[2]; });
  check<FormatError>(magic[0] == 0 && magic[1] == 0 && type != std::end(kElementTypes),
                     "read_idx: {} begins with {:#04x} {:#04x} {:#04x} {:#04x}; an IDX file begins with 0, 0, the type "
                     "of its elements (0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e) and its rank",
                     file.name(), magic[0], magic[1], magic[2], magic[3]);
  check<FormatError>(magic[3] <= kMaxRank, "read_idx: {} has rank {}; the highest is {}", file.name(), magic[3],
                     kMaxRank);
  Header header{*type, {}};
  for (int d = 0; d < magic[3]; ++d) {
    std::array<unsigned char, 4> size{};
    check<FormatError>(file.read(size) == size.size(), "read_idx: {} ends within its header", file.name());
    header.shape.push_back(std::int64_t{size[0]} << 24 | size[1] << 16 | size[2] << 8 | size[3]);
  }
  return header;
}

TensorOptions cpu_of(DType dtype) { return {.dtype = dtype, .device = Device::cpu()}; }

}  // namespace

Tensor read_idx(const std::string& path) {
  GzipFile file(InputFile("read_idx", path));
  const Header header = read_header(file);
  const std::size_t element = header.type.size();
  const DType dtype = header.type.dtype;
  // The shape in the header must be possible for the file's length before memory is allocated for it.
  double promised = static_cast<double>(element);
  for (const std::int64_t size : header.shape) promised *= static_cast<double>(size);
  check<FormatError>(promised <= static_cast<double>(file.limit()),
                     "read_idx: {} is truncated: its header says shape {} of {}, more than its length can hold",
                     file.name(), header.shape, dtype);

  const std::int64_t count = numel(header.shape);
  const Tensor out = header.type.stored ? empty({count * static_cast<std::int64_t>(element)}, cpu_of(DType::u8))
                                        : empty(header.shape, cpu_of(dtype));
  const std::span bytes(static_cast<unsigned char*>(out.data()), static_cast<std::size_t>(count) * element);
  const std::size_t got = file.read(bytes);
  check<FormatError>(got == bytes.size(), "read_idx: {} is truncated: shape {} of {} needs {} bytes, it has {}",
                     file.name(), header.shape, dtype, bytes.size(), got);
  unsigned char more = 0;
  check<FormatError>(file.read({&more, 1}) == 0, "read_idx: {} goes on after the {} bytes of shape {} of {}",
                     file.name(), bytes.size(), header.shape, dtype);
  if (element > 1) swap_bytes(bytes.data(), static_cast<std::size_t>(count), element);
  return header.type.stored ? read_integers(*header.type.stored, bytes.data(), header.shape) : out;
}

}  // namespace reel::data
