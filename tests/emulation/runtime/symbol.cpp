// Names of kernels from the symbol table of their file, for dladdr does not know those in anonymous namespaces.

#include "runtime/symbol.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <vector>

namespace emulation {
namespace {

using Names = std::map<std::uintptr_t, std::string>;  // by offset from where the file is loaded

template <class T> std::vector<T> read(std::ifstream& file, std::uint64_t offset, std::uint64_t count) {
  std::vector<T> data(count);
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(reinterpret_cast<char*>(data.data()), static_cast<std::streamsize>(count * sizeof(T)));
  return data;
}

Names read_names(const char* path) {
  Names names;
  std::ifstream file(path, std::ios::binary);
  const auto header = read<ElfW(Ehdr)>(file, 0, 1).front();
  if (!file || header.e_shentsize != sizeof(ElfW(Shdr))) return names;
  const auto sections = read<ElfW(Shdr)>(file, header.e_shoff, header.e_shnum);
  for (const auto& section : sections) {
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= sections.size()) continue;
    const auto& text = sections[section.sh_link];
    std::vector<char> strings = read<char>(file, text.sh_offset, text.sh_size);
    strings.push_back('\0');
    for (const auto& symbol : read<ElfW(Sym)>(file, section.sh_offset, section.sh_size / sizeof(ElfW(Sym)))) {
      if ((symbol.st_info & 0xf) == STT_FUNC && symbol.st_name < strings.size()) {
        names[symbol.st_value] = &strings[symbol.st_name];
      }
    }
  }
  return names;
}

}  // namespace

const char* symbol_of(const void* function) {
  static auto* files = new std::map<std::uintptr_t, Names>;  // by where they are loaded
  Dl_info info{};
  link_map* map = nullptr;
  if (!dladdr1(function, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) || !map) return nullptr;
  if (!files->contains(map->l_addr)) {
    files->emplace(map->l_addr, read_names(*map->l_name ? map->l_name : "/proc/self/exe"));
  }
  const Names& names = files->at(map->l_addr);
  const auto at = names.find(reinterpret_cast<std::uintptr_t>(function) - map->l_addr);
  return at == names.end() ? nullptr : at->second.c_str();
}

std::string name_of(const void* function) {
  const char* symbol = symbol_of(function);
  if (!symbol) return "a kernel";
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(symbol, nullptr, nullptr, &status), std::free);
  return name ? name.get() : symbol;
}

}  // namespace emulation
