#pragma once

#include <cstdint>

#include <reel/kernels/algorithm.h>
#include <reel/kernels/conv.h>
#include <reel/kernels/gemm.h>
#include <reel/tensor/core/dtype.h>

/// How kernels tell the algorithm listener what they chose. Without a listener that is one load and one branch.
namespace reel::kernels {

namespace detail {
[[gnu::cold]] void tell_listener(ConvOp op, DType factors, const ConvShape& shape, ConvAlgorithm algorithm);
[[gnu::cold]] void tell_listener(const GemmArgs& args, GemmAlgorithm algorithm);
[[gnu::cold]] void tell_listener(DType dtype, std::int64_t outer, std::int64_t n, std::int64_t inner,
                                 ReduceAlgorithm algorithm);
}  // namespace detail

/// The choice for a problem, which is described as `tell_listener` asks.
template <class... Problem> void announce(const Problem&... problem) {
  if (reel::detail::algorithm_listener.load(std::memory_order_relaxed)) [[unlikely]]
    detail::tell_listener(problem...);
}

}  // namespace reel::kernels
