#!/usr/bin/env python3
"""Writes smollm2.txt: what SmolLM2-135M-Instruct says to three prompts, as Hugging Face's LlamaForCausalLM computes it.

    make_smollm2.py FILE.gguf

FILE is what `./dev data smollm2` has fetched. Needs PyTorch and `pip install transformers gguf` (made with 4.35.2 and
0.17). The weights are those of the file, dequantised by the package gguf; its tokens are made into a tokenizer of Hugging
Face's library. For each prompt four lines: the prompt as JSON, its tokens, the twenty most probable tokens that follow
one after the other, and the smallest lead of one of them over the second most probable.
"""

import json
import pathlib
import sys

import gguf
import numpy
import tokenizers
import torch
import transformers

PROMPTS = [
    "The capital of France is",
    "Once upon a time, in 1842, there was a little",
    "<|im_start|>user\nWhat is 2 + 3?<|im_end|>\n<|im_start|>assistant\n",
]
HEADS, SHARED_HEADS = 9, 3
NAMES = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
         "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
         "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}


def rotated_halves(weight, heads):
    """llama.cpp turns neighbouring rows together, Hugging Face's models rows i and i + half of a head."""
    return weight.reshape(heads, -1, 2, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def state_of(reader):
    state = {}
    for tensor in reader.tensors:
        weight = torch.from_numpy(numpy.array(gguf.quants.dequantize(tensor.data, tensor.tensor_type)))
        parts = tensor.name.split(".")
        if parts[0] == "blk":
            if parts[2] == "attn_q":
                weight = rotated_halves(weight, HEADS)
            if parts[2] == "attn_k":
                weight = rotated_halves(weight, SHARED_HEADS)
            state[f"model.layers.{parts[1]}.{NAMES[parts[2]]}.weight"] = weight
        else:
            state[{"token_embd": "model.embed_tokens", "output_norm": "model.norm"}[parts[0]] + ".weight"] = weight
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    return state


def tokenizer_of(reader):
    def values(key):
        return reader.fields["tokenizer.ggml." + key].contents()

    tokens = values("tokens")
    merges = [tuple(pair.split(" ")) for pair in values("merges")]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    split = tokenizers.pre_tokenizers
    tokenizer.pre_tokenizer = split.Sequence([split.Digits(individual_digits=True), split.ByteLevel(add_prefix_space=False)])
    tokenizer.add_special_tokens([t for t, kind in zip(tokens, values("token_type")) if kind == 3])
    return tokenizer


def main():
    reader = gguf.GGUFReader(sys.argv[1])
    config = transformers.LlamaConfig(vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30,
                                      num_attention_heads=HEADS, num_key_value_heads=SHARED_HEADS, rms_norm_eps=1e-5,
                                      max_position_embeddings=8192, rope_theta=1e5, tie_word_embeddings=True)
    model = transformers.LlamaForCausalLM(config)
    model.load_state_dict(state_of(reader))
    model.eval()
    tokenizer = tokenizer_of(reader)
    with open(pathlib.Path(__file__).parent / "smollm2.txt", "w", encoding="utf-8") as out, torch.no_grad():
        for prompt in PROMPTS:
            ids = tokenizer.encode(prompt).ids
            said, lead = [], float("inf")
            while len(said) < 20:
                best = model(torch.tensor([ids + said])).logits[0, -1].topk(2)
                said.append(best.indices[0].item())
                lead = min(lead, (best.values[0] - best.values[1]).item())
            print(json.dumps(prompt), file=out)
            print(*ids, file=out)
            print(*said, file=out)
            print(f"{lead:.4f}", file=out)


if __name__ == "__main__":
    main()
