// Results and gradients at infinities, NaN, zeros and the ends of the range, against goldens/special_values.txt.

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

/// Where Reel's result is another than PyTorch's, and why. * stands for every operand.
struct Difference {
  std::string name, what, first, last, ours;
};

std::vector<Difference> differences() { return {}; }

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

bool agrees(double got, double want, DType dtype) {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got);
  if (want == 0 && got == 0) return std::signbit(want) == std::signbit(got);
  if (std::isinf(want) || std::isinf(got)) return want == got;
  const double tolerance = dtype == DType::f32 ? 2e-6 : 2e-14;
  return std::abs(got - want) <= tolerance * std::abs(want) + 4 * number("tiny", dtype);
}

/// The results of one case that are not the expected ones, once each.
class Mismatches {
 public:
  Mismatches(std::string name, DType dtype) : name_(std::move(name)), dtype_(dtype) {}

  void compare(const std::string& what, const std::string& first, const std::string& last, double got,
               const std::string& golden) {
    std::string want = golden;
    for (const Difference& d : known_) {
      const bool here = d.name == name_ && d.what == what && (d.first == "*" || d.first == first) &&
                        (d.last == "*" || d.last == last);
      if (here) want = d.ours;
    }
    if (agrees(got, number(want, dtype_), dtype_)) return;
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
  std::vector<Difference> known_ = differences();
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
    upstream.narrow(1, at, columns).copy_(arange(1, columns + 1, 1, {.dtype = dtype}).expand({n, columns}));
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
  // Reductions of isclose, eq and mse_loss; and what takes whole numbers only.
  std::set<std::string> rows{"allclose",   "equal",       "euclidean_loss", "bitwise_and",
                             "bitwise_or", "bitwise_xor", "bitwise_not"};
  for (const auto& entry : read_table()) rows.insert(entry.first.substr(0, entry.first.find('(')));
  std::string missing;
  std::size_t functions = 0;
  for (const std::string family : {"pointwise", "activation", "arithmetic", "comparison", "loss"}) {
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
  for (const std::string name : {"sigmoid", "tanh", "softplus", "elu", "selu", "gelu", "silu", "mish"}) {
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
