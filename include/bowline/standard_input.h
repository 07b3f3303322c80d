#pragma once

#include <bowline/export.h>
#include <bowline/loop.h>
#include <bowline/message.h>
#include <bowline/operation.h>

#include <cstddef>
#include <utility>

namespace bowline::drive {
class StandardInput;
}

namespace BOWLINE_API bowline {

/// Standard input as a stream that never keeps its loop waiting: a terminal, a pipe, a socket, a file or
/// /dev/null. Other processes that share the terminal or the pipe notice nothing: it stays blocking for them.
/// Copies are handles on the same. In the simulator there is none: `unsupported`.
///
/// thread    its loop's
/// limits    one loop of a process should read it: two would share its bytes by chance. A file on a slow disk
///           does keep the loop waiting, as no system call asks first. Nothing is read ahead of a receive.
class StandardInput {
 public:
  StandardInput() = default;
  StandardInput(const StandardInput& other);
  StandardInput(StandardInput&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  StandardInput& operator=(StandardInput other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~StandardInput();
  explicit operator bool() const { return core_ != nullptr; }

  /// As StreamConnection::receive: from `min` to `max` bytes, fewer only at the end, which an empty
  /// message with
  /// end_of_stream() tells. An operation that is dropped leaves what it had read for the next one.
  ///
  /// errors    invalid_argument; what the system says of an input that is closed or cannot be read
  [[nodiscard]] Operation<Message> receive(std::size_t min = 1, std::size_t max = 65'536);

 private:
  friend class Loop;
  explicit StandardInput(drive::StandardInput& core);

  drive::StandardInput* core_ = nullptr;  // counted
};

}  // namespace BOWLINE_API bowline
