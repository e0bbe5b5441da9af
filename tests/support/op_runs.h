#pragma once

#include <cstdint>
#include <exception>
#include <set>
#include <string>
#include <string_view>

#include "support/op_samples.h"

/// What the tests that the op table drives have in common: running a sample with its gradients, laying its inputs out
/// in another way, comparing results.
namespace reel::testing {

/// A call with its gradients.
struct Run {
  Tensors outputs;
  Tensors grads;  ///< One for each input; undefined where the input requires none.
};

/// How the gradients of the outputs lie in memory.
enum class GradLayout { dense, strided };

/// Copies of the inputs in the same layout; those that require grad as new leaves.
Tensors fresh_inputs(const Tensors& inputs);
/// The inputs of a floating dtype in another one; whole numbers from 1 up if that is an integer. Off the tape.
Tensors converted(const Tensors& inputs, DType dtype);
/// One input in another dtype.
Tensor converted(const Tensor& input, DType dtype);

/// The gradient that `run` gives output i: fixed pseudo-random numbers, the same in every floating dtype.
Tensor grad_of_output(const Tensor& output, std::size_t i);

Run run(const Sample& sample, const Tensors& inputs, GradLayout layout = GradLayout::dense);

/// The same values in column-major order with gaps between the elements, not at the start of the storage.
Tensor strided(const Tensor& x);
/// Where a dimension is larger than 1: the first slice of it, stretched over it with stride 0; else x itself.
Tensor expanded(const Tensor& x);
/// Applies `layout` to each defined input; leaves that require grad stay such.
template <class F> Tensors laid_out(const Tensors& inputs, F&& layout) {
  Tensors result;
  for (const Tensor& input : inputs) {
    Tensor other = input.defined() ? layout(input.detach()) : Tensor();
    if (input.requires_grad()) other.requires_grad_();
    result.push_back(other);
  }
  return result;
}

/// What differs between two tensors: nothing if every |a - b| <= tolerance * (1 + |b|); 0 asks for equal bits. With
/// `undefined_is_zero` an undefined tensor equals zeros.
std::string difference(const Tensor& a, const Tensor& b, double tolerance, bool undefined_is_zero = false);
/// The same for all outputs and gradients.
std::string difference(const Run& a, const Run& b, double tolerance);

/// Tells whether tensors have changed since: values, versions.
class Snapshot {
 public:
  explicit Snapshot(const Tensors& tensors);
  /// Empty if nothing has changed.
  std::string changes() const;

 private:
  Tensors tensors_, copies_;
  std::vector<std::uint32_t> versions_;
};

/// The names of the nodes that the outputs depend on.
void collect_node_names(const Tensors& outputs, std::set<std::string>& names);

/// The rows of the table; if the environment variable REEL_TEST_OPS is set (matmul,conv2d), only those that it names.
/// Throws if it names a row that does not exist.
std::vector<OpRow> selected_rows();
/// The names of the rows that this build cannot run, which `selected_rows` leaves out, and why; empty if there are
/// none.
std::string rows_left_out();
/// Whether REEL_TEST_OPS is not set.
bool all_rows_selected();
/// Narrows `selected_rows` down to a part: of "2/3" every third row from the second on.
void select_rows(std::string_view part);

/// Calls `check(row, sample)` for every sample of the table. An exception is that sample's failure; the others still
/// run.
template <class F> void for_each_sample(F&& check) {
  const std::vector<OpRow> rows = selected_rows();
  for (const OpRow& row : rows) {
    for (const Sample& sample : row.samples) {
      INFO(row.name << " / " << sample.label);
      try {
        check(row, sample);
      } catch (const std::exception& e) {
        FAIL_CHECK("threw: " << std::string(e.what()));
      }
    }
  }
}

}  // namespace reel::testing
