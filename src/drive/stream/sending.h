#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <bowline/buffer.h>
#include <bowline/detail/request.h>

#include "drive/stream/backlog.h"
#include "ports/byte_stream.h"

namespace bowline::drive {

enum class SendKind : std::uint8_t {
  plain,
  last,        ///< ends our side
  replayable,  ///< may arrive twice without harm
};

/// Bytes on their way into a stream: borrowed until the request is done, or owned by it.
class SendRequest : public detail::Request<void> {
 public:
  SendRequest(detail::RequestQueue& loop, std::span<const std::byte> bytes, SendKind kind)
      : Request(loop), bytes_(bytes), kind_(kind) {}
  SendRequest(detail::RequestQueue& loop, Buffer bytes, SendKind kind)
      : Request(loop), bytes_(bytes.bytes()), owner_(std::move(bytes)), kind_(kind) {}

  [[nodiscard]] bool is_last() const { return kind_ == SendKind::last; }

 private:
  friend class Sending;
  std::span<const std::byte> bytes_;  // what is not written yet
  Buffer owner_;                      // of the bytes, unless they are borrowed
  SendKind kind_;
  bool touched_ = false;  // some of it was written
  bool offered_ = false;  // as early data
};

/// The sending half of a stream: writes sends in their order, copies what waits for long, and ends our side
/// behind it all.
class Sending {
 public:
  /// What exists once the stream was full; whoever owns the half adds its timer.
  struct Stall {
    virtual ~Stall() = default;
    Backlog backlog;
  };
  enum class Progress : std::uint8_t { done, blocked };

  void set_writable() { writable_ = true; }
  [[nodiscard]] bool is_writable() const { return writable_; }
  /// An earlier send ended our side.
  [[nodiscard]] bool is_ended() const { return fin_wanted_; }
  [[nodiscard]] bool has_sends() const { return !sends_.empty(); }
  [[nodiscard]] bool has_unsent() const {
    return !sends_.empty() || has_backlog() || (fin_wanted_ && !fin_sent_);
  }
  /// The first send has bytes.
  [[nodiscard]] bool speaks() const { return !sends_.empty() && !sends_.front().bytes_.empty(); }
  /// The first send is so small that it is copied rather than waited for.
  [[nodiscard]] bool has_small_send() const {
    return !sends_.empty() && sends_.front().bytes_.size() <= copied_at_once_max;
  }
  /// Handed over and not written.
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }

  /// Only unless is_ended(). True if nothing waits before it.
  bool push(SendRequest& request);
  /// True if half of it is on its way.
  [[nodiscard]] bool withdraw(SendRequest& request);
  /// Writes until everything is, or there is no room; then ends our side, if that is wanted.
  /// errors    what broke the stream; the sends still wait
  [[nodiscard]] Result<Progress> write(ports::ByteStream& stream);

  [[nodiscard]] Stall* stall() const { return stall_.get(); }
  void set_stall(std::unique_ptr<Stall> stall) { stall_ = std::move(stall); }
  /// Takes over what waits, while no more than `bytes_max` are taken over, and completes those sends. Only
  /// with a stall.
  void take_over(std::size_t bytes_max);
  void fail_all(const Error& error);

  // Before there is a stream: what may travel with its handshake.
  /// A copy of the first sends, as far as they may arrive twice; whole ones, up to `bytes_max` together.
  [[nodiscard]] std::vector<std::byte> offer_early(std::size_t bytes_max);
  /// The peer has taken so many of those bytes, or none of them. Their sends are done.
  void take_early(std::size_t bytes);
  /// The peer has taken bytes of a send that was withdrawn meanwhile: what it got makes no sense.
  [[nodiscard]] bool is_spoiled() const { return spoiled_; }

 private:
  static constexpr std::size_t pieces_max = 64;
  static constexpr std::uint64_t queued_bytes_max = (std::uint64_t{1} << 56U) - 1;
  static constexpr std::size_t copied_at_once_max = 4096;
  static constexpr std::size_t shared_bytes_min = 512;  // less is copied: a piece costs memory, too

  [[nodiscard]] bool has_backlog() const { return stall_ && !stall_->backlog.empty(); }
  [[nodiscard]] Result<ports::Transfer> write_queued(ports::ByteStream& stream);
  [[nodiscard]] Result<ports::Transfer> write_pieces(ports::ByteStream& stream);
  [[nodiscard]] Result<Progress> end(ports::ByteStream& stream);
  void set_queued(std::uint64_t bytes) { queued_bytes_ = bytes & queued_bytes_max; }
  void take_written(std::size_t bytes);
  void take_over(SendRequest& send);

  detail::RequestList<SendRequest> sends_;
  std::unique_ptr<Stall> stall_;
  std::uint64_t queued_bytes_ : 56 = 0;
  std::uint64_t writable_ : 1 = 1;
  std::uint64_t fin_wanted_ : 1 = 0;  // behind everything queued
  std::uint64_t fin_sent_ : 1 = 0;
  std::uint64_t spoiled_ : 1 = 0;  // a send that was offered early was withdrawn
};

}  // namespace bowline::drive
