#pragma once

#ifdef EXAMPLES_HAVE_KISSFFT
#include <kiss_fftr.h>
#endif

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>

#include "support.h"

/// Three ways to the same convolution, and how long one takes. The image is [H, W], the kernel [K, K]; the result
/// [H - K + 1, W - K + 1] holds the places where the kernel lies within the image.
namespace support {

/// The sum that defines it, (x * k)[r, c] = sum of x[r - i, c - j] k[i, j]. The innermost loop runs along a row, which
/// the compiler turns into vector code.
inline Tensor convolve_directly(const Tensor& image, const Tensor& kernel) {
  const Tensor x = image.cpu().contiguous(), k = kernel.cpu().contiguous();
  const std::int64_t size = k.size(0), width = x.size(1), rows = x.size(0) - size + 1, columns = width - size + 1;
  const Tensor y = zeros({rows, columns}, Device::cpu());
  const float *from = x.data_ptr<float>(), *factor = k.data_ptr<float>();
  float* to = y.data_ptr<float>();
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < size; ++i) {
      for (std::int64_t j = 0; j < size; ++j) {
        const float* row = from + (r + size - 1 - i) * width + size - 1 - j;
        for (std::int64_t c = 0; c < columns; ++c) to[r * columns + c] += row[c] * factor[i * size + j];
      }
    }
  }
  return y;
}

/// A product of the kernel, as a row, and the windows of the image, as columns.
inline Tensor convolve_patches(const Tensor& image, const Tensor& kernel) {
  const std::int64_t size = kernel.size(0);
  const Tensor columns = im2col(image.index({None, None}), size)[0];
  return matmul(flip(kernel, {0, 1}).reshape({1, size * size}), columns)
      .reshape({image.size(0) - size + 1, image.size(1) - size + 1});
}

#ifdef EXAMPLES_HAVE_KISSFFT
constexpr bool kHasFft = true;

/// The Fourier transform of a real matrix [height, width] of even width, and back: of the rows, then of the columns of
/// the left half; the rest mirrors them. (kissfft 131.1 has both in one, kiss_fftndr, but refuses large sizes.)
class Fourier {
 public:
  using Spectrum = std::vector<kiss_fft_cpx>;  // column after column

  Fourier(std::int64_t height, std::int64_t width, bool back)
      : height_(height),
        width_(width),
        line_(static_cast<std::size_t>(width / 2 + 1)),
        rows_(kiss_fftr_alloc(static_cast<int>(width), back, nullptr, nullptr), &std::free),
        columns_(kiss_fft_alloc(static_cast<int>(height), back, nullptr, nullptr), &std::free) {
    if (!rows_ || !columns_) throw Error("convolution: kissfft has no transform of this size");
  }

  Spectrum forward(const float* x) {
    Spectrum spectrum(line_.size() * static_cast<std::size_t>(height_));
    for (std::int64_t r = 0; r < height_; ++r) {
      kiss_fftr(rows_.get(), x + r * width_, line_.data());
      for (std::int64_t c = 0; c <= width_ / 2; ++c) spectrum[c * height_ + r] = line_[c];
    }
    for (std::int64_t c = 0; c <= width_ / 2; ++c) transform_column(&spectrum[c * height_]);
    return spectrum;
  }
  void back(Spectrum spectrum, float* x) {
    for (std::int64_t c = 0; c <= width_ / 2; ++c) transform_column(&spectrum[c * height_]);
    for (std::int64_t r = 0; r < height_; ++r) {
      for (std::int64_t c = 0; c <= width_ / 2; ++c) line_[c] = spectrum[c * height_ + r];
      kiss_fftri(rows_.get(), line_.data(), x + r * width_);
    }
  }

 private:
  void transform_column(kiss_fft_cpx* column) { kiss_fft(columns_.get(), column, column); }

  std::int64_t height_, width_;
  Spectrum line_;
  std::unique_ptr<kiss_fftr_state, decltype(&std::free)> rows_;
  std::unique_ptr<kiss_fft_state, decltype(&std::free)> columns_;
};

/// The inverse transform of the product of both transforms. The image stands for a periodic one: where the kernel would
/// reach around its border the result is wrong, and left out.
inline Tensor convolve_fft(const Tensor& image, const Tensor& kernel) {
  const std::int64_t size = kernel.size(0), height = image.size(0), width = image.size(1);
  const Tensor x = image.cpu().contiguous(), k = zeros({height, width}, Device::cpu());
  k.index({Slice(0, size), Slice(0, size)}).copy_(kernel);
  Fourier fourier(height, width, false);
  Fourier::Spectrum a = fourier.forward(x.data_ptr<float>());
  const Fourier::Spectrum b = fourier.forward(k.data_ptr<float>());
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = {a[i].r * b[i].r - a[i].i * b[i].i, a[i].r * b[i].i + a[i].i * b[i].r};
  }
  Fourier(height, width, true).back(std::move(a), k.data_ptr<float>());
  return k.index({Slice(size - 1), Slice(size - 1)}) / static_cast<double>(height * width);
}
#else
constexpr bool kHasFft = false;
inline Tensor convolve_fft(const Tensor&, const Tensor&) { throw Error("convolve_fft: built without kissfft"); }
#endif

/// A way to convolve and its name.
struct Way {
  std::string name;
  std::function<Tensor(const Tensor& image, const Tensor& kernel)> convolve;
};

/// The three ways, and conv2d, which computes the similarity: with the kernel turned by 180 degrees it convolves.
inline std::vector<Way> ways() {
  std::vector<Way> all{{"direct sum", convolve_directly}, {"patches", convolve_patches}};
  if (kHasFft) all.push_back({"FFT", convolve_fft});
  else std::printf("no times of the FFT: the program was built without kissfft\n");
  all.push_back({"conv2d", [](const Tensor& x, const Tensor& k) {
                   return conv2d(x.index({None, None}), flip(k, {0, 1}).index({None, None}))[0][0];
                 }});
  return all;
}

/// The time of a call in milliseconds, the shortest of several: other programs can only make it longer. The result is
/// read back to the CPU, so that a GPU has finished.
template <class F> double milliseconds(const F& f) {
  double best = INFINITY, total = 0;
  for (int calls = 0; calls < 5 || (total < 300 && calls < 200); ++calls) {
    const auto start = std::chrono::steady_clock::now();
    f().cpu();
    const double time = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    best = std::min(best, time);
    total += time;
  }
  return best;
}

}  // namespace support
