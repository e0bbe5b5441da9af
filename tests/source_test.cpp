// The library's sources keep the rules that no compiler checks: layers, no printing or aborting, light headers, small
// files.

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "support/source_files.h"

using namespace reel::testing;

namespace {

const std::vector<std::string> kFolders{"tensor", "kernels", "autograd", "ops", "nn", "optim", "data", "train"};

/// The leaf headers of tensor/, which know nothing of tensors.
const std::set<std::string> kLeaf{"tensor/core/allocator.h",   "tensor/core/cuda.h",        "tensor/core/cuda_graph.h",
                                  "tensor/core/cuda_stream.h", "tensor/core/device.h",      "tensor/core/dtype.h",
                                  "tensor/core/error.h",       "tensor/core/generator.h",   "tensor/core/half.h",
                                  "tensor/core/host_device.h", "tensor/core/intrusive.h",   "tensor/core/scalar.h",
                                  "tensor/core/shape.h",       "tensor/core/small_vector.h"};

bool starts_with_any(const std::string& file, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& p) { return file.starts_with(p); });
}

/// Whether a file of the library may include a header: the table of docs/design.md.
bool may_include(const std::string& file, const std::string& header) {
  const std::string folder = file.substr(0, file.find('/'));
  if (header.starts_with(folder + "/") && folder != "autograd" && !kLeaf.contains(file)) return true;
  if (kLeaf.contains(header)) return true;
  if (kLeaf.contains(file) || folder == "kernels" || folder == "tensor") return false;
  if (folder == "autograd") {
    // The tape itself knows tensors only; what works on gradients calls operations.
    const std::vector<std::string> core{"autograd/tape/"};
    if (starts_with_any(header, {"tensor/", "autograd/"})) return true;
    return header == "ops/ops.h" && !starts_with_any(file, core);
  }
  if (folder == "ops") {
    return starts_with_any(header, {"tensor/", "kernels/"}) || header == "autograd/tape/op.h" ||
           header == "autograd/tape/node.h" || header == "autograd/tape/grad_mode.h" ||
           header == "autograd/tape/autocast.h";
  }
  const std::vector<std::string> shared{
      "tensor/", "ops/", "autograd/engine.h", "autograd/gradcheck.h", "autograd/tape/grad_mode.h", "kernels/threads.h"};
  if (folder == "nn") return starts_with_any(header, shared);
  if (folder == "data") {  // numbers of its own for each sample, drawn in parallel; batches of images
    return starts_with_any(header, shared) || header == "kernels/random.h" || header == "kernels/cpu/parallel.h" ||
           header == "kernels/image_batch.h";
  }
  if (folder == "optim") return starts_with_any(header, shared) || header.starts_with("kernels/");
  if (folder == "train") {
    return starts_with_any(header, {"tensor/", "ops/", "autograd/", "nn/", "optim/", "data/", "kernels/threads.h"});
  }
  return false;
}

/// Calls `check(file, text)` for every file of the library.
template <class F> void for_each_file(F&& check) {
  for (const std::string& folder : kFolders) {
    for (const auto& file : source_files(folder)) check(file.string(), read_text(source_dir() / file));
  }
}

std::vector<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) found.push_back(it->str(1));
  return found;
}

}  // namespace

TEST_CASE("every include goes down the table of layers") {
  static const std::regex ours(R"rx(#\s*include\s*[<"]reel/([^>"]+)[>"])rx");
  static const std::regex quoted(R"rx(#\s*include\s*"([^"]+)")rx");
  for_each_file([](const std::string& file, const std::string& text) {
    for (const std::string& header : matches(text, ours)) {
      INFO(file << " includes reel/" << header);
      CHECK(may_include(file, header));
      CHECK(std::filesystem::exists(source_dir() / header));
    }
    INFO(file << " includes by a relative path");
    CHECK(matches(text, quoted).empty());
  });
}

TEST_CASE("the library neither prints, nor ends the program, nor asserts") {
  static const std::regex forbidden(
      R"((?:^|[^\w.>])((?:std::)?(?:abort|exit|_Exit|quick_exit|terminate|printf|fprintf|vprintf|puts|fputs|putchar|perror|assert)\s*\(|std::c(?:out|err|log)\b|\bstd(?:out|err)\b|fmt::print|#\s*include\s*<(?:iostream|cassert|assert\.h)>))");
  for_each_file([](const std::string& file, const std::string& text) {
    const std::vector<std::string> found = matches(without_comments(text), forbidden);
    INFO(file << ": " << (found.empty() ? "" : found.front()));
    CHECK(found.empty());
  });
}

TEST_CASE("headers are light: one guard, no using namespace, of fmt only its core") {
  static const std::regex heavy(R"((#\s*include\s*<(?:fmt/(?!core\.h)[^>]*|regex|iostream|omp\.h)>|using namespace))");
  for_each_file([](const std::string& file, const std::string& text) {
    if (!file.ends_with(".h")) return;
    INFO(file);
    CHECK(text.starts_with("#pragma once"));
    if (file.starts_with("kernels/cpu/")) return;  // not installed
    const std::vector<std::string> found = matches(without_comments(text), heavy);
    INFO((found.empty() ? "" : found.front()));
    CHECK(found.empty());
  });
}

TEST_CASE("files fit in the head") {
  constexpr long limit = 450;
  // A longer one needs a reason.
  const std::map<std::string, std::string> allowed{
      {"ops/ops.h", "the table of contents of all operations"},
      {"kernels/scalar_ops.h", "the list of all scalar functors"},
  };
  for_each_file([&](const std::string& file, const std::string& text) {
    const long lines = std::count(text.begin(), text.end(), '\n');
    INFO(file << " has " << lines << " lines");
    CHECK((lines <= limit || allowed.contains(file)));
  });
  for (const std::string folder : {"tests", "benchmarks", "examples"}) {
    for (const auto& file : source_files(folder)) {
      const std::string text = read_text(source_dir() / file);
      const long lines = std::count(text.begin(), text.end(), '\n');
      INFO(file.string() << " has " << lines << " lines");
      CHECK(lines <= limit);
    }
  }
}

TEST_CASE("the rules themselves") {
  CHECK(without_comments("a // printf(\nb /* exit( */ c \"abort(\" '\\'' d") == "a \nb  c \"\"  d");
  CHECK(may_include("ops/relu.cpp", "autograd/tape/op.h"));
  CHECK_FALSE(may_include("ops/relu.cpp", "autograd/engine.h"));
  CHECK_FALSE(may_include("ops/relu.cpp", "nn/module.h"));
  CHECK_FALSE(may_include("kernels/cpu/copy.cpp", "tensor/tensor.h"));
  CHECK(may_include("kernels/cpu/copy.cpp", "tensor/core/dtype.h"));
  CHECK_FALSE(may_include("tensor/core/shape.h", "tensor/tensor.h"));
  CHECK_FALSE(may_include("tensor/tensor.cpp", "ops/ops.h"));
  CHECK_FALSE(may_include("autograd/tape/node.cpp", "ops/ops.h"));
  CHECK(may_include("autograd/engine.cpp", "ops/ops.h"));
  CHECK_FALSE(may_include("nn/linear.cpp", "kernels/elementwise.h"));
  CHECK_FALSE(may_include("data/mnist.cpp", "nn/module.h"));
}
