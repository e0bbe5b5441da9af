#pragma once

#include <cstdint>

#include <doctest/doctest.h>
#include <reel/autograd/tape/node.h>
#include <reel/tensor/storage.h>
#include <reel/tensor/tensor.h>

namespace reel::testing {

/// Checks at the end of a scope that no more tensors, nodes, storages and bytes are alive than at its beginning.
class LeakCheck {
 public:
  LeakCheck() = default;
  LeakCheck(const LeakCheck&) = delete;
  LeakCheck& operator=(const LeakCheck&) = delete;
  ~LeakCheck() {
    CHECK(live_nodes() == nodes_);
    CHECK(live_tensors() == tensors_);
    CHECK(live_storages() == storages_);
    CHECK(live_bytes() == bytes_);
  }

 private:
  std::int64_t nodes_ = live_nodes(), tensors_ = live_tensors(), storages_ = live_storages(), bytes_ = live_bytes();
};

}  // namespace reel::testing
