// The call stacks of anomaly mode, through backward-cpp.

#include <algorithm>
#include <array>
#include <string_view>

#include <backward.hpp>

#include <reel/autograd/tape/node.h>
#include <reel/tensor/core/check.h>

namespace reel {
namespace {

/// The functions between the user's call and the capture, which the text leaves out.
bool is_machinery(std::string_view function) {
  constexpr std::array<std::string_view, 6> parts{"backward::", "reel::capture_call_stack", "CapturedStack",
                                                  "reel::Node", "reel::detail::",           "reel::apply<"};
  return function.empty() || std::any_of(parts.begin(), parts.end(),
                                         [&](std::string_view part) { return function.find(part) != function.npos; });
}

/// Keeps addresses only: resolving the names takes milliseconds, which only an error justifies.
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
      // The symbol is the function that was called; the debug information's name may be one that was inlined into it.
      const std::string& function = frame.object_function.empty() ? frame.source.function : frame.object_function;
      const auto& place = frame.inliners.empty() ? frame.source : frame.inliners.back();
      if (inside && is_machinery(function)) continue;
      inside = false;
      out += fmt::format("  {}", function.empty() ? "?" : function);
      if (!place.filename.empty()) out += fmt::format(" at {}:{}", place.filename, place.line);
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
