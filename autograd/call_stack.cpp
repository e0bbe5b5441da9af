// The call stacks of anomaly mode, through backward-cpp.

#include <algorithm>
#include <array>
#include <string_view>

#include <backward.hpp>

#include <reel/autograd/node.h>
#include <reel/tensor/check.h>

namespace reel {
namespace {

/// The functions between a user's call and the capture say nothing. Symbols carry their namespaces, debug information
/// only the bare name but the file.
bool is_machinery(std::string_view function, std::string_view file) {
  constexpr std::array<std::string_view, 6> functions{"backward::", "reel::capture_call_stack", "CapturedStack",
                                                      "reel::Node", "reel::detail::",           "reel::apply<"};
  constexpr std::array<std::string_view, 3> files{"autograd/call_stack.cpp", "autograd/node.cpp", "reel/autograd/op.h"};
  const auto in_function = [&](std::string_view part) { return function.find(part) != function.npos; };
  const auto ends_file = [&](std::string_view part) { return file.ends_with(part); };
  return function.empty() || std::any_of(functions.begin(), functions.end(), in_function) ||
         std::any_of(files.begin(), files.end(), ends_file);
}

/// Addresses only: finding the functions' names takes milliseconds, which only an error is worth.
class CapturedStack final : public CallStack {
 public:
  CapturedStack() { stack_.load_here(48); }

  std::string text() const override {
    backward::TraceResolver resolver;
    resolver.load_stacktrace(stack_);
    std::string out;
    bool inside = true;
    for (std::size_t i = 0; i < stack_.size(); ++i) {
      const backward::ResolvedTrace frame = resolver.resolve(stack_[i]);
      const std::string& source = frame.source.function;
      const std::string& function = source.empty() ? frame.object_function : source;
      if (inside && is_machinery(function, frame.source.filename)) continue;
      inside = false;
      out += fmt::format("  {}", function.empty() ? "?" : function);
      if (!frame.source.filename.empty()) out += fmt::format(" at {}:{}", frame.source.filename, frame.source.line);
      else if (!frame.object_filename.empty()) out += fmt::format(" in {}", frame.object_filename);
      out += '\n';
    }
    return out;
  }

 private:
  backward::StackTrace stack_;
};

}  // namespace

std::unique_ptr<CallStack> capture_call_stack() { return std::make_unique<CapturedStack>(); }

}  // namespace reel
