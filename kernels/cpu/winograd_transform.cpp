#include <reel/kernels/cpu/winograd_transform.h>
#include <reel/kernels/vector_math.h>

// Each map is applied to the columns and then to the rows. Values of +point and -point share their even and odd parts.
namespace reel::kernels::cpu::winograd {
namespace {

// The points 0, a, -a, b, -b and infinity.
constexpr float a = 0.75F, b = 1.5F;
constexpr float a2 = a * a, b2 = b * b, a3 = a2 * a, b3 = b2 * b;
// G's rows are powers of a point over the product of its distances from the others.
constexpr double kG0 = 1 / (double{a2} * b2);
constexpr double kGa = 1 / (2.0 * a2 * (double{a2} - b2));
constexpr double kGb = 1 / (2.0 * b2 * (double{b2} - a2));
constexpr float g0 = kG0, ga = kGa, gb = kGb;
constexpr float ga1 = kGa * a, gb1 = kGb * b, ga2 = kGa * a2, gb2 = kGb * b2;

struct Three {
  float v0, v1, v2;
};
struct Four {
  float v0, v1, v2, v3;
};
struct Six {
  float v0, v1, v2, v3, v4, v5;
};

/// B^T d
inline Six input_line(Six d) {
  const float even_a = d.v4 - b2 * d.v2, odd_a = a * (d.v3 - b2 * d.v1);
  const float even_b = d.v4 - a2 * d.v2, odd_b = b * (d.v3 - a2 * d.v1);
  return {d.v4 - (a2 + b2) * d.v2 + a2 * b2 * d.v0, even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b,
          d.v5 - (a2 + b2) * d.v3 + a2 * b2 * d.v1};
}

/// A^T m
inline Four output_line(Six m) {
  const float even_a = m.v1 + m.v2, odd_a = m.v1 - m.v2, even_b = m.v3 + m.v4, odd_b = m.v3 - m.v4;
  return {m.v0 + even_a + even_b, a * odd_a + b * odd_b, a2 * even_a + b2 * even_b, a3 * odd_a + b3 * odd_b + m.v5};
}

/// A y
inline Six output_grad_line(Four y) {
  const float even_a = y.v0 + a2 * y.v2, odd_a = a * y.v1 + a3 * y.v3;
  const float even_b = y.v0 + b2 * y.v2, odd_b = b * y.v1 + b3 * y.v3;
  return {y.v0, even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b, y.v3};
}

/// G g
inline Six weight_line(Three g) {
  const float even_a = ga * g.v0 + ga2 * g.v2, odd_a = ga1 * g.v1;
  const float even_b = gb * g.v0 + gb2 * g.v2, odd_b = gb1 * g.v1;
  return {g0 * g.v0, even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b, g.v2};
}

/// G^T m
inline Three weight_grad_line(Six m) {
  const float even_a = m.v1 + m.v2, odd_a = m.v1 - m.v2, even_b = m.v3 + m.v4, odd_b = m.v3 - m.v4;
  return {g0 * m.v0 + ga * even_a + gb * even_b, ga1 * odd_a + gb1 * odd_b, ga2 * even_a + gb2 * even_b + m.v5};
}

// What the transforms to points share. Inlined, so that it is compiled for each level of vector instructions.

/// Six values of column j, where the second pass finds them in lines.
template <int Columns>
[[gnu::always_inline]] inline void put_column(float (&half)[kInput][Columns][kLanes], int j, int c, const Six& v) {
  half[0][j][c] = v.v0, half[1][j][c] = v.v1, half[2][j][c] = v.v2;
  half[3][j][c] = v.v3, half[4][j][c] = v.v4, half[5][j][c] = v.v5;
}

/// The second pass: `line(values of a line, channel)` gives six points of each line.
template <int Columns, class Line>
[[gnu::always_inline]] inline void lines_to_points(const float (&half)[kInput][Columns][kLanes], float* points,
                                                   std::int64_t stride, Line line) {
  for (int i = 0; i < kInput; ++i) {
    float *p0 = points + 6 * i * stride, *p1 = p0 + stride, *p2 = p1 + stride, *p3 = p2 + stride, *p4 = p3 + stride,
          *p5 = p4 + stride;
#pragma omp simd
    for (int c = 0; c < kLanes; ++c) {
      const Six v = line(half[i], c);
      p0[c] = v.v0, p1[c] = v.v1, p2[c] = v.v2, p3[c] = v.v3, p4[c] = v.v4, p5[c] = v.v5;
    }
  }
}

}  // namespace

REEL_VECTOR_CLONES void input_to_points(const float* const* pixels, float* points, std::int64_t stride) {
  float half[kInput][kInput][kLanes];
  for (int j = 0; j < kInput; ++j) {
    const float *d0 = pixels[j], *d1 = pixels[6 + j], *d2 = pixels[12 + j], *d3 = pixels[18 + j], *d4 = pixels[24 + j],
                *d5 = pixels[30 + j];
#pragma omp simd
    for (int c = 0; c < kLanes; ++c) put_column(half, j, c, input_line({d0[c], d1[c], d2[c], d3[c], d4[c], d5[c]}));
  }
  lines_to_points(half, points, stride, [](const auto& h, int c) {
    return input_line({h[0][c], h[1][c], h[2][c], h[3][c], h[4][c], h[5][c]});
  });
}

REEL_VECTOR_CLONES void output_grad_to_points(const float* const* pixels, float* points, std::int64_t stride) {
  float half[kInput][kOutput][kLanes];
  for (int j = 0; j < kOutput; ++j) {
    const float *y0 = pixels[j], *y1 = pixels[4 + j], *y2 = pixels[8 + j], *y3 = pixels[12 + j];
#pragma omp simd
    for (int c = 0; c < kLanes; ++c) put_column(half, j, c, output_grad_line({y0[c], y1[c], y2[c], y3[c]}));
  }
  lines_to_points(half, points, stride, [](const auto& h, int c) {
    return output_grad_line({h[0][c], h[1][c], h[2][c], h[3][c]});
  });
}

REEL_VECTOR_CLONES void points_to_output(const float* points, std::int64_t stride, const float* bias,
                                         float* const* pixels) {
  float half[kOutput][kInput][kLanes];
  for (int j = 0; j < kInput; ++j) {
    const float* m = points + j * stride;
#pragma omp simd
    for (int c = 0; c < kLanes; ++c) {
      const Four v = output_line(
          {m[c], m[6 * stride + c], m[12 * stride + c], m[18 * stride + c], m[24 * stride + c], m[30 * stride + c]});
      half[0][j][c] = v.v0, half[1][j][c] = v.v1, half[2][j][c] = v.v2, half[3][j][c] = v.v3;
    }
  }
  for (int i = 0; i < kOutput; ++i) {
    float *y0 = pixels[4 * i], *y1 = pixels[4 * i + 1], *y2 = pixels[4 * i + 2], *y3 = pixels[4 * i + 3];
    const auto& h = half[i];
#pragma omp simd
    for (int c = 0; c < kLanes; ++c) {
      const Four v = output_line({h[0][c], h[1][c], h[2][c], h[3][c], h[4][c], h[5][c]});
      y0[c] = v.v0 + bias[c], y1[c] = v.v1 + bias[c], y2[c] = v.v2 + bias[c], y3[c] = v.v3 + bias[c];
    }
  }
}

REEL_VECTOR_CLONES void weight_to_points(const float* weight, float* points, std::int64_t stride) {
  float half[kInput][3][kLanes];
  for (int j = 0; j < 3; ++j) {
    const float* g = weight + j * kLanes;
#pragma omp simd
    for (int c = 0; c < kLanes; ++c) put_column(half, j, c, weight_line({g[c], g[3 * kLanes + c], g[6 * kLanes + c]}));
  }
  lines_to_points(half, points, stride, [](const auto& h, int c) { return weight_line({h[0][c], h[1][c], h[2][c]}); });
}

REEL_VECTOR_CLONES void points_to_weight(const float* points, std::int64_t stride, float* weight) {
  float half[3][kInput][kLanes];
  for (int j = 0; j < kInput; ++j) {
    const float* m = points + j * stride;
#pragma omp simd
    for (int c = 0; c < kLanes; ++c) {
      const Three v = weight_grad_line(
          {m[c], m[6 * stride + c], m[12 * stride + c], m[18 * stride + c], m[24 * stride + c], m[30 * stride + c]});
      half[0][j][c] = v.v0, half[1][j][c] = v.v1, half[2][j][c] = v.v2;
    }
  }
  for (int i = 0; i < 3; ++i) {
    float* g = weight + 3 * i * kLanes;
    const auto& h = half[i];
#pragma omp simd
    for (int c = 0; c < kLanes; ++c) {
      const Three v = weight_grad_line({h[0][c], h[1][c], h[2][c], h[3][c], h[4][c], h[5][c]});
      g[c] = v.v0, g[kLanes + c] = v.v1, g[2 * kLanes + c] = v.v2;
    }
  }
}

}  // namespace reel::kernels::cpu::winograd
