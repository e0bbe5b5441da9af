// Rows of the op table: linalg. Inputs are made regular by the call, so that any layout of them stays well conditioned.

#include <cmath>

#include <reel/kernels/linalg.h>

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// x + 3 I, rectangular ones with 3, 4.5, 6... on the diagonal: regular, and with distinct singular values.
Tensor regular(const Tensor& x) {
  if (!x.defined()) return x;  // for the function to refuse
  const std::int64_t m = x.size(-2), n = x.size(-1);
  const Tensor steps = arange(0, n, 1, x.options()) * 2 + 3;
  return x + eye(m, n, x.options()) * steps;
}

/// The same, symmetric.
Tensor symmetric(const Tensor& x) {
  if (!x.defined()) return x;
  const Tensor y = regular(x);
  return y + transpose(y, -2, -1);
}

/// x x^T + I.
Tensor positive_definite(const Tensor& x) {
  if (!x.defined()) return x;
  return matmul(x, transpose(x, -2, -1)) + eye(x.size(-2), x.size(-2), x.options());
}

/// `prepare` of the first of two inputs, unless the function is to refuse the pair.
template <class F> Tensor first_of(const Tensor& a, const Tensor& b, F prepare) {
  const bool fits = a.defined() && b.defined() && a.dtype() == b.dtype() && a.device() == b.device();
  return fits && is_floating(a.dtype()) ? prepare(a) : a;
}

/// A function of one tensor at several shapes.
template <class F> std::vector<Sample> at_shapes(const std::vector<Shape>& shapes, F f) {
  std::vector<Sample> samples;
  for (const Shape& shape : shapes) samples.push_back({to_string(shape), {leaf(shape)}, f});
  return samples;
}

template <class F> TensorFunction of_regular(F f) {
  return [f](const Tensors& in) { return f(regular(in[0])); };
}
template <class F> TensorFunction of_symmetric(F f) {
  return [f](const Tensors& in) { return f(symmetric(in[0])); };
}

Tensors all_of(const std::tuple<Tensor, Tensor>& t) { return {std::get<0>(t), std::get<1>(t)}; }

/// The signs of vectors are each library's own: those with which the sums of columns are positive, [..., 1, k].
Tensor signs_of(const Tensor& vectors) { return sign(sum(vectors.detach(), {-2}, true)); }
Tensors with_signs(const std::tuple<Tensor, Tensor>& eigen) {
  const auto& [w, v] = eigen;
  return {w, v * signs_of(v)};
}
Tensors with_signs(const std::tuple<Tensor, Tensor, Tensor>& singular) {
  const auto& [u, s, vt] = singular;
  const std::int64_t k = s.size(-1);
  const Tensor signs = signs_of(u.narrow(-1, 0, k));
  return {u.narrow(-1, 0, k) * signs, s, vt.narrow(-2, 0, k) * transpose(signs, -2, -1)};
}

const std::vector<Shape> kSquare{{3, 3}, {2, 1, 2, 2}, {1, 1}, {0, 0}, {2, 0, 0}, {0, 3, 3}};
const std::vector<Shape> kAnyShape{{3, 3}, {2, 3, 2}, {2, 4}, {1, 1}, {0, 3, 2}};

/// What every function of square matrices, or of any, refuses.
std::vector<ErrorSample> square_errors(const std::string& op, const std::function<void(const Tensor&)>& f) {
  return {error<ShapeError>(op + ": expected square matrices, got shape [2, 3]",
                            [f] {
                              f(ones({2, 3}));
                            }),
          error<ShapeError>(op + ": expected matrices, of rank 2 or more, got shape [3]", [f] { f(ones({3})); }),
          error<DTypeError>(op + ": expected dtype f32, f64, got i64",
                            [f] {
                              f(ones({2, 2}, {.dtype = DType::i64}));
                            }),
          error<ValueError>(op + ": expected the input to be a tensor", [f] { f(Tensor()); })};
}
std::vector<ErrorSample> matrix_errors(const std::string& op, const std::function<void(const Tensor&)>& f) {
  std::vector<ErrorSample> errors = square_errors(op, f);
  errors.erase(errors.begin());
  return errors;
}
std::vector<ErrorSample> with(std::vector<ErrorSample> errors, ErrorSample more) {
  errors.push_back(std::move(more));
  return errors;
}

/// Matrices of which the second one is singular.
Tensor one_singular() { return tensor({{{1.0, 0.0}, {0.0, 1.0}}, {{1.0, 2.0}, {2.0, 4.0}}}); }
Tensor with_nan() { return tensor({{1.0, 0.0}, {NAN, 1.0}}); }

OpRow inv_row() {
  std::vector<Sample> samples = at_shapes(kSquare, of_regular([](const Tensor& x) { return Tensors{linalg::inv(x)}; }));
  return {"inv", samples,
          with(square_errors("linalg.inv", [](const Tensor& x) { linalg::inv(x); }),
               error<LinAlgError>("linalg.inv: expected an invertible matrix, got a singular one at index [1] of the "
                                  "batch (pivot 2 is 0)",
                                  [] { linalg::inv(one_singular()); }))};
}

std::vector<Sample> solve_samples(bool left) {
  const auto call = [left](const Tensors& in) {
    return Tensors{linalg::solve(first_of(in[0], in[1], regular), in[1], left)};
  };
  const auto sample = [&](const char* label, const Shape& a, const Shape& b) {
    return Sample{std::string(label) + (left ? "" : ", from the right"), {leaf(a), leaf(b, -1, 1, 2)}, call};
  };
  if (!left) return {sample("matrices", {2, 2}, {3, 2}), sample("vector", {2, 2}, {2})};
  return {sample("matrices", {3, 3}, {3, 2}),
          sample("vector", {2, 2}, {2}),
          sample("batch", {2, 2, 2}, {2, 2, 3}),
          sample("batch of vectors", {2, 3, 3}, {2, 3}),
          sample("batches that broadcast", {2, 1, 2, 2}, {3, 2, 1}),
          sample("one matrix", {2, 2}, {2, 2, 1}),
          sample("1 x 1", {1, 1}, {1, 1}),
          sample("empty", {0, 0}, {0, 2}),
          sample("no columns", {2, 2}, {2, 0}),
          sample("no batch", {0, 2, 2}, {0, 2, 1})};
}

OpRow solve_row() {
  std::vector<Sample> samples = solve_samples(true);
  for (Sample& sample : solve_samples(false)) samples.push_back(std::move(sample));
  return {"solve",
          samples,
          {error<ShapeError>("linalg.solve: expected square matrices, got shape [2, 3]",
                             [] {
                               linalg::solve(ones({2, 3}), ones({2, 2}));
                             }),
           error<ShapeError>("linalg.solve: expected B with 2 rows for A [2, 2], got shape [3, 1]",
                             [] {
                               linalg::solve(eye(2), ones({3, 1}));
                             }),
           error<ShapeError>("linalg.solve: expected shapes that broadcast together, got [2] and [3]",
                             [] {
                               linalg::solve(ones({2, 2, 2}), ones({3, 2, 2}));
                             }),
           error<LinAlgError>("linalg.solve: expected an invertible matrix, got a singular one (pivot 1 is 0)", [] {
             linalg::solve(zeros({2, 2}), ones({2}));
           })}};
}

OpRow solve_triangular_row() {
  const auto sample = [](const char* label, const Shape& a, const Shape& b, bool upper, bool left, bool unit) {
    return Sample{label, {leaf(a), leaf(b, -1, 1, 2)}, [=](const Tensors& in) {
                    return Tensors{linalg::solve_triangular(first_of(in[0], in[1], regular), in[1], upper, left, unit)};
                  }};
  };
  return {"solve_triangular",
          {sample("upper", {3, 3}, {3, 2}, true, true, false), sample("lower", {3, 3}, {3, 2}, false, true, false),
           sample("from the right", {2, 2}, {3, 2}, true, false, false),
           sample("unit diagonal", {3, 3}, {3, 2}, false, true, true),
           sample("unit diagonal, from the right", {2, 2}, {1, 2}, true, false, true),
           sample("batches that broadcast", {2, 1, 2, 2}, {3, 2, 2}, false, true, false),
           sample("1 x 1", {1, 1}, {1, 3}, true, true, false), sample("empty", {0, 0}, {0, 2}, true, true, false),
           sample("no batch", {0, 2, 2}, {0, 2, 1}, true, true, false)},
          {error<ShapeError>("linalg.solve_triangular: expected square matrices, got shape [2, 3]",
                             [] {
                               linalg::solve_triangular(ones({2, 3}), ones({2, 2}), true);
                             }),
           error<ShapeError>("linalg.solve_triangular: expected a right side with 2 rows for [2, 2], got shape [3, 1]",
                             [] {
                               linalg::solve_triangular(eye(2), ones({3, 1}), true);
                             }),
           error<ShapeError>("linalg.solve_triangular: expected matrices, of rank 2 or more, got shape [2]",
                             [] { linalg::solve_triangular(eye(2), ones({2}), true, false); })}};
}

OpRow cholesky_solve_row() {
  const auto sample = [](const char* label, const Shape& b, const Shape& factor, bool upper) {
    return Sample{label, {leaf(b, -1, 1, 2), leaf(factor)}, [upper](const Tensors& in) {
                    return Tensors{linalg::cholesky_solve(in[0], first_of(in[1], in[0], regular), upper)};
                  }};
  };
  return {
      "cholesky_solve",
      {sample("lower", {3, 2}, {3, 3}, false), sample("upper", {2, 1}, {2, 2}, true),
       sample("batches that broadcast", {2, 2}, {3, 2, 2}, false), sample("empty", {0, 1}, {0, 0}, false)},
      {error<ShapeError>("linalg.cholesky_solve: expected square matrices, got shape [2, 3]",
                         [] {
                           linalg::cholesky_solve(ones({2, 1}), ones({2, 3}));
                         }),
       error<ShapeError>("linalg.cholesky_solve: expected a right side with 2 rows for [2, 2], got shape [3, 1]", [] {
         linalg::cholesky_solve(ones({3, 1}), eye(2));
       })}};
}

OpRow cholesky_row() {
  const auto lower = [](const Tensors& in) { return Tensors{linalg::cholesky(positive_definite(in[0]))}; };
  std::vector<Sample> samples = at_shapes(kSquare, lower);
  samples.push_back({"upper", {leaf({2, 3})}, [](const Tensors& in) {
                       return Tensors{linalg::cholesky(positive_definite(in[0]), true)};
                     }});
  samples.push_back({"identity", {leaf_at({{0.0, 0.0}, {0.0, 0.0}})}, lower});
  return {"cholesky", samples,
          with(square_errors("linalg.cholesky", [](const Tensor& x) { linalg::cholesky(x); }),
               error<LinAlgError>("linalg.cholesky: expected a positive definite matrix, got one at index [1] of the "
                                  "batch whose leading block of order 2 is not",
                                  [] {
                                    linalg::cholesky(tensor({{{1.0, 0.0}, {0.0, 1.0}}, {{1.0, 2.0}, {2.0, 1.0}}}));
                                  }))};
}

OpRow qr_row() {
  const auto reduced = of_regular([](const Tensor& x) { return all_of(linalg::qr(x)); });
  const auto complete = of_regular([](const Tensor& x) { return all_of(linalg::qr(x, linalg::QrMode::complete)); });
  std::vector<Sample> samples = at_shapes(kAnyShape, reduced);
  samples.push_back({"complete", {leaf({2, 3})}, complete});
  samples.push_back({"no rows", {leaf({0, 2})}, reduced});
  samples.push_back({"no columns", {leaf({2, 0})}, reduced});
  return {"qr", samples, matrix_errors("linalg.qr", [](const Tensor& x) { linalg::qr(x); })};
}

OpRow svd_row() {
  const auto reduced = of_regular([](const Tensor& x) { return with_signs(linalg::svd(x, false)); });
  std::vector<Sample> samples = at_shapes(kAnyShape, reduced);
  samples.push_back(
      {"full, square", {leaf({2, 2})}, of_regular([](const Tensor& x) { return with_signs(linalg::svd(x)); })});
  samples.push_back({"full, the values", {leaf({3, 2})}, of_regular([](const Tensor& x) {
                       return Tensors{std::get<1>(linalg::svd(x))};
                     })});
  return {"svd", samples,
          with(matrix_errors("linalg.svd", [](const Tensor& x) { linalg::svd(x); }),
               error<LinAlgError>("linalg.svd: expected finite numbers, got a matrix with a NaN or an infinity",
                                  [] { linalg::svd(with_nan()); }))};
}

OpRow svdvals_row() {
  return {"svdvals", at_shapes(kAnyShape, of_regular([](const Tensor& x) { return Tensors{linalg::svdvals(x)}; })),
          with(matrix_errors("linalg.svdvals", [](const Tensor& x) { linalg::svdvals(x); }),
               error<LinAlgError>("linalg.svdvals: expected finite numbers", [] { linalg::svdvals(with_nan()); }))};
}

OpRow eigh_row() {
  std::vector<Sample> samples =
      at_shapes(kSquare, of_symmetric([](const Tensor& x) { return with_signs(linalg::eigh(x)); }));
  samples.push_back(
      {"upper", {leaf({3, 3})}, of_symmetric([](const Tensor& x) { return with_signs(linalg::eigh(x, true)); })});
  return {"eigh", samples,
          with(square_errors("linalg.eigh", [](const Tensor& x) { linalg::eigh(x); }),
               error<LinAlgError>("linalg.eigh: expected finite numbers", [] { linalg::eigh(with_nan()); }))};
}

OpRow eigvalsh_row() {
  std::vector<Sample> samples =
      at_shapes(kSquare, of_symmetric([](const Tensor& x) { return Tensors{linalg::eigvalsh(x)}; }));
  samples.push_back(
      {"upper", {leaf({3, 3})}, of_symmetric([](const Tensor& x) { return Tensors{linalg::eigvalsh(x, true)}; })});
  return {"eigvalsh", samples,
          with(square_errors("linalg.eigvalsh", [](const Tensor& x) { linalg::eigvalsh(x); }),
               error<LinAlgError>("linalg.eigvalsh: expected finite numbers", [] { linalg::eigvalsh(with_nan()); }))};
}

OpRow det_row() {
  const auto call = call1([](const Tensor& x) { return linalg::det(x); });
  std::vector<Sample> samples = at_shapes(kSquare, call);
  samples.push_back({"identity", {leaf_at({{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}})}, call});
  samples.push_back({"singular", {leaf_at({{1.0, 2.0, 0.0}, {2.0, 4.0, 1.0}, {3.0, 6.0, 2.0}})}, call});
  samples.push_back({"of rank 1", {leaf_at({{1.0, 2.0, 1.0}, {2.0, 4.0, 2.0}, {-1.0, -2.0, -1.0}})}, call});
  samples.push_back({"zero", {leaf_at({{0.0, 0.0}, {0.0, 0.0}})}, call});
  return {"det", samples, square_errors("linalg.det", [](const Tensor& x) { linalg::det(x); })};
}

OpRow slogdet_row() {
  std::vector<Sample> samples =
      at_shapes(kSquare, of_regular([](const Tensor& x) { return all_of(linalg::slogdet(x)); }));
  samples.push_back(
      {"negative", {leaf({3, 3})}, of_regular([](const Tensor& x) { return all_of(linalg::slogdet(-x)); })});
  return {"slogdet", samples, square_errors("linalg.slogdet", [](const Tensor& x) { linalg::slogdet(x); })};
}

OpRow pinv_row() {
  std::vector<Sample> samples =
      at_shapes(kAnyShape, of_regular([](const Tensor& x) { return Tensors{linalg::pinv(x)}; }));
  samples.push_back({"identity", {leaf_at({{1.0, 0.0}, {0.0, 1.0}})}, call1([](const Tensor& x) {
                       return linalg::pinv(x, {.atol = 1e-3});
                     })});
  return {"pinv", samples,
          with(matrix_errors("linalg.pinv", [](const Tensor& x) { linalg::pinv(x); }),
               error<LinAlgError>("linalg.pinv: expected finite numbers", [] { linalg::pinv(with_nan()); }))};
}

OpRow lstsq_row() {
  const auto sample = [](const char* label, const Shape& a, const Shape& b) {
    return Sample{label, {leaf(a), leaf(b, -1, 1, 2)}, [](const Tensors& in) {
                    const auto [x, residuals, rank, s] = linalg::lstsq(first_of(in[0], in[1], regular), in[1]);
                    return Tensors{x, residuals};
                  }};
  };
  return {"lstsq",
          {sample("too many equations", {4, 2}, {4, 3}), sample("too few", {2, 3}, {2, 2}),
           sample("square", {2, 2}, {2, 1}), sample("batches that broadcast", {2, 1, 3, 2}, {2, 3, 1}),
           sample("no batch", {0, 3, 2}, {0, 3, 1})},
          {error<ShapeError>("linalg.lstsq: expected B with 3 rows for A [3, 2], got shape [2, 1]",
                             [] {
                               linalg::lstsq(ones({3, 2}), ones({2, 1}));
                             }),
           error<ShapeError>("linalg.lstsq: expected matrices, of rank 2 or more, got shape [3]", [] {
             linalg::lstsq(ones({3, 2}), ones({3}));
           })}};
}

OpRow matrix_rank_row() {
  OpRow row{"matrix_rank", at_shapes(kAnyShape, call1([](const Tensor& x) { return linalg::matrix_rank(x); })),
            matrix_errors("linalg.matrix_rank", [](const Tensor& x) { linalg::matrix_rank(x); })};
  row.differentiable = false;
  return row;
}

OpRow vector_norm_row() {
  const auto of_order = [](double ord, const Dims& dims, bool keepdim) {
    return call1([=](const Tensor& x) { return linalg::vector_norm(x, ord, dims, keepdim); });
  };
  return {"vector_norm",
          {{"all", {leaf({2, 3})}, of_order(2, {}, false)},
           {"rows", {leaf({2, 3})}, of_order(3, {1}, true)},
           {"0-d", {leaf({})}, of_order(2, {}, false)},
           {"empty", {leaf({0, 2})}, of_order(2, {1}, false)}},
          {error<ValueError>("linalg.vector_norm: expected ord", [] { linalg::vector_norm(ones(2), NAN); })}};
}

OpRow matrix_norm_row() {
  using linalg::MatrixNorm;
  const auto sample = [](const char* label, const Shape& shape, auto ord, const Dims& dims, bool keepdim) {
    return Sample{label, {leaf(shape)}, [=](const Tensors& in) {
                    const bool last = dims == Dims{-2, -1};
                    return Tensors{linalg::matrix_norm(last ? regular(in[0]) : in[0], ord, dims, keepdim)};
                  }};
  };
  const Dims last{-2, -1};
  std::vector<Sample> samples{sample("Frobenius", {2, 3}, MatrixNorm::fro, last, false),
                              sample("Frobenius, other dimensions", {2, 3, 2}, MatrixNorm::fro, {2, 0}, true),
                              sample("columns", {2, 3}, 1, last, false),
                              sample("smallest column", {2, 2, 3}, -1, last, true),
                              sample("rows", {2, 3}, INFINITY, {1, 0}, false),
                              sample("smallest row", {3, 2}, -INFINITY, last, false)};
  if (kernels::lapack_available()) {
    samples.push_back(sample("nuclear", {3, 2}, MatrixNorm::nuc, last, false));
    samples.push_back(sample("largest value", {2, 3}, 2, last, true));
    samples.push_back(sample("smallest value", {2, 2, 2}, -2, last, false));
  }
  return {"matrix_norm",
          samples,
          {error<ValueError>("linalg.matrix_norm: expected an order of 1, 2 or infinity or a negative of these, got 3",
                             [] { linalg::matrix_norm(eye(2), 3); }),
           error<ShapeError>("linalg.matrix_norm: expected two different dimensions, got [0, -2]",
                             [] {
                               linalg::matrix_norm(eye(2), 1, {0, -2});
                             }),
           error<ShapeError>("linalg.matrix_norm: expected two dimensions, got [0]",
                             [] { linalg::matrix_norm(eye(2), 1, {0}); }),
           error<ShapeError>("linalg.matrix_norm: expected matrices", [] { linalg::matrix_norm(ones(2)); }),
           error<ValueError>("linalg.matrix_norm: expected at least one element to choose from, got shape [0, 2]", [] {
             linalg::matrix_norm(ones({0, 2}), INFINITY);
           })}};
}

OpRow matrix_power_row() {
  const auto power = [](const char* label, std::int64_t n, const Shape& shape) {
    return Sample{
        label, {leaf(shape)}, of_regular([n](const Tensor& x) { return Tensors{linalg::matrix_power(x, n)}; })};
  };
  std::vector<Sample> samples{power("first", 1, {2, 2}), power("second", 2, {3, 3}), power("fifth", 5, {2, 2, 2}),
                              power("empty", 3, {0, 0})};
  if (kernels::lapack_available()) samples.push_back(power("of the inverse", -2, {2, 2}));
  return {"matrix_power", samples,
          square_errors("linalg.matrix_power", [](const Tensor& x) { linalg::matrix_power(x, 2); })};
}

OpRow multi_dot_row() {
  const auto sample = [](const char* label, const std::vector<Shape>& shapes) {
    Sample s{label, {}, [](const Tensors& in) { return Tensors{linalg::multi_dot(in)}; }};
    std::uint64_t seed = 1;
    for (const Shape& shape : shapes) s.inputs.push_back(leaf(shape, -1, 1, seed++));
    return s;
  };
  return {
      "multi_dot",
      {sample("two", {{2, 3}, {3, 2}}), sample("three", {{2, 3}, {3, 1}, {1, 4}}),
       sample("four", {{2, 1}, {1, 3}, {3, 2}, {2, 1}}), sample("vectors at the ends", {{2}, {2, 3}, {3}}),
       sample("no terms", {{2, 0}, {0, 3}, {3, 1}})},
      {error<ValueError>("linalg.multi_dot: expected at least 2 matrices, got 1", [] { linalg::multi_dot({eye(2)}); }),
       error<ShapeError>("linalg.multi_dot: expected equal inner dimensions, got [2, 2] @ [3, 2] at number 1",
                         [] {
                           linalg::multi_dot({eye(2), ones({3, 2})});
                         }),
       error<ShapeError>("linalg.multi_dot: expected matrices, or vectors at the ends, got shape [2] as number 1", [] {
         linalg::multi_dot({eye(2), ones(2), eye(2)});
       })}};
}

}  // namespace

void add_linalg_rows(std::vector<OpRow>& table) {
  for (OpRow (*make)() : {inv_row, solve_row, lstsq_row, pinv_row, cholesky_row, qr_row, svd_row, svdvals_row, eigh_row,
                          eigvalsh_row, det_row, slogdet_row, matrix_rank_row}) {
    OpRow row = make();
    if (!kernels::lapack_available()) row.missing = "LAPACK";
    row.dtypes = kWideFloating;
    table.push_back(std::move(row));
  }
  for (OpRow (*make)() :
       {solve_triangular_row, cholesky_solve_row, vector_norm_row, matrix_norm_row, matrix_power_row, multi_dot_row}) {
    table.push_back(make());
    table.back().dtypes = kWideFloating;
  }
}

}  // namespace reel::testing
