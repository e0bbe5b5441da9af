#pragma once

#include <cstdint>
#include <functional>

namespace reel::kernels::cpu::linalg {

/// A size as LAPACK takes it; a ShapeError beyond 32 bits.
int to_int(std::int64_t n);

/// The leading dimension of matrices with `rows` rows: LAPACK wants at least 1.
inline int leading(std::int64_t rows) { return rows > 0 ? to_int(rows) : 1; }

/// Calls `body(begin, end)` for ranges that together are the whole batch of matrices of order `n`, on several threads.
/// LAPACK itself uses several only for a large matrix that is alone, and not with `deterministic()`: its sums would
/// depend on their number. An Error once the program ends, when LAPACK has freed what it needs.
void for_matrices(std::int64_t batch, std::int64_t n, const std::function<void(std::int64_t, std::int64_t)>& body);

}  // namespace reel::kernels::cpu::linalg
