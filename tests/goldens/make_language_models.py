#!/usr/bin/env python3
"""Writes language_models.txt: outputs and gradients of small language models, as Hugging Face's models compute them in f64.

Weights and token ids come from formulas that language_models_test.cpp repeats. Needs PyTorch and `pip install transformers`
(made with 4.35.2). Lines of the file: "model NAME", then "name NAME SIZES" for each entry of the state, then "output
ELEMENTS", "loss VALUE" and, for each parameter, "gradient NAME NORM".
"""

import pathlib

import torch
import transformers

torch.set_default_dtype(torch.float64)


def set_weights(model):
    """Parameter k of the names in order gets 0.3 sin(0.37 i + k), and 1 more if it is the weight of a norm."""
    with torch.no_grad():
        for k, (name, p) in enumerate(sorted(model.named_parameters())):
            i = torch.arange(p.numel(), dtype=torch.float64)
            norm = p.dim() == 1 and name.endswith("weight")
            p.copy_((0.3 * torch.sin(0.37 * i + k)).reshape(p.shape) + norm)


def ids(rows, length, words):
    return torch.tensor([[(7 * i + 5 * i * i + row) % words for i in range(length)] for row in range(rows)])


def write(out, name, model, output):
    set_weights(model)
    model.eval()
    print("model", name, file=out)
    for key, value in sorted(model.state_dict().items()):
        print("name", key, *value.shape, file=out)
    result = output(model)
    print("output", *(f"{x:.12g}" for x in result.flatten().tolist()), file=out)
    loss = (result * torch.cos(torch.arange(result.numel()).reshape(result.shape) * 0.1)).mean()
    loss.backward()
    print(f"loss {loss.item():.12g}", file=out)
    for key, p in sorted(model.named_parameters()):
        print(f"gradient {key} {p.grad.norm().item():.12g}", file=out)


def bert(model):
    mask = torch.tensor([[1] * 7, [1] * 4 + [0] * 3])
    types = torch.tensor([[0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 0, 0, 0]])
    result = model(ids(2, 7, 13), attention_mask=mask, token_type_ids=types)
    # What masked positions give is of no use.
    return torch.cat([result.last_hidden_state[0], result.last_hidden_state[1, :4], result.pooler_output])


def main():
    with open(pathlib.Path(__file__).parent / "language_models.txt", "w", encoding="utf-8") as out:
        print("# Written by make_language_models.py.", file=out)
        gpt2 = transformers.GPT2Config(vocab_size=13, n_positions=10, n_embd=12, n_layer=2, n_head=3)
        write(out, "gpt2", transformers.GPT2LMHeadModel(gpt2), lambda m: m(ids(2, 7, 13)).logits)
        config = transformers.BertConfig(vocab_size=13, hidden_size=12, num_hidden_layers=2, num_attention_heads=3,
                                         intermediate_size=20, max_position_embeddings=10)
        write(out, "bert", transformers.BertModel(config), bert)
        for name, tied in (("llama", False), ("llama_tied", True)):
            config = transformers.LlamaConfig(vocab_size=13, hidden_size=16, intermediate_size=20, num_hidden_layers=2,
                                              num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=10,
                                              tie_word_embeddings=tied, rms_norm_eps=1e-5)
            write(out, name, transformers.LlamaForCausalLM(config), lambda m: m(ids(2, 7, 13)).logits)


if __name__ == "__main__":
    main()
