// The setting of the precision of f32 products on GPUs.

#include <reel/kernels/float32_precision.h>

#include <atomic>

namespace reel {
namespace {

std::atomic<Float32Precision> matmul{Float32Precision::ieee}, conv{Float32Precision::tf32};

std::atomic<Float32Precision>& setting(Float32Op op) { return op == Float32Op::matmul ? matmul : conv; }

}  // namespace

void set_float32_precision(Float32Op op, Float32Precision precision) {
  setting(op).store(precision, std::memory_order_relaxed);
}

Float32Precision float32_precision(Float32Op op) { return setting(op).load(std::memory_order_relaxed); }

}  // namespace reel
