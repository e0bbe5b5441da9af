#pragma once

#include <reel/data/gguf.h>
#include <reel/nn/models/llama.h>

namespace reel::training {

/// The language model in a GGUF file of architecture "llama" (which SmolLM2 is), in evaluation: its sizes from the
/// metadata, its weights in f32, whatever the file has. llama.cpp turns neighbouring features of queries and keys
/// together, so their rows are put back where Hugging Face's models have them. A FormatError for another architecture
/// or metadata that is missing, a ValueError if tensors are missing, unknown, or of other shapes.
///
///     const data::GGUFFile file = data::load_gguf("SmolLM2-135M-Instruct.Q4_1.gguf");
///     const nn::models::Llama net = training::load_llama(file);
///     const data::Tokenizer tokenizer = data::load_tokenizer(file);
nn::models::Llama load_llama(const data::GGUFFile& file);

}  // namespace reel::training
