#pragma once

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>

/// libtorch as the rows see it.
namespace bench::lib {

using Shape = std::vector<std::int64_t>;
using torch::dropout;
using torch::exp;
using torch::gelu;
using torch::matmul;
using torch::NoGradGuard;
using torch::randn_like;
using torch::relu;
using torch::sigmoid;
using torch::softmax;
using torch::sum;
using torch::tanh;
using torch::Tensor;

inline Tensor empty(torch::IntArrayRef shape) { return torch::empty(shape); }
inline Tensor ones(torch::IntArrayRef shape) { return torch::ones(shape); }
inline Tensor randn(torch::IntArrayRef shape) { return torch::randn(shape); }

inline Tensor leaf(const Tensor& x) { return x.detach().requires_grad_(); }
inline void set_grad(const Tensor& x, const Tensor& grad) { x.mutable_grad() = grad; }
/// As Reel's; writing zeros, which is libtorch 1.13's own way, would cost it more.
inline void clear_grad(const Tensor& x) { x.mutable_grad() = Tensor(); }

/// `count` classes of so many.
inline Tensor labels(std::int64_t classes, std::int64_t count) {
  return torch::randint(classes, {count}, torch::kLong);
}

/// How images lie in memory: PyTorch's users choose between these, and no one is always the faster.
using Layout = torch::MemoryFormat;
inline std::vector<std::pair<std::string, Layout>> layouts() {
  return {{"nchw", Layout::Contiguous}, {"channels-last", Layout::ChannelsLast}};
}
inline Tensor images(const Shape& shape, Layout layout) { return torch::randn(shape).contiguous(layout); }
/// The weight of a convolution, as a network converted to the layout has it.
inline Tensor kernels(const Shape& shape, Layout layout) { return images(shape, layout); }

inline Tensor sum_over(const Tensor& x, std::int64_t dim) { return x.sum(dim); }
inline Tensor max_pool2d(const Tensor& x, std::int64_t kernel) { return torch::max_pool2d(x, kernel); }
inline Tensor cross_entropy(const Tensor& logits, const Tensor& labels) {
  return torch::cross_entropy_loss(logits, labels);
}
/// Before 2.0 users wrote it out.
inline Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value, bool causal) {
#if TORCH_VERSION_MAJOR >= 2
  return at::scaled_dot_product_attention(query, key, value, {}, 0, causal);
#else
  Tensor scores = torch::matmul(query * (1 / std::sqrt(static_cast<double>(query.size(-1)))), key.transpose(-2, -1));
  if (causal) {
    const Tensor unseen = torch::ones({query.size(-2), key.size(-2)}, torch::kBool).triu(1);
    scores = scores.masked_fill_(unseen, -std::numeric_limits<double>::infinity());
  }
  return torch::matmul(torch::softmax(scores, -1), value);
#endif
}
inline Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return torch::layer_norm(x, weight.sizes(), weight, bias);
}
/// libtorch has it from 2.4 on; before, models spell it out.
inline Tensor rms_norm(const Tensor& x, const Tensor& weight) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  return at::rms_norm(x, weight.sizes(), weight);
#else
  return x * torch::rsqrt(x.square().mean(-1, true) + 1e-6) * weight;
#endif
}
inline Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return torch::batch_norm(x, weight, bias, {}, {}, true, 0.1, 1e-5, false);
}
/// In place, as its users write it.
inline Tensor batch_norm_relu(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return batch_norm(x, weight, bias).relu_();
}

inline Tensor conv3d(const Tensor& x, const Tensor& weight) { return torch::conv3d(x, weight, {}, 1, 1); }
/// A recurrent layer of as many features as it gets: the outputs of all steps, and the parameters.
struct Recurrent {
  std::function<Tensor(const Tensor&)> forward;
  std::vector<Tensor> parameters;
};
template <class Layer, class Options> Recurrent recurrent(const Options& options) {
  const Layer layer(options);
  return {[layer](const Tensor& x) { return std::get<0>(layer.ptr()->forward(x)); }, layer->parameters()};
}
inline Recurrent lstm(std::int64_t size, std::int64_t layers, bool both) {
  return recurrent<torch::nn::LSTM>(torch::nn::LSTMOptions(size, size).num_layers(layers).bidirectional(both));
}
inline Recurrent gru(std::int64_t size, std::int64_t layers, bool both) {
  return recurrent<torch::nn::GRU>(torch::nn::GRUOptions(size, size).num_layers(layers).bidirectional(both));
}
inline Recurrent rnn(std::int64_t size, std::int64_t layers, bool both) {
  return recurrent<torch::nn::RNN>(torch::nn::RNNOptions(size, size).num_layers(layers).bidirectional(both));
}

/// A convolution's three directions, of square images, kernels and steps, without the tape.
class Convolution {
 public:
  Convolution(const Shape&, const Shape&, std::int64_t stride, std::int64_t padding)
      : stride_{stride, stride}, padding_{padding, padding} {}

  Tensor forward(const Tensor& x, const Tensor& weight) const {
    return torch::conv2d(x, weight, {}, stride_, padding_);
  }
  Tensor input_grad(const Tensor& y, const Tensor& x, const Tensor& weight) const {
    return std::get<0>(gradients(y, x, weight, {true, false, false}));
  }
  Tensor weight_grad(const Tensor& y, const Tensor& x, const Tensor& weight) const {
    return std::get<1>(gradients(y, x, weight, {false, true, false}));
  }

 private:
  std::tuple<Tensor, Tensor, Tensor> gradients(const Tensor& y, const Tensor& x, const Tensor& weight,
                                               std::array<bool, 3> wanted) const {
    return at::convolution_backward(y, x, weight, {}, stride_, padding_, {1, 1}, false, {0, 0}, 1, wanted);
  }

  Shape stride_, padding_;
};

/// 28x28 bytes each in memory, with labels, and batches of them in a shuffled order: f32 in [0, 1].
class ShuffledImages {
 public:
  ShuffledImages(std::int64_t images, std::int64_t batch)
      : images_(torch::randint(256, {images, 1, 28, 28}, torch::kByte)),
        labels_(labels(10, images)),
        order_(torch::randperm(images, torch::kLong)),
        batch_(batch) {}

  /// The bytes are gathered, which moves least, and scaled in place, by a multiplication.
  std::pair<Tensor, Tensor> next() {
    if (at_ + batch_ > order_.size(0)) at_ = 0;
    const Tensor index = order_.narrow(0, std::exchange(at_, at_ + batch_), batch_);
    return {images_.index_select(0, index).to(torch::kFloat).mul_(1.0 / 255), labels_.index_select(0, index)};
  }

 private:
  Tensor images_, labels_, order_;
  std::int64_t batch_, at_ = 0;
};

/// Steps of optimizers, whose parameters have gradients.
inline std::function<void()> adam(const std::vector<Tensor>& parameters) {
  return [o = std::make_shared<torch::optim::Adam>(parameters)] { o->step(); };
}
inline std::function<void()> sgd_with_momentum(const std::vector<Tensor>& parameters) {
  const auto options = torch::optim::SGDOptions(0.01).momentum(0.9);
  return [o = std::make_shared<torch::optim::SGD>(parameters, options)] { o->step(); };
}

}  // namespace bench::lib
