// Softmax, log-softmax and their gradients on the CPU.

#include <reel/kernels/softmax.h>

#include <array>

#include <reel/kernels/cpu/non_temporal_stores.h>
#include <reel/kernels/cpu/softmax_slices.h>

namespace reel::kernels::cpu {
namespace {

using namespace softmaxes;

template <class T> using Tile = std::array<T, kTileColumns>;

template <class T> struct RowSoftmax {
  REEL_VECTOR_CLONES static void scale(T* out, T factor, std::int64_t n) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] *= factor;
  }
  REEL_VECTOR_CLONES static void subtract(const T* x, T largest, T log_sum, std::int64_t n, T* out) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] = x[i] - largest - log_sum;
  }

  static void softmax(const SoftmaxArgs& args, const T* x, T* out) {
    const T largest = Row<T>::max(x, args.n);
    if (args.log) {
      subtract(x, largest, math::log(Row<T>::sum_exp(x, largest, args.n)), args.n, out);
    } else {
      scale(out, T(1) / Row<T>::store_exp(x, largest, args.n, out), args.n);
    }
  }

  static constexpr std::int64_t kLongestNonTemporal = 65536 / sizeof(T);
  static constexpr std::int64_t kPiece = 2048 / sizeof(T);

  /// Rows [begin, end) with non-temporal stores. Arithmetic and memory traffic overlap: after the exponentials of each
  /// piece of a row, a piece of the previous row is stored and one of the next row is prefetched.
  static void softmax_non_temporal(const T* x, T* out, std::int64_t n, std::int64_t begin, std::int64_t end) {
    alignas(64) T exponentials[kLongestNonTemporal];  // of this row as far as computed, then of the previous row
    T factor = 0;                                     // of the previous row
    for (std::int64_t i = begin; i <= end; ++i) {
      const T* row = x + i * n;
      const T largest = i < end ? Row<T>::max(row, n) : T(0);
      double sum = 0;
      for (std::int64_t at = 0; at < n; at += kPiece) {
        const std::int64_t count = std::min(kPiece, n - at);
        if (i > begin) {
          scale(exponentials + at, factor, count);
          const void* next[] = {x + std::min(i + 1, end - 1) * n + at};
          non_temporal_copy(out + (i - 1) * n + at, exponentials + at, static_cast<std::size_t>(count) * sizeof(T),
                            next);
        }
        if (i < end) {
          sum += static_cast<double>(Row<T>::store_exp_piece(row + at, largest, count, exponentials + at));
        }
      }
      factor = T(1) / static_cast<T>(sum);
    }
    non_temporal_fence();
  }

  REEL_VECTOR_CLONES static T dot(const T* a, const T* b, std::int64_t n) {
    T sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
  }
  REEL_VECTOR_CLONES static T sum(const T* a, std::int64_t n) {
    T total = 0;
#pragma omp simd reduction(+ : total)
    for (std::int64_t i = 0; i < n; ++i) total += a[i];
    return total;
  }
  REEL_VECTOR_CLONES static void finish(const T* grad, const T* y, T total, std::int64_t n, T* grad_x) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) grad_x[i] = y[i] * (grad[i] - total);
  }
  REEL_VECTOR_CLONES static void add(const T* grad, std::int64_t n, T* grad_x) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) grad_x[i] += grad[i];
  }

  static void gradient(const SoftmaxGradArgs& args, const T* grad, const T* y, T* grad_x) {
    const T total = sum_pieces(args.n, kLanePiece, [&](std::int64_t i, std::int64_t count) {
      return args.log ? sum(grad + i, count) : dot(grad + i, y + i, count);
    });
    if (args.log) {
      Row<T>::scaled_exp(y, T(0), -total, T(0), args.n, grad_x);
      add(grad, args.n, grad_x);
    } else {
      finish(grad, y, total, args.n, grad_x);
    }
  }
};

/// The same for `width` neighbouring columns of an n x stride matrix.
template <class T> struct ColumnSoftmax {
  REEL_VECTOR_CLONES static void store_exp(const T* x, const T* max, std::int64_t n, std::int64_t stride,
                                           std::int64_t width, T* out, T* sum) {
    std::fill_n(sum, width, T(0));
    for (std::int64_t i = 0; i < n; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        const T e = exp_or_zero(x[i * stride + j] - max[j]);
        out[i * stride + j] = e;
        sum[j] += e;
      }
    }
  }
  REEL_VECTOR_CLONES static void divide(T* out, const T* sum, std::int64_t n, std::int64_t stride, std::int64_t width) {
    for (std::int64_t i = 0; i < n; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) out[i * stride + j] /= sum[j];
    }
  }
  REEL_VECTOR_CLONES static void subtract(const T* x, const T* largest, const T* log_sum, std::int64_t n,
                                          std::int64_t stride, std::int64_t width, T* out) {
    for (std::int64_t i = 0; i < n; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) out[i * stride + j] = x[i * stride + j] - largest[j] - log_sum[j];
    }
  }

  static void softmax(const SoftmaxArgs& args, const T* x, T* out, std::int64_t width) {
    Tile<T> largest, sum;
    Columns<T>::max(x, args.n, args.inner, width, largest.data());
    if (args.log) {
      Columns<T>::sum_exp(x, largest.data(), args.n, args.inner, width, sum.data());
      for (std::int64_t j = 0; j < width; ++j) sum[j] = math::log(sum[j]);
      subtract(x, largest.data(), sum.data(), args.n, args.inner, width, out);
    } else {
      sum_column_pieces<kTileColumns>(
          args.n, kColumnPiece, width, sum.data(), [&](std::int64_t i, std::int64_t rows, T* sums) {
            store_exp(x + i * args.inner, largest.data(), rows, args.inner, width, out + i * args.inner, sums);
          });
      divide(out, sum.data(), args.n, args.inner, width);
    }
  }

  REEL_VECTOR_CLONES static void totals(bool log, const T* grad, const T* y, std::int64_t n, std::int64_t stride,
                                        std::int64_t width, T* total) {
    std::fill_n(total, width, T(0));
    for (std::int64_t i = 0; i < n; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        const T g = grad[i * stride + j];
        total[j] += log ? g : g * y[i * stride + j];
      }
    }
  }
  REEL_VECTOR_CLONES static void finish(const T* grad, const T* y, const T* total, std::int64_t n, std::int64_t stride,
                                        std::int64_t width, T* grad_x) {
    for (std::int64_t i = 0; i < n; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        grad_x[i * stride + j] = y[i * stride + j] * (grad[i * stride + j] - total[j]);
      }
    }
  }
  REEL_VECTOR_CLONES static void finish_log(const T* grad, const T* y, const T* total, std::int64_t n,
                                            std::int64_t stride, std::int64_t width, T* grad_x) {
    for (std::int64_t i = 0; i < n; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        grad_x[i * stride + j] = grad[i * stride + j] - exp_or_zero(y[i * stride + j]) * total[j];
      }
    }
  }

  static void gradient(const SoftmaxGradArgs& args, const T* grad, const T* y, T* grad_x, std::int64_t width) {
    Tile<T> total;
    sum_column_pieces<kTileColumns>(
        args.n, kColumnPiece, width, total.data(), [&](std::int64_t i, std::int64_t rows, T* sums) {
          totals(args.log, grad + i * args.inner, y + i * args.inner, rows, args.inner, width, sums);
        });
    if (args.log) finish_log(grad, y, total.data(), args.n, args.inner, width, grad_x);
    else finish(grad, y, total.data(), args.n, args.inner, width, grad_x);
  }
};

}  // namespace

void softmax(const SoftmaxArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    const T* x = static_cast<const T*>(args.x);
    T* out = static_cast<T*>(args.out);
    if (args.inner == 1 && !args.log && uses_non_temporal_stores<T>(args.outer * args.n) &&
        args.n <= RowSoftmax<T>::kLongestNonTemporal) {
      parallel_for(args.outer, std::max<std::int64_t>(1, kNonTemporalGrain / args.n),
                   [&](std::int64_t begin, std::int64_t end) {
                     RowSoftmax<T>::softmax_non_temporal(x, out, args.n, begin, end);
                   });
      return;
    }
    for_each_slice(args.outer, args.n, args.inner, [&](std::int64_t at, std::int64_t, std::int64_t width) {
      if (args.inner == 1) RowSoftmax<T>::softmax(args, x + at, out + at);
      else ColumnSoftmax<T>::softmax(args, x + at, out + at, width);
    });
  });
}

void softmax_grad(const SoftmaxGradArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    const T* grad = static_cast<const T*>(args.grad);
    const T* y = static_cast<const T*>(args.y);
    T* grad_x = static_cast<T*>(args.grad_x);
    for_each_slice(args.outer, args.n, args.inner, [&](std::int64_t at, std::int64_t, std::int64_t width) {
      if (args.inner == 1) RowSoftmax<T>::gradient(args, grad + at, y + at, grad_x + at);
      else ColumnSoftmax<T>::gradient(args, grad + at, y + at, grad_x + at, width);
    });
  });
}

}  // namespace reel::kernels::cpu
