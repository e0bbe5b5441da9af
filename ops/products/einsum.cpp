// Einstein summation: operands are contracted pair by pair, from left to right, each pair as one batched product.

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/matrix_product.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// The name of a dimension: a letter, or for a dimension of the ellipsis its number from the right, beginning with 1.
using Label = int;
using Labels = std::vector<Label>;

struct Term {
  Tensor tensor;
  Labels labels;  // one for each dimension
};

bool has(const Labels& labels, Label label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

int position(const Labels& labels, Label label) {
  return static_cast<int>(std::find(labels.begin(), labels.end(), label) - labels.begin());
}

/// The labels of a term, whose ellipsis stands for `ellipsis_dims` dimensions.
Labels parse_labels(std::string_view equation, std::string_view term, int ellipsis_dims) {
  Labels labels;
  bool seen_ellipsis = false;
  for (std::size_t i = 0; i < term.size(); ++i) {
    if (std::isalpha(static_cast<unsigned char>(term[i]))) {
      labels.push_back(term[i]);
    } else {
      check<ValueError>(term.substr(i, 3) == "..." && !seen_ellipsis, "einsum: unexpected '{}' in \"{}\"", term[i],
                        equation);
      for (int d = ellipsis_dims; d > 0; --d) labels.push_back(d);
      seen_ellipsis = true;
      i += 2;
    }
  }
  return labels;
}

struct Equation {
  std::string text;  // without blanks
  std::vector<std::string> terms;
  std::optional<std::string> output;
};

Equation parse(std::string_view equation) {
  Equation parsed;
  for (const char c : equation) {
    if (c != ' ') parsed.text += c;
  }
  std::string inputs = parsed.text;
  if (const auto arrow = inputs.find("->"); arrow != std::string::npos) {
    parsed.output = inputs.substr(arrow + 2);
    inputs.resize(arrow);
  }
  for (std::size_t begin = 0;;) {
    const std::size_t comma = inputs.find(',', begin);
    parsed.terms.push_back(inputs.substr(begin, comma - begin));
    if (comma == std::string::npos) return parsed;
    begin = comma + 1;
  }
}

/// The sum over dimensions, in the dtype of x.
Tensor sum_dims(const Tensor& x, const Dims& dims) {
  if (dims.empty()) return x;
  const Tensor total = sum(x, dims);
  return total.dtype() == x.dtype() ? total : total.to(x.dtype());
}

/// Where a letter is repeated, takes the diagonal of its dimensions.
Term take_diagonals(Term term) {
  for (std::size_t i = 0; i < term.labels.size(); ++i) {
    for (std::size_t j = i + 1; j < term.labels.size(); ++j) {
      if (term.labels[i] != term.labels[j]) continue;
      const Label label = term.labels[i];
      const std::int64_t rows = term.tensor.shape()[static_cast<int>(i)],
                         cols = term.tensor.shape()[static_cast<int>(j)];
      check<ShapeError>(rows == cols, "einsum: \"{}\" stands for sizes {} and {} of one operand",
                        static_cast<char>(label), rows, cols);
      term.tensor = diagonal(term.tensor, 0, static_cast<std::int64_t>(i), static_cast<std::int64_t>(j));
      term.labels.erase(term.labels.begin() + static_cast<std::ptrdiff_t>(j));
      term.labels.erase(term.labels.begin() + static_cast<std::ptrdiff_t>(i));
      term.labels.push_back(label);
      return take_diagonals(std::move(term));
    }
  }
  return term;
}

/// Sums over the dimensions that neither the output nor another operand names.
template <class Needed> Term sum_unneeded(Term term, Needed needed) {
  Dims dims;
  Labels kept;
  for (std::size_t d = 0; d < term.labels.size(); ++d) {
    if (needed(term.labels[d])) kept.push_back(term.labels[d]);
    else dims.push_back(static_cast<std::int64_t>(d));
  }
  return {sum_dims(term.tensor, dims), kept};
}

/// The dimensions in the order of `labels`, all of which the term has.
Tensor arrange(const Term& term, const Labels& labels) {
  Dims order;
  bool identity = true;
  for (const Label label : labels) {
    order.push_back(position(term.labels, label));
    identity = identity && order.back() == order.size() - 1;
  }
  return identity ? term.tensor : permute(term.tensor, order);
}

/// Expands dimensions of size 1 that meet larger ones of the same name.
void stretch(Term& a, Term& b) {
  const auto stretched = [](const Term& x, const Term& to) {
    Shape shape = x.tensor.shape();
    for (std::size_t d = 0; d < x.labels.size(); ++d) {
      std::int64_t& size = shape[static_cast<int>(d)];
      if (size == 1 && has(to.labels, x.labels[d])) size = to.tensor.shape()[position(to.labels, x.labels[d])];
    }
    return expand(x.tensor, shape);
  };
  const Tensor x = stretched(a, b);
  b.tensor = stretched(b, a);
  a.tensor = x;
}

/// One operand from two, as a batched product: it sums over the names that both have and nothing later needs.
template <class Needed> Term contract(Term a, Term b, Needed needed) {
  stretch(a, b);
  Labels batch, only_a, only_b, summed;
  for (const Label label : a.labels) {
    (!has(b.labels, label) ? only_a : needed(label) ? batch : summed).push_back(label);
  }
  for (const Label label : b.labels) {
    if (!has(a.labels, label)) only_b.push_back(label);
  }
  const auto joined = [](std::initializer_list<const Labels*> parts) {
    Labels all;
    for (const Labels* part : parts) all.insert(all.end(), part->begin(), part->end());
    return all;
  };
  const Labels result = joined({&batch, &only_a, &only_b});
  const auto sizes = [](Shape shape, const Term& term, const Labels& labels) {
    for (const Label label : labels) shape.push_back(term.tensor.shape()[position(term.labels, label)]);
    return shape;
  };
  const Shape batch_shape = sizes({}, a, batch);
  const Shape shape = sizes(sizes(batch_shape, a, only_a), b, only_b);
  if (summed.empty()) {  // nothing to sum: elementwise
    Shape padded = sizes(batch_shape, a, only_a);
    for (std::size_t d = 0; d < only_b.size(); ++d) padded.push_back(1);
    const Tensor x = reshape(arrange(a, joined({&batch, &only_a})), padded);
    Shape middle = batch_shape;
    for (std::size_t d = 0; d < only_a.size(); ++d) middle.push_back(1);
    return {mul(x, reshape(arrange(b, joined({&batch, &only_b})), sizes(middle, b, only_b))), result};
  }
  const std::int64_t m = numel(sizes({}, a, only_a)), n = numel(sizes({}, b, only_b)), k = numel(sizes({}, a, summed));
  Shape left = batch.size() + 2 <= kMaxRank ? batch_shape : Shape{numel(batch_shape)};
  Shape right = left;
  left.push_back(m);
  left.push_back(k);
  right.push_back(k);
  right.push_back(n);
  const Tensor x = reshape(arrange(a, joined({&batch, &only_a, &summed})), left);
  const Tensor y = reshape(arrange(b, joined({&batch, &summed, &only_b})), right);
  return {reshape(matmul(x, y), shape), result};
}

/// How many dimensions the ellipsis of a term stands for.
int count_ellipsis_dims(const Equation& equation, std::size_t i, const Tensor& operand) {
  const std::string& term = equation.terms[i];
  const bool has_ellipsis = term.find("...") != std::string::npos;
  const int letters = static_cast<int>(parse_labels(equation.text, term, 0).size());
  check<ShapeError>(has_ellipsis ? operand.dim() >= letters : operand.dim() == letters,
                    "einsum: the term \"{}\" needs rank {}{}, operand {} has shape {}", term, letters,
                    has_ellipsis ? " or more" : "", i, operand.shape());
  return operand.dim() - letters;
}

/// Throws unless all sizes of one name other than 1 agree.
void check_sizes(const std::vector<Term>& terms) {
  std::array<std::int64_t, 128> sizes;
  sizes.fill(1);
  for (const Term& term : terms) {
    for (std::size_t d = 0; d < term.labels.size(); ++d) {
      const Label label = term.labels[d];
      const std::int64_t got = term.tensor.shape()[static_cast<int>(d)];
      std::int64_t& size = sizes[static_cast<std::size_t>(label)];
      const std::string name = label > kMaxRank ? std::string(1, static_cast<char>(label)) : "...";
      check<ShapeError>(got == size || got == 1 || size == 1,
                        "einsum: \"{}\" has size {} in one place and {} in another", name, size, got);
      if (size == 1) size = got;
    }
  }
}

Labels output_labels(const Equation& equation, const std::vector<Term>& terms, int ellipsis_dims) {
  std::array<int, 128> uses{};
  for (const Term& term : terms) {
    for (const Label label : term.labels) ++uses[static_cast<std::size_t>(label)];
  }
  Labels labels;
  if (!equation.output) {  // the dimensions of the ellipsis, then the letters that occur once, in alphabetical order
    for (int d = ellipsis_dims; d > 0; --d) labels.push_back(d);
    for (Label label = kMaxRank + 1; label < 128; ++label) {
      if (uses[static_cast<std::size_t>(label)] == 1) labels.push_back(label);
    }
    return labels;
  }
  labels = parse_labels(equation.text, *equation.output, ellipsis_dims);
  std::array<bool, 128> seen{};
  for (const Label label : labels) {
    check<ValueError>(uses[static_cast<std::size_t>(label)] > 0,
                      "einsum: the output \"{}\" of \"{}\" has a letter that no term has", *equation.output,
                      equation.text);
    check<ValueError>(!std::exchange(seen[static_cast<std::size_t>(label)], true),
                      "einsum: the output \"{}\" of \"{}\" repeats a letter", *equation.output, equation.text);
  }
  return labels;
}

}  // namespace

Tensor einsum(std::string_view equation, const Tensors& operands) {
  const Equation parsed = parse(equation);
  check<ValueError>(parsed.terms.size() == operands.size() && !operands.empty(),
                    "einsum: the equation \"{}\" has {} terms, got {} operands", equation, parsed.terms.size(),
                    operands.size());
  std::vector<Term> terms;
  int ellipsis_dims = 0;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    check_factors("einsum", operands[0], operands[i]);
    const int own_dims = count_ellipsis_dims(parsed, i, operands[i]);
    terms.push_back({operands[i], parse_labels(parsed.text, parsed.terms[i], own_dims)});
    ellipsis_dims = std::max(ellipsis_dims, own_dims);
  }
  check_sizes(terms);
  const Labels output = output_labels(parsed, terms, ellipsis_dims);

  for (Term& term : terms) term = take_diagonals(std::move(term));
  const auto needed_after = [&](std::size_t i) {
    return [&, i](Label label) {
      return has(output, label) || std::any_of(terms.begin() + static_cast<std::ptrdiff_t>(i), terms.end(),
                                               [label](const Term& term) { return has(term.labels, label); });
    };
  };
  Term result = sum_unneeded(std::move(terms[0]), needed_after(1));
  for (std::size_t i = 1; i < terms.size(); ++i) {
    const auto later = needed_after(i + 1);
    const Labels so_far = result.labels;
    Term next = sum_unneeded(std::move(terms[i]), [&](Label label) { return has(so_far, label) || later(label); });
    result = contract(std::move(result), std::move(next), later);
  }
  return arrange(result, output);
}

}  // namespace reel
