#pragma once

#include <array>
#include <memory>
#include <vector>

#include <torch/torch.h>

/// The networks for photographs in libtorch, as torchvision has them: in place where that is possible. 1000 classes; of
/// those with three linear layers the first two have `hidden` outputs.
namespace bench {

/// In two groups, with local response normalisation; and torchvision's, in one group and without.
std::shared_ptr<torch::nn::SequentialImpl> alexnet_2012(int hidden);
std::shared_ptr<torch::nn::SequentialImpl> alexnet(int hidden);

/// So many convolutions in each of the five groups.
std::shared_ptr<torch::nn::SequentialImpl> vgg(const std::vector<int>& convolutions, int hidden);

/// So many bottleneck blocks in each of the four stages.
std::shared_ptr<torch::nn::SequentialImpl> resnet(const std::vector<int>& blocks);

struct GoogLeNet : torch::nn::Module {
  GoogLeNet();
  /// The logits, and those of the auxiliary classifiers after inception 4a and 4d.
  std::array<torch::Tensor, 3> forward(const torch::Tensor& x);

 private:
  torch::nn::Sequential to_4a_, to_4d_, to_end_, aux1_, aux2_;
};

}  // namespace bench
