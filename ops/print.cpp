// The text of a tensor, as PyTorch prints it.

#include <cmath>
#include <ostream>

#include <fmt/format.h>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/autograd/tape/node.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// The part of a large tensor that a summary shows: the first and last entries of every dimension.
Tensor corners(const Tensor& x, std::int64_t edge) {
  Tensor out = x;
  for (int d = 0; d < x.dim(); ++d) {
    const std::int64_t size = x.shape()[d];
    if (size > 2 * edge) out = cat({narrow(out, d, 0, edge), narrow(out, d, size - edge, edge)}, d);
  }
  return out;
}

/// All numbers in one format: `3.` if all are whole, else with a fixed point, or with an exponent if their range is
/// large.
std::vector<std::string> format_reals(const std::vector<double>& values, int precision) {
  bool whole = true;
  double smallest = INFINITY, largest = 0;
  for (const double value : values) {
    if (!std::isfinite(value) || value == 0) continue;
    whole = whole && value == std::trunc(value);
    smallest = std::min(smallest, std::abs(value));
    largest = std::max(largest, std::abs(value));
  }
  const bool exponent = largest > 0 && (largest / smallest > 1000 || largest > 1e8 || (!whole && smallest < 1e-4));
  std::vector<std::string> out;
  for (const double value : values) {
    if (!std::isfinite(value)) out.push_back(fmt::format("{}", std::isnan(value) ? std::abs(value) : value));
    else if (exponent) out.push_back(fmt::format("{:.{}e}", value, precision));
    else if (whole) out.push_back(fmt::format("{:.0f}.", value));
    else out.push_back(fmt::format("{:.{}f}", value, precision));
  }
  return out;
}

std::vector<std::string> format_elements(const Tensor& x, int precision) {
  if (is_floating(x.dtype())) return format_reals(x.to_vector<double>(), precision);
  std::vector<std::string> out;
  for (const std::int64_t value : x.to_vector<std::int64_t>()) {
    if (x.dtype() == DType::boolean) out.emplace_back(value ? "true" : "false");
    else out.push_back(std::to_string(value));
  }
  return out;
}

/// Nested brackets around the formatted elements.
class Layout {
 public:
  Layout(const Tensor& x, bool summarize, const PrintOptions& options)
      : shape_(x.shape()), summarize_(summarize), options_(options) {
    cells_ = format_elements(summarize ? corners(x, options.edge_items) : x, options.precision);
    for (const std::string& cell : cells_) width_ = std::max(width_, cell.size());
  }

  std::string text(int indent) {
    next_ = cells_.begin();
    return shape_.empty() ? *next_ : dimension(0, indent);
  }

 private:
  std::string dimension(int d, int indent) { return d + 1 == shape_.size() ? line(indent) : block(d, indent); }

  bool is_cut(int d) const { return summarize_ && shape_[d] > 2 * options_.edge_items; }

  /// Slices one below the other, with an empty line between matrices, two between blocks of matrices, and so on.
  std::string block(int d, int indent) {
    const std::int64_t edge = options_.edge_items, count = is_cut(d) ? 2 * edge : shape_[d];
    const std::string separator = fmt::format(",{:\n>{}}{:{}}", "", shape_.size() - d - 1, "", indent + 1);
    std::string out = "[";
    for (std::int64_t i = 0; i < count; ++i) {
      if (is_cut(d) && i == edge) out += separator + "...";
      if (i) out += separator;
      out += dimension(d + 1, indent + 1);
    }
    return out + "]";
  }

  std::string line(int indent) {
    const int d = shape_.size() - 1;
    const std::int64_t edge = options_.edge_items, count = is_cut(d) ? 2 * edge : shape_[d];
    const std::int64_t per_line =
        std::max<std::int64_t>(1, (options_.line_width - indent) / static_cast<std::int64_t>(width_ + 2));
    const std::string separator = fmt::format(",\n{:{}}", "", indent + 1);
    std::string out = "[";
    std::int64_t written = 0;
    const auto add = [&](const std::string& cell) {
      if (written) out += written % per_line ? ", " : separator;
      out += cell;
      ++written;
    };
    for (std::int64_t i = 0; i < count; ++i) {
      if (is_cut(d) && i == edge) add(" ...");
      add(fmt::format("{:>{}}", *next_++, width_));
    }
    return out + "]";
  }

  Shape shape_;
  bool summarize_;
  const PrintOptions& options_;
  std::vector<std::string> cells_;
  std::vector<std::string>::const_iterator next_;
  std::size_t width_ = 0;
};

}  // namespace

std::string to_string(const Tensor& x, const PrintOptions& options) {
  if (!x.defined()) return "tensor(undefined)";
  check<ValueError>(options.edge_items > 0 && options.precision >= 0,
                    "to_string: expected at least 1 edge item and 0 digits, got {} and {}", options.edge_items,
                    options.precision);
  const NoGradGuard guard;
  constexpr int indent = 7;  // "tensor("
  std::string out = "tensor(";
  std::vector<std::string> notes;
  if (!x.device().is_cpu()) notes.push_back(fmt::format("device={}", x.device()));
  if (x.numel() == 0) {
    out += "[]";
    if (x.dim() != 1) notes.push_back(fmt::format("size={}", x.shape()));
  } else {
    out += Layout(x.detach().cpu(), x.numel() > options.threshold, options).text(indent);
  }
  // f32 is the default; i64 and boolean show in the elements, if there are any.
  const DType dtype = x.dtype();
  const bool obvious = dtype == DType::f32 || (x.numel() > 0 && (dtype == DType::i64 || dtype == DType::boolean));
  if (!obvious) notes.push_back(fmt::format("dtype={}", dtype));
  if (const Node* node = x.grad_fn()) notes.push_back(fmt::format("grad_fn=<{}>", node->name()));
  else if (x.requires_grad()) notes.emplace_back("requires_grad=true");

  std::size_t column = out.size() - (out.rfind('\n') + 1);
  for (const std::string& note : notes) {
    const bool fits = column + note.size() + 3 <= static_cast<std::size_t>(std::max(options.line_width, 0));
    out += fits ? fmt::format(", {}", note) : fmt::format(",\n{:{}}{}", "", indent, note);
    column = (fits ? column + 2 : indent) + note.size();
  }
  return out + ")";
}

std::ostream& operator<<(std::ostream& out, const Tensor& x) { return out << to_string(x); }

}  // namespace reel
