#!/usr/bin/env python3
"""Writes sentences.txt: embeddings of ten sentences by all-MiniLM-L6-v2, as Hugging Face's BertModel computes them.

    make_sentences.py FOLDER

FOLDER is what `./dev data minilm FOLDER` has filled. Needs PyTorch and `pip install transformers` (made with 4.35.2). The
embedding is the mean over the tokens, of length 1, as sentence-transformers does it. For each sentence two lines: the
sentence, then the numbers of its tokens, " : ", and the elements.
"""

import json
import pathlib
import sys

import safetensors.torch
import tokenizers
import torch
import transformers

SENTENCES = [
    "A man is playing a guitar.",
    "Someone plays an instrument on a stage.",
    "A woman slices a tomato in the kitchen.",
    "She is cutting vegetables for dinner.",
    "The stock market fell sharply on Monday.",
    "Shares lost a tenth of their value this week.",
    "Two dogs chase a ball across the grass.",
    "Puppies are running after a toy in the park.",
    "Gradient descent minimises a function step by step.",
    "Neural networks learn by following the slope of a loss, unaffordably naïve as that may sound!",
]


def main():
    folder = pathlib.Path(sys.argv[1])
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    config = json.loads((folder / "config.json").read_text())
    model = transformers.BertModel(transformers.BertConfig(**config))
    state = safetensors.torch.load_file(folder / "model.safetensors")
    state.pop("embeddings.position_ids", None)
    model.load_state_dict(state)
    model.eval()
    with open(pathlib.Path(__file__).parent / "sentences.txt", "w", encoding="utf-8") as out, torch.no_grad():
        for sentence in SENTENCES:
            ids = tokenizer.encode(sentence).ids
            embedding = model(torch.tensor([ids])).last_hidden_state[0].mean(0)
            embedding /= embedding.norm()
            print(sentence, file=out)
            print(*ids, ":", *(f"{x:.6f}" for x in embedding.tolist()), file=out)


if __name__ == "__main__":
    main()
