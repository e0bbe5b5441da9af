// op_path NAME COUNT: runs one operation on a few elements COUNT times, for tools/check_instructions to count.
//
// Counts of instructions repeat to a per mille where times vary by tens of per cent.

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include <reel/reel.h>

using namespace reel;

namespace {

/// x + b and x * b in turn, `length` in all.
Tensor chain(Tensor x, const Tensor& b, int length) {
  for (int i = 0; i < length; ++i) x = i % 2 ? x + b : x * b;
  return x;
}

const std::map<std::string, std::function<void(int)>>& operations() {
  static const Tensor a = ones({1}), b = ones({1}), leaf = ones({1}).requires_grad_();
  static const Tensor matrix = ones({4, 4}), row = ones({1000});
  static const auto repeat = [](auto f) {
    return [f](int count) {
      for (int i = 0; i < count; ++i) f();
    };
  };
  constexpr int length = 100;
  static const std::map<std::string, std::function<void(int)>> all{
      {"empty", repeat([] { empty({1}); })},
      {"add", repeat([] { a + b; })},
      {"add recorded", repeat([] { leaf + b; })},
      {"chain of 100 recorded", repeat([] { chain(leaf, b, length); })},
      {"chain of 100 and backward", repeat([] { chain(leaf, b, length).backward(); })},
      {"view", repeat([] { matrix.view({16}); })},
      {"item", repeat([] { a.item(); })},
      {"matmul 4x4", repeat([] { matmul(matrix, matrix); })},
      {"sum of 1000", repeat([] { sum(row); })},
  };
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  set_num_threads(1);
  if (argc == 1) {
    for (const auto& [name, run] : operations()) std::cout << name << '\n';
    return 0;
  }
  const auto found = operations().find(argv[1]);
  if (argc != 3 || found == operations().end()) {
    std::cerr << "usage: op_path [NAME COUNT]\n";
    return 2;
  }
  found->second(std::atoi(argv[2]));
}
