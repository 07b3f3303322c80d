#pragma once

#include <bowline/export.h>

#include <cstdint>
#include <type_traits>
#include <utility>

namespace bowline {
namespace BOWLINE_API detail {

/// Counts the handles on a `T` of one loop, which is one of these. Not atomic: handles live on the loop's
/// thread.
template <class T>
class RefCounted {
 public:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

  void add_ref() { ++references_; }
  void drop_ref() {
    if (--references_ == 0) delete static_cast<T*>(this);
  }

 protected:
  ~RefCounted() = default;

 private:
  std::uint32_t references_ = 0;
};

/// A counted pointer to such an object.
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) : object_(object) {
    if (object_ != nullptr) object_->add_ref();
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <class U>
    requires std::is_convertible_v<U*, T*>
  Ref(const Ref<U>& other) : Ref(other.get()) {}  // NOLINT
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->drop_ref();
  }

  [[nodiscard]] T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

}  // namespace BOWLINE_API detail
}  // namespace bowline
