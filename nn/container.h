#pragma once

#include <initializer_list>

#include <reel/nn/any_module.h>
#include <reel/nn/layer.h>

namespace reel::nn {

namespace detail {
[[noreturn]] void fail_name_taken(std::string_view container, const std::string& name);
[[noreturn]] void fail_module_index(std::string_view container, std::int64_t index, std::int64_t count);
}  // namespace detail

/// What Sequential and ModuleList share: children of any classes in order, called "0", "1", ... unless they are named.
template <class Derived> class Container : public Layer<Derived> {
 public:
  /// One without modules, and an empty handle.
  Container() = default;
  Container(NullPointer auto null) : Layer<Derived>(null) {}

  /// Appends a module, or a function of one tensor. A name that exists is a ValueError.
  void push_back(AnyModule module) { push_back(std::to_string(size()), std::move(module)); }
  void push_back(const std::string& name, AnyModule module) {
    if (this->has_child(name)) detail::fail_name_taken(this->type_name(), name);
    this->register_module(name, module.module());
    modules_->push_back(std::move(module));
  }

  /// How many there are.
  std::size_t size() const { return modules_->size(); }
  /// Module i, callable with a tensor; a negative index counts from the end. An IndexError outside.
  AnyModule& operator[](std::int64_t i) const {
    const auto count = static_cast<std::int64_t>(size());
    if (i < -count || i >= count) detail::fail_module_index(this->type_name(), i, count);
    return (*modules_)[static_cast<std::size_t>(i < 0 ? i + count : i)];
  }
  /// Module i as the class it was made of: `net.at<nn::Linear>(0).weight`. A ValueError for another class.
  template <class M> M& at(std::int64_t i) const { return (*this)[i].template as<M>(); }
  /// For range-based loops over AnyModule.
  auto begin() const { return modules_->begin(); }
  auto end() const { return modules_->end(); }

 private:
  std::shared_ptr<std::vector<AnyModule>> modules_ = std::make_shared<std::vector<AnyModule>>();  // for all copies
};

}  // namespace reel::nn
