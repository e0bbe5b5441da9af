// The end of the tape: gradients go into the leaves.

#include <reel/autograd/accumulate_grad.h>

#include <array>
#include <bit>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/check.h>
#include <reel/tensor/core/fork.h>

namespace reel {

namespace {

/// Whether the memory is borrowed, as that of `from_blob`: its owner sees the contents.
bool is_borrowed(const Tensor& t) { return !t.impl()->storage->allocator(); }

/// Whether no other handle or view can see the contents, and no two elements share memory.
bool is_own(const Tensor& t) {
  return t.impl()->use_count() == 1 && t.impl()->storage->use_count() == 1 && !is_borrowed(t) &&
         is_dense(t.shape(), t.strides());
}

struct alignas(64) PaddedMutex {  // a cache line for each
  detail::ForkSafeMutex mutex{detail::ForkOrder::leaves};
};
std::array<PaddedMutex, 16> mutexes;  // few, for ThreadSanitizer lets a thread hold no more than 64 in all

/// Calls `f` with every mutex in the set, in the order of the array.
template <class F> void for_each_mutex(std::uint32_t set, F&& f) {
  for (; set; set &= set - 1) f(mutexes[static_cast<std::size_t>(std::countr_zero(set))].mutex);
}

}  // namespace

void GradLock::add(const GradSlot& slot) {
  // Multiplied by 2^64 over the golden ratio, addresses that are next to one another differ in the highest four bits.
  const std::uint64_t address = reinterpret_cast<std::uintptr_t>(&slot);
  wanted_ |= 1U << (address * 0x9E3779B97F4A7C15 >> 60);
}

void GradLock::lock() {
  for_each_mutex(wanted_, [](detail::ForkSafeMutex& mutex) { mutex.lock(); });
  held_ = wanted_;
}

GradLock::~GradLock() {
  for_each_mutex(held_, [](detail::ForkSafeMutex& mutex) { mutex.unlock(); });
}

Tensor with_own_memory(Tensor grad) { return is_own(grad) ? std::move(grad) : grad.clone(); }

bool can_add_to(const Tensor& sum) { return kFloating.contains(sum.dtype()) && !sum.requires_grad() && is_own(sum); }

Tensor add_gradients(const Tensor& a, const Tensor& b) {
  if (kFloating.contains(a.dtype())) return add(a, b);
  return add(a.to(DType::f32), b.to(DType::f32)).to(a.dtype());
}

AccumulateGrad::AccumulateGrad(const Tensor& leaf, std::weak_ptr<GradSlot> slot) : Node(0), slot_(std::move(slot)) {
  outputs.push_back({leaf.shape(), leaf.dtype(), leaf.device()});
}

void AccumulateGrad::moved_to(const TensorMeta& meta) {
  outputs[0] = meta;
  has_moved_ = true;
}

GradUpdate::GradUpdate(std::shared_ptr<GradSlot> slot, Tensor grad)
    : slot_(std::move(slot)), arrived_(std::move(grad)) {
  // The caller's own, passed through.
  if (arrived_.requires_grad() && !GradMode::enabled()) arrived_ = arrived_.detach();
}

void GradUpdate::prepare() {
  const Tensor& current = slot_->grad;
  if (!current.defined()) {
    next_ = is_own(arrived_) ? std::move(arrived_) : arrived_.clone();
  } else if (!arrived_.requires_grad() && can_add_to(current)) {
    check<AutogradError>(
        current.dtype() == arrived_.dtype() && current.device() == arrived_.device(),
        "backward: expected the gradient of a leaf to stay {} on {}, got {} on {}: `set_data` gave the "
        "leaf other contents meanwhile; do that between two backward passes",
        arrived_.dtype(), arrived_.device(), current.dtype(), current.device());
    in_place_ = true;
  } else {
    next_ = add_gradients(current, arrived_);
  }
  // Of two gradients that share memory the second need not be copied. What may run a user's code is freed later.
  if (!in_place_ && arrived_.defined() && !arrived_.requires_grad() && !is_borrowed(arrived_)) arrived_ = Tensor();
}

void GradUpdate::commit() {
  if (in_place_) slot_->grad.add_(arrived_);
  else std::swap(slot_->grad, next_);
}

void add_to_grads(std::vector<GradUpdate>& updates) {
  GradLock lock;
  for (const GradUpdate& update : updates) lock.add(*update.slot_);
  lock.lock();
  for (GradUpdate& update : updates) update.prepare();
  for (GradUpdate& update : updates) update.commit();
}

}  // namespace reel
