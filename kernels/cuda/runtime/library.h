#pragma once

#include <initializer_list>
#include <string>

namespace reel::kernels::cuda {

/// A shared library that is loaded when it is first needed: a program that never multiplies matrices on a GPU must not
/// pay for hundreds of megabytes, nor fail to start where they are missing.
class Library {
 public:
  /// Loads the first of the names that is found: along the loader's path, then in `$REEL_CUDA_LIBRARIES`, then where
  /// the toolkit lies by default. It stays loaded for good.
  explicit Library(std::initializer_list<const char*> names);

  /// What went wrong; empty if nothing did.
  const std::string& problem() const { return problem_; }
  /// The function `name`, or null, and then `problem` says that it is missing.
  template <class Function> void load(Function*& function, const char* name) {
    function = reinterpret_cast<Function*>(symbol(name));
  }

 private:
  void* symbol(const char* name);

  void* handle_ = nullptr;
  std::string problem_;
};

}  // namespace reel::kernels::cuda
