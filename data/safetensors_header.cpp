// The JSON header of safetensors files, written and checked.

#include <reel/data/safetensors_header.h>

#include <algorithm>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

using Json = nlohmann::json;

struct DTypeName {
  DType dtype;
  std::string_view name;
};

constexpr DTypeName dtype_names[] = {{DType::f64, "F64"},   {DType::f32, "F32"},     {DType::f16, "F16"},
                                     {DType::bf16, "BF16"}, {DType::i64, "I64"},     {DType::i32, "I32"},
                                     {DType::u8, "U8"},     {DType::boolean, "BOOL"}};

struct StoredName {
  StoredInteger type;
  std::string_view name;
};

constexpr StoredName stored_names[] = {
    {StoredInteger::i8, "I8"}, {StoredInteger::i16, "I16"}, {StoredInteger::u16, "U16"}, {StoredInteger::u32, "U32"}};

/// Looks through JSON, without keeping it, for what the syntax allows: a name twice in an object, and a nesting deeper
/// than a header ever has. (A callback of Json::parse could look, too, but makes it take time quadratic in the number
/// of names.) A mistake in the syntax ends the search.
struct Names final : Json::json_sax_t {
  std::optional<std::string> twice;
  bool too_deep = false;

  bool start_object(std::size_t) override {
    open_.emplace_back();
    return start_array(0);
  }
  bool key(std::string& name) override {
    if (open_.back().insert(name).second) return true;
    twice = name;
    return false;
  }
  bool end_object() override {
    open_.pop_back();
    return end_array();
  }
  bool start_array(std::size_t) override {
    too_deep = depth_++ == 3;
    return !too_deep;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(std::int64_t) override { return true; }
  bool number_unsigned(std::uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(Json::binary_t&) override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  std::vector<std::set<std::string>> open_;  // the names of each object that has not ended
  int depth_ = 0;
};

/// Reads one header; its members share the name of the file for their messages.
class Parser {
 public:
  explicit Parser(std::string_view file) : file_(file) {}

  SafetensorsHeader parse(std::string_view text, std::int64_t data_bytes) const {
    expect(!text.empty() && text.front() == '{', "the header does not begin with '{{'");
    const Json json = parse_json(text);
    SafetensorsHeader header;
    for (const auto& [name, value] : json.items()) {
      if (name == "__metadata__") header.metadata = metadata(value);
      else header.entries.push_back(entry(name, value));
    }
    check_layout(header.entries, data_bytes);
    return header;
  }

 private:
  template <class... Args> void expect(bool ok, fmt::format_string<Args...> message, Args&&... args) const {
    if (!ok) fail<FormatError>("{}: {}", file_, fmt::format(message, std::forward<Args>(args)...));
  }

  Json parse_json(std::string_view text) const {
    Names names;
    Json::sax_parse(text, &names);
    expect(!names.too_deep, "the header is nested too deeply");
    expect(!names.twice, "the name \"{}\" appears twice in the header", names.twice.value_or(""));
    try {
      return Json::parse(text);
    } catch (const Json::exception& e) {
      fail<FormatError>("{}: the header is not valid JSON: {}", file_, e.what());
    }
  }

  std::map<std::string, std::string> metadata(const Json& value) const {
    expect(value.is_object(), "__metadata__ is not an object");
    std::map<std::string, std::string> out;
    for (const auto& [key, text] : value.items()) {
      expect(text.is_string(), "__metadata__ \"{}\" is not a string", key);
      out.emplace(key, text.get<std::string>());
    }
    return out;
  }

  SafetensorsEntry entry(const std::string& name, const Json& value) const {
    expect(value.is_object(), "tensor \"{}\": its entry is not an object", name);
    for (const auto& [key, field] : value.items()) {
      expect(key == "dtype" || key == "shape" || key == "data_offsets", "tensor \"{}\": unknown field \"{}\"", name,
             key);
    }
    for (const char* key : {"dtype", "shape", "data_offsets"}) {
      expect(value.contains(key), "tensor \"{}\": no field \"{}\"", name, key);
    }
    SafetensorsEntry out;
    out.name = name;
    read_dtype(name, value.at("dtype"), out);
    const std::vector<std::int64_t> shape = numbers(name, "shape", value.at("shape"));
    expect(shape.size() <= kMaxRank, "tensor \"{}\": rank {} exceeds the highest rank, {}", name, shape.size(),
           kMaxRank);
    out.shape = Shape(shape);
    const std::vector<std::int64_t> offsets = numbers(name, "data_offsets", value.at("data_offsets"));
    expect(offsets.size() == 2, "tensor \"{}\": data_offsets has {} numbers instead of 2", name, offsets.size());
    out.begin = offsets[0];
    out.end = offsets[1];
    check_size(out);
    return out;
  }

  void read_dtype(const std::string& name, const Json& value, SafetensorsEntry& out) const {
    expect(value.is_string(), "tensor \"{}\": dtype is not a string", name);
    const auto& text = value.get_ref<const std::string&>();
    for (const StoredName& s : stored_names) {
      if (s.name == text) out.stored = s.type, out.dtype = widened(s.type);
    }
    if (out.stored) return;
    const auto* found = std::find_if(std::begin(dtype_names), std::end(dtype_names),
                                     [&](const DTypeName& d) { return d.name == text; });
    expect(found != std::end(dtype_names),
           "tensor \"{}\": dtype \"{}\" is not one of F64, F32, F16, BF16, I64, I32, I16, I8, U32, U16, U8, BOOL", name,
           text);
    out.dtype = found->dtype;
  }

  std::vector<std::int64_t> numbers(const std::string& name, std::string_view field, const Json& value) const {
    expect(value.is_array(), "tensor \"{}\": {} is not an array", name, field);
    std::vector<std::int64_t> out;
    for (const Json& item : value) {
      if (!item.is_number_unsigned() || item.get<std::uint64_t>() > INT64_MAX) {
        fail<FormatError>("{}: tensor \"{}\": {} holds {}, which is not a whole number in range", file_, name, field,
                          item.is_number() ? item.dump() : item.type_name());
      }
      out.push_back(item.get<std::int64_t>());
    }
    return out;
  }

  void check_size(const SafetensorsEntry& e) const {
    expect(e.begin <= e.end, "tensor \"{}\": data_offsets [{}, {}] end before they begin", e.name, e.begin, e.end);
    std::int64_t bytes = 0;
    try {
      bytes = checked_mul(numel(e.shape), e.item_size());
    } catch (const ShapeError& error) {
      fail<FormatError>("{}: tensor \"{}\": {}", file_, e.name, error.what());
    }
    expect(bytes == e.end - e.begin, "tensor \"{}\": shape {} of {} takes {} bytes, but data_offsets hold {}", e.name,
           e.shape, type_name(e), bytes, e.end - e.begin);
  }

  static std::string_view type_name(const SafetensorsEntry& e) {
    for (const StoredName& s : stored_names) {
      if (s.type == e.stored) return s.name;
    }
    return to_string(e.dtype);
  }

  /// Every byte behind the header belongs to exactly one tensor: nothing can hide in the file.
  void check_layout(std::vector<SafetensorsEntry>& entries, std::int64_t data_bytes) const {
    std::stable_sort(entries.begin(), entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
    });
    std::int64_t position = 0;
    for (const SafetensorsEntry& e : entries) {
      expect(e.begin >= position,
             "tensor \"{}\": its data begin at byte {}, inside the tensor before it, which ends at {}", e.name, e.begin,
             position);
      expect(e.begin == position, "tensor \"{}\": its data begin at byte {}, leaving a gap after byte {}", e.name,
             e.begin, position);
      expect(e.end <= data_bytes, "tensor \"{}\": its data end at byte {}, but the file has only {} bytes of data",
             e.name, e.end, data_bytes);
      position = e.end;
    }
    expect(position == data_bytes, "{} bytes after the last tensor belong to nothing", data_bytes - position);
  }

  std::string_view file_;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view file, std::string_view json, std::int64_t data_bytes) {
  return Parser(file).parse(json, data_bytes);
}

std::string write_safetensors_header(const SafetensorsHeader& header) {
  Json json = Json::object();
  if (!header.metadata.empty()) {
    Json& metadata = json["__metadata__"] = Json::object();
    for (const auto& [key, value] : header.metadata) metadata[key] = value;
  }
  for (const SafetensorsEntry& e : header.entries) {
    const auto* name = std::find_if(std::begin(dtype_names), std::end(dtype_names),
                                    [&](const DTypeName& d) { return d.dtype == e.dtype; });
    json[e.name] = {{"dtype", name->name}, {"shape", e.shape.to_vector()}, {"data_offsets", {e.begin, e.end}}};
  }
  std::string text;
  try {
    text = json.dump();
  } catch (const Json::type_error&) {
    fail<ValueError>("save_safetensors: a name or a metadata text is not valid UTF-8");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace reel::data
