// Average pooling and its gradient on the CPU.

#include <reel/kernels/cpu/pieces.h>
#include <reel/kernels/cpu/pool/pool_loops.h>

namespace reel::kernels::cpu {
namespace {

using namespace pooling;

std::int64_t divisor(const PoolShape& s, std::int64_t i, std::int64_t j) {
  return s.divisor ? s.divisor : pool_window_size(s.h, s.w, s.count_include_pad, i, j);
}

template <class T> struct AvgPool {
  /// One row of windows of an image [H, W, C].
  REEL_VECTOR_CLONES static void channels_last_line(const PoolShape& s, const T* image, std::int64_t line, T* y) {
    const std::int64_t channels = s.channels;
    for (std::int64_t j = 0; j < s.w.out; ++j, y += channels) {
      for (std::int64_t c = 0; c < channels; ++c) y[c] = 0;
      const std::int64_t top = s.h.begin(line), bottom = s.h.end(line), left = s.w.begin(j), right = s.w.end(j);
      const auto add = [&](std::int64_t h, std::int64_t begin, std::int64_t end) __attribute__((always_inline)) {
        for (std::int64_t w = begin; w < end; ++w) {
          const T* pixel = image + (h * s.w.in + w) * channels;
#pragma omp simd
          for (std::int64_t c = 0; c < channels; ++c) y[c] += pixel[c];
        }
      };
      if ((bottom - top) * (right - left) <= kColumnPiece) {
        for (std::int64_t h = top; h < bottom; ++h) add(h, left, right);
      } else {
        RunningSums<T> sums(y, channels);
        for (std::int64_t h = top; h < bottom; ++h) {
          for (std::int64_t begin = left; begin < right; begin += kColumnPiece) {
            const std::int64_t end = std::min(right, begin + kColumnPiece);
            add(h, begin, end);
            sums.count(end - begin);
          }
        }
        sums.finish();
      }
      const T size = static_cast<T>(divisor(s, line, j));
#pragma omp simd
      for (std::int64_t c = 0; c < channels; ++c) y[c] /= size;
    }
  }

  /// One row of windows of a plane [H, W].
  REEL_VECTOR_CLONES static void plane_line(const PoolShape& s, const T* plane, std::int64_t line, T* y) {
    for (std::int64_t j = 0; j < s.w.out; ++j) y[j] = 0;
    RunningSums<T> sums(y, s.w.out);
    for (std::int64_t h = s.h.begin(line); h < s.h.end(line); ++h) {
      const T* row = plane + h * s.w.in;
      if (s.w.adaptive()) {
        for (std::int64_t j = 0; j < s.w.out; ++j) {
          double sum = 0;
          for (std::int64_t w = s.w.begin(j); w < s.w.end(j); ++w) sum += static_cast<double>(row[w]);
          y[j] += static_cast<T>(sum);
        }
        sums.count(1);
        continue;
      }
      for (std::int64_t k = 0; k < s.w.kernel; ++k) {  // tap k of all windows
        const TapRange taps(s.w, k);
        const auto update = [&](std::int64_t stride) __attribute__((always_inline)) {
          const T* from = row + taps.offset;
#pragma omp simd
          for (std::int64_t j = taps.first; j < taps.last; ++j) y[j] += from[j * stride];
        };
        if (s.w.stride == 1) update(1);
        else if (s.w.stride == 2) update(2);
        else update(s.w.stride);
        sums.count(1);
      }
    }
    sums.finish();
    for (std::int64_t j = 0; j < s.w.out; ++j) y[j] /= static_cast<T>(divisor(s, line, j));
  }

  static void run(const AvgPoolArgs& args) {
    const PoolShape& s = args.shape;
    const PoolImages images(s);
    for_each_line(images.count, s.h.out, images.in_size / s.h.out, [&](std::int64_t image, std::int64_t line) {
      const T* x = static_cast<const T*>(args.x) + image * images.in_size;
      T* y = static_cast<T*>(args.y) + (image * s.h.out + line) * images.out_line;
      if (s.channels_last) channels_last_line(s, x, line, y);
      else plane_line(s, x, line, y);
    });
  }
};

template <class T> struct AvgPoolGrad {
  /// One row of an image [H, W, C]: each pixel gathers its share of the gradients of the windows that cover it.
  REEL_VECTOR_CLONES static void channels_last_line(const PoolShape& s, const T* y_grad, std::int64_t h, T* x_grad) {
    const std::int64_t channels = s.channels;
    const std::int64_t top = s.h.first_window(h), bottom = s.h.last_window(h);
    for (std::int64_t w = 0; w < s.w.in; ++w, x_grad += channels) {
      const std::int64_t left = s.w.first_window(w), right = s.w.last_window(w);
      if (top >= bottom || left >= right) std::fill_n(x_grad, channels, T(0));
      for (std::int64_t i = top; i < bottom; ++i) {
        for (std::int64_t j = left; j < right; ++j) {
          const T* grad = y_grad + (i * s.w.out + j) * channels;
          const T share = T(1) / static_cast<T>(divisor(s, i, j));
          if (i == top && j == left) {
#pragma omp simd
            for (std::int64_t c = 0; c < channels; ++c) x_grad[c] = grad[c] * share;
          } else {
#pragma omp simd
            for (std::int64_t c = 0; c < channels; ++c) x_grad[c] += grad[c] * share;
          }
        }
      }
    }
  }

  /// A plane [H, W]: each window scatters its gradient.
  REEL_VECTOR_CLONES static void plane(const PoolShape& s, const T* y_grad, T* x_grad) {
    for (std::int64_t i = 0; i < s.h.in * s.w.in; ++i) x_grad[i] = 0;
    for (std::int64_t i = 0; i < s.h.out; ++i) {
      for (std::int64_t j = 0; j < s.w.out; ++j) {
        const T share = *y_grad++ / static_cast<T>(divisor(s, i, j));
        for (std::int64_t h = s.h.begin(i); h < s.h.end(i); ++h) {
          for (std::int64_t w = s.w.begin(j); w < s.w.end(j); ++w) x_grad[h * s.w.in + w] += share;
        }
      }
    }
  }

  static void run(const AvgPoolGradArgs& args) {
    const PoolShape& s = args.shape;
    const PoolImages images(s);
    const T* y_grad = static_cast<const T*>(args.y_grad);
    T* x_grad = static_cast<T*>(args.x_grad);
    if (s.channels_last) {
      for_each_line(images.count, s.h.in, images.in_line, [&](std::int64_t image, std::int64_t h) {
        channels_last_line(s, y_grad + image * images.out_size, h,
                           x_grad + image * images.in_size + h * images.in_line);
      });
    } else {
      for_each_line(images.count, 1, images.in_size, [&](std::int64_t image, std::int64_t) {
        plane(s, y_grad + image * images.out_size, x_grad + image * images.in_size);
      });
    }
  }
};

}  // namespace

void avg_pool2d(const AvgPoolArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { AvgPool<T>::run(args); });
}

void avg_pool2d_grad(const AvgPoolGradArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { AvgPoolGrad<T>::run(args); });
}

}  // namespace reel::kernels::cpu
