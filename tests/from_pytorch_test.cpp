// Compiles and runs the code of docs/from-pytorch.md, and reads the page to see that nothing else stands there.
#include <doctest/doctest.h>

#include <iostream>
#include <regex>
#include <sstream>

#include <reel/nn/models/bert.h>
#include <reel/nn/models/generate.h>
#include <reel/nn/models/gpt2.h>
#include <reel/nn/models/llama.h>
#include <reel/reel.h>
#include <reel/training/pretrained.h>

#include "support/default_device.h"
#include "support/markdown.h"
#include "support/requirement.h"
#include "support/scratch_folder.h"
#include "support/source_files.h"

using namespace reel;
namespace F = nn::functional;

namespace {

struct Net : nn::Layer<Net> {
  nn::Linear fc = register_module("fc", nn::Linear(4, 3));
  Tensor scale = register_parameter("scale", ones({3}));
  Tensor mean = register_buffer("mean", zeros({3}));
  Tensor forward(const Tensor& x) const { return fc(x) * scale + mean; }
};

struct Mine : data::Dataset {
  std::int64_t size() const override { return 2; }
  data::Example get(std::int64_t i) const override { return {full({4}, i), zeros({}, {.dtype = DType::i64})}; }
};

struct Lines {
  std::int64_t size() const { return 4; }
  std::string get(std::int64_t i) const { return std::string(static_cast<std::size_t>(i), 'x'); }
};

/// Evaluates its arguments, for their own sake.
template <class... T> void use(const T&...) {}

/// What needs a GPU, or files: compiled only.
[[maybe_unused]] void compiled_only(Tensor x, Net net) {
  use(cuda::is_available(), cuda::device_count(), Device::cuda(1), Device::cpu());
  use(x.to(Device::cuda()), x.cpu(), x.pin_memory().to(Device::cuda(), NonBlocking::yes));
  net.to(Device::cuda());
  set_default_device(Device::cuda());
  cuda::synchronize();
  const cuda::Stream stream;
  const cuda::StreamGuard on_stream(stream);
  const auto step = [] {};
  cuda::Graph graph;
  graph.capture(step), graph.replay();
  use(cuda::memory_allocated()), cuda::empty_cache();
  set_num_threads(2);
  set_deterministic(true);
  set_float32_precision(Float32Op::matmul, Float32Precision::tf32);
  use(data::MNIST("mnist", data::Split::train), data::CIFAR10("cifar", data::Split::test));
  const std::string path = "image.png";
  use(data::read_image(path), data::resize(x, 8, 8), data::center_crop(x, 4, 4));
  const Tensor image = x;
  data::write_image(path, image);
}

}  // namespace

TEST_CASE("docs/from-pytorch.md: functions as layers, layers made later") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  Net net;
  use(nn::Sequential(nn::Linear(4, 8), [](const Tensor& x) { return square(x); }));
  nn::Linear later{nullptr};
  const auto optional = [&](Tensor x) {
    if (later) x = later(x);
    return x;
  };
  CHECK(optional(zeros({2, 4})).shape() == Shape{2, 4});
  later = net.register_module("later", nn::Linear(4, 3));
  CHECK(optional(zeros({2, 4})).shape() == Shape{2, 3});
  CHECK(net.parameters().size() == 5);
}

TEST_CASE("docs/from-pytorch.md: models") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  std::ostringstream out;
  auto* const console = std::cout.rdbuf(out.rdbuf());
  Net net;
  const Tensor x = randn({2, 4}), w = empty({3, 4});
  const nn::ForwardHook hook = [](const nn::Module&, const Tensors&, Tensors&) {};
  CHECK(net(x).shape() == Shape{2, 3});
  use(nn::Sequential(nn::Linear(4, 8), nn::ReLU()), nn::ModuleList({nn::ReLU(), nn::Tanh()}));
  use(nn::Conv2d(1, 32, 5, {.padding = 2}), nn::BatchNorm2d(32), nn::LayerNorm(64), nn::Dropout(0.5));
  use(nn::Conv3d(1, 8, 3), nn::MaxPool3d(2), nn::InstanceNorm3d(8));
  use(nn::ReflectionPad2d(1), nn::ConstantPad1d({1, 2}, 3.5));
  use(nn::Embedding(100, 8), nn::LSTM(8, 16), nn::CrossEntropyLoss());
  use(nn::CTCLoss({.zero_infinity = true}), nn::HuberLoss({.delta = 2}), nn::TripletMarginLoss({.swap = true}));
  use(nn::Conv2d(1, 32, 5, {.padding = 2, .padding_mode = PadMode::reflect}));
  use(nn::Embedding(100, 8, {.max_norm = 1, .scale_grad_by_freq = true}));
  use(nn::Hardswish(), nn::ReLU6(), nn::RReLU(0.1, 0.3), nn::EmbeddingBag(100, 8, {.mode = BagMode::sum}));
  use(net.parameters(), net.named_parameters(), net.get_submodule("fc"), net.register_forward_hook(hook));
  use(F::relu(x));
  use(nn::RMSNorm(64), nn::GLU(), nn::GELU(GeluApproximate::tanh));
  const Tensor s = randn({3, 1, 4}), m = nn::Transformer::generate_square_subsequent_mask(3);
  use(nn::MultiheadAttention(4, 2)(s, s, s, {.attn_mask = m}), nn::Transformer({.d_model = 4, .nhead = 2}));
  const nn::TransformerEncoderLayer layer = nn::TransformerEncoderLayer(4, 2, {.batch_first = true});
  use(nn::TransformerEncoder(layer, 2), nn::RotaryEmbedding(4));
  use(nn::Conv2d(1, 32, 5, 1, 2), nn::MaxPool2d(2, 2), nn::Linear(4, 3, false));
  net.train(), net.eval(), use(net.is_training());
  net.zero_grad(), net.requires_grad_(false);
  net.apply([](nn::Module& module) { module.train(); });
  net.apply([](nn::Module& module) {
    if (auto fc = module.as<nn::Linear>()) nn::init::zeros_(fc->bias);
  });
  CHECK(net.fc.bias.to_vector<float>() == std::vector<float>(3, 0));
  Tensor h, c;
  std::tie(h, c) = nn::LSTMCell(4, 3)(x, {h, c});
  CHECK(h.shape() == Shape{2, 3});
  nn::init::kaiming_normal_(w, {.nonlinearity = nn::init::Nonlinearity::relu});
  nn::init::xavier_uniform_(w), nn::init::zeros_(w);
  use(nn::utils::weight_norm(nn::Linear(4, 3)));
  use(nn::utils::spectral_norm(nn::Linear(4, 3)));
  std::cout << net << x;
  std::cout << x;
  std::cout << x.shape() << x.dtype() << x.device();
  std::cout.rdbuf(console);
  CHECK(out.str().find("(fc): Linear") != std::string::npos);
  net.to(DType::f64);
  CHECK(net.scale.dtype() == DType::f64);
}

TEST_CASE("docs/from-pytorch.md: recurrent layers") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const nn::LSTM lstm(8, 16);
  const nn::GRU gru(8, 16);
  const Tensor x = randn({5, 3, 8}), h0 = zeros({1, 3, 16}), c0 = zeros({1, 3, 16}), a = randn({4, 8}),
               b = randn({2, 8});
  const std::vector<std::int64_t> lengths{2, 5, 1};
  auto [y, h, c] = lstm(x, {h0, c0});
  use(y, h, c, nn::GRU(8, 16, {.num_layers = 2, .bidirectional = true}));
  use(nn::RNN(8, 16, {.nonlinearity = nn::Nonlinearity::relu}));
  auto packed = nn::pack_padded_sequence(x, lengths, false, false);
  auto [out, last] = gru(packed);
  CHECK(std::get<0>(nn::pad_packed_sequence(out)).shape() == Shape{5, 3, 16});
  use(last, nn::pad_packed_sequence(out), nn::pad_sequence({a, b}), nn::pack_sequence({a, b}));
}

TEST_CASE("docs/from-pytorch.md: tensors, views, indexing") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  std::vector<float> array{0, 1, 2, 3, 4, 5};
  Generator g(1);
  use(tensor({{1.0, 2.0}, {3.0, 4.0}}), zeros({2, 3}), empty({2, 3}), ones({2, 3}, DType::f64), ones(3));
  use(full({2, 3}, 7.0), arange(0, 10, 2), linspace(0, 1, 5), eye(3), rand({2, 3}), randn({2, 3}));
  use(randint(10, {4}), randint(2, 10, {4}), randperm(10), randn({2, 3}, {}, g));
  manual_seed(1);
  const Tensor x = from_blob(array.data(), {2, 3}).clone(), z = ones({2, 3}), row = ones({3}), y = tensor(1.0);
  use(zeros_like(x), randn_like(x), x.shape(), x.size(0), x.dim(), x.numel(), x.dtype(), x.device(), x.strides());
  use(y.item(), x.to_vector<float>(), x.to(DType::f64), x.to(DType::i64), x.clone(), x.contiguous(), x.detach());
  const Tensor image = rand({1, 1, 4, 4});
  use(image.channels_last());
  CHECK(x.index({Slice(), Slice(None, None, 2)}).to_vector<float>() == std::vector<float>{0, 2, 3, 5});
  CHECK(x.index({Slice(), 1}).to_vector<float>() == std::vector<float>{1, 4});
  CHECK(x.index({Ellipsis, None}).shape() == Shape{2, 3, 1});
  const Tensor positions = tensor({1, 0}), mask = x > 2, i = zeros({2, 1}, {.dtype = DType::i64});
  use(x.view({3, -1}), x.view(-1), x.flatten(1), x.unflatten(1, {3, -1}), x.t(), x.transpose(0, 1), x.permute({1, 0}));
  use(x.expand({4, 2, 3}), x.unsqueeze(0), x.squeeze(0), x[0], x[-1], x.index({Slice(0, 2)}));
  CHECK(x[mask].to_vector<float>() == std::vector<float>{3, 4, 5});
  use(x[positions], x.narrow(0, 0, 1), x.select(1, 2), x.unfold(1, 2, 1));
  const Tensor a = rand({2, 3}), b = rand({2, 3});
  use(cat({a, b}, 1), stack({a, b}), x.split(1), x.chunk(2), x.unbind(1), x.repeat({2, 1}), x.flip(0));
  use(x.roll(1), where(mask, a, b), x.masked_fill(mask, 0), x.gather(1, i), x.scatter_add(1, i, z));
  use(x.index_select(0, positions), x.nonzero());
  const Tensor rows = tensor({0, 1}), cols = tensor({0, 1, 2});
  use(repeat_interleave(x, 2, 1), tile(x, {2}), meshgrid({rows, cols}), scatter_reduce(x, 1, i, z, "amax", false));
  use(index_add(x, 0, positions, z, 2), take_along_dim(x, i, 1), tril_indices(3, 3));
  x[0] = 1, x[0] = row;
  x.index_put_({mask}, y);
  x.fill_(1), x.copy_(z), x.add_(z, 2);
  x += z;
  CHECK(x.to_vector<float>() == std::vector<float>(6, 4));
  x.exp_(), x.clamp_(0, 1), x.uniform_(-1, 1), x.detach_();
}

TEST_CASE("docs/from-pytorch.md: operations") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const Tensor a = rand({2, 3}), b = rand({2, 3}), x = randn({2, 3}), mask = x > 0, labels = tensor({0, 2});
  const Tensor image = rand({1, 1, 4, 4}), kernel = rand({1, 1, 3, 3}), w = rand({5, 3}), bias = rand({5});
  use(a + b, 2 * a, -a, matmul(a, b.t()), a.pow(2), a.square(), floor_divide(a, 2), a % 2, a < b);
  use(sigmoid(x), lgamma(x), digamma(x), i0e(x), erfcx(x), log_ndtr(x), entr(a), xlog1py(a, b));
  use((a < b) & (a > 0), ~mask, x.exp(), x.abs(), x.clamp(0, 1), x.clamp(0), x.sum(), x.mean());
  use(x.sum(1, true), x.mean({0, 1}), x.var(1), x.std(1), x.norm(), (a == b).mean());
  const auto [values, places] = x.max(1);
  CHECK(values.shape() == places.shape());
  use(x.argmax(1), x.amax(1), x.logsumexp(1), x.cumsum(1), x.sort(1), x.topk(2, 1));
  const Tensor q = tensor({0.25, 0.5}), p = tensor({0.25, 0.75});
  use(diag(q), trace(x));
  use(div(a, b, "trunc"), fmod(a, b), hypot(a, b), logaddexp(a, b), isfinite(x), nan_to_num(x, 0), var_mean(x));
  use(aminmax(x), median(x), median(x, 1), mode(x), quantile(x, 0.9, 1), quantile(x, q), searchsorted(q, x));
  const auto [distinct, inverse, counts] = unique(x, true, true, true);
  CHECK(equal(index_select(distinct, 0, inverse.view(-1)).view({2, 3}), x));
  CHECK(counts.sum().item() == 6);
  use(bucketize(x, q), bincount(labels), histc(x, 10), bernoulli(p), multinomial(p, 2, true), cummax(x, 1), diff(x));
  use(trapezoid(x), tensordot(a, b, {1}, {1}), kron(a, b), cross(a, b, 1), cdist(a, b, 1));
  use(einsum("ij,kj->ik", {a, b}), allclose(a, b), equal(a, b), relu(x), gelu(x), softmax(x, 1), linear(x, w, bias));
  use(gelu(x, GeluApproximate::tanh), rms_norm(x, {3}), swiglu(a, b), glu(x, 0));
  use(conv2d(image, kernel, {}, {.stride = 2, .padding = 1}), max_pool2d(image, 2, 2), avg_pool2d(image, 2));
  use(interpolate(image, {8, 8}, {.mode = InterpolateMode::bilinear}), im2col(image, 3));
  const Tensor volume = rand({1, 1, 4, 4, 4}), cube = rand({1, 1, 3, 3, 3}), four = rand({1, 4, 2, 2});
  use(conv3d(volume, cube, {}, {.padding = 1}), max_pool3d(volume, 2), interpolate(image, ScaleFactor(1.5)));
  const auto [y, i] = max_pool2d_with_indices(image, 2);
  use(max_unpool2d(y, i, 2));
  const Shape size{1, 1, 3, 3};
  const Tensor theta = rand({1, 2, 3}), grid = affine_grid(theta, size);
  use(affine_grid(theta, size), grid_sample(image, grid), pixel_shuffle(four, 2), instance_norm(image));
  use(pad(image, {1, 1, 0, 0}, PadMode::replicate), dropout(x, 0.5), mse_loss(a, b, Reduction::sum));
  use(cross_entropy(x, labels, {.label_smoothing = 0.1}));
  use(linalg::multi_dot({a, b.t(), a}));
}

TEST_CASE("docs/from-pytorch.md: operations of transformers, losses and special functions") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const Tensor a = rand({2, 3}), b = rand({2, 3}), x = randn({2, 3}), labels = tensor({0, 2});
  const Tensor q = randn({2, 4, 5, 8}), k = randn({2, 4, 6, 8}), v = randn({2, 4, 6, 8});
  use(scaled_dot_product_attention(q, k, v, {.is_causal = true}));
  use(normalize(x), cosine_similarity(a, b));
  const Tensor y = log_softmax(randn({4, 3}), 1), steps = tensor(4), lengths = tensor(1);
  use(gumbel_softmax(x, 0.5, true), ctc_loss(y, labels, steps, lengths, {.blank = 2}));
  use(lgamma(x), erfinv(x), xlogy(a, b), labels << 1, labels >> 1);
}

TEST_CASE("linear algebra" * testing::needs_lapack) {
  const Tensor m = tensor({{2.0, 1.0}, {1.0, 3.0}}), y = ones({2, 1}), w = ones({2, 3});
  use(linalg::inv(m), linalg::solve(m, y), linalg::det(m));
  const auto [q, r] = linalg::qr(m);
  const auto [u, s, vt] = linalg::svd(m, false);
  const auto [l, v] = linalg::eigh(m);
  use(linalg::cholesky(m), linalg::lstsq(m, y), linalg::pinv(m, {.rtol = 1e-3}), q, r, u, s, vt, l, v);
  use(linalg::matrix_norm(m, linalg::MatrixNorm::nuc));
  nn::init::orthogonal_(w);
}

TEST_CASE("docs/from-pytorch.md: autograd") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const Tensor w = ones({3}), point = rand({3}, {.dtype = DType::f64, .requires_grad = true});
  w.requires_grad_(), use(w.requires_grad());
  const AnomalyGuard anomaly;
  const Tensor hidden = w * w, loss = hidden.sum();
  const auto f = [](const Tensor&) { return Tensor(); };
  hidden.retain_grad(), hidden.register_hook(f);
  use(to_dot({loss}), grad({loss}, {w}, {.create_graph = true}));
  const nn::Linear net(3, 2);
  const Tensor x = ones({4, 3});
  use(checkpoint(net, x));
  loss.backward({}, true), loss.backward();
  CHECK(w.grad().to_vector<float>() == std::vector<float>(3, 4));
  w.set_grad({});
  const TensorFunction function = [](const Tensors& in) { return Tensors{square(in[0])}; };
  CHECK(gradcheck(function, {point}));
  no_grad([&] { w.sub_(0.1); });
  const NoGradGuard guard;
  const AutocastGuard rounded(DType::bf16);
  CHECK_FALSE((w * w).requires_grad());
}

TEST_CASE("docs/from-pytorch.md: optimizers, data, saving") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const testing::ScratchFolder folder;
  Net net;
  const Tensor a = ones({2}).requires_grad_(), b = ones({2}).requires_grad_();
  optim::SGD sgd(net.parameters(), {.lr = 0.1, .momentum = 0.9});
  optim::AdamW adamw(net.parameters(), {.lr = 1e-3});
  optim::SGD groups({{{a}, {}}, {{b}, {.lr = 0.1}}});
  CHECK(groups.lr(1) == 0.1);
  {
    const Tensor x = tensor({3.0}).requires_grad_();
    optim::LBFGS lbfgs({x}, {.strong_wolfe = true});
    const auto closure = [&] {
      lbfgs.zero_grad();
      Tensor loss = square(x).sum();
      loss.backward();
      return loss;
    };
    lbfgs.step(closure);
    CHECK(x.item() == doctest::Approx(0));
  }
  use(optim::SGD(net.parameters(), 0.1), optim::Adam(net.parameters()), optim::RMSprop(net.parameters()),
      optim::Adagrad(net.parameters()), optim::Adadelta(net.parameters()), optim::Adamax(net.parameters()),
      optim::NAdam(net.parameters()), optim::RAdam(net.parameters()), optim::Lion(net.parameters(), 1e-4));
  optim::CosineAnnealingLR schedule(sgd, 100);
  optim::ReduceLROnPlateau plateau(sgd, {.patience = 5});
  use(optim::StepLR(sgd, 1), optim::MultiStepLR(sgd, {1}), optim::ExponentialLR(sgd, 0.9));
  const auto factor = [](std::int64_t) { return 1.0; };
  use(optim::LambdaLR(sgd, factor));
  const Tensor p = ones({2, 2}).requires_grad_();
  sgd.add_param_group({{p}, {.lr = 0.1}});
  use(optim::Muon({p}, 0.1), optim::Adafactor({p}));
  optim::OneCycleLR one_cycle(sgd, 0.1, 100, {.cycle_momentum = false});
  optim::LinearLR warm_up(sgd, 0.1, 1, 10);
  optim::SequentialLR sequence(sgd, {warm_up, schedule}, {10});
  use(optim::PolynomialLR(sgd), optim::ConstantLR(sgd), optim::CyclicLR(sgd, 0.1, 1), optim::SWALR(sgd, 0.1),
      optim::CosineAnnealingWarmRestarts(sgd, 10), optim::ChainedScheduler(sgd, {warm_up, schedule}));
  optim::ParameterAverage ema(net.parameters(), {.decay = 0.999});
  ema.update();
  use(optim::ParameterAverage(net.parameters()));

  const Tensor x = rand({2, 4}), labels = tensor({0, 1});
  const data::Subset dataset = data::Subset(Mine(), {0, 1});
  use(data::TensorDataset(x, labels), data::Subset(dataset, {0, 1}), data::random_split(dataset, {1, 1}));
  use(data::Normalize({0.1307}, {0.3081}), data::RandomShift(1), data::RandomHorizontalFlip());
  const auto random_crop = [](const Tensor& image, Generator& g) { return image.narrow(0, 0, 2) + rand({2}, {}, g); };
  use(data::map(dataset, [](const Tensor& image) { return image * 2; }));
  data::DataLoader doubled(dataset, {.transforms = {[](const Tensor& batch) { return batch * 2; }}});
  data::DataLoader cropped(dataset, {.transforms = {data::each(random_crop)}});
  for (const auto& batch : cropped) CHECK(batch.data.shape() == Shape{1, 2});
  const Lines lines;
  const auto collate = [](const std::vector<std::string>& words) { return words.at(0).size(); };
  use(data::make_data_loader(lines, {.batch_size = 2}, collate));
  data::DataLoader loader(dataset, {.batch_size = 2, .shuffle = true});
  for (auto [inputs, targets] : loader) {
    sgd.zero_grad();
    cross_entropy(net(inputs), targets).backward();
    optim::clip_grad_norm_(net.parameters(), 1.0);
    sgd.step();
  }
  training::update_bn(loader, net);
  schedule.step(), use(schedule.last_lr());
  sgd.set_lr(0.01), sgd.options().momentum = 0.5;
  const auto state = sgd.state_dict();
  sgd.load_state_dict(state);
  const std::string path = (folder / "net.safetensors").string();
  data::save_safetensors(path, net.state_dict());
  net.load_state_dict(data::load_safetensors(path).tensors);
  training::Checkpoint().add("model", net).add("optimizer", sgd).save(path);
  save(net, path), load(net, path);
  save(x, path), save(sgd, path);
}

TEST_CASE("trained language models") {
  const NoGradGuard no_grad;
  const nn::models::LlamaOptions llama_options{.vocab_size = 5,
                                               .hidden_size = 8,
                                               .intermediate_size = 4,
                                               .num_hidden_layers = 1,
                                               .num_attention_heads = 2,
                                               .num_key_value_heads = 1,
                                               .max_position_embeddings = 8};
  const nn::models::BertOptions bert_options{
      .vocab_size = 5, .hidden_size = 4, .num_hidden_layers = 1, .num_attention_heads = 1, .intermediate_size = 4};
  nn::models::Bert bert(bert_options);
  nn::models::Llama llama(llama_options);
  use(nn::freeze(bert), nn::freeze(bert, "^embeddings"));
  nn::LoRA lora(llama, {.r = 8, .lora_alpha = 16});
  nn::LoRA other_lora(llama);
  lora.merge(), other_lora.remove();
  nn::models::KVCache cache;
  use(cache.size());
  // What takes files, or time: compiled only.
  [[maybe_unused]] const auto files = [&](const std::string& path, const std::string& text, const std::string& other,
                                          const std::vector<std::int64_t>& ids, const Tensor& tokens) {
    nn::models::GPT2 gpt2({.n_layer = 2});
    gpt2.load_pretrained(data::load_safetensors(path).tensors);
    use(training::load_llama(data::load_gguf(path)), data::load_wordpiece(path), gpt2(tokens, cache));
    const data::Tokenizer tokenizer = data::load_tokenizer(path);
    use(tokenizer.encode(text), tokenizer.decode(ids));
    use(data::pad_tokens({tokenizer.encode(text), tokenizer.encode(other)}));
    use(nn::models::generate(gpt2, ids, {.max_new_tokens = 20, .sampling = {.top_p = 0.9}}));
  };
}

TEST_CASE("docs/from-pytorch.md shows only code that is compiled here") {
  using namespace reel::testing;
  const auto squeezed = [](const std::string& text) { return std::regex_replace(text, std::regex("\\s+"), ""); };
  const std::string here = squeezed(read_text(source_dir() / "tests/from_pytorch_test.cpp"));
  const auto unknown = [&](const std::string& page) {
    std::vector<std::string> found;
    for (const auto& row : table_rows(page)) {
      REQUIRE(row.size() == 2);
      for (const std::string& code : code_spans(row[1])) {
        if (here.find(squeezed(code)) == std::string::npos) found.push_back(code);
      }
    }
    return found;
  };
  const std::string page = read_text(source_dir() / "docs/from-pytorch.md");
  CHECK(table_rows(page).size() > 100);
  for (const std::string& code : unknown(page)) FAIL_CHECK("no test compiles ", code);
  CHECK(table_rows(page).front() == std::vector<std::string>{"`net(x)`", "`net(x)`"});
  CHECK(unknown("| a | b |\n|---|---|\n| `x` | `made_"
                "up(x)` |\n")
            .size() == 1);
}

TEST_CASE("docs/from-pytorch.md: half floats and mixed precision") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  nn::Linear net(4, 3);
  net.to(DType::bf16);
  optim::SGD sgd(net.parameters(), 0.1);
  sgd.keep_master_weights();
  const Tensor loss = net(ones({2, 4}, DType::bf16)).sum();
  {
    const AutocastGuard rounded(DType::f16);
    use(matmul(ones({2, 2}), ones({2, 2})));
  }
  optim::GradScaler scaler;
  scaler.scale(loss).backward();
  scaler.unscale_(sgd);
  scaler.step(sgd);
  scaler.update();
}
