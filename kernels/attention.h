#pragma once

#include <cstdint>

#include <reel/kernels/random.h>
#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>
#include <reel/tensor/core/shape.h>

/// Attention, softmax(query key^T * scale + mask) value, and its gradients, in tiles.
namespace reel::kernels {

/// The leading dimensions of all operands: one matrix each for every head.
struct Heads {
  static constexpr int kMost = kMaxRank - 2;
  int rank = 0;
  std::int64_t sizes[kMost] = {};
  std::int64_t count = 1;
};

/// The matrices of an operand, in elements. A stride of 0 says that heads, rows or columns share what is there.
struct HeadMatrices {
  void* data = nullptr;
  std::int64_t heads[Heads::kMost] = {1, 1, 1, 1, 1, 1};
  std::int64_t row = 0, column = 1;

  /// Where the matrix of a head begins.
  REEL_HD std::int64_t offset(const Heads& all, std::int64_t head) const {
    std::int64_t at = 0;
    for (int d = all.rank - 1; d >= 0; --d) {
      at += head % all.sizes[d] * heads[d];
      head /= all.sizes[d];
    }
    return at;
  }
  /// How many different matrices there are.
  std::int64_t groups(const Heads& all) const {
    std::int64_t n = 1;
    for (int d = 0; d < all.rank; ++d) n *= heads[d] ? all.sizes[d] : 1;
    return n;
  }
  /// The i-th of the heads that share matrix number `group`.
  REEL_HD std::int64_t member(const Heads& all, std::int64_t group, std::int64_t i) const {
    std::int64_t head = 0, step = 1;
    for (int d = all.rank - 1; d >= 0; --d) {
      std::int64_t& from = heads[d] ? group : i;
      head += from % all.sizes[d] * step;
      from /= all.sizes[d];
      step *= all.sizes[d];
    }
    return head;
  }
};

/// Only the mask may have another `column` than 1.
struct AttentionArgs {
  DType dtype;  // of kFloating; sums are f32, or f64 of f64
  Heads heads;
  std::int64_t queries, keys, width, value_width;
  HeadMatrices query, key, value;
  HeadMatrices mask = {};     // its data may be null
  bool boolean_mask = false;  // else of `dtype`, added
  bool is_causal = false;
  double scale = 1;
  std::uint32_t dropout_threshold = 0;  // a weight is kept if its random word is at least this; 0: no dropout
  double dropout_scale = 1;             // of kept weights
  DrawState dropout_state = {};  // weight [head, query, key] is element number (head * queries + query) * keys + key
  HeadMatrices out;
  void* log_sums;  // [heads, queries], f32 or f64: the logarithm of each row's sum of exponentials, infinity of no keys
};

/// `forward.out` and `forward.log_sums` are inputs here. Gradients whose data are null are not computed.
struct AttentionGradArgs {
  AttentionArgs forward;
  HeadMatrices grad;  // of the result
  HeadMatrices query, key, value;
  HeadMatrices mask;  // of zeros, f32 or f64; heads, rows and columns with a stride of 0 are summed
};

/// What half floats are computed in.
template <class T> using AttentionSum = std::conditional_t<kHalf.contains(dtype_of<T>), float, T>;

namespace cpu {
void attention(const AttentionArgs& args);
void attention_grad(const AttentionGradArgs& args);
}  // namespace cpu
namespace cuda {
void attention(const AttentionArgs& args);
void attention_grad(const AttentionGradArgs& args);
}  // namespace cuda

/// With weights p[i][j] = exp(scale query_i . key_j + mask_ij - log_sum_i), times dropout's factors d[i][j]:
/// out_i = sum_j p_ij d_ij value_j.
inline constexpr KernelTable<void(const AttentionArgs&)> attention{&cpu::attention, &cuda::attention};
/// The gradient of the weighted products s[i][j] is ds_ij = p_ij (d_ij grad_i . value_j - grad_i . out_i), that of the
/// query scale sum_j ds_ij key_j, of the key scale sum_i ds_ij query_i, of the value sum_i p_ij d_ij grad_i, and ds_ij
/// itself that of the mask.
inline constexpr KernelTable<void(const AttentionGradArgs&)> attention_grad{&cpu::attention_grad,
                                                                            &cuda::attention_grad};

}  // namespace reel::kernels
