// Loads a shared library and its functions when they are first needed.

#include <reel/kernels/cuda/runtime/library.h>

#include <dlfcn.h>

#include <cstdlib>
#include <vector>

namespace reel::kernels::cuda {

Library::Library(std::initializer_list<const char*> names) {
  std::vector<std::string> folders{""};
  if (const char* own = std::getenv("REEL_CUDA_LIBRARIES")) folders.push_back(std::string(own) + "/");
  folders.push_back("/usr/local/cuda/lib64/");
  for (const char* name : names) {
    for (const std::string& folder : folders) {
      handle_ = dlopen((folder + name).c_str(), RTLD_NOW | RTLD_LOCAL);
      if (handle_) return;
    }
  }
  problem_ = std::string(*names.begin()) + " was not found (searched: the loader's path, $REEL_CUDA_LIBRARIES, " +
             folders.back() + ")";
}

void* Library::symbol(const char* name) {
  if (!handle_) return nullptr;
  void* function = dlsym(handle_, name);
  if (!function && problem_.empty()) problem_ = std::string("the library has no function ") + name;
  return function;
}

}  // namespace reel::kernels::cuda
