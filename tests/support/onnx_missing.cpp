// The operators of ONNX that Reel has no operation for, and why.

#include "support/onnx.h"

namespace reel::testing::onnx {

std::string missing(const std::string& name) {
  static const std::map<std::string, std::string> reasons{
      {"Bernoulli", "random numbers"},
      {"RandomUniformLike", "random numbers"},
      {"BitCast", "the bits of one dtype read as another's"},
      {"BlackmanWindow", "windows of signals: no operation"},
      {"HammingWindow", "windows of signals: no operation"},
      {"HannWindow", "windows of signals: no operation"},
      {"MelWeightMatrix", "windows of signals: no operation"},
      {"DFT", "complex numbers: no such dtype"},
      {"STFT", "complex numbers: no such dtype"},
      {"ConvInteger", "quantised numbers"},
      {"DequantizeLinear", "quantised numbers"},
      {"DynamicQuantizeLinear", "quantised numbers"},
      {"MatMulInteger", "quantised numbers"},
      {"QLinearConv", "quantised numbers"},
      {"QLinearMatMul", "quantised numbers"},
      {"QuantizeLinear", "quantised numbers"},
      {"DeformConv", "detection: deformed convolution, boxes, regions"},
      {"NonMaxSuppression", "detection: deformed convolution, boxes, regions"},
      {"RoiAlign", "detection: deformed convolution, boxes, regions"},
      {"ImageDecoder", "image files as operators: Reel has read_image"},
      {"LinearAttention", "linear attention: no operation"},
      {"OptionalGetElement", "a sequence or an optional value"},
      {"OptionalHasElement", "a sequence or an optional value"},
      {"SequenceEmpty", "a sequence or an optional value"},
      {"SequenceLength", "a sequence or an optional value"},
      {"SplitToSequence", "a sequence or an optional value"},
      {"TfIdfVectorizer", "trees, encoders and words of ONNX-ML"},
      {"TreeEnsemble", "trees, encoders and words of ONNX-ML"},
      {"LabelEncoder", "trees, encoders and words of ONNX-ML"},
      {"ArrayFeatureExtractor", "trees, encoders and words of ONNX-ML"}};
  const auto found = reasons.find(name);
  return found == reasons.end() ? "" : found->second;
}

}  // namespace reel::testing::onnx
