// What all calls of oneDNN share: the engine, the stream, and what the processor supports.

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>

#include <reel/kernels/cpu/onednn.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/tensor/core/error.h>

namespace reel::kernels::cpu {

const OneDnnSupport& onednn_support() {
  // Each instruction set's number has the bits of those that it includes.
  const auto includes = [](dnnl::cpu_isa wanted) {
    const int bits = static_cast<int>(wanted);
    return (static_cast<int>(dnnl::get_effective_cpu_isa()) & bits) == bits;
  };
  static const OneDnnSupport support{.available = true,
                                     .avx512 = includes(dnnl::cpu_isa::avx512_core),
                                     .bf16 = includes(dnnl::cpu_isa::avx512_core_bf16)};
  return support;
}

namespace onednn {
namespace {

reel::detail::ForkSafeMutex creation(reel::detail::ForkOrder::creation);

constinit LibraryUses uses;
const reel::detail::ForkHook fork_hook(nullptr, []() noexcept { uses.forget(); });

// Held while something is registered: the C library's own lock would stay closed in a child that is forked just then.
reel::detail::ForkSafeMutex registration(reel::detail::ForkOrder::data);

/// Waits for uses at exit before what has been registered so far. In the long run primitives are made for new sizes
/// alone, by code that has been there before.
void register_end() {
  constexpr int most = 8192;
  static constinit std::atomic<int> registrations{0};
  if (registrations.load(std::memory_order_relaxed) < most && registrations.fetch_add(1) < most) {
    const std::scoped_lock lock(registration);
    std::atexit([] { uses.close(); });
  }
}

}  // namespace

const dnnl::engine& engine() {
  static const auto* cpu = new dnnl::engine(dnnl::engine::kind::cpu, 0);  // never destroyed: others may run on
  return *cpu;
}

reel::detail::ForkSafeMutex& creation_mutex() { return creation; }

Use::Use() : use_(uses) {}

Use::~Use() {
  if (new_.load(std::memory_order_relaxed)) register_end();
}

void Use::makes_new() {
  register_end();
  new_.store(true, std::memory_order_relaxed);
}

dnnl::memory::data_type data_type(DType dtype) {
  return dtype == DType::bf16 ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32;
}

dnnl::primitive_attr attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

void rethrow_typed(const char* op) {
  try {
    throw;
  } catch (const dnnl::error& e) {
    const std::string message = std::string(op) + ": oneDNN failed: " + e.what();
    if (e.status == dnnl_out_of_memory) throw OutOfMemoryError(message);
    throw Error(message);
  }
}

void execute(const char* op, const Primitive& primitive, std::initializer_list<Argument> arguments) {
  constexpr std::size_t most = 12;
  const Scratch<std::byte> scratchpad(static_cast<std::int64_t>(primitive.scratchpad.get_size()));
  try {
    // One for all threads: on a CPU it has no state. Never destroyed, as the engine.
    static const auto* stream = new dnnl::stream(engine());
    std::array<dnnl::memory, most> memories;
    std::array<dnnl_exec_arg_t, most> args;
    std::size_t count = 0;
    const auto add = [&](int id, const dnnl::memory::desc& layout, const void* data) {
      memories.at(count) = dnnl::memory(layout, engine(), const_cast<void*>(data));
      args[count] = {id, memories[count].get()};
      ++count;
    };
    for (const Argument& argument : arguments) add(argument.id, argument.layout, argument.data);
    if (scratchpad.data()) add(DNNL_ARG_SCRATCHPAD, primitive.scratchpad, scratchpad.data());
    const ThreadScope scope(primitive.threads);
    dnnl::error::wrap_c_api(
        dnnl_primitive_execute(primitive.primitive.get(), stream->get(), static_cast<int>(count), args.data()),
        "could not execute a primitive");
  } catch (const dnnl::error&) {
    rethrow_typed(op);
  }
}

}  // namespace onednn
}  // namespace reel::kernels::cpu
