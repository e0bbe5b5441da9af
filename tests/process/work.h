#pragma once

#include <cstdint>

#include <reel/data/data.h>

/// Computations of the kinds that differ in what they need of the process: loops, generated code, other libraries,
/// locks. Each is large enough for several threads and compares its result with arithmetic.
namespace process {

void pointwise();
void product(std::int64_t n);
void product_f64();
void convolution(std::int64_t channels);
void random_numbers();
void backward();
void step();
/// Other shapes in every call, so that oneDNN makes new primitives.
void new_shapes();
/// All of these.
void everything();

/// Numbers 0 to n - 1; the loader's `transforms` multiply matrices.
reel::data::DataLoader numbers(std::int64_t n, std::int64_t workers);
/// Goes through an epoch and compares the numbers' sum.
void epoch(std::int64_t workers);

}  // namespace process
