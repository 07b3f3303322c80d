#pragma once

#include <bowline/export.h>

#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace bowline {
namespace BOWLINE_API detail {

/// What an operation calls once with its result: any callable, made in place, never moved, copied or
/// null-checked by its user. A small one needs no memory of its own, and the whole takes 32 bytes: idle
/// connections each have one.
///
/// A callable that has a member `dropped()` is told by it, instead of a call, that the loop went away before
/// the operation completed. It is for the library's own: it must run nothing of the user's but destructors.
template <class Result>
class Completion {
 public:
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Completion> &&
             std::invocable<std::decay_t<F>&, Result &&>)
  Completion(F&& callable) {  // NOLINT: a callback is given as it is
    using Callable = std::decay_t<F>;
    if constexpr (requires { static_cast<bool>(callable == nullptr); }) {
      if (callable == nullptr) return;
    }
    if constexpr (is_small<Callable>) {
      std::construct_at(reinterpret_cast<Callable*>(memory_), std::forward<F>(callable));
    } else {
      new (memory_) Callable*(new Callable(std::forward<F>(callable)));
    }
    kind_ = &kind_of<Callable>;
  }
  Completion(std::nullptr_t) {}  // NOLINT
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;
  ~Completion() {
    if (kind_ != nullptr) kind_->destroy(memory_);
  }

  void call(Result&& result) {
    if (kind_ != nullptr) kind_->call(memory_, std::move(result));
  }
  void drop() noexcept {
    if (kind_ != nullptr && kind_->drop != nullptr) kind_->drop(memory_);
  }

 private:
  static constexpr std::size_t bytes_max = 24;
  struct Kind {
    void (*call)(std::byte* memory, Result&& result);
    void (*drop)(std::byte* memory) noexcept;  // may be null
    void (*destroy)(std::byte* memory) noexcept;
  };
  template <class Callable>
  static constexpr bool is_small =
      sizeof(Callable) <= bytes_max && alignof(Callable) <= alignof(void*);

  template <class Callable>
  [[nodiscard]] static Callable& at(std::byte* memory) {
    if constexpr (is_small<Callable>) {
      return *std::launder(reinterpret_cast<Callable*>(memory));
    } else {
      return **std::launder(reinterpret_cast<Callable**>(memory));
    }
  }
  template <class Callable>
  [[nodiscard]] static constexpr auto drop_of() -> void (*)(std::byte*) noexcept {
    if constexpr (requires(Callable& callable) { callable.dropped(); }) {
      return [](std::byte* memory) noexcept { at<Callable>(memory).dropped(); };
    } else {
      return nullptr;
    }
  }
  template <class Callable>
  static constexpr Kind kind_of{[](std::byte* memory, Result&& result) {
                                  static_cast<void>(at<Callable>(memory)(std::move(result)));
                                },
                                drop_of<Callable>(),
                                [](std::byte* memory) noexcept {
                                  if constexpr (is_small<Callable>) {
                                    std::destroy_at(&at<Callable>(memory));
                                  } else {
                                    delete &at<Callable>(memory);
                                  }
                                }};

  alignas(void*) std::byte memory_[bytes_max];
  const Kind* kind_ = nullptr;
};

}  // namespace BOWLINE_API detail
}  // namespace bowline
