// The linear maps of Winograd's convolution.

#include <algorithm>
#include <bit>

#include <reel/kernels/cpu/conv/winograd/winograd_transform.h>
#include <reel/kernels/vector_math.h>

// Each map is applied to the columns and then to the rows. Values of +point and -point share their even and odd parts.
// What is not a map of its own is inlined, so that it is compiled for each level of vector instructions.
namespace reel::kernels::cpu::winograd {
namespace {

// The points are 0, a, -a, b, -b and infinity.
constexpr float a = 0.75F, b = 1.5F;
constexpr float a2 = a * a, b2 = b * b;
constexpr float a_powers[] = {1, a, a2, a2* a, a2* a2};
constexpr float b_powers[] = {1, b, b2, b2* b, b2* b2};
// What G divides by: the product of a point's distances from the others.
constexpr float g0 = static_cast<float>(1 / (double{a2} * b2));
constexpr float ga = static_cast<float>(1 / (2.0 * a2 * (double{a2} - b2)));
constexpr float gb = static_cast<float>(1 / (2.0 * b2 * (double{b2} - a2)));

template <int N> struct Line { float v[N]; };

/// The values at the points of the polynomial with the coefficients c; at infinity the last one: A y.
template <int N> [[gnu::always_inline]] inline Line<kInput> evaluate(const Line<N>& c) {
  float even_a = c.v[0], odd_a = 0, even_b = c.v[0], odd_b = 0;
#pragma GCC unroll 4
  for (int k = 1; k < N; ++k) {
    (k % 2 ? odd_a : even_a) += a_powers[k] * c.v[k];
    (k % 2 ? odd_b : even_b) += b_powers[k] * c.v[k];
  }
  return {{c.v[0], even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b, c.v[N - 1]}};
}

/// The adjoint of `evaluate`: A^T m.
template <int N> [[gnu::always_inline]] inline Line<N> collect(const Line<kInput>& m) {
  const float even_a = m.v[1] + m.v[2], odd_a = m.v[1] - m.v[2], even_b = m.v[3] + m.v[4], odd_b = m.v[3] - m.v[4];
  Line<N> c;
#pragma GCC unroll 5
  for (int k = 0; k < N; ++k) {
    c.v[k] = k % 2 ? a_powers[k] * odd_a + b_powers[k] * odd_b : a_powers[k] * even_a + b_powers[k] * even_b;
  }
  c.v[0] += m.v[0];
  c.v[N - 1] += m.v[5];
  return c;
}

/// What G does besides evaluating.
[[gnu::always_inline]] inline Line<kInput> divide(const Line<kInput>& m) {
  return {{g0 * m.v[0], ga * m.v[1], ga * m.v[2], gb * m.v[3], gb * m.v[4], m.v[5]}};
}

/// B^T d
[[gnu::always_inline]] inline Line<kInput> input_line(const Line<kInput>& line) {
  const auto& d = line.v;
  const float even_a = d[4] - b2 * d[2], odd_a = a * (d[3] - b2 * d[1]);
  const float even_b = d[4] - a2 * d[2], odd_b = b * (d[3] - a2 * d[1]);
  return {{d[4] - (a2 + b2) * d[2] + a2 * b2 * d[0], even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b,
           d[5] - (a2 + b2) * d[3] + a2 * b2 * d[1]}};
}

struct Unchanged {
  float operator()(float value, int) const { return value; }
};

/// M X M^T for the X of In x In values and the M that makes Out values of In. `from(i, j)` and `to(i, j)` give the
/// pointers to the channels of value (i, j); what is stored has passed `finish(value, channel)`.
template <int In, int Out, class From, class Map, class To, class Finish = Unchanged>
[[gnu::always_inline]] inline void both_ways(From from, Map map, To to, Finish finish = {}) {
  float half[Out][In][kLanes];
  for (int j = 0; j < In; ++j) {
    const float* in[In];
#pragma GCC unroll 6
    for (int i = 0; i < In; ++i) in[i] = from(i, j);
#pragma omp simd
    for (int c = 0; c < kLanes; ++c) {
      Line<In> line;
#pragma GCC unroll 6
      for (int i = 0; i < In; ++i) line.v[i] = in[i][c];
      const Line<Out> mapped = map(line);
#pragma GCC unroll 6
      for (int i = 0; i < Out; ++i) half[i][j][c] = mapped.v[i];
    }
  }
  for (int i = 0; i < Out; ++i) {
    float* out[Out];
#pragma GCC unroll 6
    for (int j = 0; j < Out; ++j) out[j] = to(i, j);
#pragma omp simd
    for (int c = 0; c < kLanes; ++c) {
      Line<In> line;
#pragma GCC unroll 6
      for (int j = 0; j < In; ++j) line.v[j] = half[i][j][c];
      const Line<Out> mapped = map(line);
#pragma GCC unroll 6
      for (int j = 0; j < Out; ++j) out[j][c] = finish(mapped.v[j], c);
    }
  }
}

/// Pixels, row after row.
template <int Side, class T> [[gnu::always_inline]] inline auto grid(T* const* pixels) {
  return [=](int i, int j) { return pixels[Side * i + j]; };
}

/// Values that lie `stride` apart.
template <int Side, class T> [[gnu::always_inline]] inline auto values(T* first, std::int64_t stride) {
  return [=](int i, int j) { return first + (Side * i + j) * stride; };
}

/// Magnitudes are in the order of these bits, infinities and NaN last.
constexpr std::int32_t magnitude_bits(float value) { return std::bit_cast<std::int32_t>(value) & 0x7FFFFFFF; }

/// Whether some of the transformed values are small in all channels. A few values see every pixel, and so its NaN or
/// infinity.
template <class... I>
[[gnu::always_inline]] inline bool are_moderate(const float* points, std::int64_t stride, I... i) {
  constexpr std::int32_t limit = magnitude_bits(65536.0F);
  std::int32_t largest = 0;
#pragma omp simd reduction(max : largest)
  for (int c = 0; c < kLanes; ++c) ((largest = std::max(largest, magnitude_bits(points[i * stride + c]))), ...);
  return largest < limit;
}

/// The same of values at the points of a polynomial, of which the one at (a, a) sees every coefficient.
[[gnu::always_inline]] inline bool are_moderate_values(const float* points, std::int64_t stride) {
  return are_moderate(points, stride, kInput + 1);
}

}  // namespace

REEL_VECTOR_CLONES bool input_to_points(const float* const* pixels, float* points, std::int64_t stride) {
  both_ways<kInput, kInput>(grid<kInput>(pixels), input_line, values<kInput>(points, stride));
  // The first value of a line sees the pixels 0, 2 and 4, the last one 1, 3 and 5.
  constexpr int last = kInput - 1;
  return are_moderate(points, stride, 0, last, kInput * last, kInput * last + last);
}

template <int Output>
REEL_VECTOR_CLONES bool output_grad_to_points(const float* const* pixels, float* points, std::int64_t stride) {
  both_ways<Output, kInput>(grid<Output>(pixels), evaluate<Output>, values<kInput>(points, stride));
  return are_moderate_values(points, stride);
}

template <int Output> REEL_VECTOR_CLONES void points_to_output(const float* points, std::int64_t stride,
                                                               const float* bias, float* const* pixels) {
  both_ways<kInput, Output>(values<kInput>(points, stride), collect<Output>, grid<Output>(pixels),
                            [=](float y, int c) { return y + bias[c]; });
}

template <int Output>
REEL_VECTOR_CLONES bool weight_to_points(const float* weight, float* points, std::int64_t stride) {
  constexpr int side = taps_side(Output);
  both_ways<side, kInput>(
      values<side>(weight, kLanes), [](const Line<side>& g) { return divide(evaluate<side>(g)); },
      values<kInput>(points, stride));
  return are_moderate_values(points, stride);
}

template <int Output>
REEL_VECTOR_CLONES void points_to_weight(const float* points, std::int64_t stride, float* weight) {
  constexpr int side = taps_side(Output);
  both_ways<kInput, side>(
      values<kInput>(points, stride), [](const Line<kInput>& m) { return collect<side>(divide(m)); },
      values<side>(weight, kLanes));
}

template bool output_grad_to_points<4>(const float* const*, float*, std::int64_t);
template bool output_grad_to_points<2>(const float* const*, float*, std::int64_t);
template void points_to_output<4>(const float*, std::int64_t, const float*, float* const*);
template void points_to_output<2>(const float*, std::int64_t, const float*, float* const*);
template bool weight_to_points<4>(const float*, float*, std::int64_t);
template bool weight_to_points<2>(const float*, float*, std::int64_t);
template void points_to_weight<4>(const float*, std::int64_t, float*);
template void points_to_weight<2>(const float*, std::int64_t, float*);

}  // namespace reel::kernels::cpu::winograd
