#pragma once

#include <vector>

#include <reel/autograd/tape/node.h>

namespace reel {

/// Holds the gradients of leaves for a scope: nobody else reads, replaces or adds to them meanwhile. A fixed set of
/// mutexes serves all slots, so that a pass may hold those of any number of leaves at once, and in one order. No
/// formula and no hook may run under it, and nothing else of a user's but the allocator.
class GradLock {
 public:
  GradLock() = default;
  /// Holds one gradient.
  explicit GradLock(const GradSlot& slot) {
    add(slot);
    lock();
  }
  GradLock(const GradLock&) = delete;
  GradLock& operator=(const GradLock&) = delete;
  ~GradLock();
  /// Names a gradient that `lock` is to hold.
  void add(const GradSlot& slot);
  void lock();

 private:
  std::uint32_t wanted_ = 0, held_ = 0;  // a bit for each mutex
};

/// A gradient that has arrived for a leaf, or for a tensor that retains its gradient.
class GradUpdate {
 public:
  GradUpdate(std::shared_ptr<GradSlot> slot, Tensor grad);

 private:
  friend void add_to_grads(std::vector<GradUpdate>& updates);
  void prepare();
  void commit();

  std::shared_ptr<GradSlot> slot_;
  Tensor arrived_;
  Tensor next_;            // the new gradient; once committed, the former one
  bool in_place_ = false;  // add to what the slot holds
};

/// Adds what has arrived to the gradients: all of it or, if memory runs out, nothing. No other thread sees some of it.
/// No two updates have the same slot.
void add_to_grads(std::vector<GradUpdate>& updates);

/// The end of the tape: puts what arrives for a leaf into its `.grad`. The leaf's slot is held weakly, so a graph keeps
/// no leaf alive and no cycle can form through one.
class AccumulateGrad final : public Node {
 public:
  AccumulateGrad(const Tensor& leaf, std::weak_ptr<GradSlot> slot);

  std::string_view name() const override { return "accumulate_grad"; }
  bool is_accumulator() const override { return true; }
  /// Nothing: the engine takes what arrives for all leaves, and commits it at the end (`slot`).
  void backward(std::span<const Tensor>, std::span<Tensor>, const bool*) override {}
  /// Null if the leaf is gone.
  std::shared_ptr<GradSlot> slot() const { return slot_.lock(); }
  /// `set_data` has given the leaf another dtype or device: gradients of graphs recorded before are converted.
  void moved_to(const TensorMeta& meta);
  bool has_moved() const { return has_moved_; }

 private:
  bool has_moved_ = false;
  std::weak_ptr<GradSlot> slot_;
};

/// `grad`, or a copy where another handle, a view or the owner of borrowed memory could see its elements, or where two
/// of them share memory: users scale and clip gradients in place.
Tensor with_own_memory(Tensor grad);
/// Whether `add_` may put a gradient into `sum`: no other handle or view can see it, its elements lie apart, and its
/// dtype computes (half floats only store).
bool can_add_to(const Tensor& sum);
/// a + b, gradients of one tensor. Half floats are added in f32.
Tensor add_gradients(const Tensor& a, const Tensor& b);

}  // namespace reel
