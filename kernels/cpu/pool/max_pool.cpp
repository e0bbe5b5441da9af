// Max pooling, its gradient and its indices on the CPU.

#include <limits>

#include <reel/kernels/cpu/pool/pool_loops.h>

namespace reel::kernels::cpu {
namespace {

using namespace pooling;

template <class T, bool kIndexed> struct MaxPool {
  static constexpr T kLowest = -std::numeric_limits<T>::infinity();

  /// One row of windows of an image [H, W, C].
  REEL_VECTOR_CLONES static void channels_last_line(const PoolShape& s, const T* image, std::int64_t line, T* y,
                                                    std::int32_t* index) {
    const std::int64_t channels = s.channels;
    for (std::int64_t j = 0; j < s.w.out; ++j, y += channels, index += kIndexed ? channels : 0) {
      bool first = true;
      for (std::int64_t h = s.h.begin(line); h < s.h.end(line); h += s.h.dilation) {
        for (std::int64_t w = s.w.begin(j); w < s.w.end(j); w += s.w.dilation) {
          const auto at = static_cast<std::int32_t>(h * s.w.in + w);
          const T* pixel = image + at * channels;
          if (first) {
            for (std::int64_t c = 0; c < channels; ++c) y[c] = pixel[c];
            for (std::int64_t c = 0; kIndexed && c < channels; ++c) index[c] = at;
            first = false;
            continue;
          }
#pragma omp simd
          for (std::int64_t c = 0; c < channels; ++c) {
            const bool larger = exceeds(pixel[c], y[c]);
            y[c] = larger ? pixel[c] : y[c];
            if constexpr (kIndexed) index[c] = larger ? at : index[c];
          }
        }
      }
      for (std::int64_t c = 0; first && c < channels; ++c) {  // a window of padding only
        y[c] = kLowest;
        if (kIndexed) index[c] = -1;
      }
    }
  }

  /// Window j of a row of windows, which cover the image rows top, top + dilation, ... below bottom.
  static void window(const PoolShape& s, const T* plane, std::int64_t top, std::int64_t bottom, std::int64_t j, T* y,
                     std::int32_t* index) {
    const std::int64_t left = s.w.begin(j), right = s.w.end(j);
    T largest = kLowest;
    std::int64_t at = top < bottom && left < right ? top * s.w.in + left : -1;
    for (std::int64_t h = top; h < bottom; h += s.h.dilation) {
      for (std::int64_t w = left; w < right; w += s.w.dilation) {
        const T value = plane[h * s.w.in + w];
        if (!exceeds(value, largest)) continue;
        largest = value;
        at = h * s.w.in + w;
      }
    }
    y[j] = largest;
    if (kIndexed) index[j] = static_cast<std::int32_t>(at);
  }

  /// `kLanes` neighbouring windows of a size [kHeight, kKernel] known at compile time, the first at `corner`. All loops
  /// but that over rows are unrolled into vector registers. Each row is first deinterleaved by column modulo stride, so
  /// that tap k of all windows is contiguous.
  template <int kHeight, int kKernel, int kStride, int kLanes>
  [[gnu::always_inline]] static void lanes(const T* corner, std::int32_t at, std::int32_t width, T* y,
                                           std::int32_t* index) {
    T largest[kLanes];
    std::int32_t offset[kLanes] = {};
    for (int lane = 0; lane < kLanes; ++lane) largest[lane] = kLowest;
    for (int h = 0; h < kHeight; ++h, corner += width) {
      constexpr int extra = (kKernel - 1) / kStride;
      T column[kStride][kLanes + extra];
#pragma omp simd
      for (int i = 0; i < kLanes; ++i) {
        for (int phase = 0; phase < kStride; ++phase) column[phase][i] = corner[i * kStride + phase];
      }
      for (int w = kLanes * kStride; w < (kLanes - 1) * kStride + kKernel; ++w) {
        column[w % kStride][w / kStride] = corner[w];
      }
      for (int w = 0; w < kKernel; ++w) {
        const T* value = column[w % kStride] + w / kStride;
#pragma omp simd
        for (int lane = 0; lane < kLanes; ++lane) {
          const bool larger = exceeds(value[lane], largest[lane]);
          largest[lane] = larger ? value[lane] : largest[lane];
          if constexpr (kIndexed) offset[lane] = larger ? h * width + w : offset[lane];
        }
      }
    }
    for (int lane = 0; lane < kLanes; ++lane) y[lane] = largest[lane];
    for (int lane = 0; kIndexed && lane < kLanes; ++lane) index[lane] = at + lane * kStride + offset[lane];
  }

  /// `count` such windows. The last vector overlaps the previous one: computing some windows twice is cheaper than a
  /// scalar remainder.
  template <int kHeight, int kKernel, int kStride>
  REEL_VECTOR_CLONES static void inner_windows(const T* plane, std::int32_t begin, std::int32_t width,
                                               std::int64_t count, T* y, std::int32_t* index) {
    const auto run = [&]<int kLanes>() __attribute__((always_inline)) {
      for (std::int64_t j = 0; j < count; j += kLanes) {
        const std::int64_t first = std::min<std::int64_t>(j, count - kLanes);
        const auto at = begin + static_cast<std::int32_t>(first) * kStride;
        lanes<kHeight, kKernel, kStride, kLanes>(plane + at, at, width, y + first, kIndexed ? index + first : nullptr);
      }
    };
    if (count >= 16) run.template operator()<16>();
    else if (count >= 8) run.template operator()<8>();
    else if (count >= 4) run.template operator()<4>();
    else run.template operator()<1>();
  }

  using InnerWindows = void (*)(const T*, std::int32_t, std::int32_t, std::int64_t, T*, std::int32_t*);

  /// The fast loop for common windows, else null.
  static InnerWindows inner_windows_for(const PoolShape& s) {
    if (s.h.dilation != 1 || s.w.dilation != 1) return nullptr;
    const auto is = [&](std::int64_t height, std::int64_t width, std::int64_t stride) {
      return s.h.kernel == height && s.w.kernel == width && s.w.stride == stride;
    };
    if (is(2, 2, 2)) return inner_windows<2, 2, 2>;
    if (is(3, 3, 2)) return inner_windows<3, 3, 2>;
    if (is(3, 3, 1)) return inner_windows<3, 3, 1>;
    if (is(1, 2, 2)) return inner_windows<1, 2, 2>;
    if (is(1, 3, 2)) return inner_windows<1, 3, 2>;
    if (is(1, 3, 1)) return inner_windows<1, 3, 1>;
    return nullptr;
  }

  /// One row of windows of a plane [H, W].
  static void plane_line(const PoolShape& s, InnerWindows inner, const T* plane, std::int64_t line, T* y,
                         std::int32_t* index) {
    const std::int64_t top = s.h.begin(line), bottom = s.h.end(line);
    std::int64_t first = s.w.out, last = s.w.out;  // the windows that lie inside the image
    if (inner && bottom - top == s.h.kernel) {
      first = std::min((s.w.padding + s.w.stride - 1) / s.w.stride, s.w.out);
      const std::int64_t room = s.w.in - s.w.kernel + s.w.padding;  // of the first window; none if it ends outside
      last = room < 0 ? first : std::clamp(room / s.w.stride + 1, first, s.w.out);
      const std::int64_t begin = top * s.w.in + first * s.w.stride - s.w.padding;
      inner(plane, static_cast<std::int32_t>(begin), static_cast<std::int32_t>(s.w.in), last - first, y + first,
            kIndexed ? index + first : nullptr);
    }
    for (std::int64_t j = 0; j < first; ++j) window(s, plane, top, bottom, j, y, index);
    for (std::int64_t j = last; j < s.w.out; ++j) window(s, plane, top, bottom, j, y, index);
  }

  static void run(const MaxPoolArgs& args) {
    const PoolShape& s = args.shape;
    const PoolImages images(s);
    const InnerWindows inner = inner_windows_for(s);
    for_each_line(images.count, s.h.out, images.in_size / s.h.out, [&](std::int64_t image, std::int64_t line) {
      const T* x = static_cast<const T*>(args.x) + image * images.in_size;
      const std::int64_t out = (image * s.h.out + line) * images.out_line;
      T* y = static_cast<T*>(args.y) + out;
      std::int32_t* index = kIndexed ? args.indices + out : nullptr;
      if (s.channels_last) channels_last_line(s, x, line, y, index);
      else plane_line(s, inner, x, line, y, index);
    });
  }
};

template <class T> struct MaxPoolGrad {
  /// One row of an image [H, W, C]: each pixel gathers the gradients of the windows that chose it.
  REEL_VECTOR_CLONES static void channels_last_line(const PoolShape& s, const T* y_grad, const std::int32_t* indices,
                                                    std::int64_t h, T* x_grad) {
    const std::int64_t channels = s.channels;
    const std::int64_t top = s.h.first_window(h), bottom = s.h.last_window(h);
    for (std::int64_t w = 0; w < s.w.in; ++w, x_grad += channels) {
      const auto at = static_cast<std::int32_t>(h * s.w.in + w);
      const std::int64_t left = s.w.first_window(w), right = s.w.last_window(w);
      if (top >= bottom || left >= right) std::fill_n(x_grad, channels, T(0));
      for (std::int64_t i = top; i < bottom; ++i) {
        for (std::int64_t j = left; j < right; ++j) {
          const std::int64_t window = (i * s.w.out + j) * channels;
          const T* grad = y_grad + window;
          const std::int32_t* index = indices + window;
          if (i == top && j == left) {
#pragma omp simd
            for (std::int64_t c = 0; c < channels; ++c) x_grad[c] = index[c] == at ? grad[c] : T(0);
          } else {
#pragma omp simd
            for (std::int64_t c = 0; c < channels; ++c) x_grad[c] += index[c] == at ? grad[c] : T(0);
          }
        }
      }
    }
  }

  static void run(const MaxPoolGradArgs& args) {
    const PoolShape& s = args.shape;
    const PoolImages images(s);
    const T* y_grad = static_cast<const T*>(args.y_grad);
    T* x_grad = static_cast<T*>(args.x_grad);
    if (s.channels_last) {
      for_each_line(images.count, s.h.in, images.in_line, [&](std::int64_t image, std::int64_t h) {
        channels_last_line(s, y_grad + image * images.out_size, args.indices + image * images.out_size, h,
                           x_grad + image * images.in_size + h * images.in_line);
      });
      return;
    }
    for_each_line(images.count, 1, images.in_size, [&](std::int64_t image, std::int64_t) {
      T* plane = x_grad + image * images.in_size;
      std::fill_n(plane, images.in_size, T(0));
      for (std::int64_t i = image * images.out_size; i < (image + 1) * images.out_size; ++i) {
        if (args.indices[i] >= 0) plane[args.indices[i]] += y_grad[i];
      }
    });
  }
};

}  // namespace

void max_pool2d(const MaxPoolArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    if (args.indices) MaxPool<T, true>::run(args);
    else MaxPool<T, false>::run(args);
  });
}

void max_pool2d_grad(const MaxPoolGradArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { MaxPoolGrad<T>::run(args); });
}

void pool_gather(const PoolGatherArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    const PoolShape& s = args.shape;
    const PoolImages images(s);
    for_each_line(images.count, s.h.out, images.out_line, [&](std::int64_t image, std::int64_t line) {
      const T* x = static_cast<const T*>(args.x) + image * images.in_size;
      const std::int64_t first = (image * s.h.out + line) * images.out_line;
      const std::int32_t* index = args.indices + first;
      T* y = static_cast<T*>(args.y) + first;
      for (std::int64_t j = 0; j < s.w.out; ++j) {
        for (std::int64_t c = 0; c < images.step; ++c, ++index, ++y)
          *y = *index < 0 ? T(0) : x[*index * images.step + c];
      }
    });
  });
}

}  // namespace reel::kernels::cpu
