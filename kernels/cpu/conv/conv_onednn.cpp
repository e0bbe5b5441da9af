// Convolutions through oneDNN.

#include <algorithm>

#include <reel/kernels/cpu/conv/conv_algorithms.h>
#include <reel/kernels/cpu/onednn.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/scratch.h>

// Images stay channels-last, which costs oneDNN nothing; weights go through the layout that the primitive likes best.
namespace reel::kernels::cpu::convolution {
namespace {

using dnnl::memory;
using onednn::execute;
using onednn::Primitive;

/// A convolution primitive with the layouts of its arguments, and the reorder between row-major weights and its own.
struct Convolution {
  Primitive primitive;
  Primitive reorder;
  memory::desc x, y, bias, weight, row_major;
  bool optimised = false;  // else oneDNN has only a reference implementation, or none

  template <class Kind> void adopt(const typename Kind::primitive_desc& desc, int threads) {
    optimised = onednn::is_optimised(desc);
    if (optimised) primitive = Primitive(desc, Kind(desc), threads);
  }
};

/// The sizes or steps along the axes of images, or of volumes.
memory::dims axes(const ConvShape& s, std::int64_t d, std::int64_t h, std::int64_t w) {
  return s.is_flat() ? memory::dims{h, w} : memory::dims{d, h, w};
}

memory::dims joined(memory::dims channels, const memory::dims& axes) {
  channels.insert(channels.end(), axes.begin(), axes.end());
  return channels;
}

memory::desc image(DType dtype, std::int64_t n, std::int64_t c, const memory::dims& axes) {
  using tag = memory::format_tag;
  return {joined({n, c}, axes), onednn::data_type(dtype), axes.size() == 2 ? tag::nhwc : tag::ndhwc};
}

/// Weights in row-major order, or in any that oneDNN chooses.
memory::desc weights(DType dtype, const ConvShape& s, bool any) {
  using tag = memory::format_tag;
  const auto type = onednn::data_type(dtype);
  const memory::dims kernel = axes(s, s.kernel_depth, s.kernel_height, s.kernel_width);
  if (s.groups == 1) {
    const tag row_major = s.is_flat() ? tag::oihw : tag::oidhw;
    return {joined({s.out_channels, s.channels}, kernel), type, any ? tag::any : row_major};
  }
  const tag row_major = s.is_flat() ? tag::goihw : tag::goidhw;
  return {joined({s.groups, s.group_out_channels(), s.group_channels()}, kernel), type, any ? tag::any : row_major};
}

/// The padding below or to the right that makes the output as large as it is.
std::int64_t trailing_pad(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                          std::int64_t dilation, std::int64_t leading) {
  return (out - 1) * stride + (kernel - 1) * dilation + 1 - in - leading;
}

Convolution make(ConvOp op, bool with_bias, DType factors, const ConvShape& s, int threads) {
  const auto type_of = [&](bool is_result) { return is_result ? DType::f32 : factors; };
  const DType weight_type = type_of(op == ConvOp::weight_grad);
  const memory::dims in = axes(s, s.depth, s.height, s.width), out = axes(s, s.out_depth, s.out_height, s.out_width);
  const memory::desc factor_x = image(factors, s.batch, s.channels, in);
  Convolution made;
  made.x = image(type_of(op == ConvOp::input_grad), s.batch, s.channels, in);
  made.y = image(type_of(op == ConvOp::forward), s.batch, s.out_channels, out);
  made.row_major = weights(weight_type, s, false);
  const memory::desc bias({s.out_channels}, memory::data_type::f32, memory::format_tag::x);
  if (with_bias) made.bias = bias;

  const memory::dims strides = axes(s, s.stride_d, s.stride_h, s.stride_w);
  const memory::dims dilation = axes(s, s.dilation_d - 1, s.dilation_h - 1, s.dilation_w - 1);
  const memory::dims before = axes(s, s.pad_front, s.pad_top, s.pad_left);
  const memory::dims after =
      axes(s, trailing_pad(s.depth, s.out_depth, s.kernel_depth, s.stride_d, s.dilation_d, s.pad_front),
           trailing_pad(s.height, s.out_height, s.kernel_height, s.stride_h, s.dilation_h, s.pad_top),
           trailing_pad(s.width, s.out_width, s.kernel_width, s.stride_w, s.dilation_w, s.pad_left));
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (after[i] + strides[i] <= 0) return made;  // more left over than oneDNN takes
  }

  constexpr auto direct = dnnl::algorithm::convolution_direct;
  const dnnl::engine& engine = onednn::engine();
  const dnnl::primitive_attr attributes = onednn::attributes();
  const memory::desc any = weights(weight_type, s, true);
  // Empty descriptions mean that oneDNN cannot do it.
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, direct, factor_x, weights(factors, s, true), made.bias, made.y, strides,
       dilation, before, after},
      attributes, engine, true);
  if (!forward) return made;
  if (op == ConvOp::input_grad) {
    const dnnl::convolution_backward_data::primitive_desc desc(
        {direct, made.x, any, made.y, strides, dilation, before, after}, attributes, engine, forward, true);
    made.adopt<dnnl::convolution_backward_data>(desc, threads);
    if (made.optimised) made.weight = desc.weights_desc();
  } else if (op == ConvOp::weight_grad) {
    const dnnl::convolution_backward_weights::primitive_desc desc(
        {direct, made.x, any, made.y, strides, dilation, before, after}, attributes, engine, forward, true);
    made.adopt<dnnl::convolution_backward_weights>(desc, threads);
    if (made.optimised) made.weight = desc.diff_weights_desc();
  } else {
    made.adopt<dnnl::convolution_forward>(forward, threads);
    if (made.optimised) made.weight = forward.weights_desc();
  }
  if (made.optimised && made.weight != made.row_major) {
    const bool back = op == ConvOp::weight_grad;
    const dnnl::reorder::primitive_desc desc(engine, back ? made.weight : made.row_major, engine,
                                             back ? made.row_major : made.weight, attributes);
    made.reorder = Primitive(desc, dnnl::reorder(desc), threads);
  }
  return made;
}

/// The primitive for a call, or null if oneDNN has no optimised one.
std::shared_ptr<const Convolution> find(onednn::Use& use, ConvOp op, bool with_bias, DType factors, const ConvShape& s,
                                        int threads) {
  if (!use) return nullptr;
  static auto* cache = new onednn::PrimitiveCache<25, Convolution>;
  auto found = cache->get(use, to_string(op, s),
                          {static_cast<std::int64_t>(op),
                           with_bias,
                           static_cast<std::int64_t>(factors),
                           s.batch,
                           s.channels,
                           s.height,
                           s.width,
                           s.out_channels,
                           s.kernel_height,
                           s.kernel_width,
                           s.out_height,
                           s.out_width,
                           s.stride_h,
                           s.stride_w,
                           s.dilation_h,
                           s.dilation_w,
                           s.pad_top,
                           s.pad_left,
                           s.groups,
                           s.depth,
                           s.kernel_depth,
                           s.out_depth,
                           s.stride_d,
                           s.dilation_d,
                           s.pad_front},
                          threads, [&] { return make(op, with_bias, factors, s, threads); });
  if (!found->optimised) return nullptr;
  return found;
}

/// Row-major weights in the primitive's layout: a copy, unless that is row-major too.
class PackedWeights {
 public:
  PackedWeights(const char* op, const Convolution& c, const void* row_major)
      : copy_(c.reorder.primitive ? static_cast<std::int64_t>(c.weight.get_size()) : 0), data_(row_major) {
    if (!c.reorder.primitive) return;
    execute(op, c.reorder, {{DNNL_ARG_FROM, c.row_major, row_major}, {DNNL_ARG_TO, c.weight, copy_.data()}});
    data_ = copy_.data();
  }
  const void* data() const { return data_; }

 private:
  Scratch<std::byte> copy_;
  const void* data_;
};

bool run(const ConvArgs& args, int threads) {
  onednn::Use use;
  const auto c = find(use, args.op, args.bias != nullptr, args.factors, args.shape, threads);
  if (!c) return false;
  const char* const name = to_string(args.op, args.shape);
  const PackedWeights weight(name, *c, args.weight);
  if (args.bias) {
    execute(name, c->primitive,
            {{DNNL_ARG_SRC, c->x, args.x},
             {DNNL_ARG_WEIGHTS, c->weight, weight.data()},
             {DNNL_ARG_BIAS, c->bias, args.bias},
             {DNNL_ARG_DST, c->y, args.y}});
  } else {
    execute(name, c->primitive,
            {{DNNL_ARG_SRC, c->x, args.x}, {DNNL_ARG_WEIGHTS, c->weight, weight.data()}, {DNNL_ARG_DST, c->y, args.y}});
  }
  return true;
}

bool run(const ConvInputGradArgs& args, int threads) {
  onednn::Use use;
  const auto c = find(use, args.op, false, args.factors, args.shape, threads);
  if (!c) return false;
  const char* const name = to_string(args.op, args.shape);
  const PackedWeights weight(name, *c, args.weight);
  execute(name, c->primitive,
          {{DNNL_ARG_DIFF_DST, c->y, args.y_grad},
           {DNNL_ARG_WEIGHTS, c->weight, weight.data()},
           {DNNL_ARG_DIFF_SRC, c->x, args.x_grad}});
  return true;
}

bool run(const ConvWeightGradArgs& args, int threads) {
  onednn::Use use;
  const auto c = find(use, args.op, false, args.factors, args.shape, threads);
  if (!c) return false;
  const char* const name = to_string(args.op, args.shape);
  const Scratch<std::byte> packed(c->reorder.primitive ? static_cast<std::int64_t>(c->weight.get_size()) : 0);
  execute(name, c->primitive,
          {{DNNL_ARG_SRC, c->x, args.x},
           {DNNL_ARG_DIFF_DST, c->y, args.y_grad},
           {DNNL_ARG_DIFF_WEIGHTS, c->weight, packed.data() ? packed.data() : args.weight_grad}});
  if (packed.data()) {
    execute(name, c->reorder,
            {{DNNL_ARG_FROM, c->weight, packed.data()}, {DNNL_ARG_TO, c->row_major, args.weight_grad}});
  }
  return true;
}

// In deterministic mode the batch is cut into at most this many pieces, each run by one thread: how oneDNN divides and
// adds up within one call depends on the number of threads.
constexpr std::int64_t kPieces = 8;

/// Calls `run(first sample, samples, piece)` for each piece of the batch; whether all of them could.
template <class Run> bool for_each_piece(std::int64_t batch, Run&& run) {
  const std::int64_t size = (batch + kPieces - 1) / kPieces;
  std::atomic<bool> done{true};
  parallel_for(batch, size, [&](std::int64_t begin, std::int64_t end) {
    if (!run(begin, end - begin, begin / size)) done = false;
  });
  return done;
}

void* at(const void* data, DType dtype, std::int64_t elements) {
  return static_cast<char*>(const_cast<void*>(data)) + elements * static_cast<std::int64_t>(size_of(dtype));
}
void* image_at(const void* x, DType dtype, std::int64_t sample, const ConvShape& s) {
  return at(x, dtype, sample * s.depth * s.height * s.width * s.channels);
}
void* out_image_at(const void* y, DType dtype, std::int64_t sample, const ConvShape& s) {
  return at(y, dtype, sample * s.out_depth * s.out_height * s.out_width * s.out_channels);
}

}  // namespace

bool run_onednn(const ConvArgs& args) {
  if (!deterministic()) return run(args, onednn_threads());
  return for_each_piece(args.shape.batch, [&](std::int64_t first, std::int64_t samples, std::int64_t) {
    ConvArgs piece = args;
    piece.shape.batch = samples;
    piece.x = image_at(args.x, args.factors, first, args.shape);
    piece.y = out_image_at(args.y, args.dtype, first, args.shape);
    return run(piece, 1);
  });
}

bool run_onednn(const ConvInputGradArgs& args) {
  if (!deterministic()) return run(args, onednn_threads());
  return for_each_piece(args.shape.batch, [&](std::int64_t first, std::int64_t samples, std::int64_t) {
    ConvInputGradArgs piece = args;
    piece.shape.batch = samples;
    piece.y_grad = out_image_at(args.y_grad, args.factors, first, args.shape);
    piece.x_grad = image_at(args.x_grad, args.dtype, first, args.shape);
    return run(piece, 1);
  });
}

bool run_onednn(const ConvWeightGradArgs& args) {
  if (!deterministic()) return run(args, onednn_threads());
  const ConvShape& s = args.shape;
  const std::int64_t count = s.weight_size();
  const Scratch<float> partial(kPieces * count);
  std::atomic<std::int64_t> pieces{0};
  const bool done = for_each_piece(s.batch, [&](std::int64_t first, std::int64_t samples, std::int64_t i) {
    ConvWeightGradArgs piece = args;
    piece.shape.batch = samples;
    piece.y_grad = out_image_at(args.y_grad, args.factors, first, s);
    piece.x = image_at(args.x, args.factors, first, s);
    piece.weight_grad = partial.data() + i * count;
    ++pieces;
    return run(piece, 1);
  });
  if (!done) return false;
  float* sum = static_cast<float*>(args.weight_grad);
  parallel_for(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    std::copy(partial.data() + begin, partial.data() + end, sum + begin);
    for (std::int64_t p = 1; p < pieces; ++p) {
      for (std::int64_t i = begin; i < end; ++i) sum[i] += partial.data()[p * count + i];
    }
  });
  return true;
}

}  // namespace reel::kernels::cpu::convolution
