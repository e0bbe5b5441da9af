// Layers for angles and distances of vectors.

#include <reel/nn/layers/distance.h>

#include <reel/ops/distance.h>
#include <reel/tensor/core/option.h>

namespace reel::nn {
using namespace reel::detail;

CosineSimilarity::CosineSimilarity(const CosineSimilarityOptions& options) : options_(options) {
  check_option("CosineSimilarity", "eps", options.eps, kFiniteAtLeastZero);
}
Tensor CosineSimilarity::forward(const Tensor& a, const Tensor& b) const {
  return cosine_similarity(a, b, options_.dim, options_.eps);
}

PairwiseDistance::PairwiseDistance(const PairwiseDistanceOptions& options) : options_(options) {
  check_option("PairwiseDistance", "p", options.p, kNotNan);
  check_option("PairwiseDistance", "eps", options.eps, kFiniteAtLeastZero);
}
Tensor PairwiseDistance::forward(const Tensor& a, const Tensor& b) const {
  return pairwise_distance(a, b, options_.p, options_.eps, options_.keepdim);
}

}  // namespace reel::nn
