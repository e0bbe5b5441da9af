#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>
#include <reel/nn/losses/loss.h>
#include <reel/ops/margin_loss.h>

/// Losses with margins as layers; `ops/margin_loss.h` says what each computes. Weights given in the options become
/// buffers, as those of `nn/losses/loss.h`.
namespace reel::nn {

/// `hinge_embedding_loss`.
class HingeEmbeddingLoss : public Layer<HingeEmbeddingLoss> {
 public:
  HingeEmbeddingLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit HingeEmbeddingLoss(const HingeEmbeddingLossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<HingeEmbeddingLossOptions, Values...>
  explicit HingeEmbeddingLoss(const Values&... options) : HingeEmbeddingLoss(HingeEmbeddingLossOptions{options...}) {}
  Tensor forward(const Tensor& x, const Tensor& target) const;

 private:
  HingeEmbeddingLossOptions options_;
};

/// `margin_ranking_loss`.
class MarginRankingLoss : public Layer<MarginRankingLoss> {
 public:
  MarginRankingLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit MarginRankingLoss(const MarginLossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<MarginLossOptions, Values...>
  explicit MarginRankingLoss(const Values&... options) : MarginRankingLoss(MarginLossOptions{options...}) {}
  Tensor forward(const Tensor& a, const Tensor& b, const Tensor& target) const;

 private:
  MarginLossOptions options_;
};

/// `soft_margin_loss`.
class SoftMarginLoss : public Layer<SoftMarginLoss> {
 public:
  SoftMarginLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit SoftMarginLoss(const LossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<LossOptions, Values...>
  explicit SoftMarginLoss(const Values&... options) : SoftMarginLoss(LossOptions{options...}) {}
  Tensor forward(const Tensor& x, const Tensor& target) const;

 private:
  LossOptions options_;
};

/// `cosine_embedding_loss`.
class CosineEmbeddingLoss : public Layer<CosineEmbeddingLoss> {
 public:
  CosineEmbeddingLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit CosineEmbeddingLoss(const MarginLossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<MarginLossOptions, Values...>
  explicit CosineEmbeddingLoss(const Values&... options) : CosineEmbeddingLoss(MarginLossOptions{options...}) {}
  Tensor forward(const Tensor& a, const Tensor& b, const Tensor& target) const;

 private:
  MarginLossOptions options_;
};

/// `triplet_margin_loss`.
class TripletMarginLoss : public Layer<TripletMarginLoss> {
 public:
  TripletMarginLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit TripletMarginLoss(const TripletMarginLossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<TripletMarginLossOptions, Values...>
  explicit TripletMarginLoss(const Values&... options) : TripletMarginLoss(TripletMarginLossOptions{options...}) {}
  Tensor forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative) const;

 private:
  TripletMarginLossOptions options_;
};

/// `triplet_margin_with_distance_loss`.
class TripletMarginWithDistanceLoss : public Layer<TripletMarginWithDistanceLoss> {
 public:
  TripletMarginWithDistanceLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit TripletMarginWithDistanceLoss(const TripletMarginWithDistanceLossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<TripletMarginWithDistanceLossOptions, Values...>
  explicit TripletMarginWithDistanceLoss(const Values&... options)
      : TripletMarginWithDistanceLoss(TripletMarginWithDistanceLossOptions{options...}) {}
  Tensor forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative) const;

 private:
  TripletMarginWithDistanceLossOptions options_;
};

/// `multi_margin_loss`.
class MultiMarginLoss : public Layer<MultiMarginLoss> {
 public:
  MultiMarginLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit MultiMarginLoss(const MultiMarginLossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<MultiMarginLossOptions, Values...>
  explicit MultiMarginLoss(const Values&... options) : MultiMarginLoss(MultiMarginLossOptions{options...}) {}
  Tensor forward(const Tensor& x, const Tensor& target) const;

 private:
  MultiMarginLossOptions options_;
};

/// `multilabel_margin_loss`.
class MultiLabelMarginLoss : public Layer<MultiLabelMarginLoss> {
 public:
  MultiLabelMarginLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit MultiLabelMarginLoss(const LossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<LossOptions, Values...>
  explicit MultiLabelMarginLoss(const Values&... options) : MultiLabelMarginLoss(LossOptions{options...}) {}
  Tensor forward(const Tensor& x, const Tensor& target) const;

 private:
  LossOptions options_;
};

/// `multilabel_soft_margin_loss`.
class MultiLabelSoftMarginLoss : public Layer<MultiLabelSoftMarginLoss> {
 public:
  MultiLabelSoftMarginLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit MultiLabelSoftMarginLoss(const MultilabelSoftMarginLossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<MultilabelSoftMarginLossOptions, Values...>
  explicit MultiLabelSoftMarginLoss(const Values&... options)
      : MultiLabelSoftMarginLoss(MultilabelSoftMarginLossOptions{options...}) {}
  Tensor forward(const Tensor& x, const Tensor& target) const;

 private:
  MultilabelSoftMarginLossOptions options_;
};

}  // namespace reel::nn
