#!/usr/bin/env python3
"""Trains small tokenizers and writes them and what they make of difficult texts, as Hugging Face's library computes it.

Needs `pip install tokenizers` (made with 0.23.3). Writes bert.json, cased.json, gpt2.json, smollm.json (tokenizers) and
tokens.json (texts and results) into tests/goldens/tokenizers.
"""

import json
import pathlib
import random

from tokenizers import (AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers)

FOLDER = pathlib.Path(__file__).parent / "tokenizers"

CORPUS = """the quick brown fox jumps over the lazy dog and then the dog jumps over the fox while they're watching
it's a fine day, isn't it? we'll see what they've done; I'm sure he'd say so. The numbers 1 12 123 1234 and 2024 are many
tokens and words, wordpieces and subwords, unaffable unbelievable tokenization of the reading learner learning learned
"""

TEXTS = [
    "", " ", "a", "The quick brown fox", "  two  blanks   and more    ", "it's they're we'll I'm he'd isn't I've IT'S 'tis 's",
    "numbers 1 22 333 4444 3.14 1,000,000 0x1F 2024-11-29 1st", "mixed123abc 12ab34", "½ ² Ⅷ ٣٤ १२ ①",
    "emoji 😀 👩‍👩‍👧 🏳️‍🌈 and 🇩🇪", "中文和日本語 漢字かな 한국어 abc中def", "Ünïcödé naïve café résumé Ångström œuvre",
    "cafe\u0301 e\u0301\u0327 n\u0303", "ﬁ ﬂ ﷺ Ⅸ ㎏ ｆｕｌｌ", "İstanbul ISTANBUL ıi ẞß ΑΒΓ ὈΔΥΣΣΕΎΣ", "עברית العربية हिन्दी ไทย",
    "tabs\tand\nnew\n\nlines\r\nand \n more \n\n\n end\n", "\u00a0nbsp\u00a0\u3000wide\u2003em\u2028line\u0085next",
    "control\x00\x01\x7f\u200b\u200d\u00ad\ufeff\ue000\u0378 end", "\ufffd replacement", "a" * 150, "supercalifragilisticexpialidocious" * 4,
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "¡hola! ¿qué? «guillemets» “quotes” ‘single’ — dash … €5 £3 ©",
    "[CLS] hello [SEP] world [MASK]", "[cls] [ SEP ]", "<|endoftext|>text<|im_start|>user\nhi<|im_end|>\n", "x <mask> y", "<mask>",
    "snake_case_words camelCaseWords kebab-case-words", "http://example.com/a?b=c&d=e#f user@example.com", "def f(x):\n    return x**2\n",
    "\n", "\n\n", " \n", "\n ", " \n a", "a \n", "\t\t\tx", "   x", "x   ", "' ' '", "'", "''s", " 's", "don't do not .", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈",
    "unaffable unbelievable tokenization", "word user word", "THE QUICK Brown",
]


def random_texts(count):
    draw = random.Random(7)
    characters = "aAbe tT's1 2\n\t .,!éß中あ한😀\u0301\u00a0\u200bअ½_-"
    return ["".join(draw.choice(characters) for _ in range(draw.randint(1, 40))) for _ in range(count)]


def wordpiece(lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator([CORPUS, "中 和 é e n ! ? . , ' - 😀 1 2 3 do not"],
                                  trainers.WordPieceTrainer(vocab_size=230, special_tokens=special))
    ids = [("[CLS]", tokenizer.token_to_id("[CLS]")), ("[SEP]", tokenizer.token_to_id("[SEP]"))]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
                                                             special_tokens=ids)
    return tokenizer


def byte_pairs(words, special):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = words
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=380, special_tokens=special, initial_alphabet=sorted(alphabet))
    tokenizer.train_from_iterator([CORPUS], trainer)
    return tokenizer


def main():
    FOLDER.mkdir(exist_ok=True)
    level = pre_tokenizers.ByteLevel
    smollm = byte_pairs(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                 level(add_prefix_space=False)]),
                        ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    smollm.add_special_tokens([AddedToken("<mask>", lstrip=True, rstrip=True, special=True)])
    smollm.add_tokens([AddedToken("user", single_word=True, normalized=True, special=False)])
    tokenizers = {"bert": wordpiece(True), "cased": wordpiece(False), "smollm": smollm,
                  "gpt2": byte_pairs(level(add_prefix_space=True), ["<|endoftext|>"])}
    texts = TEXTS + random_texts(60)
    results = {}
    for name, tokenizer in tokenizers.items():
        tokenizer.save(str(FOLDER / f"{name}.json"))
        encoded = [tokenizer.encode(text) for text in texts]
        results[name] = {"ids": [e.ids for e in encoded],
                         "bare": [tokenizer.encode(text, add_special_tokens=False).ids for text in texts],
                         "decoded": [tokenizer.decode(e.ids) for e in encoded],
                         "with_special": [tokenizer.decode(e.ids, skip_special_tokens=False) for e in encoded]}
    pair = tokenizers["bert"].encode("the quick", "lazy dog")
    with open(FOLDER / "tokens.json", "w", encoding="utf-8") as out:
        json.dump({"texts": texts, "results": results, "pair": {"ids": pair.ids, "types": pair.type_ids}}, out,
                  separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main()
