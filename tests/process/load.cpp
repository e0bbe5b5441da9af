// load PLUGIN LIBRARY...: a host that is linked without Reel loads, uses and unloads a plug-in and the libraries,
// twice, of which the libraries stay; then it forks, and both processes end.

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  for (int round = 0; round < 2; ++round) {
    for (int i = 1; i < argc; ++i) {
      void* library = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
      if (!library) {
        std::fprintf(stderr, "%s\n", dlerror());
        return 1;
      }
      auto* check = reinterpret_cast<int (*)()>(dlsym(library, "reel_plugin_check"));
      if ((i == 1) != (check != nullptr) || (check && check() != 0)) {
        std::fprintf(stderr, "%s computes wrong\n", argv[i]);
        return 1;
      }
      dlclose(library);
      if (i > 1 && !dlopen(argv[i], RTLD_NOW | RTLD_NOLOAD)) {
        std::fprintf(stderr, "%s was unloaded\n", argv[i]);
        return 1;
      }
    }
  }
  const pid_t child = fork();
  if (child == 0) return 0;
  int status = -1;
  waitpid(child, &status, 0);
  return status == 0 ? 0 : 1;
}
