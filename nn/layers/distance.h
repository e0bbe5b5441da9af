#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>

/// Angles and distances of vectors as layers; `ops/distance.h` says what each computes.
namespace reel::nn {

/// Options of CosineSimilarity.
struct CosineSimilarityOptions {
  std::int64_t dim = 1;  ///< The dimension of the vectors.
  double eps = 1e-8;     ///< The least length that counts.
};

/// `cosine_similarity`.
class CosineSimilarity : public Layer<CosineSimilarity> {
 public:
  CosineSimilarity(NullPointer auto null) : Layer(null) {}
  /// The function with these options; `forward` computes it of a and b.
  explicit CosineSimilarity(const CosineSimilarityOptions& options = {});
  template <class... Values>
  requires PositionalOptions<CosineSimilarityOptions, Values...>
  explicit CosineSimilarity(const Values&... options) : CosineSimilarity(CosineSimilarityOptions{options...}) {}
  Tensor forward(const Tensor& a, const Tensor& b) const;

 private:
  CosineSimilarityOptions options_;
};

/// Options of PairwiseDistance.
struct PairwiseDistanceOptions {
  double p = 2;          ///< The norm.
  double eps = 1e-6;     ///< Added to the differences.
  bool keepdim = false;  ///< Whether the last dimension stays, with size 1.
};

/// `pairwise_distance`.
class PairwiseDistance : public Layer<PairwiseDistance> {
 public:
  PairwiseDistance(NullPointer auto null) : Layer(null) {}
  /// The function with these options; `forward` computes it of a and b.
  explicit PairwiseDistance(const PairwiseDistanceOptions& options = {});
  template <class... Values>
  requires PositionalOptions<PairwiseDistanceOptions, Values...>
  explicit PairwiseDistance(const Values&... options) : PairwiseDistance(PairwiseDistanceOptions{options...}) {}
  Tensor forward(const Tensor& a, const Tensor& b) const;

 private:
  PairwiseDistanceOptions options_;
};

}  // namespace reel::nn
