#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <reel/tensor/tensor.h>

/// Texts as the numbers of tokens, as the models of Hugging Face and llama.cpp were trained with. Tokenizers need
/// utf8proc; without it the functions that make one throw an IOError (build option `REEL_TOKENIZERS`).
namespace reel::data {

struct GGUFFile;
struct TokenizerParts;

/// Two texts as one list of tokens.
struct TokenPair {
  std::vector<std::int64_t> ids;             ///< Of both, with special tokens around them.
  std::vector<std::int64_t> token_type_ids;  ///< 0 for tokens of the first text, 1 for those of the second.
};

/// Texts of different lengths as one tensor.
struct TokenBatch {
  Tensor ids;             ///< i64 [N, T], T the longest; padded behind the shorter ones.
  Tensor attention_mask;  ///< Boolean [N, T]: false for padding.
};

/// Cuts texts into tokens and puts them together again. A handle: copies share everything, which never changes, so any
/// number of threads may use it. Texts are UTF-8; bytes that are not are kept by tokenizers of bytes and dropped, as
/// BERT does, by WordPiece.
///
///     const data::Tokenizer tokenizer = data::load_tokenizer("tokenizer.json");
///     const std::vector<std::int64_t> ids = tokenizer.encode("Reel is small.");
class Tokenizer {
 public:
  /// For the functions below.
  explicit Tokenizer(std::shared_ptr<const TokenizerParts> parts) : parts_(std::move(parts)) {}

  /// The numbers of a text's tokens. Special tokens that the text spells out ("[SEP]", "<|im_start|>") count as such;
  /// with `add_special_tokens` those that the file puts around a text are added. Truncation and padding, which a file
  /// may ask for, are left to the caller.
  std::vector<std::int64_t> encode(std::string_view text, bool add_special_tokens = true) const;
  /// Two texts, such as a question and a passage, as the file says. A ValueError if it does not say how.
  TokenPair encode_pair(std::string_view text, std::string_view second) const;
  /// The text of these tokens; numbers that no token has are a ValueError. A text may end within a character, whose
  /// bytes the next tokens bring.
  std::string decode(const std::vector<std::int64_t>& ids, bool skip_special_tokens = true) const;

  /// The number of a token, if it is one, and the token of a number (a ValueError if there is none), as the vocabulary
  /// spells it.
  std::optional<std::int64_t> token_to_id(std::string_view token) const;
  const std::string& id_to_token(std::int64_t id) const;
  /// How many tokens there are, added ones included.
  std::int64_t vocab_size() const;

 private:
  std::shared_ptr<const TokenizerParts> parts_;
};

/// Reads a `tokenizer.json` of Hugging Face: WordPiece and byte pair encoding, with the normalizers and pre-tokenizers
/// of BERT, GPT-2 and SmolLM2. A FormatError that names the file and the field for what is damaged, missing, or another
/// kind (such as Unigram); an IOError if the file cannot be read.
Tokenizer load_tokenizer(const std::string& path);

/// Options of load_wordpiece.
struct WordPieceOptions {
  bool lowercase = true;  ///< Whether texts lose capitals and accents, as the "uncased" models want.
};

/// Reads BERT's `vocab.txt`, a token a line. A FormatError if a token appears twice or "[UNK]", "[CLS]" or "[SEP]" is
/// missing; an IOError if the file cannot be read.
Tokenizer load_wordpiece(const std::string& path, const WordPieceOptions& options = {});

/// The tokenizer in the metadata of a GGUF file: byte pair encoding ("gpt2") with GPT-2's or SmolLM's words. A
/// FormatError for another, or for what is missing.
Tokenizer load_tokenizer(const GGUFFile& file);

/// Lists of tokens as one tensor, on the CPU. A ValueError without lists.
TokenBatch pad_tokens(const std::vector<std::vector<std::int64_t>>& lists, std::int64_t padding = 0);

}  // namespace reel::data
