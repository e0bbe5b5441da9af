#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "emulation.h"

/// The order in which things happen that may happen in any order.
namespace emulation {

/// Picks one of several.
class Choice {
 public:
  Choice(Order order, std::uint64_t seed) : order_(order), state_(seed * 0x9e3779b97f4a7c15u + 1) {}

  Order order() const { return order_; }

  /// The number of a bit that is set in `set`, which is not empty.
  unsigned of(unsigned set) {
    if (order_ == Order::kForward) return static_cast<unsigned>(std::countr_zero(set));
    if (order_ == Order::kReverse) return 31 - static_cast<unsigned>(std::countl_zero(set));
    for (std::uint64_t n = random() % static_cast<unsigned>(std::popcount(set)); n > 0; --n) set &= set - 1;
    return static_cast<unsigned>(std::countr_zero(set));
  }

  /// One of 0 ... n - 1, and n is not 0.
  std::size_t below(std::size_t n) {
    return order_ == Order::kForward ? 0 : order_ == Order::kReverse ? n - 1 : random() % n;
  }

  std::uint64_t random() {  // splitmix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }

 private:
  Order order_;
  std::uint64_t state_;
};

/// Goes once through 0 ... n - 1.
class Walk {
 public:
  Walk(std::uint64_t n, Choice& choice) : n_(n) {
    if (n < 2 || choice.order() == Order::kForward) return;
    if (choice.order() == Order::kReverse) {
      at_ = n - 1, step_ = n - 1;
      return;
    }
    // A step without a common divisor with n comes through everything.
    at_ = choice.random() % n;
    do step_ = choice.random() % n;
    while (std::gcd(step_, n) != 1);
  }

  bool has_next() const { return done_ < n_; }
  std::uint64_t next() {
    const std::uint64_t result = at_;
    at_ = (at_ + step_) % n_;
    ++done_;
    return result;
  }

 private:
  std::uint64_t n_, at_ = 0, step_ = 1, done_ = 0;
};

}  // namespace emulation
