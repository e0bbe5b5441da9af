// L-BFGS: the direction from the history of changes, the step along it, and the state.

#include <reel/optim/lbfgs.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/ops.h>
#include <reel/optim/line_search.h>
#include <reel/optim/saved_state.h>
#include <reel/tensor/core/cuda_graph.h>

namespace reel::optim {
namespace {

double largest(const Tensor& x) { return x.abs().max().item(); }

Tensor scalar(double value) { return full({}, value, {.dtype = DType::f64, .device = Device::cpu()}); }

/// Copies that keep their values when the tensors change.
Tensors copies_of(const Tensors& tensors) {
  Tensors copies;
  copies.reserve(tensors.size());
  for (const Tensor& t : tensors) copies.push_back(t.detach().clone());
  return copies;
}

std::int64_t total_numel(const Tensors& tensors) {
  std::int64_t count = 0;
  for (const Tensor& t : tensors) count += t.numel();
  return count;
}

}  // namespace

void LBFGSOptions::check(const OptionCheck& require) const {
  require(max_iter >= 1, "max_iter", "at least 1", static_cast<double>(max_iter));
  require(max_eval >= 0, "max_eval", "at least 0", static_cast<double>(max_eval));
  require("tolerance_grad", tolerance_grad, detail::kAtLeastZero);
  require("tolerance_change", tolerance_change, detail::kAtLeastZero);
  require(history_size >= 1, "history_size", "at least 1", static_cast<double>(history_size));
}

template class OptimizerOf<LBFGSOptions>;

LBFGS::LBFGS(Tensors params, LBFGSOptions options)
    : OptimizerOf("LBFGS", {}, std::vector<Group>{{std::move(params), options}}) {
  check_params();
}

/// Beyond what every optimizer checks: one vector can hold all parameters.
void LBFGS::check_params() const {
  check<ValueError>(num_groups() == 1, "LBFGS: expected one group of parameters, got {}", num_groups());
  const Tensor& first = params().front();
  check<DTypeError>(kWideFloating.contains(first.dtype()), "LBFGS: expected parameters of dtype {}, got {}",
                    kWideFloating, first.dtype());
  for (const Tensor& param : params()) {
    check<DTypeError>(param.dtype() == first.dtype(), "LBFGS: expected all parameters of one dtype, got {} and {}",
                      first.dtype(), param.dtype());
    check<DeviceError>(param.device() == first.device(), "LBFGS: expected all parameters on one device, got {} and {}",
                       first.device(), param.device());
  }
}

/// The iterations of one step. They work on a copy of the history.
class LBFGS::Iterations {
 public:
  Iterations(const LBFGS& optimizer, const Closure& closure)
      : options_(optimizer.options()), params_(optimizer.params()), closure_(closure), history_(optimizer.history_) {
    follow_parameters();
  }

  /// Iterates until nothing is left to gain, or the limits are reached. Returns the first loss.
  Tensor run() {
    const Tensor first = evaluate();
    if (!std::isfinite(loss_) || is_flat()) return first;
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    const std::int64_t quarter = options_.max_iter / 4, usual = std::min(options_.max_iter, most - quarter) + quarter;
    const std::int64_t max_eval = options_.max_eval > 0 ? options_.max_eval : usual;
    for (std::int64_t n = 1; n <= options_.max_iter; ++n) {
      if (!iterate(n == options_.max_iter) || evaluations_ >= max_eval || is_flat()) break;
      if (largest(history_.d) * history_.t <= options_.tolerance_change) break;
      if (std::abs(loss_ - history_.prev_loss) < options_.tolerance_change) break;
    }
    return first;
  }

  History& history() { return history_; }

 private:
  /// The history in the dtype and on the device that the parameters have now.
  void follow_parameters() {
    const Tensor& param = params_.front();
    const auto follow = [&](Tensor& x) {
      if (x.defined()) x = x.to(param.device()).to(param.dtype());
    };
    check<ShapeError>(!history_.d.defined() || history_.d.numel() == total_numel(params_),
                      "LBFGS: expected the {} elements of the steps before, got parameters of {}; make a new optimizer",
                      history_.d.defined() ? history_.d.numel() : 0, total_numel(params_));
    follow(history_.d);
    follow(history_.prev_flat_grad);
    for (Change& change : history_.changes) follow(change.y), follow(change.s);
  }

  /// Has the closure compute loss and gradient at the parameters.
  Tensor evaluate() {
    ++history_.func_evals, ++evaluations_;
    const Tensor loss = [&] {
      const GradModeGuard recording(true);
      return closure_();
    }();
    check<ValueError>(loss.defined(), "LBFGS: expected the closure to return the loss, got an undefined tensor");
    check<ShapeError>(loss.numel() == 1, "LBFGS: expected the closure to return a loss of one element, got shape {}",
                      loss.shape());
    loss_ = loss.item();
    Tensors parts;
    for (const Tensor& param : params_) {
      const Tensor grad = param.grad();
      parts.push_back(grad.defined() ? grad.reshape({-1}) : zeros_like(param).reshape({-1}));
    }
    grad_ = cat(parts, 0);
    return loss.detach();
  }
  bool is_flat() const { return largest(grad_) <= options_.tolerance_grad; }

  /// One iteration. Whether it moved. After the last one nobody asks for the loss.
  bool iterate(bool last) {
    const bool first = ++history_.n_iter == 1;
    if (first) history_.d = grad_.neg();
    else find_direction();
    history_.prev_flat_grad = grad_;
    history_.prev_loss = loss_;
    history_.t = options_.lr * (first ? std::min(1.0, 1 / grad_.abs().sum().item()) : 1.0);
    const double slope = dot(grad_, history_.d).item();
    if (slope > -options_.tolerance_change) return false;
    if (options_.strong_wolfe) search(slope);
    else move(history_.t);
    if (!options_.strong_wolfe && !last) evaluate();
    return true;
  }

  /// Remembers the last change, and applies the inverse Hessian that the changes describe to the gradient.
  void find_direction() {
    std::deque<Change>& changes = history_.changes;
    const Tensor y = grad_ - history_.prev_flat_grad, s = history_.d * history_.t;
    const double ys = dot(y, s).item();
    if (ys > 1e-10) {
      while (static_cast<std::int64_t>(changes.size()) >= options_.history_size) changes.pop_front();
      changes.push_back({y, s, 1 / ys});
      history_.H_diag = ys / dot(y, y).item();
    }
    const Tensor q = grad_.neg();
    std::vector<double> al(changes.size());
    for (std::size_t i = changes.size(); i-- > 0;) {
      al[i] = dot(changes[i].s, q).item() * changes[i].ro;
      q.sub_(changes[i].y, al[i]);
    }
    q.mul_(history_.H_diag);
    for (std::size_t i = 0; i < changes.size(); ++i) {
      q.add_(changes[i].s, al[i] - dot(changes[i].y, q).item() * changes[i].ro);
    }
    history_.d = q;
  }

  /// Moves the parameters along the direction.
  void move(double step) const {
    std::int64_t begin = 0;
    for (const Tensor& param : params_) {
      param.add_(history_.d.narrow(0, begin, param.numel()).view(param.shape()), step);
      begin += param.numel();
    }
  }

  /// Moves the parameters to where the line search ends.
  void search(double slope) {
    const Tensors start = copies_of(params_);
    const auto move_from_start = [&](double step) {
      for (std::size_t p = 0; p < params_.size(); ++p) params_[p].copy_(start[p]);
      move(step);
    };
    const LineObjective objective = [&](double step) {
      move_from_start(step);
      evaluate();
      return LinePoint{step, loss_, dot(grad_, history_.d).item(), grad_};
    };
    const LinePoint found =
        strong_wolfe(objective, {0, loss_, slope, grad_}, history_.t, options_.tolerance_change / largest(history_.d));
    move_from_start(found.step);
    history_.t = found.step;
    loss_ = found.loss;
    grad_ = found.gradient;
  }

  const LBFGSOptions options_;
  const Tensors& params_;
  const Closure& closure_;
  History history_;
  std::int64_t evaluations_ = 0;
  double loss_ = 0;  // at the parameters, as is the gradient
  Tensor grad_;
};

Tensor LBFGS::step(const Closure& closure) {
  const NoGradGuard guard;
  check<ValueError>(closure != nullptr, "LBFGS: expected a closure that computes the loss, got an empty function");
  check<DeviceError>(!cuda::is_capturing(),
                     "LBFGS: its step cannot be part of a recorded step, because it decides by the loss");
  check_groups();
  check_params();
  const Tensors before = copies_of(params());
  Iterations iterations(*this, closure);
  try {
    Tensor loss = iterations.run();
    history_ = std::move(iterations.history());
    return loss;
  } catch (...) {
    for (std::size_t p = 0; p < before.size(); ++p) params()[p].copy_(before[p]);
    throw;
  }
}

void LBFGS::update_all(std::span<const ParamUpdate>) {
  fail<ValueError>("LBFGS: expected a closure that computes the loss, step([&] {{ ...; return loss; }}), got none");
}

StateDict LBFGS::state_dict() const {
  StateDict out = OptimizerOf::state_dict();
  const History& h = history_;
  if (h.func_evals == 0) return out;
  const auto put = [&](std::string_view name, const Tensor& value) { out[state_key(0, name)] = value; };
  put("func_evals", full({}, h.func_evals, {.dtype = DType::i64, .device = Device::cpu()}));
  put("n_iter", full({}, h.n_iter, {.dtype = DType::i64, .device = Device::cpu()}));
  if (h.n_iter == 0) return out;
  put("d", h.d);
  put("prev_flat_grad", h.prev_flat_grad);
  put("t", scalar(h.t));
  put("prev_loss", scalar(h.prev_loss));
  put("H_diag", scalar(h.H_diag));
  if (h.changes.empty()) return out;
  Tensors y, s;
  std::vector<double> ro;
  for (const Change& change : h.changes) y.push_back(change.y), s.push_back(change.s), ro.push_back(change.ro);
  put("old_dirs", stack(y, 0));
  put("old_stps", stack(s, 0));
  put("ro", tensor(ro).cpu());
  return out;
}

/// Takes the history out of a state, for `count` elements in all.
LBFGS::History LBFGS::take_history(StateDict& rest, std::int64_t count) {
  const auto has = [&](std::string_view key) { return rest.contains(state_key(0, key)); };
  const auto number = [&](std::string_view key, DType dtype) {
    return take_number("LBFGS", rest, state_key(0, key), dtype);
  };
  const auto values = [&](std::string_view key, const Shape& shape) {
    return take_tensor("LBFGS", rest, state_key(0, key), shape);
  };
  History h;
  if (!has("func_evals")) return h;
  h.func_evals = number("func_evals", DType::i64).to<std::int64_t>();
  h.n_iter = number("n_iter", DType::i64).to<std::int64_t>();
  check<ValueError>(h.n_iter >= 0 && h.func_evals > 0,
                    "LBFGS: expected a state after at least 0 iterations and 1 evaluation, got {} and {}", h.n_iter,
                    h.func_evals);
  if (h.n_iter == 0) return h;
  h.d = values("d", {count}).clone();
  h.prev_flat_grad = values("prev_flat_grad", {count}).clone();
  h.t = number("t", DType::f64).to<double>();
  h.prev_loss = number("prev_loss", DType::f64).to<double>();
  h.H_diag = number("H_diag", DType::f64).to<double>();
  detail::check_option("LBFGS", "t", h.t, detail::kFinite);
  detail::check_option("LBFGS", "H_diag", h.H_diag, detail::kFinite);
  if (!has("ro")) return h;
  const Tensor& listed = rest.at(state_key(0, "ro"));
  const std::int64_t changes = listed.defined() ? listed.numel() : 0;
  const std::vector<double> ro = values("ro", {changes}).to_vector<double>();
  for (const double r : ro) detail::check_option("LBFGS", "ro", r, detail::kFinite);
  const Tensor dirs = values("old_dirs", {changes, count}), stps = values("old_stps", {changes, count});
  for (std::int64_t i = 0; i < changes; ++i) {
    h.changes.push_back({dirs.select(0, i).clone(), stps.select(0, i).clone(), ro[static_cast<std::size_t>(i)]});
  }
  return h;
}

void LBFGS::load_state_dict(const StateDict& state) {
  const NoGradGuard guard;
  StateDict rest = state;
  History history = take_history(rest, total_numel(params()));
  Optimizer::load_state_dict(rest);
  history_ = std::move(history);
}

}  // namespace reel::optim
