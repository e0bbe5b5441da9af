#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include <reel/kernels/attention.h>
#include <reel/kernels/copy.h>
#include <reel/kernels/cpu/panel_product.h>
#include <reel/kernels/cpu/philox_block.h>
#include <reel/kernels/cpu/transpose.h>
#include <reel/kernels/dropout.h>

/// What attention and its gradient share: tiles of weights, and operands as panels (kernels/cpu/panel_product.h).
namespace reel::kernels::cpu::attentions {

/// The keys of a tile, and its rows of queries. Its weights stay in the first-level cache, the panels of its keys and
/// values in the second.
inline constexpr std::int64_t kTileKeys = 128, kTileRows = 28;

/// The rows of nearly equal parts, of at most `most` rows each, that cover all of them; even, but for the last part.
constexpr std::int64_t part_rows(std::int64_t rows, std::int64_t most) {
  const std::int64_t parts = std::max<std::int64_t>(1, (rows + most - 1) / most);
  return std::max<std::int64_t>(2, panel::padded_rows((rows + parts - 1) / parts));
}

template <class T> constexpr T kInfinity = std::numeric_limits<T>::infinity();

/// Rows of a matrix in memory, S, to and from panels of T.
template <class S, class T> struct Panels {
  static constexpr std::int64_t kLanes = panel::kLanes<T>;

  /// panels[p][r][j] = factor * from[r][p * kLanes + j], 0 beyond the width. Panels have room for `capacity` rows.
  REEL_VECTOR_CLONES static void pack(const S* from, std::int64_t step, std::int64_t rows, std::int64_t width, T factor,
                                      std::int64_t capacity, T* panels) {
    for (std::int64_t first = 0; first < width; first += kLanes, panels += capacity * kLanes) {
      const std::int64_t n = std::min(kLanes, width - first);
      for (std::int64_t r = 0; r < rows; ++r) {
        const S* x = from + r * step + first;
        T* to = panels + r * kLanes;
        if (n == kLanes) {
#pragma omp simd
          for (std::int64_t j = 0; j < kLanes; ++j) to[j] = convert<T>(x[j]) * factor;
        } else {
          for (std::int64_t j = 0; j < kLanes; ++j) to[j] = j < n ? convert<T>(x[j]) * factor : T(0);
        }
      }
    }
  }

  /// to[r][p * kLanes + j] = factor * factors[r] * panels[p][r][j]; without factors they are 1.
  REEL_VECTOR_CLONES static void unpack(const T* panels, std::int64_t capacity, std::int64_t rows, std::int64_t width,
                                        T factor, const T* factors, S* to, std::int64_t step) {
    for (std::int64_t first = 0; first < width; first += kLanes, panels += capacity * kLanes) {
      const std::int64_t n = std::min(kLanes, width - first);
      for (std::int64_t r = 0; r < rows; ++r) {
        const T* from = panels + r * kLanes;
        S* out = to + r * step + first;
        const T scale = factors ? factor * factors[r] : factor;
#pragma omp simd
        for (std::int64_t j = 0; j < n; ++j) out[j] = convert<S>(from[j] * scale);
      }
    }
  }

  /// The transposed matrix as panels of kLanes rows: panels[p][i][j] = from[p * kLanes + j][i], 0 beyond the last row.
  static void pack_transposed(const S* from, std::int64_t step, std::int64_t rows, std::int64_t width, T* panels) {
    for (std::int64_t first = 0; first < rows; first += kLanes, panels += width * kLanes) {
      const std::int64_t n = std::min(kLanes, rows - first), whole = n / kEdge * kEdge;
      for (std::int64_t j = 0; j < whole; j += kEdge) turn(from + (first + j) * step, step, width, panels + j);
      for (std::int64_t j = whole; j < kLanes; ++j) {
        const S* row = from + (first + j) * step;
        for (std::int64_t i = 0; i < width; ++i) panels[i * kLanes + j] = j < n ? convert<T>(row[i]) : T(0);
      }
    }
  }

  /// The inner products of the rows of two matrices.
  REEL_VECTOR_CLONES static void row_dots(const S* a, std::int64_t a_step, const S* b, std::int64_t b_step,
                                          std::int64_t rows, std::int64_t width, T* out) {
    for (std::int64_t r = 0; r < rows; ++r) {
      const S *x = a + r * a_step, *y = b + r * b_step;
      T sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::int64_t i = 0; i < width; ++i) sum += convert<T>(x[i]) * convert<T>(y[i]);
      out[r] = sum;
    }
  }

 private:
  static constexpr std::int64_t kEdge = TileTranspose<T>::kEdge;

  /// kEdge rows become kEdge columns of a panel.
  static void turn(const S* from, std::int64_t step, std::int64_t width, T* panels) {
    std::int64_t done = 0;
    if constexpr (std::is_same_v<S, T>) {
      done = width / kEdge * kEdge;
      TileTranspose<T>::run(from, step, panels, kLanes, width / kEdge);
    }
    for (std::int64_t i = done; i < width; ++i) {
      for (std::int64_t j = 0; j < kEdge; ++j) panels[i * kLanes + j] = convert<T>(from[j * step + i]);
    }
  }
};

/// Where a tile of weights lies among all of a head, [panels of keys][kTileRows][kLanes] in memory.
struct TilePlace {
  std::int64_t head, row, key;  // the first of each
  std::int64_t rows, keys;      // how many; `keys` are those that a row of the tile sees, none if not above 0

  /// The tile of `rows` rows from `row` on, and at most `keys` keys.
  TilePlace(const AttentionArgs& args, std::int64_t h, std::int64_t first_row, std::int64_t row_count,
            std::int64_t first_key, std::int64_t key_count)
      : head(h), row(first_row), key(first_key), rows(row_count), keys(key_count) {
    if (args.is_causal) keys = std::min(keys, row + rows - key);
  }
};

/// What happens to a tile besides products.
template <class S, class T> struct Tile {
  static constexpr std::int64_t kLanes = panel::kLanes<T>, kPanel = kTileRows * kLanes;
  static constexpr std::int64_t kSize = kTileKeys * kTileRows;

  /// Applies the mask, and makes the products of what is excluded minus infinity.
  static void exclude(const AttentionArgs& args, const TilePlace& at, T* scores) {
    if (args.mask.data) {
      const std::int64_t offset =
          args.mask.offset(args.heads, at.head) + at.row * args.mask.row + at.key * args.mask.column;
      if (args.boolean_mask) apply_mask(static_cast<const bool*>(args.mask.data) + offset, args.mask, at, scores);
      else apply_mask(static_cast<const S*>(args.mask.data) + offset, args.mask, at, scores);
    }
    const std::int64_t end = panel::count<T>(at.keys) * kLanes;
    if (at.keys == end && !(args.is_causal && at.row < at.key + at.keys)) return;
    for (std::int64_t r = 0; r < at.rows; ++r) {
      const std::int64_t seen =
          args.is_causal ? std::clamp<std::int64_t>(at.row + r + 1 - at.key, 0, at.keys) : at.keys;
      for (std::int64_t j = seen; j < end; ++j) scores[place(r, j)] = -kInfinity<T>;
    }
  }

  /// Makes the scores exponentials of what exceeds the row's maximum, and updates its maximum and its sum. `factor` is
  /// by how much what was summed before shrinks.
  REEL_VECTOR_CLONES static void exponentials(T* scores, std::int64_t rows, std::int64_t panels, T* largest,
                                              double* sums, T* factor) {
    T lane[kLanes], shift[kTileRows];
    for (std::int64_t r = 0; r < rows; ++r) {
      T most = largest[r];
#pragma omp simd
      for (int j = 0; j < kLanes; ++j) lane[j] = most;
      for (std::int64_t p = 0; p < panels; ++p) {
#pragma omp simd
        for (int j = 0; j < kLanes; ++j) {
          const T x = scores[p * kPanel + r * kLanes + j];
          lane[j] = x > lane[j] ? x : lane[j];
        }
      }
#pragma omp simd reduction(max : most)
      for (int j = 0; j < kLanes; ++j) most = lane[j] > most ? lane[j] : most;
      shift[r] = most;
    }
#pragma omp simd
    for (std::int64_t r = 0; r < rows; ++r) {
      const T most = shift[r];
      shift[r] = most > -kInfinity<T> ? most : T(0);  // while there is no key, every exponential is 0
      factor[r] = exp_or_zero(largest[r] - shift[r]);
      largest[r] = most;
    }
    for (std::int64_t r = 0; r < rows; ++r) {
      T sum = 0;
#pragma omp simd
      for (int j = 0; j < kLanes; ++j) lane[j] = 0;
      for (std::int64_t p = 0; p < panels; ++p) {
#pragma omp simd
        for (int j = 0; j < kLanes; ++j) {
          T& score = scores[p * kPanel + r * kLanes + j];
          score = exp_or_zero(score - shift[r]);
          lane[j] += score;
        }
      }
#pragma omp simd reduction(+ : sum)
      for (int j = 0; j < kLanes; ++j) sum += lane[j];
      sums[r] = sums[r] * static_cast<double>(factor[r]) + static_cast<double>(sum);
    }
  }

  /// Multiplies the rows of panels, each of `capacity` rows, by their factors.
  REEL_VECTOR_CLONES static void shrink(T* panels, std::int64_t count, std::int64_t capacity, std::int64_t rows,
                                        const T* factor) {
    for (std::int64_t r = 0; r < rows; ++r) {
      if (factor[r] == T(1)) continue;
      for (std::int64_t p = 0; p < count; ++p) {
        T* row = panels + (p * capacity + r) * kLanes;
#pragma omp simd
        for (int j = 0; j < kLanes; ++j) row[j] *= factor[r];
      }
    }
  }

  /// Dropout's factors of a tile, in the layout of its weights; 0 beyond the last key, where weights are 0, but their
  /// gradients are summed with those of rows that see more.
  static void draw(const AttentionArgs& args, const TilePlace& at, T* factors) {
    PhiloxWords words;
    const T scale = static_cast<T>(args.dropout_scale);
    for (std::int64_t r = 0; r < at.rows; ++r) {
      const auto begin = static_cast<std::uint64_t>(((at.head * args.queries) + at.row + r) * args.keys +
                                                    at.key);  // of the row's words
      draw_block(args.dropout_state.current(), begin / 4, words);
      for (std::int64_t j = 0; j < at.keys; ++j) {
        const std::int64_t i = static_cast<std::int64_t>(begin % 4) + j;
        factors[place(r, j)] = dropout_factor(words.word[i % 4][i / 4], args.dropout_threshold, scale);
      }
      for (std::int64_t j = at.keys; j < panel::count<T>(at.keys) * kLanes; ++j) factors[place(r, j)] = 0;
    }
  }
  static_assert(kTileKeys + 3 < 4 * kPhiloxBlock);

  /// a *= b for the weights of some rows.
  REEL_VECTOR_CLONES static void multiply(T* a, const T* b, std::int64_t panels, std::int64_t rows) {
    for (std::int64_t p = 0; p < panels; ++p) {
#pragma omp simd
      for (std::int64_t i = 0; i < rows * kLanes; ++i) a[p * kPanel + i] *= b[p * kPanel + i];
    }
  }

  /// The gradient's elementwise part: from the scores and the gradients of the weights, those of the scores and the
  /// weights themselves. `factors` are dropout's, or null.
  REEL_VECTOR_CLONES static void gradients(T* scores, T* grads, const T* factors, std::int64_t panels,
                                           std::int64_t rows, const T* log_sums, const T* dots) {
    for (std::int64_t p = 0; p < panels; ++p) {
      for (std::int64_t r = 0; r < rows; ++r) {
        T* score = scores + p * kPanel + r * kLanes;
        T* grad = grads + p * kPanel + r * kLanes;
        const T log_sum = log_sums[r], dot = dots[r];
        if (factors) {
          const T* factor = factors + p * kPanel + r * kLanes;
#pragma omp simd
          for (int j = 0; j < kLanes; ++j) {
            const T weight = exp_or_zero(score[j] - log_sum);
            grad[j] = weight * (factor[j] * grad[j] - dot);
            score[j] = weight * factor[j];
          }
        } else {
#pragma omp simd
          for (int j = 0; j < kLanes; ++j) {
            const T weight = exp_or_zero(score[j] - log_sum);
            grad[j] = weight * (grad[j] - dot);
            score[j] = weight;
          }
        }
      }
    }
  }

  /// Adds the scores' gradients to those of the mask.
  static void add_to_mask(const HeadMatrices& mask, const TilePlace& at, const T* grads, T* to) {
    for (std::int64_t r = 0; r < at.rows; ++r) {
      for (std::int64_t j = 0; j < at.keys; ++j) to[r * mask.row + j * mask.column] += grads[place(r, j)];
    }
  }

 private:
  /// The offset of a weight.
  static std::int64_t place(std::int64_t row, std::int64_t key) {
    return key / kLanes * kPanel + row * kLanes + key % kLanes;
  }

  template <class M>
  REEL_VECTOR_CLONES static void apply_mask(const M* mask, const HeadMatrices& steps, const TilePlace& at, T* scores) {
    const std::int64_t step = steps.column;
    for (std::int64_t first = 0; first < at.keys; first += kLanes, scores += kPanel, mask += kLanes * step) {
      const std::int64_t n = std::min(kLanes, at.keys - first);
      for (std::int64_t r = 0; r < at.rows; ++r) {
        const M* row = mask + r * steps.row;
        T* to = scores + r * kLanes;
        if (step == 1) {
#pragma omp simd
          for (std::int64_t j = 0; j < n; ++j) to[j] = masked(to[j], row[j]);
        } else {
          for (std::int64_t j = 0; j < n; ++j) to[j] = masked(to[j], row[j * step]);
        }
      }
    }
  }
  static T masked(T score, bool seen) { return seen ? score : -kInfinity<T>; }
  template <class M> static T masked(T score, M added) { return score + convert<T>(added); }
};

}  // namespace reel::kernels::cpu::attentions
