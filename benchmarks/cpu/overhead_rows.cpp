// What operations cost beside their arithmetic: tensors of a few elements.

#include <memory>
#include <utility>

#include "work.h"

namespace bench {
namespace {

constexpr int kTimes = 1000;

/// `f` a thousand times in a repetition, with its results released.
template <class F> Row repeated(std::string name, F f) {
  return {.name = std::move(name), .group = "overhead", .per_run = kTimes, .variants = one_way([f] {
                                                                             return Work{[g = f()] {
                                                                               for (int i = 0; i < kTimes; ++i) g();
                                                                             }};
                                                                           })};
}

/// A chain of additions and multiplications of which only the first operand requires a gradient: backward alone.
Work chain_backward() {
  const auto end = std::make_shared<Tensor>();
  const Tensor leaf = lib::leaf(lib::ones({1})), b = lib::ones({1});
  return {[=] { end->backward(); },
          [=] {
            Tensor x = leaf;
            for (int i = 0; i < kTimes / 2; ++i) x = (x + b) * b;
            *end = x;
          }};
}

}  // namespace

void add_overhead_rows(Rows& rows, Sizes) {
  rows.push_back(repeated("empty, 1 element", [] { return [] { lib::empty({1}); }; }));
  rows.push_back(repeated("add, 1 element", [] { return [a = lib::ones({1}), b = lib::ones({1})] { a + b; }; }));
  rows.push_back(repeated("add, 1 element, recorded and released",
                          [] { return [a = lib::leaf(lib::ones({1})), b = lib::ones({1})] { a + b; }; }));
  rows.push_back({.name = "add and mul, 1 element, backward a node",
                  .group = "overhead",
                  .per_run = kTimes,
                  .variants = one_way(chain_backward)});
  rows.push_back(repeated("matmul 4x4", [] {
    return [a = lib::randn({4, 4}), b = lib::randn({4, 4})] { lib::matmul(a, b); };
  }));
  rows.push_back(repeated("view, 64x64 as 4096", [] { return [a = lib::randn({64, 64})] { a.view({4096}); }; }));
  rows.push_back(repeated("sum of 1000", [] { return [a = lib::randn({1000})] { lib::sum(a); }; }));
  rows.push_back(repeated("item", [] { return [a = lib::ones({1})] { a.item<float>(); }; }));
}

}  // namespace bench
