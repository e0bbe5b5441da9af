#pragma once

#include <reel/ops/options.h>
#include <reel/tensor/tensor.h>

/// Attention.
namespace reel {

/// softmax(query @ key^T * scale + mask) @ value (Vaswani et al. 2017) of query [..., L, E], key [..., S, E] and value
/// [..., S, V]: [..., L, V]. The weights are made in tiles and never stored, neither here nor for the gradients, so the
/// memory grows with L + S, not with L * S (Dao et al. 2022). f32, f64, f16 and bf16; half floats are computed in f32
/// and rounded once. Leading dimensions broadcast.
///
/// A boolean mask says which keys a query sees, another is added, and has a gradient. A query that sees no key at all,
/// since they are excluded or minus infinity is added to all, gives zeros, and gradients of zeros. With `is_causal`
/// query i sees the keys 0 to i, whether or not L = S; a mask besides is a ValueError. With `enable_gqa` the heads,
/// dimension -3, of key and value divide those of the query, and each serves as many neighbours among these. Dropout
/// draws from the default generator, as `dropout` of the weights would.
///
/// NaN and infinity show in what sees them. Of a value that a mask excludes they may: its weight 0 gives NaN with them.
Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const AttentionOptions& options = {});

}  // namespace reel
