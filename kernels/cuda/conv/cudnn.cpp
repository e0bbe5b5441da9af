// Loads cuDNN and calls its backend API.

#include <reel/kernels/cuda/conv/cudnn.h>

#include <algorithm>

#include <reel/kernels/cuda/runtime/library.h>

namespace reel::kernels::cuda::cudnn {
namespace {

struct Loaded {
  Functions functions{};
  std::string problem;

  Loaded() {
    Library library{"libcudnn.so.9"};
    library.load(functions.get_version, "cudnnGetVersion");
    library.load(functions.get_error_string, "cudnnGetErrorString");
    library.load(functions.create, "cudnnCreate");
    library.load(functions.set_stream, "cudnnSetStream");
    library.load(functions.create_descriptor, "cudnnBackendCreateDescriptor");
    library.load(functions.destroy_descriptor, "cudnnBackendDestroyDescriptor");
    library.load(functions.set_attribute, "cudnnBackendSetAttribute");
    library.load(functions.get_attribute, "cudnnBackendGetAttribute");
    library.load(functions.finalize, "cudnnBackendFinalize");
    library.load(functions.execute, "cudnnBackendExecute");
    problem = library.problem();
    if (problem.empty() && functions.get_version() < 90000) {
      problem = "libcudnn.so.9 is version " + std::to_string(functions.get_version()) + ", expected at least 90000";
    }
  }
};

const Loaded& loaded() {
  static const auto* instance = new Loaded;
  return *instance;
}

}  // namespace

const Functions& Functions::get() {
  if (!problem().empty()) throw DeviceError("cuda: " + problem());
  return loaded().functions;
}

const std::string& Functions::problem() { return loaded().problem; }

void check_status(Status status, const char* call) {
  if (status == Status::success) return;
  throw Failure(std::string("cuda: ") + call + " failed with cuDNN status " + std::to_string(static_cast<int>(status)) +
                ", " + Functions::get().get_error_string(status));
}

Descriptor::Descriptor(DescriptorType type) {
  check_status(Functions::get().create_descriptor(type, &raw_), "cudnnBackendCreateDescriptor");
}

Descriptor::~Descriptor() {
  if (raw_) Functions::get().destroy_descriptor(raw_);
}

Descriptor& Descriptor::set(Attribute attribute, AttributeType type, std::int64_t count, const void* elements) {
  check_status(Functions::get().set_attribute(raw_, attribute, type, count, elements), "cudnnBackendSetAttribute");
  return *this;
}

Descriptor& Descriptor::set(Attribute attribute, std::span<const Descriptor> others) {
  std::vector<void*> raw(others.size());
  std::transform(others.begin(), others.end(), raw.begin(), [](const Descriptor& d) { return d.raw_; });
  return set(attribute, AttributeType::descriptor, static_cast<std::int64_t>(raw.size()), raw.data());
}

void Descriptor::finalize() { check_status(Functions::get().finalize(raw_), "cudnnBackendFinalize"); }
bool Descriptor::try_finalize() { return Functions::get().finalize(raw_) == Status::success; }

std::size_t Descriptor::get(Attribute attribute, AttributeType type, std::int64_t capacity, void* elements) const {
  std::int64_t count = 0;
  check_status(Functions::get().get_attribute(raw_, attribute, type, capacity, &count, elements),
               "cudnnBackendGetAttribute");
  return static_cast<std::size_t>(std::min(count, capacity));
}

std::vector<Descriptor> Descriptor::get_descriptors(Attribute attribute, DescriptorType type) const {
  std::int64_t count = 0;
  const auto fill = [&](std::int64_t capacity, void** elements) {
    check_status(Functions::get().get_attribute(raw_, attribute, AttributeType::descriptor, capacity, &count, elements),
                 "cudnnBackendGetAttribute");
  };
  fill(0, nullptr);
  std::vector<Descriptor> found;  // cuDNN fills in objects that are there already
  std::vector<void*> raw;
  for (std::int64_t i = 0; i < count; ++i) raw.push_back(found.emplace_back(type).raw_);
  fill(count, raw.data());
  while (static_cast<std::int64_t>(found.size()) > count) found.pop_back();
  return found;
}

}  // namespace reel::kernels::cuda::cudnn
