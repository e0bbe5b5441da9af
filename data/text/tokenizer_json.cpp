// Hugging Face's tokenizer.json.

#include <reel/data/input_file.h>
#include <reel/data/text/json_field.h>
#include <reel/data/text/tokenizer_parts.h>
#include <reel/data/tokenizer.h>

namespace reel::data {
namespace {

using Json = nlohmann::json;

[[noreturn]] void fail_type(const JsonField& field, std::string_view known) {
  field["type"].fail("expected one of {}, got \"{}\"", known, field["type"].text());
}

void add_normalizer(const JsonField& field, Normalizer& out) {
  if (field.is_null()) return;
  using Kind = NormalizerStep::Kind;
  const std::string& type = field["type"].text();
  if (type == "Sequence") {
    for (const JsonField& item : field["normalizers"].items()) add_normalizer(item, out);
  } else if (type == "BertNormalizer") {
    const bool lowercase = field["lowercase"].truth_or(true);
    const Normalizer steps =
        bert_normalizer(field["clean_text"].truth_or(true), field["handle_chinese_chars"].truth_or(true),
                        field["strip_accents"].truth_or(lowercase), lowercase);
    out.insert(out.end(), steps.begin(), steps.end());
  } else if (type == "Lowercase") {
    out.push_back({Kind::lower});
  } else if (type == "StripAccents") {
    out.push_back({Kind::strip_marks});
  } else if (type == "NFC" || type == "NFD" || type == "NFKC" || type == "NFKD") {
    const bool compatible = type.size() == 4, composed = type.back() == 'C';
    using unicode::Form;
    const Form form = compatible ? (composed ? Form::nfkc : Form::nfkd) : (composed ? Form::nfc : Form::nfd);
    out.push_back({Kind::form, form});
  } else {
    fail_type(field, "Sequence, BertNormalizer, Lowercase, StripAccents, NFC, NFD, NFKC, NFKD");
  }
}

/// Whether the words end up as characters of GPT-2's alphabet is what the caller learns.
void add_pre_tokenizer(const JsonField& field, PreTokenizer& out, bool& bytes) {
  if (field.is_null()) return;
  using Kind = PreTokenizerStep::Kind;
  const std::string& type = field["type"].text();
  if (type == "Sequence") {
    for (const JsonField& item : field["pretokenizers"].items()) add_pre_tokenizer(item, out, bytes);
  } else if (bytes) {
    field.fail("expected ByteLevel to be the last pre-tokenizer, got {} behind it", type);
  } else if (type == "BertPreTokenizer") {
    out.push_back({Kind::bert});
  } else if (type == "WhitespaceSplit") {
    out.push_back({Kind::white_space});
  } else if (type == "Digits") {
    out.push_back({field["individual_digits"].truth_or(false) ? Kind::single_digits : Kind::digits});
  } else if (type == "ByteLevel") {
    if (field["add_prefix_space"].truth_or(true)) out.push_back({Kind::prefix_space});
    if (field["use_regex"].truth_or(true)) out.push_back({Kind::gpt2});
    bytes = true;
  } else if (type == "Split") {
    const std::string pattern = field["pattern"]["Regex"].text_or("");
    if (pattern != kGPT2Pattern) field["pattern"].fail("expected GPT-2's pattern, the one known, got \"{}\"", pattern);
    const std::string behavior = field["behavior"].text_or("Isolated");
    if (behavior != "Isolated" && behavior != "Removed") field["behavior"].fail("expected Isolated, got {}", behavior);
    if (field["invert"].truth_or(false) != (behavior == "Removed")) {
      field.fail("expected the words that the pattern finds to be kept");
    }
    out.push_back({Kind::gpt2});
  } else {
    fail_type(field, "Sequence, BertPreTokenizer, WhitespaceSplit, Digits, ByteLevel, Split");
  }
}

BytePairs::Merges merges_of(const JsonField& field) {
  BytePairs::Merges out;
  for (const JsonField& item : field.items()) {
    if (item.is_array()) {
      const std::vector<JsonField> pair = item.items();
      if (pair.size() != 2) item.fail("expected two tokens, got {}", pair.size());
      out.emplace_back(pair[0].text(), pair[1].text());
    } else {
      const std::string& text = item.text();
      const std::size_t blank = text.find(' ');
      if (blank == std::string::npos) item.fail("expected two tokens, got \"{}\"", text);
      out.emplace_back(text.substr(0, blank), text.substr(blank + 1));
    }
  }
  return out;
}

void set_model(const JsonField& field, bool bytes, TokenizerParts& parts) {
  field["vocab"].for_each([&](const std::string& token, const JsonField& id) {
    parts.vocabulary.add(field.name() + ".vocab", token, id.integer());
  });
  // Old files of BPE name no type.
  const std::string type = field["type"].text_or(field["merges"].is_null() ? "WordPiece" : "BPE");
  if (type == "WordPiece") {
    const JsonField longest = field["max_input_chars_per_word"];
    const WordPiece::Options usual;
    parts.model = std::make_unique<WordPiece>(
        field.name(), parts.vocabulary,
        WordPiece::Options{.unknown = field["unk_token"].text_or(usual.unknown),
                           .prefix = field["continuing_subword_prefix"].text_or(usual.prefix),
                           .longest_word = longest.is_null() ? usual.longest_word : longest.integer()});
  } else if (type == "BPE") {
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (!field[key].text_or("").empty()) field[key].fail("expected none, got \"{}\"", field[key].text());
    }
    if (!field["dropout"].is_null()) field["dropout"].fail("expected none");
    if (field["byte_fallback"].truth_or(false)) field["byte_fallback"].fail("expected false, got true");
    BytePairs::Options options{.bytes = bytes,
                               .ignore_merges = field["ignore_merges"].truth_or(false),
                               .fuse_unknown = field["fuse_unk"].truth_or(false)};
    if (!field["unk_token"].is_null()) options.unknown = field["unk_token"].text();
    parts.model = std::make_unique<BytePairs>(field.name(), parts.vocabulary, merges_of(field["merges"]), options);
  } else {
    fail_type(field, "WordPiece, BPE");
  }
}

void set_added_tokens(const std::string& file, const JsonField& field, TokenizerParts& parts) {
  std::vector<AddedToken> tokens;
  for (const JsonField& item : field.items()) {
    tokens.push_back({.content = item["content"].text(),
                      .id = item["id"].integer(),
                      .special = item["special"].truth_or(false),
                      .single_word = item["single_word"].truth_or(false),
                      .lstrip = item["lstrip"].truth_or(false),
                      .rstrip = item["rstrip"].truth_or(false),
                      .normalized = item["normalized"].truth_or(false)});
  }
  parts.add(file + "added_tokens", tokens);
}

std::vector<TemplateItem> template_of(const JsonField& field, const JsonField& special_tokens) {
  using Kind = TemplateItem::Kind;
  std::vector<TemplateItem> out;
  const auto type_of = [](const JsonField& item) { return item["type_id"].is_null() ? 0 : item["type_id"].integer(); };
  for (const JsonField& item : field.items()) {
    const JsonField special = item["SpecialToken"], sequence = item["Sequence"];
    if (!special.is_null()) {
      for (const JsonField& id : special_tokens[special["id"].text()]["ids"].items()) {
        out.push_back({Kind::token, id.integer(), type_of(special)});
      }
    } else {
      const bool first = sequence["id"].text() == "A";
      out.push_back({first ? Kind::first : Kind::second, 0, type_of(sequence)});
    }
  }
  return out;
}

/// BertProcessing and RobertaProcessing: pairs of a token and its number, "cls" and "sep".
void set_bert_template(const JsonField& field, bool roberta, TokenizerParts& parts) {
  using Kind = TemplateItem::Kind;
  const auto token = [&](const char* key, std::int64_t type) {
    const std::vector<JsonField> pair = field[key].items();
    if (pair.size() != 2) field[key].fail("expected a token and its number");
    return TemplateItem{Kind::token, pair[1].integer(), type};
  };
  parts.single = {token("cls", 0), {Kind::first}, token("sep", 0)};
  parts.pair = parts.single;
  const std::int64_t second = roberta ? 0 : 1;
  if (roberta) parts.pair.push_back(token("sep", 0));
  parts.pair.insert(parts.pair.end(), {{Kind::second, 0, second}, token("sep", second)});
}

void set_post_processor(const JsonField& field, TokenizerParts& parts) {
  if (field.is_null()) return;
  const std::string& type = field["type"].text();
  if (type == "Sequence") {
    for (const JsonField& item : field["processors"].items()) set_post_processor(item, parts);
  } else if (type == "TemplateProcessing") {
    parts.single = template_of(field["single"], field["special_tokens"]);
    parts.pair = template_of(field["pair"], field["special_tokens"]);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    set_bert_template(field, type == "RobertaProcessing", parts);
  } else if (type != "ByteLevel") {  // which changes no numbers
    fail_type(field, "Sequence, TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel");
  }
}

void set_decoder(const JsonField& field, TokenDecoder& decoder) {
  if (field.is_null()) return;
  const std::string& type = field["type"].text();
  if (type == "WordPiece") {
    decoder = {TokenDecoder::Kind::wordpiece, field["prefix"].text_or("##"), field["cleanup"].truth_or(true)};
  } else if (type == "ByteLevel") {
    decoder.kind = TokenDecoder::Kind::bytes;
  } else {
    fail_type(field, "WordPiece, ByteLevel");
  }
}

Json parse(const std::string& path) {
  InputFile file("load_tokenizer", path);
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  file.read(text.data(), file.size());
  try {
    return Json::parse(text);
  } catch (const Json::exception& e) {
    fail<FormatError>("{}: it is not valid JSON: {}", path, e.what());
  }
}

}  // namespace

Tokenizer load_tokenizer(const std::string& path) {
  unicode::check_available("load_tokenizer");
  const Json json = parse(path);
  const JsonField file(path + ": ", json);
  auto parts = std::make_shared<TokenizerParts>();
  bool bytes = false;
  add_normalizer(file["normalizer"], parts->normalizer);
  add_pre_tokenizer(file["pre_tokenizer"], parts->pre_tokenizer, bytes);
  set_model(file["model"], bytes, *parts);
  set_added_tokens(file.name(), file["added_tokens"], *parts);
  set_post_processor(file["post_processor"], *parts);
  set_decoder(file["decoder"], parts->decoder);
  return Tokenizer(std::move(parts));
}

}  // namespace reel::data
