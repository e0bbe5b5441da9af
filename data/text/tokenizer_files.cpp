// Tokenizers in vocab.txt and in GGUF files.

#include <algorithm>

#include <reel/data/gguf.h>
#include <reel/data/input_file.h>
#include <reel/data/text/tokenizer_parts.h>
#include <reel/data/tokenizer.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

using Item = TemplateItem;

std::vector<std::string> lines_of(const std::string& path) {
  InputFile file("load_wordpiece", path);
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  file.read(text.data(), file.size());
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const bool carriage_return = end > at && text[end - 1] == '\r';
    lines.push_back(text.substr(at, end - at - (carriage_return ? 1 : 0)));
    at = end + 1;
  }
  return lines;
}

/// The kinds of tokens in a GGUF file.
constexpr std::int64_t kControl = 3, kUserDefined = 4;

PreTokenizer words_of(const GGUFFile& file) {
  using Kind = PreTokenizerStep::Kind;
  const auto pre = file.get_or<std::string>("tokenizer.ggml.pre", "gpt-2");
  if (pre == "gpt-2" || pre == "gpt2") return {{Kind::gpt2}};
  check<FormatError>(pre == "smollm", "{}: expected tokenizer.ggml.pre to be \"gpt-2\" or \"smollm\", got \"{}\"",
                     file.path, pre);
  return {{Kind::single_digits}, {Kind::gpt2}};
}

BytePairs::Merges merges_of(const GGUFFile& file) {
  BytePairs::Merges out;
  for (const std::string& line : file.get<std::vector<std::string>>("tokenizer.ggml.merges")) {
    const std::size_t blank = line.find(' ', 1);
    check<FormatError>(blank != std::string::npos, "{}: tokenizer.ggml.merges: expected two tokens, got \"{}\"",
                       file.path, line);
    out.emplace_back(line.substr(0, blank), line.substr(blank + 1));
  }
  return out;
}

}  // namespace

Tokenizer load_wordpiece(const std::string& path, const WordPieceOptions& options) {
  unicode::check_available("load_wordpiece");
  auto parts = std::make_shared<TokenizerParts>();
  std::int64_t next = 0;
  for (const std::string& token : lines_of(path)) parts->vocabulary.add(path, token, next++);
  parts->model = std::make_unique<WordPiece>(path, parts->vocabulary, WordPiece::Options());
  parts->normalizer = bert_normalizer(true, true, options.lowercase, options.lowercase);
  parts->pre_tokenizer = {{PreTokenizerStep::Kind::bert}};
  std::vector<AddedToken> special;
  for (const char* name : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    if (const auto id = parts->vocabulary.id(name)) special.push_back({.content = name, .id = *id, .special = true});
  }
  parts->add(path, special);
  const auto token = [&](const char* name, std::int64_t type) {
    const std::optional<std::int64_t> id = parts->vocabulary.id(name);
    check<FormatError>(id.has_value(), "{}: expected a token \"{}\", got none", path, name);
    return Item{Item::Kind::token, *id, type};
  };
  parts->single = {token("[CLS]", 0), {Item::Kind::first}, token("[SEP]", 0)};
  parts->pair = parts->single;
  parts->pair.insert(parts->pair.end(), {{Item::Kind::second, 0, 1}, token("[SEP]", 1)});
  parts->decoder.kind = TokenDecoder::Kind::wordpiece;
  return Tokenizer(std::move(parts));
}

Tokenizer load_tokenizer(const GGUFFile& file) {
  unicode::check_available("load_tokenizer");
  const auto& model = file.get<std::string>("tokenizer.ggml.model");
  check<FormatError>(model == "gpt2", "{}: expected tokenizer.ggml.model to be \"gpt2\", got \"{}\"", file.path, model);
  const auto& tokens = file.get<std::vector<std::string>>("tokenizer.ggml.tokens");
  const auto kinds = file.get_or<std::vector<std::int64_t>>("tokenizer.ggml.token_type", {});
  check<FormatError>(kinds.empty() || kinds.size() == tokens.size(),
                     "{}: expected tokenizer.ggml.token_type to have {} numbers, one for each token, got {}", file.path,
                     tokens.size(), kinds.size());
  auto parts = std::make_shared<TokenizerParts>();
  std::vector<AddedToken> added;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto id = static_cast<std::int64_t>(i);
    parts->vocabulary.add(file.path, tokens[i], id);
    const std::int64_t kind = kinds.empty() ? 1 : kinds[i];
    if (kind == kControl || kind == kUserDefined) {
      added.push_back({.content = tokens[i], .id = id, .special = kind == kControl});
    }
  }
  parts->pre_tokenizer = words_of(file);
  parts->model = std::make_unique<BytePairs>(file.path, parts->vocabulary, merges_of(file), BytePairs::Options());
  parts->add(file.path, added);
  parts->decoder.kind = TokenDecoder::Kind::bytes;
  const auto around = [&](const std::string& name) -> std::vector<Item> {
    if (!file.get_or<bool>("tokenizer.ggml.add_" + name + "_token", false)) return {};
    return {{Item::Kind::token, file.get<std::int64_t>("tokenizer.ggml." + name + "_token_id")}};
  };
  parts->single = around("bos");
  parts->single.push_back({Item::Kind::first});
  for (const Item& item : around("eos")) parts->single.push_back(item);
  return Tokenizer(std::move(parts));
}

}  // namespace reel::data
