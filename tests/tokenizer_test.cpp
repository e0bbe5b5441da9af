// Tokenizers against Hugging Face's, whose numbers make_tokenizers.py has written; other files; what is refused.

#include <doctest/doctest.h>
#include <reel/data/gguf.h>
#include <reel/data/text/unicode.h>
#include <reel/data/tokenizer.h>
#include <reel/reel.h>
#include <nlohmann/json.hpp>

#include "support/files.h"
#include "support/requirement.h"
#include "support/scratch_folder.h"
#include "support/source_files.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;
using Json = nlohmann::json;
using Ids = std::vector<std::int64_t>;

namespace {

const Requirement needs_utf8proc("needs utf8proc", [] {
  try {
    data::unicode::check_available("test");
  } catch (const IOError& e) {
    return std::string(e.what());
  }
  return std::string();
});

std::string golden_path(const std::string& name) { return (source_dir() / "tests/goldens/tokenizers" / name).string(); }
const Json& golden() {
  static const Json json = Json::parse(read_text(golden_path("tokens.json")));
  return json;
}

/// A tokenizer.json whose parsed form has been changed.
data::Tokenizer changed(const std::string& name, const std::function<void(Json&)>& change) {
  Json json = Json::parse(read_text(golden_path(name)));
  change(json);
  const ScratchFolder folder;
  write_bytes(folder / "tokenizer.json", json.dump());
  return data::load_tokenizer((folder / "tokenizer.json").string());
}

void refuses(const std::string& message, const std::string& name, const std::function<void(Json&)>& change) {
  check_throws<FormatError>(message, [&] { changed(name, change); });
}

}  // namespace

TEST_CASE("texts become the tokens that Hugging Face's library gives them, and texts again" * needs_utf8proc) {
  const Json& texts = golden()["texts"];
  for (const auto& [name, result] : golden()["results"].items()) {
    const data::Tokenizer tokenizer = data::load_tokenizer(golden_path(name + ".json"));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto text = texts[i].get<std::string>();
      INFO(name << " " << texts[i].dump());
      const Ids ids = tokenizer.encode(text);
      CHECK(ids == result["ids"][i].get<Ids>());
      CHECK(tokenizer.encode(text, false) == result["bare"][i].get<Ids>());
      CHECK(tokenizer.decode(ids) == result["decoded"][i].get<std::string>());
      CHECK(tokenizer.decode(ids, false) == result["with_special"][i].get<std::string>());
    }
  }
}

TEST_CASE("two texts become one, with types" * needs_utf8proc) {
  const data::TokenPair pair = data::load_tokenizer(golden_path("bert.json")).encode_pair("the quick", "lazy dog");
  CHECK(pair.ids == golden()["pair"]["ids"].get<Ids>());
  CHECK(pair.token_type_ids == golden()["pair"]["types"].get<Ids>());
  CHECK_THROWS_AS(data::load_tokenizer(golden_path("gpt2.json")).encode_pair("a", "b"), ValueError);
}

TEST_CASE("vocab.txt is the same WordPiece as tokenizer.json" * needs_utf8proc) {
  for (const bool lowercase : {true, false}) {
    const std::string name = lowercase ? "bert" : "cased";
    const data::Tokenizer whole = data::load_tokenizer(golden_path(name + ".json"));
    std::string lines;
    for (std::int64_t id = 0; id < whole.vocab_size(); ++id) lines += whole.id_to_token(id) + (id % 2 ? "\n" : "\r\n");
    const ScratchFolder folder;
    const std::string path = (folder / "vocab.txt").string();
    write_bytes(path, lines);
    const data::Tokenizer tokenizer = data::load_wordpiece(path, {.lowercase = lowercase});
    CHECK(tokenizer.vocab_size() == whole.vocab_size());
    const Json& result = golden()["results"][name];
    for (std::size_t i = 0; i < golden()["texts"].size(); ++i) {
      INFO(golden()["texts"][i].dump());
      const Ids ids = tokenizer.encode(golden()["texts"][i].get<std::string>());
      CHECK(ids == result["ids"][i].get<Ids>());
      CHECK(tokenizer.decode(ids) == result["decoded"][i].get<std::string>());
    }
    CHECK(tokenizer.encode_pair("the quick", "lazy dog").ids == whole.encode_pair("the quick", "lazy dog").ids);
    write_bytes(path, lines + "the\n");
    check_throws<FormatError>("two numbers", [&] { data::load_wordpiece(path); });
    write_bytes(path, "[UNK]\n[CLS]\n");
    check_throws<FormatError>("\"[SEP]\"", [&] { data::load_wordpiece(path); });
    write_bytes(path, "a\nb\n");
    check_throws<FormatError>("\"[UNK]\"", [&] { data::load_wordpiece(path); });
  }
}

TEST_CASE("the tokenizer in a GGUF file is that of tokenizer.json" * needs_utf8proc) {
  const auto gguf_of = [](const std::string& name, const std::string& pre) {
    const Json json = Json::parse(read_text(golden_path(name)));
    const data::Tokenizer whole = data::load_tokenizer(golden_path(name));
    std::vector<std::string> tokens, merges;
    Ids kinds(static_cast<std::size_t>(whole.vocab_size()), 1);
    for (std::int64_t id = 0; id < whole.vocab_size(); ++id) tokens.push_back(whole.id_to_token(id));
    for (const Json& pair : json["model"]["merges"]) {
      merges.push_back(pair[0].get<std::string>() + " " + pair[1].get<std::string>());
    }
    for (const Json& token : json["added_tokens"]) {
      kinds[token["id"].get<std::size_t>()] = token["special"].get<bool>() ? 3 : 4;
    }
    data::GGUFFile file;
    const auto put = [&](const std::string& key, const data::GGUFValue::Variant& value) {
      file.metadata.insert_or_assign("tokenizer.ggml." + key, data::GGUFValue(key, value));
    };
    put("model", std::string("gpt2"));
    put("pre", pre);
    put("tokens", tokens);
    put("token_type", kinds);
    put("merges", merges);
    return file;
  };
  const auto check_texts = [](const data::Tokenizer& tokenizer, const std::string& name) {
    for (std::size_t i = 0; i < golden()["texts"].size(); ++i) {
      const auto text = golden()["texts"][i].get<std::string>();
      if (text.find("<mask>") != std::string::npos || text.find("user") != std::string::npos) continue;  // strip flags
      INFO(golden()["texts"][i].dump());
      CHECK(tokenizer.encode(text) == golden()["results"][name]["ids"][i].get<Ids>());
    }
  };
  data::GGUFFile file = gguf_of("smollm.json", "smollm");
  check_texts(data::load_tokenizer(file), "smollm");
  const auto put = [&](const std::string& key, const data::GGUFValue::Variant& value) {
    file.metadata.insert_or_assign("tokenizer.ggml." + key, data::GGUFValue(key, value));
  };
  put("add_bos_token", true);
  put("bos_token_id", std::int64_t{1});
  put("add_eos_token", true);
  put("eos_token_id", std::int64_t{2});
  const Ids around = data::load_tokenizer(file).encode("");
  CHECK(around == Ids{1, 2});
  put("pre", std::string("llama-bpe"));
  check_throws<FormatError>("llama-bpe", [&] { data::load_tokenizer(file); });
  put("model", std::string("llama"));
  check_throws<FormatError>("\"gpt2\", got \"llama\"", [&] { data::load_tokenizer(file); });
  file.metadata.clear();
  check_throws<FormatError>("tokenizer.ggml.model", [&] { data::load_tokenizer(file); });
}

TEST_CASE("bytes that are not UTF-8 come back from a tokenizer of bytes" * needs_utf8proc) {
  const data::Tokenizer tokenizer = data::load_tokenizer(golden_path("smollm.json"));
  std::string all;
  for (int byte = 255; byte >= 0; --byte) all.push_back(static_cast<char>(byte));
  for (const std::string& text :
       {all, std::string("a\xff\xfe b\xc3"), std::string("\xed\xa0\x80 \xf4\x90\x80\x80 \xc0\x80")}) {
    CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
  }
  const data::Tokenizer words = data::load_tokenizer(golden_path("bert.json"));
  CHECK(words.encode("the\xff dog\xc3") == words.encode("the dog"));
}

TEST_CASE("very long words take no time to speak of" * needs_utf8proc) {
  const data::Tokenizer tokenizer = data::load_tokenizer(golden_path("smollm.json"));
  const std::string text(200000, 'e');
  CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
  CHECK(data::load_tokenizer(golden_path("bert.json")).encode(text, false).size() == 1);
}

TEST_CASE("tokens by number and by name" * needs_utf8proc) {
  const data::Tokenizer tokenizer = data::load_tokenizer(golden_path("smollm.json"));
  CHECK(tokenizer.token_to_id("<|im_end|>") == 2);
  CHECK(tokenizer.id_to_token(2) == "<|im_end|>");
  CHECK(!tokenizer.token_to_id("no such token"));
  CHECK_THROWS_AS(tokenizer.id_to_token(tokenizer.vocab_size()), ValueError);
  CHECK_THROWS_AS(tokenizer.decode({-1}), ValueError);
}

TEST_CASE("other spellings of the same tokenizer" * needs_utf8proc) {
  const std::string text = "It's 12 dogs,  they're reading\n\n \xc3\xa9";
  const auto merged_as_text = [](Json& json) {
    for (Json& pair : json["model"]["merges"]) pair = pair[0].get<std::string>() + " " + pair[1].get<std::string>();
  };
  const data::Tokenizer gpt2 = data::load_tokenizer(golden_path("gpt2.json"));
  CHECK(changed("gpt2.json", merged_as_text).encode(text) == gpt2.encode(text));
  for (const bool invert : {false, true}) {
    const auto split = [=](Json& json) {
      const Json pattern{{"Regex", R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"}};
      const Json cut{
          {"type", "Split"}, {"pattern", pattern}, {"behavior", invert ? "Removed" : "Isolated"}, {"invert", invert}};
      const Json bytes{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}};
      json["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", {cut, bytes}}};
    };
    CHECK(changed("gpt2.json", split).encode(" " + text) == gpt2.encode(text));
  }
  const auto steps = [](Json& json) {
    Json list;
    for (const char* type : {"NFD", "StripAccents", "Lowercase"}) list.push_back({{"type", type}});
    json["normalizer"] = {{"type", "Sequence"}, {"normalizers", list}};
  };
  const data::Tokenizer bert = data::load_tokenizer(golden_path("bert.json"));
  CHECK(changed("bert.json", steps).encode(text) == bert.encode(text));
  const auto pairs = [](Json& json) {
    json["post_processor"] = {{"type", "BertProcessing"}, {"cls", {"[CLS]", 2}}, {"sep", {"[SEP]", 3}}};
  };
  CHECK(changed("bert.json", pairs).encode_pair("a", "b").ids == bert.encode_pair("a", "b").ids);
  CHECK(changed("bert.json", pairs).encode_pair("a", "b").token_type_ids == bert.encode_pair("a", "b").token_type_ids);
}

TEST_CASE("StripAccents takes every mark, BERT's normalizer those without a place of their own" * needs_utf8proc) {
  const auto all = [](Json& json) { json["normalizer"] = {{"type", "StripAccents"}}; };
  const auto nonspacing = [](Json& json) {
    json["normalizer"] = {{"type", "BertNormalizer"}, {"lowercase", false}, {"strip_accents", true}};
  };
  const std::string acute = "the\u0301", visarga = "the\u0903", circled = "the\u20dd";
  for (const std::string& text : {acute, visarga, circled}) {
    CHECK(changed("bert.json", all).encode(text) == changed("bert.json", all).encode("the"));
    const bool stays = text != acute;
    CHECK((changed("bert.json", nonspacing).encode(text) != changed("bert.json", nonspacing).encode("the")) == stays);
  }
}

TEST_CASE("a token that is a whole word does not touch what Rust's \\w finds" * needs_utf8proc) {
  const data::Tokenizer tokenizer = changed("gpt2.json", [](Json& json) {
    json["added_tokens"].push_back({{"content", "zebra"}, {"id", 5000}, {"single_word", true}});
  });
  const auto found = [&](const std::string& text) {
    const Ids ids = tokenizer.encode(text);
    return std::find(ids.begin(), ids.end(), 5000) != ids.end();
  };
  for (const char* behind : {"", " ", "-", "\u00b2", "\u20ac"}) CHECK(found(std::string("zebra") + behind));
  for (const char* behind : {"s", "1", "_", "\u203f", "\u0903", "\u200d", "\u2167"}) {
    CHECK_FALSE(found(std::string("zebra") + behind));
  }
}

TEST_CASE("added tokens are found as Hugging Face's library finds them, and made by no model" * needs_utf8proc) {
  const auto added = [](Json& json) {
    Json& tokens = json["added_tokens"];
    tokens.push_back({{"content", "<r>"}, {"id", 5001}, {"rstrip", true}});
    tokens.push_back({{"content", "  "}, {"id", 5002}});
    tokens.push_back({{"content", "zq"}, {"id", 5003}, {"single_word", true}});
    tokens.push_back({{"content", "q!"}, {"id", 5004}});
  };
  const data::Tokenizer tokenizer = changed("bert.json", added);
  const auto bare = [&](const std::string& text) { return tokenizer.encode(text, false); };
  const Ids the = bare("the");
  CHECK(bare("<r>  the") == Ids{5001, 5002, the[0]});  // swallowed, and a token by itself
  CHECK(bare("<r> the") == Ids{5001, the[0]});
  CHECK(bare("zq") == Ids{5003});
  CHECK(bare("q!") == Ids{5004});
  for (const char* text : {"zq_", "_zq", "zzq!"}) {
    const Ids ids = bare(text);
    CHECK(std::none_of(ids.begin(), ids.end(), [](std::int64_t id) { return id > 5000; }));
  }
}

TEST_CASE("tokenizer files that are damaged or of another kind are refused by field" * needs_utf8proc) {
  refuses("model.type: expected one of WordPiece, BPE, got \"Unigram\"", "bert.json",
          [](Json& j) { j["model"]["type"] = "Unigram"; });
  refuses("model.vocab: expected an object, got null", "bert.json", [](Json& j) { j["model"].erase("vocab"); });
  refuses("model.vocab.the: expected an integer", "bert.json", [](Json& j) { j["model"]["vocab"]["the"] = "1"; });
  refuses("share the number 5", "bert.json", [](Json& j) { j["model"]["vocab"]["new"] = 5; });
  refuses("-1", "bert.json", [](Json& j) { j["model"]["vocab"]["new"] = -1; });
  refuses("model.merges[3]", "gpt2.json", [](Json& j) { j["model"]["merges"][3] = "ab"; });
  refuses("\"zzzz\"", "gpt2.json", [](Json& j) { j["model"]["merges"][3] = {"zzzz", "a"}; });
  refuses("model.byte_fallback", "gpt2.json", [](Json& j) { j["model"]["byte_fallback"] = true; });
  refuses("model.dropout", "gpt2.json", [](Json& j) { j["model"]["dropout"] = 0.1; });
  refuses("model.end_of_word_suffix", "gpt2.json", [](Json& j) { j["model"]["end_of_word_suffix"] = "</w>"; });
  refuses("normalizer.type", "gpt2.json", [](Json& j) { j["normalizer"] = {{"type", "Prepend"}}; });
  refuses("pre_tokenizer.type", "gpt2.json", [](Json& j) { j["pre_tokenizer"]["type"] = "Metaspace"; });
  refuses("GPT-2's pattern", "gpt2.json", [](Json& j) {
    j["pre_tokenizer"] = {{"type", "Split"}, {"pattern", {{"Regex", "a+"}}}};
  });
  refuses("decoder.type", "gpt2.json", [](Json& j) { j["decoder"]["type"] = "Metaspace"; });
  refuses("post_processor.type", "gpt2.json", [](Json& j) { j["post_processor"]["type"] = "Other"; });
  refuses("added_tokens[0].content: expected a string", "gpt2.json",
          [](Json& j) { j["added_tokens"][0].erase("content"); });
  refuses("unknown token \"[NO]\"", "bert.json", [](Json& j) { j["model"]["unk_token"] = "[NO]"; });
  refuses("expected an object, got array", "bert.json", [](Json& j) { j = Json::array(); });
  const ScratchFolder folder;
  const std::string path = (folder / "tokenizer.json").string();
  write_bytes(path, "{\"model\": ");
  check_throws<FormatError>("not valid JSON", [&] { data::load_tokenizer(path); });
  std::string deep = "{\"normalizer\": ";
  for (int i = 0; i < 100000; ++i) deep += R"({"type": "Sequence", "normalizers": [)";
  for (int i = 0; i < 100000; ++i) deep += "]}";
  write_bytes(path, deep + "}");
  check_throws<FormatError>("nested too deeply", [&] { data::load_tokenizer(path); });
  CHECK_THROWS_AS(data::load_tokenizer("/nowhere/tokenizer.json"), IOError);
}

TEST_CASE("lists of tokens become a padded batch") {
  const data::TokenBatch batch = data::pad_tokens({{1, 2, 3}, {}, {4}}, 9);
  CHECK(batch.ids.to_vector<std::int64_t>() == Ids{1, 2, 3, 9, 9, 9, 4, 9, 9});
  CHECK(batch.attention_mask.to_vector<bool>() ==
        std::vector<bool>{true, true, true, false, false, false, true, false, false});
  CHECK(batch.ids.shape() == Shape{3, 3});
  CHECK_THROWS_AS(data::pad_tokens({}), ValueError);
}
