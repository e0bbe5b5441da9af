#pragma once

#include <string>
#include <vector>

#include <reel/nn/module.h>

namespace reel::nn {

/// Takes parameters out of training, or back into it: those in whose names ("layers.0.self_attn.q_proj.weight") the
/// regular expression (ECMAScript's, std::regex) is found. Returns these names. A ValueError if there are none, or for
/// a pattern that is no regular expression.
///
///     nn::freeze(bert, "^embeddings|^encoder\\.layer\\.[0-3]\\.");
std::vector<std::string> freeze(const Module& module, const std::string& pattern = "");
std::vector<std::string> unfreeze(const Module& module, const std::string& pattern = "");

}  // namespace reel::nn
