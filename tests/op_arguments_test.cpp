// Every op of the table with any memory layout, dtype, device and number of threads, and with undefined inputs.

#include <algorithm>
#include <array>
#include <cmath>
#include <regex>

#include <doctest/doctest.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/default_device.h"
#include "support/op_runs.h"
#include "support/requirement.h"

using namespace reel;
using namespace reel::testing;

namespace {

bool floating(const Tensor& t) { return t.defined() && is_floating(t.dtype()); }

/// Whether a message begins with the name of an operation, as in "conv2d: ...".
bool names_an_op(const std::string& message) {
  static const std::regex pattern(R"(^[a-z][a-z0-9_]*(\.[a-z_]+)?: .*)");
  return std::regex_match(message, pattern);
}

/// The message of the error that a call with these inputs throws, or what happened instead.
template <class Expected> std::string error_message(const Sample& sample, const Tensors& inputs) {
  try {
    sample.call(inputs);
  } catch (const Expected& e) {
    return e.what();
  } catch (const std::exception& e) {
    return std::string("Another exception: ") + e.what();
  }
  return "Nothing was thrown";
}

/// Checks that a call with one input replaced throws an E that names the op, and changes no input.
template <class E> void check_refused(const Sample& sample, std::size_t i, const Tensor& replacement) {
  Tensors inputs = fresh_inputs(sample.inputs);
  const Snapshot before(inputs);
  inputs[i] = replacement;
  const std::string message = error_message<E>(sample, inputs);
  INFO(message);
  CHECK(names_an_op(message));
  CHECK(before.changes() == "");
}

double largest_of(const Tensor& x) {
  double largest = 0;
  if (!x.defined()) return 0;
  for (const double v : x.to_vector<double>()) largest = std::max(largest, std::abs(v));
  return largest;
}

/// Checks that every |got - expected| <= tolerance * the largest |expected| of its tensor, or of all tensors.
void check_near(const Tensors& got, const Tensors& expected, double tolerance, bool of_all = false) {
  REQUIRE(got.size() == expected.size());
  double of_any = 0;
  for (const Tensor& x : expected) of_any = std::max(of_any, of_all ? largest_of(x) : 0);
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO("tensor " << i);
    REQUIRE(got[i].defined() == expected[i].defined());
    if (!got[i].defined()) continue;
    const std::vector<double> x = got[i].to_vector<double>(), y = expected[i].to_vector<double>();
    REQUIRE(x.size() == y.size());
    double worst = 0;
    for (std::size_t k = 0; k < x.size(); ++k) worst = std::max(worst, std::abs(x[k] - y[k]));
    CHECK(worst <= tolerance * std::max(largest_of(expected[i]), of_any) + (of_all ? 1e-6 : 0));  // f32's own rounding
  }
}

/// The same values, said to be on a GPU.
Tensor elsewhere(const Tensor& x) {
  const Tensor copy = x.detach().clone().contiguous();
  auto storage = Storage::borrow(copy.data(), copy.numel() * size_of(copy.dtype()), Device::cuda(), [copy](void*) {});
  return Tensor(IntrusivePtr<TensorImpl>(
      new TensorImpl(std::move(storage), copy.dtype(), copy.shape(), contiguous_strides(copy.shape()), 0)));
}

}  // namespace

TEST_CASE("results and gradients do not depend on the memory layout of the inputs" * op_table_driven) {
  for_each_sample([](const OpRow& row, const Sample& sample) {
    const double tolerance = row.exact ? 0 : 1e-12;
    const Run plain = run(sample, fresh_inputs(sample.inputs));
    CHECK(difference(run(sample, laid_out(sample.inputs, strided)), plain, tolerance) == "");
    const auto channels_last = [](const Tensor& x) { return x.dim() == 4 || x.dim() == 3 ? x.channels_last() : x; };
    CHECK(difference(run(sample, laid_out(sample.inputs, channels_last)), plain, tolerance) == "");
  });
}

TEST_CASE("inputs may be expanded: stride 0 gives what a copy gives" * op_table_driven) {
  for_each_sample([](const OpRow& row, const Sample& sample) {
    const auto stretch = [](const Tensor& x) { return floating(x) ? expanded(x) : x; };
    const auto copy = [](const Tensor& x) { return floating(x) ? expanded(x).contiguous().clone() : x; };
    const Run repeated = run(sample, laid_out(sample.inputs, stretch));
    const Run copied = run(sample, laid_out(sample.inputs, copy));
    CHECK(difference(repeated, copied, row.exact ? 0 : 1e-12) == "");
  });
}

TEST_CASE("an op changes none of its inputs" * op_table_driven) {
  for_each_sample([](const OpRow&, const Sample& sample) {
    const Tensors inputs = fresh_inputs(sample.inputs);
    const Snapshot before(inputs);
    run(sample, inputs);
    CHECK(before.changes() == "");
  });
}

TEST_CASE("f32 gives what f64 gives, as far as it reaches" * op_table_driven) {
  for_each_sample([](const OpRow& row, const Sample& sample) {
    if (!row.dtypes.contains(DType::f32)) return;
    // The f64 inputs are rounded first, so that both compute from the same numbers.
    const auto rounded = [](const Tensor& x) { return floating(x) ? x.to(DType::f32).to(DType::f64) : x; };
    const auto narrow = [](const Tensor& x) { return floating(x) ? x.to(DType::f32) : x; };
    Run wide = run(sample, laid_out(sample.inputs, rounded));
    const Run single = run(sample, laid_out(sample.inputs, narrow));
    for (Tensors* tensors : {&wide.outputs, &wide.grads}) {
      for (Tensor& t : *tensors) {
        if (t.defined() && t.dtype() == DType::f64) t = t.detach().to(DType::f32);
      }
    }
    CHECK(difference(single, wide, 2e-5) == "");
    if (row.exact) CHECK(difference(Run{single.outputs, {}}, Run{wide.outputs, {}}, 0) == "");
  });
}

TEST_CASE("half floats give what f64 gives from the same numbers, rounded once" * op_table_driven) {
  for_each_sample([](const OpRow& row, const Sample& sample) {
    for (const DType dtype : {DType::f16, DType::bf16}) {
      if (!row.dtypes.contains(dtype)) continue;
      INFO(to_string(dtype));
      // Operations that take every dtype move numbers; some of their gradients are sums, which take no half floats.
      const bool moves = row.dtypes.bits == kAnyDType.bits;
      const auto inputs = [&](auto convert) {
        return moves ? laid_out(converted(sample.inputs, dtype), convert) : laid_out(sample.inputs, convert);
      };
      const Run wide =
          run(sample, inputs([&](const Tensor& x) { return floating(x) ? x.to(dtype).to(DType::f64) : x; }));
      const Run half = run(sample, inputs([&](const Tensor& x) { return floating(x) ? x.to(dtype) : x; }));
      const double rounding = (dtype == DType::f16 ? 0x1p-11 : 0x1p-8) * 1.001;  // and f32's own errors
      check_near(half.outputs, wide.outputs, rounding);
      // The gradient of an operand that was broadcast is a sum of products that are rounded themselves. One that is 0
      // because its terms cancel has errors of their size.
      check_near(half.grads, wide.grads, 3 * rounding, true);
    }
  });
}

TEST_CASE("an op takes the dtypes of its row and refuses the others by name" * op_table_driven) {
  constexpr std::array all{DType::f32, DType::f64, DType::f16, DType::bf16,
                           DType::i64, DType::i32, DType::u8,  DType::boolean};
  for_each_sample([&](const OpRow& row, const Sample& sample) {
    if (std::none_of(sample.inputs.begin(), sample.inputs.end(), floating)) return;
    for (const DType dtype : all) {
      INFO(to_string(dtype));
      const Tensors inputs = converted(sample.inputs, dtype);
      const Snapshot before(inputs);
      if (row.dtypes.contains(dtype)) {
        CHECK_NOTHROW(sample.call(inputs));
      } else {
        const std::string message = error_message<DTypeError>(sample, inputs);
        INFO(message);
        CHECK(names_an_op(message));
      }
      CHECK(before.changes() == "");
    }
  });
}

TEST_CASE("an op refuses mixed dtypes by name" * op_table_driven) {
  for_each_sample([](const OpRow&, const Sample& sample) {
    if (std::count_if(sample.inputs.begin(), sample.inputs.end(), floating) < 2) return;
    for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
      if (!floating(sample.inputs[i])) continue;
      INFO("input " << i << " in f32");
      const Tensor single = converted(sample.inputs[i], DType::f32);
      const Snapshot before({single});
      check_refused<DTypeError>(sample, i, single);
      CHECK(before.changes() == "");
    }
  });
}

TEST_CASE("an op refuses inputs on two devices by name" * op_table_driven) {
  const DefaultDeviceGuard cpu(Device::cpu());
  for_each_sample([](const OpRow&, const Sample& sample) {
    const auto defined = [](const Tensor& t) { return t.defined(); };
    if (std::count_if(sample.inputs.begin(), sample.inputs.end(), defined) < 2) return;
    if (sample.label == "channels-last") return;  // whose call begins with a copy of one input
    for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
      if (!sample.inputs[i].defined()) continue;
      INFO("input " << i << " elsewhere");
      check_refused<DeviceError>(sample, i, elsewhere(sample.inputs[i]));
    }
  });
}

TEST_CASE("an undefined input is an error that names the op and the argument, or an absent option" * op_table_driven) {
  for_each_sample([](const OpRow& row, const Sample& sample) {
    // These calls begin with a member of the input, which knows no operation.
    const bool whole_dims = row.name == "index" || row.name == "index_put";  // what an undefined index stands for
    const bool asks = row.name.ends_with("_norm") || row.name == "batch_norm_relu" || sample.label == "channels-last";
    for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
      INFO("input " << i << " undefined");
      Tensors inputs = fresh_inputs(sample.inputs);
      inputs[i] = Tensor();
      const Snapshot before(inputs);
      try {
        sample.call(inputs);
      } catch (const Error& e) {
        const std::string message = e.what();
        INFO(message);
        CHECK((names_an_op(message) || (asks && message.starts_with("Tensor: "))));
        CHECK((message.find("an undefined one") != std::string::npos || message.find("got none") != std::string::npos ||
               message.find("neither, got one") != std::string::npos || whole_dims));
      }
      CHECK(before.changes() == "");
    }
  });
}

TEST_CASE("results and gradients do not depend on the number of threads" * op_table_driven) {
  const int threads = num_threads();
  const bool former = deterministic();
  set_deterministic(true);
  for_each_sample([](const OpRow&, const Sample& sample) {
    set_num_threads(1);
    const Run one = run(sample, fresh_inputs(sample.inputs));
    set_num_threads(2);
    const Run two = run(sample, fresh_inputs(sample.inputs));
    CHECK(difference(two, one, 0) == "");
  });
  set_num_threads(threads);
  set_deterministic(former);
}
