// Products by definition, in tiles.

#include "runtime/product.h"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstring>
#include <vector>

#include <reel/tensor/core/half.h>

namespace emulation {
namespace {

/// Calls `f` with a pointer to the elements' C++ type.
template <class F> decltype(auto) with_type(cudaDataType_t type, void* data, F f) {
  switch (type) {
    case CUDA_R_64F:
      return f(static_cast<double*>(data));
    case CUDA_R_16F:
      return f(static_cast<reel::Half*>(data));
    case CUDA_R_16BF:
      return f(static_cast<reel::BFloat16*>(data));
    default:
      return f(static_cast<float*>(data));
  }
}

template <class Sum, class T> Sum load(const T& element) {
  if constexpr (std::floating_point<T>) {
    return static_cast<Sum>(element);
  } else {
    return static_cast<Sum>(static_cast<float>(element));
  }
}

template <class T, class Sum> void store(T& element, Sum value) {
  if constexpr (std::floating_point<T>) {
    element = static_cast<T>(value);
  } else {
    element = T(static_cast<float>(value));
  }
}

/// The nearest number with 10 bits of mantissa, which is what tensor cores multiply.
template <class Sum> Sum round_to_tf32(Sum value) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  if ((bits & 0x7f800000u) == 0x7f800000u) return value;  // infinite or not a number
  return static_cast<Sum>(std::bit_cast<float>((bits + 0x1000u) & 0xffffe000u));
}

// The product is computed in tiles that stay in registers, from panels: strips of a matrix as wide as a tile, in which
// the elements that are used together lie side by side.
constexpr std::int64_t kTileRows = 8, kTileCols = 4;

/// Element (i, p) of op(A), or (p, i) of op(B), for all i < `count` and p < `k` lies at [i / width][p][i % width].
/// Panels are filled up with zeros.
template <class Sum> struct Panels {
  std::int64_t width, k;
  std::vector<Sum> elements;

  const Sum* at(std::int64_t i) const { return elements.data() + i * k; }  // i is a multiple of width
  Sum sum_over_k(std::int64_t i) const {
    Sum sum = 0;
    for (std::int64_t p = 0; p < k; ++p) sum += at(i / width * width)[p * width + i % width];
    return sum;
  }
};

/// The steps are in elements of the matrix.
template <class Sum> Panels<Sum> pack(const Matrix& matrix, const void* data, std::int64_t first, std::int64_t step,
                                      std::int64_t k_step, std::int64_t count, std::int64_t k, std::int64_t width,
                                      bool to_tf32) {
  Panels<Sum> panels{width, k, std::vector<Sum>(static_cast<std::size_t>((count + width - 1) / width * width * k))};
  with_type(matrix.type, const_cast<void*>(data), [&](const auto* elements) {
    for (std::int64_t i = 0; i < count; ++i) {
      Sum* to = panels.elements.data() + i / width * width * k + i % width;
      const auto* from = elements + first + i * step;
      for (std::int64_t p = 0; p < k; ++p) {
        const Sum value = load<Sum>(from[p * k_step]);
        to[p * width] = to_tf32 ? round_to_tf32(value) : value;
      }
    }
  });
  return panels;
}

/// tile[j][i] = sum of a[p][i] b[p][j] over p
template <class Sum> void multiply(const Sum* a, const Sum* b, std::int64_t k, Sum (&tile)[kTileCols][kTileRows]) {
  typedef Sum Column __attribute__((vector_size(kTileRows * sizeof(Sum))));
  Column columns[kTileCols] = {};
  for (std::int64_t p = 0; p < k; ++p) {
    Column column;
    std::memcpy(&column, a + p * kTileRows, sizeof column);
    for (std::int64_t j = 0; j < kTileCols; ++j) columns[j] += column * b[p * kTileCols + j];
  }
  std::memcpy(tile, columns, sizeof columns);
}

/// A bit of the mask of relu.
class MaskBit {
 public:
  MaskBit(void* mask, std::int64_t bit)
      : byte_(*(static_cast<unsigned char*>(mask) + bit / 8)), bit_(static_cast<unsigned char>(1 << bit % 8)) {}

  bool get() const { return byte_ & bit_; }
  void set(bool value) { byte_ = static_cast<unsigned char>(value ? byte_ | bit_ : byte_ & ~bit_); }

 private:
  unsigned char& byte_;
  unsigned char bit_;
};

/// One matrix of the batch.
template <class Sum> class Computation {
 public:
  Computation(const Product& product, std::int64_t index) : p_(product), index_(index) {}

  void run() {
    const bool to_tf32 = p_.compute == CUBLAS_COMPUTE_32F_FAST_TF32;
    const auto a = pack<Sum>(p_.a, p_.a_data, index_ * p_.a.stride, p_.transpose_a ? p_.a.ld : 1,
                             p_.transpose_a ? 1 : p_.a.ld, p_.m, p_.k, kTileRows, to_tf32);
    const auto b = pack<Sum>(p_.b, p_.b_data, index_ * p_.b.stride, p_.transpose_b ? 1 : p_.b.ld,
                             p_.transpose_b ? p_.b.ld : 1, p_.n, p_.k, kTileCols, to_tf32);
    row_sums_.assign(static_cast<std::size_t>(p_.m), 0);
    for (std::int64_t j = 0; j < p_.n; j += kTileCols) {
      for (std::int64_t i = 0; i < p_.m; i += kTileRows) {
        Sum tile[kTileCols][kTileRows];
        multiply(a.at(i), b.at(j), p_.k, tile);
        finish_tile(tile, i, j);
      }
    }
    if (p_.epilogue == CUBLASLT_EPILOGUE_DRELU_BGRAD) {
      store_sums(p_.m, [&](std::int64_t i) { return row_sums_[static_cast<std::size_t>(i)]; });
    } else if (p_.epilogue == CUBLASLT_EPILOGUE_BGRADA) {
      store_sums(p_.m, [&](std::int64_t i) { return a.sum_over_k(i); });
    } else if (p_.epilogue == CUBLASLT_EPILOGUE_BGRADB) {
      store_sums(p_.n, [&](std::int64_t j) { return b.sum_over_k(j); });
    }
  }

 private:
  static constexpr int kBias = 4, kRelu = 2, kDRelu = 8, kAux = 128;  // bits of an epilogue's number

  void finish_tile(const Sum (&tile)[kTileCols][kTileRows], std::int64_t first_row, std::int64_t first_col) {
    with_type(p_.d.type, p_.d_data, [&](auto* d) {
      using T = std::remove_pointer_t<decltype(d)>;
      const auto* c = static_cast<const T*>(p_.c_data);
      const auto* bias = static_cast<const T*>(p_.bias) + index_ * p_.bias_stride;
      for (std::int64_t j = first_col; j < std::min(first_col + kTileCols, p_.n); ++j) {
        for (std::int64_t i = first_row; i < std::min(first_row + kTileRows, p_.m); ++i) {
          Sum value = static_cast<Sum>(p_.alpha) * tile[j - first_col][i - first_row];
          if (p_.beta != 0) value += static_cast<Sum>(p_.beta) * load<Sum>(c[index_ * p_.c.stride + j * p_.c.ld + i]);
          if (p_.epilogue & kBias) value += load<Sum>(bias[i]);
          store(d[index_ * p_.d.stride + j * p_.d.ld + i], rectify(value, i, j));
        }
      }
    });
  }

  Sum rectify(Sum value, std::int64_t i, std::int64_t j) {
    if (!(p_.epilogue & (kRelu | kDRelu))) return value;
    const auto bit = [&] { return MaskBit(p_.mask, index_ * p_.mask_stride + j * p_.mask_ld + i); };
    const bool passes = p_.epilogue & kRelu ? value > 0 : bit().get();
    if ((p_.epilogue & kRelu) && (p_.epilogue & kAux)) bit().set(passes);
    if (!passes) value = 0;
    row_sums_[static_cast<std::size_t>(i)] += value;
    return value;
  }

  template <class F> void store_sums(std::int64_t count, F sum) {
    with_type(p_.d.type, p_.bias, [&](auto* sums) {
      for (std::int64_t i = 0; i < count; ++i) store(sums[index_ * p_.bias_stride + i], sum(i));
    });
  }

  const Product& p_;
  std::int64_t index_;
  std::vector<Sum> row_sums_;  // of D, after relu
};

}  // namespace

std::size_t size_of(cudaDataType_t type) {
  return with_type(type, nullptr, [](auto* element) { return sizeof *element; });
}

std::size_t Matrix::extent(std::int64_t batch) const {
  return static_cast<std::size_t>((batch - 1) * stride + (cols - 1) * ld + rows) * size_of(type);
}

void run_product(const Product& product) {
  for (std::int64_t i = 0; i < product.batch; ++i) {
    if (product.d.type == CUDA_R_64F) {
      Computation<double>(product, i).run();
    } else {
      Computation<float>(product, i).run();
    }
  }
}

}  // namespace emulation
