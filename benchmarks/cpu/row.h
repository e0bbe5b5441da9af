#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

/// What `cpu_rows` and `torch_rows` measure: the same rows, most of them from the same sources, which see a library
/// through the `library.h` of its folder.
namespace bench {

/// A repetition, complete when `run` returns. What must happen before each without being timed is `before`.
struct Work {
  std::function<void()> run, before = {};
};

/// A way to do a row's work; the fastest counts. It holds its inputs from when it is prepared.
struct Variant {
  std::string name;
  std::function<Work()> prepare;
};

/// A line of the table.
struct Row {
  std::string name, group;
  /// What a repetition must do at least: each input read once and each output written once, and multiplications and
  /// additions; 0 where the table shows no rate.
  double bytes = 0, operations = 0;
  double per_run = 1;  ///< How many operations a repetition holds: the time is that of one.
  std::vector<Variant> variants;
  /// Rows of the same program that it is compared with, in a second process: the same work done another way, or limits
  /// of the machine, of which the one that allows least counts.
  std::vector<std::string> beside = {};
};
using Rows = std::vector<Row>;

/// The one of that name. A std::invalid_argument if there is none; `what` is what they are.
template <class Named>
const Named& named(const std::vector<Named>& all, const std::string& name, const std::string& what) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == name; });
  if (found == all.end()) throw std::invalid_argument("there is no " + what + " \"" + name + "\"");
  return *found;
}

/// The sizes that are measured, or tiny ones, which show that the rows run.
struct Sizes {
  bool tiny = false;
  std::int64_t operator()(std::int64_t full, std::int64_t small) const { return tiny ? small : full; }
};

/// What operations cost beside their arithmetic: tensors of a few elements.
void add_overhead_rows(Rows& rows, Sizes sizes);
/// What streams memory: elementwise operations, reductions, a transposition.
void add_memory_rows(Rows& rows, Sizes sizes);
/// Norms, pooling, losses and the like, forward and backward.
void add_layer_rows(Rows& rows, Sizes sizes);
/// Attention, forward and both ways.
void add_attention_rows(Rows& rows, Sizes sizes);
/// Recurrent layers, forward and backward.
void add_recurrent_rows(Rows& rows, Sizes sizes);
/// Matrix products.
void add_product_rows(Rows& rows, Sizes sizes);
/// Convolutions, each direction on its own.
void add_conv_rows(Rows& rows, Sizes sizes);
/// An optimizer's step alone.
void add_optimizer_rows(Rows& rows, Sizes sizes);
/// Batches of images from memory.
void add_data_rows(Rows& rows, Sizes sizes);
/// Whole training steps: forward, cross-entropy, backward, update.
void add_step_rows(Rows& rows, Sizes sizes);
/// The same of networks for photographs.
void add_network_rows(Rows& rows, Sizes sizes);
/// The same of a transformer.
void add_transformer_rows(Rows& rows, Sizes sizes);

/// What only one library has, compared with that library's own rows (`beside`): defined in its folder.
void add_own_rows(Rows& rows, Sizes sizes);

/// The rows of all these functions.
Rows all_rows(Sizes sizes);

}  // namespace bench
