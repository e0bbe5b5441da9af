// Results and gradients at infinities, NaN, zeros and the ends of the range, against goldens/special_values.txt.

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/ops/ops.h>

#include "goldens/special_value_calls.h"
#include "support/source_files.h"

using namespace reel;
using namespace reel::testing;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Where Reel's result is another than PyTorch's. * stands for every operand; the last one that fits counts.
struct Difference {
  std::string name, what, first, last, ours;
};

const std::vector<Difference>& differences() {
  static const std::vector<Difference> all{
      // Activations have their limits at infinity, where PyTorch's formulas are infinity - infinity or 0 * infinity.
      {"gelu", "value", ".", "-inf", "0"},
      {"gelu", "grad", ".", "inf", "1"},
      {"gelu", "grad", ".", "-inf", "0"},
      {"silu", "value", ".", "-inf", "-0"},
      {"silu", "grad", ".", "inf", "1"},
      {"silu", "grad", ".", "-inf", "0"},
      {"mish", "value", ".", "-inf", "-0"},
      {"mish", "grad", ".", "inf", "1"},
      {"mish", "grad", ".", "-inf", "0"},
      {"gelu", "value", ".", "-max", "0"},  // max(x, 0) is 0
      {"hardswish", "value", ".", "-inf", "-0"},
      {"softsign", "value", ".", "inf", "1"},
      {"softsign", "value", ".", "-inf", "-1"},
      {"softsign", "grad", ".", "inf", "0"},
      {"softsign", "grad", ".", "-inf", "0"},
      {"polygamma(1)", "grad", ".", "inf", "0"},
      {"i0", "value", ".", "inf", "inf"},
      {"i0", "value", ".", "-inf", "inf"},
      {"i0", "grad", ".", "inf", "inf"},
      {"i0", "grad", ".", "-inf", "-inf"},
      {"i1", "value", ".", "inf", "inf"},
      {"i1", "value", ".", "-inf", "-inf"},
      {"i1", "grad", ".", "inf", "inf"},
      {"i1", "grad", ".", "-inf", "inf"},
      {"i1", "grad", ".", "max", "inf"},
      {"i1", "grad", ".", "-max", "inf"},
      {"erfcx", "grad", ".", "inf", "0"},
      {"erfcx", "grad", ".", "max", "0"},
      {"log_ndtr", "grad", ".", "-inf", "inf"},
      {"log_ndtr", "grad", ".", "-max", "max"},
      {"soft_margin_loss", "grad_a", "inf", "-1", "1"},
      {"soft_margin_loss", "grad_a", "-inf", "1", "-1"},
      // Losses, too; and what has probability 0 contributes nothing to a sum.
      {"binary_cross_entropy_with_logits", "value", "inf", "1", "0"},
      {"binary_cross_entropy_with_logits", "value", "-inf", "*", "inf"},
      {"binary_cross_entropy_with_logits", "value", "-inf", "0", "0"},
      {"binary_cross_entropy_with_logits(pos_weight)", "value", "inf", "1", "0"},
      {"binary_cross_entropy_with_logits(pos_weight)", "value", "-inf", "*", "inf"},
      {"binary_cross_entropy_with_logits(pos_weight)", "value", "-inf", "0", "0"},
      {"kl_div", "value", "-inf", "0", "0"},
      {"kl_div", "value", "-inf", "-0", "0"},
      {"kl_div(log_target)", "value", "*", "-inf", "-0"},
      {"kl_div(log_target)", "value", "nan", "-inf", "nan"},
      {"kl_div(log_target)", "value", "-inf", "-inf", "0"},
      {"kl_div(log_target)", "value", "-inf", "-max", "0"},
      {"kl_div(log_target)", "value", "-max", "-inf", "0"},
      {"cross_entropy(one_hot)", "value", "[-inf,0,1]", "0", "1.31326168751822"},
      {"cross_entropy(one_hot)", "value", "[-max,-max,-inf]", "0", "0.693147180559945"},
      {"cross_entropy(one_hot)", "value", "[max,0,-max]", "0", "max"},
      // Dropout zeroes elements, where PyTorch multiplies by 0.
      {"dropout(1)", "value", ".", "*", "0"},
      // NaN stays NaN, so that a network that has diverged shows it.
      {"sign", "value", ".", "nan", "nan"},
      {"abs", "grad", ".", "nan", "nan"},
      {"clamp", "grad", ".", "nan", "1"},
      {"hardtanh", "grad", ".", "nan", "1"},  // as relu's; PyTorch's vector loop gives 0, its scalar loop 1
      {"relu6", "grad", ".", "nan", "1"},
      {"hardsigmoid", "grad", ".", "nan", "0.166666666666667"},
      {"hardshrink", "grad", ".", "nan", "1"},
      {"softshrink", "value", ".", "nan", "nan"},
      {"softshrink", "grad", ".", "nan", "1"},
      {"logit(0.25)", "grad", ".", "nan", "nan"},
      {"i1", "grad", ".", "nan", "nan"},
      {"i1e", "grad", ".", "nan", "nan"},
      {"hinge_embedding_loss", "grad_a", "nan", "-1", "-1"},
      {"l1_loss", "grad_a", "nan", "*", "nan"},
      {"l1_loss", "grad_a", "*", "nan", "nan"},
      {"l1_loss", "grad_a", "inf", "inf", "nan"},
      {"l1_loss", "grad_a", "-inf", "-inf", "nan"},
      {"l1_loss", "grad_b", "nan", "*", "nan"},
      {"l1_loss", "grad_b", "*", "nan", "nan"},
      {"l1_loss", "grad_b", "inf", "inf", "nan"},
      {"l1_loss", "grad_b", "-inf", "-inf", "nan"},
      // A NaN wins, and alone has the gradient, where PyTorch gives it to both.
      {"maximum", "grad_a", "*", "nan", "0"},
      {"maximum", "grad_a", "nan", "nan", "0.5"},
      {"maximum", "grad_b", "nan", "*", "0"},
      {"maximum", "grad_b", "nan", "nan", "0.5"},
      {"minimum", "grad_a", "*", "nan", "0"},
      {"minimum", "grad_a", "nan", "nan", "0.5"},
      {"minimum", "grad_b", "nan", "*", "0"},
      {"minimum", "grad_b", "nan", "nan", "0.5"},
      // Where there is no gradient it is 0: at the origin, and in a row without any element.
      {"atan2", "grad_a", "0", "0", "0"},
      {"atan2", "grad_a", "0", "-0", "0"},
      {"atan2", "grad_a", "-0", "0", "0"},
      {"atan2", "grad_a", "-0", "-0", "0"},
      {"atan2", "grad_b", "0", "0", "0"},
      {"atan2", "grad_b", "0", "-0", "0"},
      {"atan2", "grad_b", "-0", "0", "0"},
      {"atan2", "grad_b", "-0", "-0", "0"},
      {"logsumexp", "grad", "[-inf,-inf,-inf]", "*", "0"},
      {"xlogy", "grad_b", "0", "0", "0"},
      {"xlogy", "grad_b", "0", "-0", "0"},
      {"xlogy", "grad_b", "-0", "0", "0"},
      {"xlogy", "grad_b", "-0", "-0", "0"},
      // Nor is there one outside a function's domain, but for what a simpler formula gives.
      {"acosh", "grad", ".", "-inf", "nan"},
      {"acosh", "grad", ".", "-max", "nan"},
      {"polygamma(1)", "grad", ".", "-inf", "nan"},
      {"logit", "grad", ".", "inf", "0"},
      {"logit", "grad", ".", "-inf", "0"},
      {"logit", "grad", ".", "max", "0"},
      {"logit", "grad", ".", "-max", "0"},
      // Whole numbers are zeros of the sine and poles of the derivatives of the gamma function.
      {"sinc", "value", ".", "1", "-0"},
      {"sinc", "value", ".", "max", "0"},
      {"sinc", "value", ".", "-max", "0"},
      {"sinc", "grad", ".", "max", "2.93873588e-39|5.562684646268e-309"},
      {"sinc", "grad", ".", "-max", "-2.93873588e-39|-5.562684646268e-309"},
      {"digamma", "grad", ".", "-max", "inf"},
      {"polygamma(1)", "value", ".", "-max", "inf"},
      // PyTorch's intermediate results overflow or are rounded to 0.
      {"log1p", "value", ".", "tiny", "tiny"},
      {"log1p", "value", ".", "max", "88.7228394|709.782712893384"},
      {"tan", "value", ".", "tiny", "tiny"},
      {"hardswish", "value", ".", "max", "max"},
      {"sinc", "grad", ".", "min", "-3.86722141e-38|-7.32019958222385e-308"},
      {"digamma", "grad", ".", "1", "1.64493406684823"},  // pi^2 / 6, of which PyTorch has 9 digits
      {"polygamma(1)", "value", ".", "1", "1.64493406684823"},
      {"asinh", "grad", ".", "max", "2.93873588e-39|5.562684646268e-309"},
      {"asinh", "grad", ".", "-max", "2.93873588e-39|5.562684646268e-309"},
      {"acosh", "grad", ".", "max", "2.93873588e-39|5.562684646268e-309"},
      {"log10", "grad", ".", "max", "1.27627742e-39|2.41584324644213e-309"},
      {"log10", "grad", ".", "-max", "-1.27627742e-39|-2.41584324644213e-309"},
      {"soft_margin_loss", "value", "max", "-1", "max"},
      {"soft_margin_loss", "grad_a", "max", "-1", "1"},
      {"pow", "value", "max", "1", "max"},
      {"atan2", "grad_a", "0", "max", "2.93873588e-39|5.562684646268e-309"},
      {"atan2", "grad_a", "-0", "max", "2.93873588e-39|5.562684646268e-309"},
      {"atan2", "grad_a", "1", "max", "2.93873588e-39|5.562684646268e-309"},
      {"atan2", "grad_a", "max", "max", "1.46936794e-39|2.781342323134e-309"},
      {"atan2", "grad_b", "max", "0", "-2.93873588e-39|-5.562684646268e-309"},
      {"atan2", "grad_b", "max", "-0", "-2.93873588e-39|-5.562684646268e-309"},
      {"atan2", "grad_b", "max", "1", "-2.93873588e-39|-5.562684646268e-309"},
      {"atan2", "grad_b", "max", "max", "-1.46936794e-39|-2.781342323134e-309"},
      {"binary_cross_entropy", "value", "min", "0", "min"},
      {"binary_cross_entropy", "value", "tiny", "0", "tiny"},
      {"binary_cross_entropy_with_logits(pos_weight)", "value", "-max", "0.25", "2.55211755e+38|1.34826985114674e+308"},
      // And Reel's in f32, as PyTorch's do: the distances of the logits are summed up before they are weighted.
      {"cross_entropy(smooth)", "value", "[max,0,-max]", "0", "inf"},
      {"cross_entropy(smooth)", "value", "[1e38,-3e38,0]", "0", "inf|2.83333333333333e+38"},
  };
  return all;
}

// --- the table

/// A line of the table.
struct Line {
  std::string name, what, first;
  std::vector<std::string> last, cells;
};

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}

std::map<std::string, std::vector<Line>> read_table() {
  std::istringstream in(read_text(source_dir() / "tests/goldens/special_values.txt"));
  std::map<std::string, std::vector<Line>> table;
  std::vector<std::string> last;
  for (std::string text; std::getline(in, text);) {
    const std::vector<std::string> words = words_of(text);
    if (words.empty() || words[0] == "#") continue;
    if (words[0] == "at") last.assign(words.begin() + 1, words.end());
    else table[words[0]].push_back({words[0], words[1], words[2], last, {words.begin() + 3, words.end()}});
  }
  return table;
}

/// A cell's number: `a|b` is a in f32, b in f64.
double number(const std::string& cell, DType dtype) {
  const std::size_t bar = cell.find('|');
  if (bar != std::string::npos) return number(dtype == DType::f32 ? cell.substr(0, bar) : cell.substr(bar + 1), dtype);
  if (cell[0] == '-') return -number(cell.substr(1), dtype);
  const bool narrow = dtype == DType::f32;
  if (cell == "tiny") return narrow ? 0x1p-149 : 0x1p-1074;
  if (cell == "min") return narrow ? 0x1p-126 : 0x1p-1022;
  if (cell == "max") return narrow ? 0x1.fffffep127 : 0x1.fffffffffffffp1023;
  const double value = std::strtod(cell.c_str(), nullptr);
  return narrow ? static_cast<double>(static_cast<float>(value)) : value;
}

/// NaN agrees with NaN; the signs of zeros count in results, not in gradients.
bool agrees(double got, double want, DType dtype, bool is_gradient, double tolerance) {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got);
  if (want == 0 && got == 0) return is_gradient || std::signbit(want) == std::signbit(got);
  if (std::isinf(want) || std::isinf(got)) return want == got;
  return std::abs(got - want) <= tolerance * std::abs(want) + 4 * number("tiny", dtype);
}

/// The results of one case that are not the expected ones, once each.
class Mismatches {
 public:
  Mismatches(std::string name, DType dtype)
      : name_(std::move(name)), dtype_(dtype), tolerance_(dtype == DType::f32 ? 2e-6 : 2e-14) {
    if (name_ == "binary_cross_entropy") tolerance_ = std::max(tolerance_, 1e-8);  // PyTorch's 1e-12 is an f32
  }

  void compare(const std::string& what, const std::string& first, const std::string& last, double got,
               const std::string& golden) {
    std::string want = golden;
    for (const Difference& d : differences()) {
      const bool here = d.name == name_ && d.what == what && (d.first == "*" || d.first == first) &&
                        (d.last == "*" || d.last == last);
      if (here) want = d.ours;
    }
    if (agrees(got, number(want, dtype_), dtype_, what != "value", tolerance_)) return;
    std::ostringstream text;
    text << name_ << ' ' << what << ' ' << first << ' ' << last << " in " << to_string(dtype_) << ": " << got
         << ", expected " << want << '\n';
    found_.insert(text.str());
  }
  std::string text() const {
    std::string all;
    for (const std::string& line : found_) all += line;
    return all;
  }

 private:
  std::string name_;
  DType dtype_;
  double tolerance_;
  std::set<std::string> found_;
};

// --- elementwise operations

/// The operands of a case, and what is expected of each pair of them: cells by `what`.
struct Points {
  std::vector<std::string> first, last;
  std::map<std::string, std::vector<std::string>> cells;

  explicit Points(const std::vector<Line>& lines) {
    std::vector<std::string> firsts;
    for (const Line& line : lines) {
      if (line.what == "value" && line.first != "*") firsts.push_back(line.first);
    }
    if (firsts.empty()) firsts = lines[0].last;  // the same whatever the first operand
    for (const std::string& a : firsts) {
      for (const std::string& b : lines[0].last) first.push_back(a), last.push_back(b);
      for (const Line& line : lines) {
        if (line.first != "*" && line.first != a) continue;
        cells[line.what].insert(cells[line.what].end(), line.cells.begin(), line.cells.end());
      }
    }
  }
  bool is_pair() const { return first[0] != "."; }
};

/// 71 elements from `start` on, cyclically: whole vectors and a remainder.
Tensor window(const std::vector<std::string>& points, std::size_t start, DType dtype, bool requires_grad) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 71; ++i) values.push_back(number(points[(start + i) % points.size()], dtype));
  const Tensor x = tensor(values).to(dtype);
  return requires_grad ? x.requires_grad_() : x;
}

std::string mismatches(const std::string& name, const ElementwiseCall& call, const Points& points, DType dtype) {
  Mismatches found(name, dtype);
  const auto wanted = [&](const char* what) { return points.cells.count(what) != 0; };
  for (std::size_t start = 0; start < points.last.size(); start += 7) {  // so that each comes into the remainder
    const auto compare = [&](const std::string& what, const Tensor& result) {
      const std::vector<double> got = result.to_vector<double>();
      const std::vector<std::string>& cells = points.cells.at(what);
      for (std::size_t i = 0; i < got.size(); ++i) {
        const std::size_t p = (start + i) % points.last.size();
        found.compare(what, points.first[p], points.last[p], got[i], cells[p]);
      }
    };
    Tensors in;
    if (points.is_pair()) in.push_back(window(points.first, start, dtype, wanted("grad_a")));
    in.push_back(window(points.last, start, dtype, wanted("grad") || wanted("grad_b")));
    const Tensor y = call(in);
    compare("value", y.detach());
    if (y.requires_grad()) y.backward(ones_like(y));
    if (wanted("grad") || wanted("grad_a")) compare(points.is_pair() ? "grad_a" : "grad", in[0].grad());
    if (wanted("grad_b")) compare("grad_b", in[1].grad());
  }
  return found.text();
}

// --- operations along a dimension

/// Rows of the table, in an array that is `width` wide and otherwise -infinity, along contiguous or strided memory.
std::string row_mismatches(const std::string& name, const RowCall& call, const std::vector<Line>& lines, DType dtype,
                           std::int64_t width, std::int64_t at, bool contiguous) {
  std::vector<std::vector<double>> rows;
  for (const Line& line : lines) {
    if (line.what != "value") continue;
    rows.emplace_back();
    std::istringstream elements(line.first.substr(1, line.first.size() - 2));
    for (std::string cell; std::getline(elements, cell, ',');) rows.back().push_back(number(cell, dtype));
  }
  const auto n = static_cast<std::int64_t>(rows.size()), columns = static_cast<std::int64_t>(rows[0].size());
  std::vector<double> values;
  for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
  Tensor x = full({n, width}, -kInfinity, {.dtype = dtype});
  x.narrow(1, at, columns).copy_(tensor(values, {n, columns}).to(dtype));
  if (!contiguous) x = x.t().contiguous().t();
  x.requires_grad_();

  const Tensor y = call(x, at);
  Tensor upstream = ones_like(y);
  if (y.dim() == 2) {
    upstream = zeros_like(y);
    upstream.narrow(1, at, columns).copy_(tensor(std::vector<double>{1, 2, 4}).to(dtype).expand({n, columns}));
  }
  y.backward(upstream);
  const auto columns_of = [&](const Tensor& t) { return t.dim() == 2 ? t.narrow(1, at, columns) : unsqueeze(t, 1); };
  const std::vector<double> results = columns_of(y.detach()).contiguous().to_vector<double>();
  const std::vector<double> grads = columns_of(x.grad()).contiguous().to_vector<double>();
  Mismatches found(name, dtype);
  std::size_t next_result = 0, next_grad = 0;
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      const double got = line.what == "value" ? results.at(next_result++) : grads.at(next_grad++);
      found.compare(line.what, line.first, std::to_string(i), got, line.cells[i]);
    }
  }
  return found.text();
}

}  // namespace

TEST_CASE("special values have the results and gradients of the table") {
  const auto table = read_table();
  const auto calls = elementwise_calls();
  const auto along = row_calls();
  CHECK(table.size() == calls.size() + along.size());
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const auto& entry : calls) {
      INFO(entry.first);
      REQUIRE(table.count(entry.first) == 1);
      CHECK(mismatches(entry.first, entry.second, Points(table.at(entry.first)), dtype) == "");
    }
    for (const auto& entry : along) {
      INFO(entry.first);
      REQUIRE(table.count(entry.first) == 1);
      for (const bool contiguous : {true, false}) {
        CHECK(row_mismatches(entry.first, entry.second, table.at(entry.first), dtype, 3, 0, contiguous) == "");
        if (entry.first == "cross_entropy(smooth)") continue;  // smoothing reaches every class
        for (const std::int64_t at : {0, 64, 68}) {
          CHECK(row_mismatches(entry.first, entry.second, table.at(entry.first), dtype, 71, at, contiguous) == "");
        }
      }
    }
  }
}

TEST_CASE("every elementwise operation and loss is in the table of special values") {
  // Reductions of isclose, eq and mse_loss; what takes whole numbers only; softmax of others, and what is random;
  // products with sigmoid and silu.
  std::set<std::string> rows{"allclose",    "equal",   "euclidean_loss", "bitwise_and",    "bitwise_or", "bitwise_xor",
                             "bitwise_not", "softmin", "rrelu",          "gumbel_softmax", "glu",        "swiglu"};
  for (const auto& entry : read_table()) rows.insert(entry.first.substr(0, entry.first.find('(')));
  std::string missing;
  std::size_t functions = 0;
  for (const std::string family :
       {"pointwise", "activation", "activation_variants", "special", "arithmetic", "comparison", "loss"}) {
    for (const std::string& function : declared_functions({"ops/" + family + ".h"})) {
      ++functions;
      if (rows.count(function) == 0) missing += ' ' + function;
    }
  }
  CHECK(functions > 75);  // the pattern still matches the headers
  CHECK_MESSAGE(missing == "", "operations without a row");
}

TEST_CASE("second derivatives of activations vanish at infinity") {
  const auto functions = elementwise_calls();
  for (const std::string name : {"sigmoid", "tanh", "softplus", "elu", "selu", "gelu", "silu", "mish", "celu",
                                 "softsign", "tanhshrink", "logsigmoid", "hardswish"}) {
    INFO(name);
    for (const DType dtype : {DType::f32, DType::f64}) {
      const double largest = number("max", dtype);
      const Tensor x = tensor(std::vector<double>{kInfinity, -kInfinity, largest, -largest}).to(dtype).requires_grad_();
      const Tensor first = grad({sum(functions.at(name)({x}))}, {x}, {.create_graph = true})[0];
      const std::vector<double> second = grad({sum(first)}, {x})[0].to_vector<double>();
      CHECK(second == std::vector<double>(4, 0));
    }
  }
}
