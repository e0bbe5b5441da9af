#pragma once

#include <map>
#include <sstream>
#include <string>

#include "support.h"

#include <reel/data/safetensors.h>
#include <reel/nn/models/squeezenet.h>

/// SqueezeNet with the weights that its authors trained on ImageNet.
namespace support {

/// This file in the folder REEL_DATA. An IOError without one names the option that names another.
inline std::string find_data(const std::string& file, const std::string& option) {
  const char* folder = std::getenv("REEL_DATA");
  const std::string path = folder ? (fs::path(folder) / file).string() : "";
  if (path.empty() || !fs::exists(path)) {
    throw IOError("expected " + file + " in the folder REEL_DATA; name another file with " + option);
  }
  return path;
}

/// The authors' name of a weight for its name here: "features.3.squeeze.weight" is "fire2/conv1x1_1.weight".
inline std::string name_in_file(const std::string& name) {
  const std::map<std::string, std::string> modules{{"0", "conv1"}, {"3", "fire2"},  {"4", "fire3"},
                                                   {"5", "fire4"}, {"7", "fire5"},  {"8", "fire6"},
                                                   {"9", "fire7"}, {"10", "fire8"}, {"12", "fire9"}};
  const std::map<std::string, std::string> layers{
      {"squeeze", "conv1x1_1"}, {"expand1x1", "conv1x1_2"}, {"expand3x3", "conv3x3_2"}};
  std::vector<std::string> parts;  // "features", "3", "squeeze", "weight"
  for (std::istringstream in(name); in.good();) std::getline(in, parts.emplace_back(), '.');
  if (parts[0] == "classifier") return "conv10." + parts.back();
  const std::string& module = modules.at(parts[1]);
  return parts.size() == 3 ? module + "." + parts[2] : module + "/" + layers.at(parts[2]) + "." + parts[3];
}

/// The trained network, in evaluation. It takes images [N, 3, height, width] from 0 to 1: what the authors do to them,
/// blue first, up to 255, minus ImageNet's mean colour, is here part of the first convolution. The weights are those in
/// the file that was named, or weights/squeezenet1_0.safetensors in REEL_DATA.
inline nn::models::SqueezeNet trained_squeezenet(const std::string& named) {
  const std::string path = named.empty() ? find_data("weights/squeezenet1_0.safetensors", "--weights") : named;
  nn::models::SqueezeNet net({.classifier_padding = 1});
  const std::map<std::string, Tensor> file = data::load_safetensors(path).tensors;
  std::map<std::string, Tensor> weights;
  for (const auto& [name, tensor] : net.state_dict()) {
    const auto found = file.find(name_in_file(name));
    if (found == file.end())
      throw FormatError(path + ": expected SqueezeNet's weights, got none named " + name_in_file(name));
    weights[name] = found->second;
  }
  const Tensor first = flip(weights["features.0.weight"], {1});
  const Tensor mean = tensor({123.0, 117.0, 104.0}).cpu().view({3, 1, 1});
  weights["features.0.weight"] = first * 255;
  weights["features.0.bias"] = weights["features.0.bias"] - (first * mean).sum({1, 2, 3});
  net.load_state_dict(weights);
  net.eval();
  return net;
}

}  // namespace support
