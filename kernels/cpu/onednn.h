#pragma once

#include <omp.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <oneapi/dnnl/dnnl.hpp>

#include <reel/kernels/cpu/library_uses.h>
#include <reel/kernels/cpu/onednn_support.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/fork.h>

/// What the files that call oneDNN share: engine, stream, cached primitives. Only `*_onednn.cpp` include this.
///
/// A primitive belongs to the number of threads that it was created for: with another number, or inside a parallel
/// region, executing it hangs or is wrong. So `PrimitiveCache` holds one for each thread count, and both `get` and
/// `execute` set the calling thread's OpenMP count, and nobody else's, for as long as they run. OpenMP gives fewer
/// threads than were asked for without saying so: `ThreadScope` and `onednn_threads` leave it no reason to.
namespace reel::kernels::cpu::onednn {

/// The one CPU engine.
const dnnl::engine& engine();

/// f32 or bf16.
dnnl::memory::data_type data_type(DType dtype);

/// Whether oneDNN has more than a reference loop for what was described, if anything.
template <class PrimitiveDesc> bool is_optimised(const PrimitiveDesc& desc) {
  return desc && std::string_view(desc.impl_info_str()).find("ref") == std::string_view::npos;
}

/// Attributes with which `execute` provides the scratchpad: oneDNN's own scratchpads break when a primitive is executed
/// by another thread than created it.
dnnl::primitive_attr attributes();

/// Turns the dnnl::error being handled into one of ours; call it inside a catch block.
[[noreturn]] void rethrow_typed(const char* op);

/// Sets the number of threads of the parallel regions that the calling thread opens, for a scope: what
/// `onednn_threads` says, or 1.
class [[nodiscard]] ThreadScope {
 public:
  explicit ThreadScope(int threads) : former_(omp_get_max_threads()), dynamic_(omp_get_dynamic()) {
    if (threads != former_) omp_set_num_threads(threads);
    if (dynamic_) omp_set_dynamic(0);  // with it, a busy machine's regions get fewer
  }
  ~ThreadScope() {
    omp_set_num_threads(former_);
    if (dynamic_) omp_set_dynamic(dynamic_);
  }
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  int former_, dynamic_;
};

/// A primitive with the layouts that it was created for.
struct Primitive {
  dnnl::primitive primitive;
  dnnl::memory::desc scratchpad;
  int threads = 1;

  Primitive() = default;
  template <class PrimitiveDesc, class Kind> Primitive(const PrimitiveDesc& desc, Kind made, int thread_count)
      : primitive(std::move(made)), scratchpad(desc.scratchpad_desc()), threads(thread_count) {}
};

/// One tensor of a call: DNNL_ARG_SRC and so on, its layout, its memory.
struct Argument {
  int id;
  const dnnl::memory::desc& layout;
  const void* data;  // oneDNN asks for void* even of what it only reads
};

/// Runs a primitive on the calling thread's behalf and waits for it. Throws typed errors.
void execute(const char* op, const Primitive& primitive, std::initializer_list<Argument> arguments);

/// A use of oneDNN, from the search for a primitive to the end of its execution. oneDNN frees its generated code and
/// its tables when the program ends, whatever still runs. So the end of the program waits for the uses that have begun
/// and refuses those that come later: static destructors and threads that run on compute without oneDNN.
class [[nodiscard]] Use {
 public:
  Use();
  ~Use();
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  /// Whether oneDNN may be used.
  explicit operator bool() const { return static_cast<bool>(use_); }
  /// In this use oneDNN comes to keep things that it will free at the end of the program, the newest first: the end
  /// must wait before it frees those that are there by now, and those that are there when the use is over. Several
  /// threads of one use may say so.
  void makes_new();

 private:
  LibraryUse use_;
  std::atomic<bool> new_{false};
};

/// Held while oneDNN makes a primitive, one after the other: its own caches and their locks must be at rest when the
/// process forks.
reel::detail::ForkSafeMutex& creation_mutex();

/// The least recently used primitives are dropped beyond `capacity`. Keys are the N numbers that describe a call
/// (sizes, strides, options); the number of threads is added to them here. Thread-safe, and never destroyed.
template <std::size_t N, class Value = Primitive> class PrimitiveCache {
 public:
  using Key = std::array<std::int64_t, N>;

  explicit PrimitiveCache(std::size_t capacity = 512) : capacity_(capacity) {}

  /// The value for this key and thread count; `make()` creates a missing one (67-200 us for a primitive).
  template <class Make>
  std::shared_ptr<const Value> get(Use& use, const char* op, const Key& key, int threads, Make&& make) {
    const FullKey full{key, threads};
    if (auto found = find(full)) return found;
    const std::scoped_lock creating(creation_mutex());
    if (auto found = find(full)) return found;  // another thread was faster
    const ThreadScope scope(threads);
    std::shared_ptr<const Value> value;
    try {
      value = std::make_shared<const Value>(make());
    } catch (const dnnl::error&) {
      rethrow_typed(op);
    }
    use.makes_new();
    const std::scoped_lock lock(mutex_);
    entries_.push_front({full, value});
    try {
      index_.emplace(full, entries_.begin());
    } catch (...) {
      entries_.pop_front();
      throw;
    }
    if (entries_.size() > capacity_) {
      index_.erase(entries_.back().key);
      entries_.pop_back();
    }
    return value;
  }

 private:
  struct FullKey {
    Key key;
    int threads;
    bool operator==(const FullKey&) const = default;
  };
  struct Hash {
    std::size_t operator()(const FullKey& full) const {
      std::uint64_t h = static_cast<std::uint64_t>(full.threads);
      for (const std::int64_t word : full.key)
        h = (h ^ static_cast<std::uint64_t>(word)) * 0x9E3779B97F4A7C15u + (h >> 29);
      return static_cast<std::size_t>(h ^ (h >> 32));
    }
  };
  struct Entry {
    FullKey key;
    std::shared_ptr<const Value> value;
  };

  std::shared_ptr<const Value> find(const FullKey& full) {
    const std::scoped_lock lock(mutex_);
    const auto found = index_.find(full);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  reel::detail::ForkSafeMutex mutex_{reel::detail::ForkOrder::data};
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<FullKey, typename std::list<Entry>::iterator, Hash> index_;
  std::size_t capacity_;
};

}  // namespace reel::kernels::cpu::onednn
