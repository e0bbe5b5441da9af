// Anomaly mode: the checks around the backward of each node.

#include <reel/autograd/anomaly.h>

#include <exception>
#include <utility>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/factories.h>
#include <reel/ops/options.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/check.h>

namespace reel {
namespace {

// Every recorded operation asks. Initial-exec: access takes one instruction instead of a call.
[[gnu::tls_model("initial-exec")]] constinit thread_local bool enabled = false;

std::string forward_call(const Node& node) {
  if (!node.forward_call) return "its forward ran outside anomaly mode, so the call is not known";
  return "its forward was called from:\n" + node.forward_call->text();
}

bool has_nan(const Tensor& t) {
  const NoGradGuard guard;
  return any(isnan(kFloating.contains(t.dtype()) ? t : t.to(DType::f32))).item<bool>();  // half floats only store
}

}  // namespace

bool anomaly_enabled() { return enabled; }
void set_detect_anomaly(bool value) { enabled = value; }
AnomalyGuard::AnomalyGuard(bool value) : former_(std::exchange(enabled, value)) {}
AnomalyGuard::~AnomalyGuard() { enabled = former_; }

void run_backward(Node& node, std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs, const bool* wanted) {
  if (!enabled) return node.backward(grad_outputs, grad_inputs, wanted);
  const auto version = [](const Tensor& grad) { return grad.defined() ? grad.version() : 0; };
  SmallVector<std::uint32_t, 2> versions;
  for (const Tensor& grad : grad_outputs) versions.push_back(version(grad));
  try {
    node.backward(grad_outputs, grad_inputs, wanted);
  } catch (const std::exception& error) {
    fail<AutogradError>("{}: its backward threw: {}\n{}", node.name(), error.what(), forward_call(node));
  }
  for (std::size_t i = 0; i < grad_outputs.size(); ++i) {
    check<AutogradError>(version(grad_outputs[i]) == versions[i],
                         "{}: its backward changed the gradient of output {} in place, which others may share; it must "
                         "make a new tensor; {}",
                         node.name(), i, forward_call(node));
  }
  for (std::size_t i = 0; i < grad_inputs.size(); ++i) {
    if (grad_inputs[i].defined() && has_nan(grad_inputs[i])) {
      fail<AutogradError>("{}: its backward made a NaN in the gradient of input {}; {}", node.name(), i,
                          forward_call(node));
    }
  }
}

}  // namespace reel
