// Modules as text.

#include <cxxabi.h>
#include <cstdlib>
#include <memory>

#include <reel/nn/module_state.h>

namespace reel::nn {
namespace {

/// The lines of `text` after the first, two spaces further in.
std::string indent(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

}  // namespace

std::string Module::type_name_of(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> demangled(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                         std::free);
  const std::string full = status == 0 ? demangled.get() : type.name();
  // The last name outside template arguments: "Net" of "(anonymous namespace)::Net<reel::Tensor>".
  std::string name;
  int depth = 0;
  for (std::size_t i = 0; i < full.size(); ++i) {
    if (full[i] == '<') ++depth;
    else if (full[i] == '>') --depth;
    else if (depth == 0 && full.compare(i, 2, "::") == 0) name.clear(), ++i;
    else if (depth == 0) name += full[i];
  }
  return name;
}

const std::string& Module::type_name() const { return state().type_name; }
void Module::set_type_name(const std::string& name) { state().type_name = name; }
void Module::set_extra_text(std::string text) { state().extra_text = std::move(text); }

std::string Module::describe(const std::string& name) const {
  if (!state_) return name + "(empty)";
  std::string lines;
  for (const auto& [key, child] : state().children) {
    lines += "\n  (" + key + "): " + indent(to_string(child));
  }
  if (lines.empty()) return name + "(" + state().extra_text + ")";
  const std::string extra = state().extra_text.empty() ? "" : "\n  " + indent(state().extra_text);
  return name + "(" + extra + lines + "\n)";
}

std::string to_string(const Module& module) { return module.describe(module ? module.type_name() : "Module"); }

}  // namespace reel::nn
