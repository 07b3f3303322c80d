#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <bowline/detail/request.h>
#include <bowline/message.h>

#include "base/buffer_pool.h"
#include "drive/stream/kept_bytes.h"
#include "ports/byte_stream.h"

namespace bowline::drive {

/// What a receive asks for. It is its RequestBase::kind, by which the receiving half knows the types below.
enum class Wish : std::uint8_t { some, into, exactly, until };

/// A receive of bytes, as a slice of the loop's memory: from `min` to `max`, or exactly `min`, which then is
/// `max` too.
class ReceiveRequest : public detail::Request<Message> {
 public:
  ReceiveRequest(detail::RequestQueue& loop, Wish wish, std::size_t min, std::size_t max)
      : Request(loop, static_cast<std::uint8_t>(wish)),
        min_(static_cast<std::uint32_t>(std::min(min, bytes_max))),
        max_(min > bytes_max ? 0 : static_cast<std::uint32_t>(std::min(max, bytes_max))) {}

  [[nodiscard]] bool is_valid() const { return max_ > 0 && min_ <= max_; }

 private:
  friend class Receiving;
  static constexpr std::size_t bytes_max = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t min_;
  std::uint32_t max_;  // 0 if what was asked for is too much
};

/// A receive up to and including a delimiter, in at most `max` bytes.
class ReceiveUntilRequest : public ReceiveRequest {
 public:
  static constexpr std::size_t delimiter_bytes_max = 256;

  ReceiveUntilRequest(detail::RequestQueue& loop, std::string delimiter, std::size_t max)
      : ReceiveRequest(loop, Wish::until, 1, max), delimiter_(std::move(delimiter)) {}

  [[nodiscard]] bool is_valid() const {
    return ReceiveRequest::is_valid() && !delimiter_.empty() &&
           delimiter_.size() <= delimiter_bytes_max;
  }

 private:
  friend class Receiving;
  std::string delimiter_;
  std::size_t searched_ = 0;  // of what is kept: no delimiter begins in here
};

/// A receive straight into the caller's memory.
class ReceiveIntoRequest : public detail::Request<std::size_t> {
 public:
  ReceiveIntoRequest(detail::RequestQueue& loop, std::span<std::byte> into, std::size_t min)
      : Request(loop, static_cast<std::uint8_t>(Wish::into)), into_(into), min_(min) {}

  [[nodiscard]] bool is_valid() const { return !into_.empty() && min_ <= into_.size(); }

 private:
  friend class Receiving;
  std::span<std::byte> into_;
  std::size_t min_;
  std::size_t received_ = 0;
};

/// The receiving half of a stream: remembers whether there may be something to read, serves receives in
/// their order, and keeps what was read for one that was then dropped.
///
/// Nothing is read that nobody waits for. What breaks the stream is returned; whoever owns the half then
/// calls fail_all. For want of memory calls throw std::bad_alloc, and if that left a gap in the stream
/// has_gap() says so: all receives have failed then, and the stream is good for nothing any more.
class Receiving {
 public:
  /// Where bytes come from, and how many came.
  struct Source {
    ports::ByteStream* stream;  ///< null once it is gone: then what is kept is all there is
    BufferPool* pool;           ///< null once the loop is gone
    std::size_t read_bytes = 0;
  };

  void set_readable() { readable_ = true; }
  [[nodiscard]] bool is_readable() const { return readable_; }
  /// Nothing more will come.
  [[nodiscard]] bool has_ended() const { return ended_; }
  [[nodiscard]] bool has_received() const { return received_any_; }
  [[nodiscard]] bool has_kept() const { return kept_ != nullptr; }
  [[nodiscard]] bool has_gap() const { return gap_; }
  [[nodiscard]] bool is_waited_for() const { return !receives_.empty(); }

  void push(detail::RequestBase& request) { receives_.push(request); }
  [[nodiscard]] bool is_first(const detail::RequestBase& request) const {
    return &receives_.front() == &request;
  }
  /// Finishes as many receives as can be.
  [[nodiscard]] Result<void> serve(Source& source);
  /// Takes out a receive that waits; what it had gathered is kept.
  void withdraw(detail::RequestBase& request);
  /// A receive that was done is not told: it waits again ahead of all.
  void push_front(detail::RequestBase& request) { receives_.push_front(request); }
  /// Its bytes go ahead of all that came behind them, also of what a receive has gathered.
  void take_back(std::span<const std::byte> bytes);
  void take_back(ReceiveIntoRequest& request, std::size_t count);

  /// Ends all receives. With `Fate::broke` those that are content with less get what came before; the rest
  /// stays for later ones.
  enum class Fate : std::uint8_t { broke, dropped };
  void fail_all(const Error& error, Fate fate, BufferPool* pool);
  void fail_first(const Error& error);
  void forget_kept() { kept_.reset(); }

  /// Reads what is there and keeps it, up to about `bytes_max`; then the stream counts as ended.
  void keep_rest(Source& source, std::size_t bytes_max);
  /// Reads what is there and drops it.
  void discard(ports::ByteStream& stream);

 private:
  enum class Progress : std::uint8_t { done, blocked };

  [[nodiscard]] Result<Progress> serve_first(Source& source);
  [[nodiscard]] Result<Progress> gather(ReceiveRequest& request, Source& source);
  [[nodiscard]] Result<Progress> fill(ReceiveIntoRequest& request, Source& source);
  [[nodiscard]] bool try_finish(ReceiveRequest& request, BufferPool* pool);
  [[nodiscard]] bool try_finish_whole(ReceiveRequest& request, Buffer& bytes);
  [[nodiscard]] Result<ports::Transfer> read(Source& source, std::span<std::byte> into);
  [[nodiscard]] std::size_t kept_bytes() const { return kept_ ? kept_->size() : 0; }
  /// How many of `bytes` satisfy the request; 0 if they do not.
  [[nodiscard]] static std::size_t find_enough(ReceiveRequest& request,
                                               std::span<const std::byte> bytes);
  void finish_with_kept(ReceiveRequest& request, std::size_t count, BufferPool* pool);
  void finish_with_error(ReceiveRequest& request);
  void finish_broken(detail::RequestBase& request, const Error& error, BufferPool* pool);
  void keep(std::span<const std::byte> bytes);
  void keep_ahead(std::span<const std::byte> bytes);
  void drop_kept(std::size_t count);
  void leave_gap();

  detail::RequestList<detail::RequestBase> receives_;  // of all kinds
  std::unique_ptr<KeptBytes> kept_;                    // null if there are none
  bool readable_ : 1 = false;
  bool ended_ : 1 = false;
  bool received_any_ : 1 = false;
  bool broke_ : 1 = false;
  bool gap_ : 1 = false;
};

}  // namespace bowline::drive
