// Modules: the registry of members, state_dict, conversion, hooks, printing.

#include <sstream>

#include <doctest/doctest.h>
#include <reel/reel.h>

#include "support/leaks.h"

using namespace reel;

namespace {

/// The network of the README.
struct Net : nn::Module {
  nn::Conv2d conv1 = register_module("conv1", nn::Conv2d(1, 32, 5, {.padding = 2}));
  nn::Conv2d conv2 = register_module("conv2", nn::Conv2d(32, 64, 5, {.padding = 2}));
  nn::Linear fc1 = register_module("fc1", nn::Linear(64 * 7 * 7, 1024));
  nn::Linear fc2 = register_module("fc2", nn::Linear(1024, 10));

  Tensor forward(Tensor x) {
    x = max_pool2d(relu(conv1(x)), 2);
    x = max_pool2d(relu(conv2(x)), 2);
    return fc2(relu(fc1(flatten(x, 1))));
  }
};

/// A small model with every kind of member: parameters and a buffer of its own, children, a grandchild.
struct Block : nn::Layer<Block> {
  nn::Linear fc = register_module("fc", nn::Linear(2, 3));
  Tensor forward(const Tensor& x) const { return relu(fc(x)); }
};

struct Model : nn::Module {
  Tensor scale = register_parameter("scale", tensor({1.0, 2.0, 3.0}));
  Tensor count = register_buffer("count", tensor(7));
  Block block = register_module("block", Block());
  nn::Linear out = register_module("out", nn::Linear(3, 1, {.bias = false}));

  Tensor forward(const Tensor& x) const { return out(block(x) * scale); }
};

std::vector<std::string> names(const nn::NamedTensors& list) {
  std::vector<std::string> out;
  for (const auto& [name, tensor] : list) out.push_back(name);
  return out;
}

std::vector<std::string> names(const nn::StateDict& state) {
  std::vector<std::string> out;
  for (const auto& [name, tensor] : state) out.push_back(name);
  return out;
}

bool same(const Tensor& a, const Tensor& b) { return a.to_vector<float>() == b.to_vector<float>(); }

using Names = std::vector<std::string>;

bool throws_with(const std::function<void()>& call, const std::string& text) {
  try {
    call();
  } catch (const ValueError& e) {
    INFO(std::string(e.what()));
    CHECK(std::string(e.what()).find(text) != std::string::npos);
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a module lists its members in the order of registration") {
  const Model model;
  CHECK(names(model.named_parameters()) == Names{"scale", "block.fc.weight", "block.fc.bias", "out.weight"});
  CHECK(names(model.named_parameters(false)) == Names{"scale"});
  CHECK(names(model.named_buffers()) == Names{"count"});
  CHECK(model.parameters().size() == 4);
  CHECK(model.parameters()[0].is_same(model.scale));
  CHECK(model.buffers()[0].is_same(model.count));

  Names paths;
  for (const auto& [name, module] : model.named_modules()) paths.push_back(name + ":" + module.type_name());
  CHECK(paths == Names{":Module", "block:Block", "block.fc:Linear", "out:Linear"});
  CHECK(model.children().size() == 2);
  CHECK(model.named_children()[1].first == "out");
  CHECK(model.modules().size() == 4);

  CHECK(model.get_parameter("block.fc.weight").is_same(model.block.fc.weight));
  CHECK(model.get_parameter("scale").is_same(model.scale));
  CHECK(model.get_buffer("count").is_same(model.count));
  CHECK(model.get_submodule("block.fc").is_same(model.block.fc));
  CHECK(model.get_submodule("").is_same(model));
  CHECK(throws_with([&] { model.get_parameter("block.fc.gamma"); },
                    "expected the name of a parameter, got \"block.fc.gamma\"; there are weight, bias"));
  CHECK(
      throws_with([&] { model.get_buffer("scale"); }, "expected the name of a buffer, got \"scale\"; there are count"));
  CHECK(throws_with([&] { model.get_submodule("block.conv"); },
                    "expected the name of a module, got \"block.conv\"; Block has fc"));
}

TEST_CASE("parameters require grad, buffers do not") {
  const Model model;
  for (const Tensor& p : model.parameters()) CHECK(p.requires_grad());
  CHECK(!model.count.requires_grad());
  model.requires_grad_(false);
  for (const Tensor& p : model.parameters()) CHECK(!p.requires_grad());
  nn::Module plain;
  CHECK(!plain.register_parameter("frozen", zeros({2}), false).requires_grad());
}

TEST_CASE("a name must be one, and belong to one kind of member") {
  nn::Module m;
  m.register_parameter("p", zeros({1}));
  m.register_buffer("b", zeros({1}));
  m.register_module("c", nn::Linear(1, 1));
  CHECK(throws_with([&] { m.register_parameter("", zeros({1})); },
                    "register_parameter: expected a name, got an empty one"));
  CHECK(throws_with([&] { m.register_buffer("a.b", zeros({1})); },
                    "register_buffer: expected a name without '.', which separates levels, got \"a.b\""));
  CHECK(throws_with([&] { m.register_module("p", nn::Linear(1, 1)); }, "got \"p\", which is a parameter"));
  CHECK(throws_with([&] { m.register_parameter("b", zeros({1})); }, "got \"b\", which is a buffer"));
  CHECK(throws_with([&] { m.register_buffer("c", zeros({1})); }, "got \"c\", which is a child module"));
  CHECK(throws_with([&] { m.register_module("self", m); }, "got the module itself or one that holds it"));
  nn::Module parent;
  parent.register_module("m", m);
  CHECK(throws_with([&] { m.register_module("up", parent); }, "got the module itself or one that holds it"));
  CHECK_THROWS_AS(m.register_parameter("i", zeros({1}, {.dtype = DType::i64})), DTypeError);
  const Tensor leaf = zeros({1}, {.requires_grad = true});
  CHECK_THROWS_AS(m.register_parameter("r", leaf + leaf), AutogradError);
  CHECK(names(m.named_parameters()) == Names{"p", "c.weight", "c.bias"});
  CHECK(names(m.named_buffers()) == Names{"b"});
}

TEST_CASE("undefined parameters and buffers are absent ones") {
  nn::Module m;
  CHECK(!m.register_parameter("bias", {}).defined());
  CHECK(!m.register_buffer("mean", {}).defined());
  CHECK(m.parameters().empty());
  CHECK(m.state_dict().empty());
  m.register_parameter("bias", ones({2}));  // the name is free for a tensor of the same kind
  CHECK(m.parameters().size() == 1);
}

TEST_CASE("copies of a module are handles on one module") {
  Model model;
  const Model alias = model;
  CHECK(alias.is_same(model));
  CHECK(alias.block.fc.weight.is_same(model.block.fc.weight));
  model.eval();
  CHECK(!alias.is_training());
  CHECK(!alias.block.fc.is_training());
  alias.train();
  CHECK(model.out.is_training());

  Model moved = std::move(model);
  CHECK(moved.is_same(alias));
  CHECK(model.parameters().size() == 4);  // what has been moved from is still a handle
  moved.register_buffer("extra", zeros({1}));
  CHECK(alias.buffers().size() == 2);
  moved.to(DType::f64);
  CHECK(alias.block.fc.weight.dtype() == DType::f64);
  CHECK(alias.count.dtype() == DType::i64);

  const Model other;
  CHECK(!other.is_same(alias));
}

TEST_CASE("a buffer that is not persistent moves with the module and is in no state") {
  nn::Module m;
  m.register_buffer("table", ones({2}), false);
  m.register_buffer("count", zeros({1}));
  m.to(DType::f64);
  CHECK(m.get_buffer("table").dtype() == DType::f64);
  CHECK(m.buffers().size() == 2);
  CHECK(m.state_dict().size() == 1);
  CHECK_NOTHROW(m.load_state_dict({{"count", ones({1}, DType::f64)}}));
  m.register_buffer("table", ones({2}));  // replaced by one that is
  CHECK(m.state_dict().size() == 2);
}

TEST_CASE("registering an existing name replaces: weights are tied") {
  struct Tied : nn::Module {
    nn::Linear first = register_module("first", nn::Linear(3, 3));
    nn::Linear second = register_module("second", nn::Linear(3, 3));
    Tied() { second = register_module("second", first); }
    Tensor forward(const Tensor& x) const { return second(first(x)); }
  };
  const Tied tied;
  CHECK(tied.second.weight.is_same(tied.first.weight));
  CHECK(names(tied.named_parameters()) == Names{"first.weight", "first.bias"});
  CHECK(tied.children().size() == 1);
  CHECK(tied.modules().size() == 2);
  // As in PyTorch each name has an entry in the state.
  CHECK(names(tied.state_dict()) == Names{"first.bias", "first.weight", "second.bias", "second.weight"});

  // y = w (w x), w = 2 times the identity: d(sum y)/dw = 1 (w x)^T + (w^T 1) x^T, from both uses.
  tied.load_state_dict({{"first.weight", tensor({{2.0, 0.0, 0.0}, {0.0, 2.0, 0.0}, {0.0, 0.0, 2.0}})},
                        {"first.bias", zeros({3})},
                        {"second.weight", tensor({{2.0, 0.0, 0.0}, {0.0, 2.0, 0.0}, {0.0, 0.0, 2.0}})},
                        {"second.bias", zeros({3})}});
  const Tensor y = tied.forward(tensor({{1.0, 0.0, 0.0}}));
  CHECK(y.to_vector<float>() == std::vector<float>{4, 0, 0});
  y.sum().backward();
  CHECK(tied.first.weight.grad().to_vector<float>() == std::vector<float>{4, 0, 0, 4, 0, 0, 4, 0, 0});
}

TEST_CASE("layers can be built on the tensors of others") {
  nn::Module model;
  const nn::Embedding embedding = model.register_module("embedding", nn::Embedding(5, 3));
  const nn::Linear decoder = model.register_module("decoder", nn::Linear(embedding.weight));
  CHECK(decoder.weight.is_same(embedding.weight));
  CHECK(!decoder.bias.defined());
  CHECK(names(model.named_parameters()) == Names{"embedding.weight"});
  CHECK(decoder(ones({2, 3})).shape() == Shape{2, 5});
  CHECK(to_string(decoder) == "Linear(in_features=3, out_features=5, bias=False)");
  CHECK_THROWS_AS(nn::Linear(zeros({2})), ShapeError);
  CHECK_THROWS_AS(nn::Linear(zeros({2, 3}), zeros({3})), ShapeError);
}

TEST_CASE("state_dict has PyTorch's names and shares memory") {
  const Model model;
  const nn::StateDict state = model.state_dict();
  CHECK(names(state) == Names{"block.fc.bias", "block.fc.weight", "count", "out.weight", "scale"});
  CHECK(!state.at("scale").requires_grad());
  CHECK(state.at("scale").data() == model.scale.data());

  const Net net;
  CHECK(names(net.state_dict()) == Names{"conv1.bias", "conv1.weight", "conv2.bias", "conv2.weight", "fc1.bias",
                                         "fc1.weight", "fc2.bias", "fc2.weight"});
  CHECK(net.state_dict().at("conv1.weight").shape() == Shape{32, 1, 5, 5});
}

TEST_CASE("load_state_dict copies, keeping tensors and views") {
  const Model a, b;
  CHECK(!same(a.out.weight, b.out.weight));
  const Tensor weight = a.out.weight;
  const nn::IncompatibleKeys keys = a.load_state_dict(b.state_dict());
  CHECK(keys.missing_keys.empty());
  CHECK(keys.unexpected_keys.empty());
  CHECK(weight.is_same(a.out.weight));
  CHECK(same(a.out.weight, b.out.weight));
  CHECK(a.out.weight.data() != b.out.weight.data());
  CHECK(a.out.weight.requires_grad());
  CHECK_NOTHROW(a.load_state_dict(a.state_dict()));  // its own memory
  CHECK(same(a.out.weight, b.out.weight));
}

TEST_CASE("load_state_dict reports everything that is wrong and changes nothing") {
  const Model a, b;
  nn::StateDict state = b.state_dict();
  state.erase("out.weight");
  state["extra"] = zeros({1});
  state["scale"] = zeros({4});
  state["count"] = tensor(1.5);
  state["block.fc.bias"] = Tensor();
  const std::vector<float> before = a.block.fc.weight.to_vector<float>();
  const std::string report =
      "load_state_dict: the state does not fit the module:\n"
      "  block.fc.bias: the tensor is undefined\n"
      "  count: expected dtype i64, got f32; convert it or the module with to()\n"
      "  scale: expected shape [3], got [4]\n"
      "  missing: out.weight\n"
      "  unexpected: extra";
  CHECK(throws_with([&] { a.load_state_dict(state); }, report));
  CHECK(throws_with([&] { a.load_state_dict(state, false); }, "scale: expected shape [3], got [4]"));
  CHECK(a.block.fc.weight.to_vector<float>() == before);

  state = b.state_dict();
  state.erase("out.weight");
  state["extra"] = zeros({1});
  CHECK_THROWS_AS(a.load_state_dict(state), ValueError);
  CHECK(a.block.fc.weight.to_vector<float>() == before);
  const nn::IncompatibleKeys keys = a.load_state_dict(state, false);
  CHECK(keys.missing_keys == Names{"out.weight"});
  CHECK(keys.unexpected_keys == Names{"extra"});
  CHECK(same(a.block.fc.weight, b.block.fc.weight));
}

TEST_CASE("to() converts parameters, gradients and floating buffers where they are") {
  const Model model;
  const Tensor weight = model.out.weight;
  const Tensor buffer = nn::Module(model).register_buffer("mean", ones({2}));
  model.forward(ones({1, 2})).sum().backward();
  const std::vector<double> grad = weight.grad().to_vector<double>();
  model.to(DType::f64);
  CHECK(model.out.weight.is_same(weight));
  CHECK(weight.dtype() == DType::f64);
  CHECK(weight.requires_grad());
  CHECK(weight.grad().dtype() == DType::f64);
  CHECK(weight.grad().to_vector<double>() == grad);
  CHECK(buffer.dtype() == DType::f64);
  CHECK(model.count.dtype() == DType::i64);

  // Training goes on: gradients accumulate in the new dtype.
  model.forward(ones({1, 2}, {.dtype = DType::f64})).sum().backward();
  CHECK(weight.grad().dtype() == DType::f64);

  model.to(Device::cpu(), DType::f32);
  CHECK(weight.dtype() == DType::f32);
  const void* data = weight.data();
  model.to(Device::cpu());  // there already
  CHECK(weight.data() == data);
  CHECK_THROWS_AS(model.to(DType::i64), DTypeError);
}

TEST_CASE("zero_grad clears or zeroes") {
  const Model model;
  model.forward(ones({1, 2})).sum().backward();
  CHECK(model.out.weight.grad().defined());
  model.zero_grad(false);
  CHECK(model.out.weight.grad().to_vector<float>() == std::vector<float>{0, 0, 0});
  model.zero_grad();
  CHECK(!model.out.weight.grad().defined());

  const Tensor y = model.forward(ones({1, 2}));
  (y * y).sum().backward({}, false, true);  // the gradient is on the tape itself
  const Tensor grad = model.out.weight.grad();
  CHECK(grad.requires_grad());
  model.zero_grad(false);
  CHECK(!model.out.weight.grad().requires_grad());
  CHECK(model.out.weight.grad().data() == grad.data());
  CHECK(model.out.weight.grad().to_vector<float>() == std::vector<float>{0, 0, 0});
}

TEST_CASE("apply reaches every module once, children first") {
  Model model;
  model.register_module("again", model.block);
  Names order;
  model.apply([&](nn::Module& m) {
    order.push_back(m.type_name());
    if (m.type_name() == "Linear") nn::init::constant_(m.get_parameter("weight"), 0.5);
  });
  CHECK(order == Names{"Linear", "Block", "Linear", "Module"});
  CHECK(model.out.weight.to_vector<float>() == std::vector<float>{0.5f, 0.5f, 0.5f});
}

TEST_CASE("modules print as in PyTorch") {
  const Net net;
  const std::string expected =
      "Net(\n"
      "  (conv1): Conv2d(1, 32, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))\n"
      "  (conv2): Conv2d(32, 64, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))\n"
      "  (fc1): Linear(in_features=3136, out_features=1024, bias=True)\n"
      "  (fc2): Linear(in_features=1024, out_features=10, bias=True)\n"
      ")";
  CHECK(to_string(net) == expected);
  std::ostringstream out;
  out << net << ' ' << net.fc2;
  CHECK(out.str() == expected + " Linear(in_features=1024, out_features=10, bias=True)");

  nn::Module parent;
  parent.register_module("model", Model());
  CHECK(to_string(parent) ==
        "Module(\n"
        "  (model): Model(\n"
        "    (block): Block(\n"
        "      (fc): Linear(in_features=2, out_features=3, bias=True)\n"
        "    )\n"
        "    (out): Linear(in_features=3, out_features=1, bias=False)\n"
        "  )\n"
        ")");
  CHECK(to_string(nn::Module()) == "Module()");
}

TEST_CASE("forward hooks see and replace what goes in and out") {
  nn::Linear layer(2, 2);
  layer.load_state_dict({{"weight", tensor({{1.0, 0.0}, {0.0, 1.0}})}, {"bias", zeros({2})}});
  const nn::Linear alias = layer;
  const Tensor x = tensor({{1.0, 2.0}});

  Names log;
  const std::size_t pre = layer.register_forward_pre_hook([&](const nn::Module& m, Tensors& inputs) {
    log.push_back("pre " + m.type_name());
    inputs[0] = inputs[0] * 2;
  });
  const std::size_t post = layer.register_forward_hook([&](const nn::Module&, const Tensors& in, Tensors& out) {
    log.push_back("post");
    CHECK(in[0].to_vector<float>() == std::vector<float>{2, 4});
    out[0] = out[0] + 1;
  });
  CHECK(alias(x).to_vector<float>() == std::vector<float>{3, 5});  // hooks belong to the module, not to the handle
  CHECK(x.to_vector<float>() == std::vector<float>{1, 2});
  CHECK(log == Names{"pre Linear", "post"});
  CHECK(layer.forward(x).to_vector<float>() == std::vector<float>{1, 2});
  layer.remove_hook(pre);
  layer.remove_hook(post);
  CHECK(layer(x).to_vector<float>() == std::vector<float>{1, 2});

  const std::size_t bad = layer.register_forward_pre_hook([](const nn::Module&, Tensors& in) { in.clear(); });
  CHECK(throws_with([&] { layer(x); }, "Linear: expected a forward pre-hook to leave 1 inputs, got 0"));
  layer.remove_hook(bad);
}

TEST_CASE("a layer may take any arguments and return several tensors") {
  struct Split : nn::Layer<Split> {
    std::tuple<Tensor, Tensor> forward(const Tensor& x, double factor, Generator& generator) {
      return {x * factor, x * static_cast<double>(generator.state().seed)};
    }
  };
  Split split;
  Generator generator(3);
  const Tensor x = ones({1});
  CHECK(std::get<0>(split(x, 2.0, generator)).item() == 2);
  std::size_t seen = 0;
  split.register_forward_hook([&](const nn::Module&, const Tensors& in, Tensors& out) {
    seen = in.size() * 10 + out.size();
    out[1] = out[1] * 10;
  });
  const auto [a, b] = split(x, 2.0, generator);
  CHECK(seen == 12);
  CHECK(a.item() == 2);
  CHECK(b.item() == 30);
}

TEST_CASE("modules let go of everything") {
  const testing::LeakCheck leaks;
  Model model;
  const Model alias = model;
  nn::Sequential net(model.block, nn::ReLU());
  net.register_forward_hook([](const nn::Module&, const Tensors&, Tensors&) {});
  model.register_module("net", net);
  model.forward(ones({2, 2})).sum().backward();
  CHECK(net(ones({2, 2})).shape() == Shape{2, 3});
}
