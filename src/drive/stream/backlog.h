#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <bowline/buffer.h>

namespace bowline::drive {

/// Bytes that were taken over from sends because the system had no room, in their order: shared where the
/// sender gave them away, so that one buffer sent to many stays one, and else copied.
class Backlog {
 public:
  [[nodiscard]] bool empty() const { return bytes_ == 0; }
  [[nodiscard]] std::size_t size() const { return bytes_; }

  void share(Buffer bytes);
  void copy(std::span<const std::byte> bytes);
  /// Sets the first pieces to what comes first here; how many it set.
  [[nodiscard]] std::size_t fill(std::span<std::span<const std::byte>> pieces) const;
  /// They were written; `count` is at most size().
  void drop(std::size_t count);

 private:
  struct Piece {
    Buffer shared;                  // empty if
    std::vector<std::byte> copied;  // these are the bytes
    [[nodiscard]] std::span<const std::byte> view() const {
      return shared.empty() ? std::span<const std::byte>(copied) : shared.bytes();
    }
  };
  void drop_front_pieces();

  std::vector<Piece> pieces_;
  std::size_t first_ = 0;    // of the pieces; those before it are done
  std::size_t written_ = 0;  // of the first piece
  std::size_t bytes_ = 0;
};

}  // namespace bowline::drive
