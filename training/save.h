#pragma once

#include <memory>
#include <string>

#include <reel/nn/module.h>
#include <reel/optim/optimizer.h>
#include <reel/tensor/tensor.h>

/// One object in one file, `save(net, "net.safetensors")` and `load(net, "net.safetensors")`: a safetensors file,
/// written all at once (data/atomic_file.h). Several objects go into one file with `training::Checkpoint`.
namespace reel {

/// Writes a tensor (as "tensor"), a list of tensors ("0", "1", ...), or the state of a module or an optimizer under its
/// own names, which are PyTorch's. A ValueError for undefined tensors, an IOError if the file cannot be written.
void save(const Tensor& tensor, const std::string& path);
void save(const Tensors& tensors, const std::string& path);
void save(const nn::Module& module, const std::string& path);
void save(const optim::Optimizer& optimizer, const std::string& path);

/// Reads what `save` has written for an object of the same kind: a tensor or a list is replaced by what the file holds,
/// on the CPU; a module or an optimizer, which must be made alike, takes over the state. A module also takes files that
/// Python wrote. A FormatError if the file holds something else, a ValueError (or another error of `load_state_dict`)
/// if its state does not fit; then nothing has changed.
void load(Tensor& tensor, const std::string& path);
void load(Tensors& tensors, const std::string& path);
void load(const nn::Module& module, const std::string& path);
void load(optim::Optimizer& optimizer, const std::string& path);

/// The same for an object behind a shared pointer.
template <class T> void save(const std::shared_ptr<T>& object, const std::string& path) { save(*object, path); }
template <class T> void load(const std::shared_ptr<T>& object, const std::string& path) { load(*object, path); }

}  // namespace reel
