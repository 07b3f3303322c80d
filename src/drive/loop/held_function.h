#pragma once

#include <functional>
#include <utility>

#include <bowline/detail/ref.h>

namespace bowline::drive {

template <class Signature>
class HeldFunction;

/// A function of the user's that is called again and again, in place. It may be replaced or cleared
/// while it runs:
/// the one that runs is destroyed behind its call.
template <class... Arguments>
class HeldFunction<void(Arguments...)> {
 public:
  using Function = std::move_only_function<void(Arguments...)>;

  void set(Function function) {
    // What is replaced may call back from its destructor: so the new one is in place before.
    const detail::Ref<Holder> before =
        std::exchange(holder_, function ? detail::Ref<Holder>(new Holder(std::move(function)))
                                        : detail::Ref<Holder>());
  }
  void clear() noexcept { const detail::Ref<Holder> before = std::exchange(holder_, {}); }
  explicit operator bool() const { return holder_.get() != nullptr; }
  /// Only if there is one.
  void call(Arguments... arguments) const {
    const detail::Ref<Holder> running = holder_;
    running->function(std::forward<Arguments>(arguments)...);
  }

 private:
  struct Holder : detail::RefCounted<Holder> {
    explicit Holder(Function held) : function(std::move(held)) {}
    Function function;
  };
  detail::Ref<Holder> holder_;
};

}  // namespace bowline::drive
