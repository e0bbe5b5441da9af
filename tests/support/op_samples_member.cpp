// Members of Tensor that are recorded and have no free function: copies.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

template <class F> OpRow member_row(std::string_view name, F f, std::vector<ErrorSample> errors = {}) {
  const auto call = call1([f](const Tensor& x) { return f(x); });
  errors.push_back(error<ValueError>("got an undefined one", [f] { f(Tensor()); }));
  return {.name = name,
          .samples = {{"image", {leaf({2, 3, 2, 2})}, call},
                      {"transposed", {leaf({2, 3, 4}).detach().transpose(0, 2).requires_grad_()}, call},
                      {"empty", {leaf({0, 3, 2, 2})}, call}},
          .errors = std::move(errors),
          .dtypes = kAnyDType,
          .exact = true};
}

}  // namespace

void add_member_rows(std::vector<OpRow>& table) {
  table.push_back(member_row("Tensor::clone", [](const Tensor& x) { return x.clone(); }));
  table.push_back(member_row("Tensor::contiguous", [](const Tensor& x) { return x.contiguous(); }));
  table.push_back(member_row("Tensor::channels_last", [](const Tensor& x) { return x.channels_last(); },
                             {error<ShapeError>("channels_last: expected rank 3 to 5, got shape [2, 2]", [] {
                               ones({2, 2}).channels_last();
                             })}));
}

}  // namespace reel::testing
