// Muon.

#include <reel/optim/muon.h>

#include <algorithm>
#include <cmath>

#include <reel/ops/ops.h>

namespace reel::optim {
namespace {

/// Near U V^T of the singular value decomposition U S V^T: a polynomial of x with its largest dimension on the right.
Tensor orthogonal_factor(const Tensor& x, const MuonOptions& o) {
  constexpr double a = 3.4445, b = -4.775, c = 2.0315;
  const bool tall = x.size(0) > x.size(1);
  Tensor y = tall ? x.t() : x;
  y = y / clamp(norm(y), o.eps);
  for (std::int64_t i = 0; i < o.ns_steps; ++i) {
    const Tensor square = matmul(y, y.t());
    y = y * a + matmul(square * b + matmul(square, square) * c, y);
  }
  return tall ? y.t() : y;
}

/// What the learning rate is multiplied with for a matrix of this shape.
double rate_scale(const Tensor& param, const MuonOptions& o) {
  const auto rows = static_cast<double>(param.size(0)), columns = static_cast<double>(param.size(1));
  return o.match_rms_adamw ? 0.2 * std::sqrt(std::max(rows, columns)) : std::sqrt(std::max(1.0, rows / columns));
}

void check_matrix(const Tensor& param) {
  check<ShapeError>(param.dim() == 2, "Muon: expected parameters that are matrices, got shape {}; give others to AdamW",
                    param.shape());
}

}  // namespace

void MuonOptions::check(const OptionCheck& require) const {
  require("weight_decay", weight_decay, detail::kFiniteAtLeastZero);
  require("momentum", momentum, detail::kZeroToBelowOne);
  require("eps", eps, detail::kFiniteAtLeastZero);
  require(ns_steps >= 1 && ns_steps < 100, "ns_steps", "from 1 to 99", static_cast<double>(ns_steps));
}

template class OptimizerOf<MuonOptions>;

Muon::Muon(Tensors params, MuonOptions options) : Muon(std::vector<Group>{{std::move(params), options}}) {}

Muon::Muon(std::vector<Group> groups) : CustomOptimizer("Muon", {{"momentum_buffer"}}, std::move(groups)) {
  for (const Group& group : this->groups()) {
    for (const Tensor& param : group.params) check_matrix(param);
  }
}

void Muon::update(const Tensor& param, const Tensor& grad, const ParamState& state, const MuonOptions& o) {
  check_matrix(param);
  const Tensor& buffer = state["momentum_buffer"];
  const Tensor ahead = lerp(buffer, grad, 1 - o.momentum);
  const Tensor step = orthogonal_factor(o.nesterov ? lerp(grad, ahead, o.momentum) : ahead, o);
  buffer.copy_(ahead);
  param.mul_(1 - o.lr * o.weight_decay);
  param.sub_(step, o.lr * rate_scale(param, o));
}

}  // namespace reel::optim
