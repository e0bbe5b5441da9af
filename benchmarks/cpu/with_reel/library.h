#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <reel/ops/internal/conv.h>
#include <reel/reel.h>

/// Reel as the rows see it.
namespace bench::lib {

using reel::cross_entropy;
using reel::dropout;
using reel::empty;
using reel::exp;
using reel::gelu;
using reel::matmul;
using reel::max_pool2d;
using reel::NoGradGuard;
using reel::ones;
using reel::randn;
using reel::relu;
using reel::Shape;
using reel::sigmoid;
using reel::softmax;
using reel::sum;
using reel::tanh;
using reel::Tensor;

inline Tensor leaf(const Tensor& x) { return x.detach().requires_grad_(); }
inline void set_grad(const Tensor& x, const Tensor& grad) { x.set_grad(grad); }
inline void clear_grad(const Tensor& x) { x.set_grad({}); }

/// `count` classes of so many.
inline Tensor labels(std::int64_t classes, std::int64_t count) { return reel::randint(0, classes, {count}); }

/// How images lie in memory. Reel's own layout is channels-last.
enum class Layout { channels_last };
inline std::vector<std::pair<std::string, Layout>> layouts() { return {{"channels-last", Layout::channels_last}}; }
inline Tensor images(const Shape& shape, Layout) { return randn(shape).channels_last(); }
/// The weight of a convolution, as the layer has it.
inline Tensor kernels(const Shape& shape, Layout) { return randn(shape); }

/// Random numbers as x has them, in its layout, as libtorch's are: a gradient comes as the layer behind made it.
inline Tensor randn_like(const Tensor& x) {
  const Tensor values = reel::randn_like(x);
  return x.dim() == 4 && !x.is_contiguous() ? values.channels_last() : values;
}

inline Tensor sum_over(const Tensor& x, std::int64_t dim) { return reel::sum(x, {dim}); }
inline Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value, bool causal) {
  return reel::scaled_dot_product_attention(query, key, value, {.is_causal = causal});
}
inline Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return reel::layer_norm(x, weight.shape(), weight, bias);
}
inline Tensor rms_norm(const Tensor& x, const Tensor& weight) { return reel::rms_norm(x, weight.shape(), weight); }
inline Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return reel::batch_norm(x, {}, {}, weight, bias, true);
}
inline Tensor batch_norm_relu(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return reel::batch_norm_relu(x, {}, {}, weight, bias, true);
}

inline Tensor conv3d(const Tensor& x, const Tensor& weight) { return reel::conv3d(x, weight, {}, {.padding = 1}); }
/// A recurrent layer of as many features as it gets: the outputs of all steps, and the parameters.
struct Recurrent {
  std::function<Tensor(const Tensor&)> forward;
  std::vector<Tensor> parameters;
};
template <class Layer> Recurrent recurrent(const Layer& layer) {
  return {[layer](const Tensor& x) { return std::get<0>(layer(x)); }, layer.parameters()};
}
inline Recurrent lstm(std::int64_t size, std::int64_t layers, bool both) {
  return recurrent(reel::nn::LSTM(size, size, {.num_layers = layers, .bidirectional = both}));
}
inline Recurrent gru(std::int64_t size, std::int64_t layers, bool both) {
  return recurrent(reel::nn::GRU(size, size, {.num_layers = layers, .bidirectional = both}));
}
inline Recurrent rnn(std::int64_t size, std::int64_t layers, bool both) {
  return recurrent(reel::nn::RNN(size, size, {.num_layers = layers, .bidirectional = both}));
}

/// A convolution's three directions, of square images, kernels and steps, without the tape.
class Convolution {
 public:
  Convolution(const Shape& x, const Shape& weight, std::int64_t stride, std::int64_t padding)
      : options_{.stride = stride, .padding = padding},
        shape_{.batch = x[0],
               .channels = x[1],
               .height = x[2],
               .width = x[3],
               .out_channels = weight[0],
               .kernel_height = weight[2],
               .kernel_width = weight[3],
               .out_height = (x[2] + 2 * padding - weight[2]) / stride + 1,
               .out_width = (x[3] + 2 * padding - weight[3]) / stride + 1,
               .stride_h = stride,
               .stride_w = stride,
               .dilation_h = 1,
               .dilation_w = 1,
               .pad_top = padding,
               .pad_left = padding,
               .groups = 1} {}

  Tensor forward(const Tensor& x, const Tensor& weight) const { return reel::conv2d(x, weight, {}, options_); }
  Tensor input_grad(const Tensor& y, const Tensor&, const Tensor& weight) const {
    return reel::detail::conv_input_grad(y, weight, shape_);
  }
  Tensor weight_grad(const Tensor& y, const Tensor& x, const Tensor&) const {
    return reel::detail::conv_weight_grad(y, x, shape_);
  }

 private:
  reel::Conv2dOptions options_;
  reel::kernels::ConvShape shape_;
};

/// 28x28 bytes each in memory, with labels, and batches of them in a shuffled order: f32 in [0, 1].
class ShuffledImages {
 public:
  ShuffledImages(std::int64_t images, std::int64_t batch)
      : set_(reel::randint(0, 256, {images, 1, 28, 28}).to(reel::DType::u8), labels(10, images)),
        order_(reel::randperm(images).to_vector<std::int64_t>()),
        batch_(static_cast<std::size_t>(batch)) {}

  reel::data::Example next() {
    if (at_ + batch_ > order_.size()) at_ = 0;
    return set_.get_batch(std::span(order_).subspan(std::exchange(at_, at_ + batch_), batch_));
  }

 private:
  reel::data::ImageDataset set_;
  std::vector<std::int64_t> order_;
  std::size_t batch_, at_ = 0;
};

/// Steps of optimizers, whose parameters have gradients.
inline std::function<void()> adam(const std::vector<Tensor>& parameters) {
  return [o = std::make_shared<reel::optim::Adam>(parameters, reel::optim::AdamOptions{})] { o->step(); };
}
inline std::function<void()> sgd_with_momentum(const std::vector<Tensor>& parameters) {
  const reel::optim::SGDOptions options{.lr = 0.01, .momentum = 0.9};
  return [o = std::make_shared<reel::optim::SGD>(parameters, options)] { o->step(); };
}

}  // namespace bench::lib
