#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include <bowline/message.h>

#include "drive/connection/connection.h"

namespace bowline::drive {

class StreamConnection;

/// Takes between `min` and `max` bytes from a stream, as a slice of the loop's block.
class ReceiveRequest final : public detail::Request<Message> {
 public:
  ReceiveRequest(detail::RequestQueue& loop, StreamConnection& connection, std::size_t min,
                 std::size_t max)
      : Request(loop, kind),
        connection_(&connection),
        min_(static_cast<std::uint32_t>(std::min(min, bytes_max))),
        max_(min > bytes_max ? 0 : static_cast<std::uint32_t>(std::min(max, bytes_max))) {}
  static constexpr std::uint8_t kind = 0;

 private:
  friend class StreamConnection;
  void begin() override;
  void withdraw() noexcept override;
  const void* source() const noexcept override;
  void give_back(Result<Message>&& received, detail::Undone how) noexcept override;

  static constexpr std::size_t bytes_max = std::numeric_limits<std::uint32_t>::max();

  detail::Ref<StreamConnection> connection_;
  std::uint32_t min_;
  std::uint32_t max_;  // 0 if what was asked for is too much
};

/// Reads straight into the caller's memory.
class ReceiveIntoRequest final : public detail::Request<std::size_t> {
 public:
  ReceiveIntoRequest(detail::RequestQueue& loop, StreamConnection& connection,
                     std::span<std::byte> into, std::size_t min)
      : Request(loop, kind), connection_(&connection), into_(into), min_(min) {}
  static constexpr std::uint8_t kind = 1;

 private:
  friend class StreamConnection;
  void begin() override;
  void withdraw() noexcept override;
  const void* source() const noexcept override;
  void give_back(Result<std::size_t>&& received, detail::Undone how) noexcept override;

  detail::Ref<StreamConnection> connection_;
  std::span<std::byte> into_;
  std::size_t min_;
  std::size_t received_ = 0;
};

/// Hands bytes to a stream; they are borrowed until it is done.
class SendRequest final : public detail::Request<void> {
 public:
  SendRequest(detail::RequestQueue& loop, StreamConnection& connection,
              std::span<const std::byte> bytes, bool last)
      : Request(loop), connection_(&connection), bytes_(bytes), last_(last) {}

 private:
  friend class StreamConnection;
  void begin() override;
  void withdraw() noexcept override;

  detail::Ref<StreamConnection> connection_;
  std::span<const std::byte> bytes_;  // what is not written yet
  bool last_;
  bool touched_ = false;  // some of it was written
};

/// A connection whose top protocol is a byte stream: TCP.
///
/// Readiness is remembered, so nothing is read or written in vain; reads go into the loop's block or the
/// caller's memory, writes straight to the socket, and what the socket has no room for is copied up to the
/// high-water mark.
class StreamConnection final : private ports::SocketObserver, public Connection {
 public:
  StreamConnection(Loop& loop, Outbound&& outbound);
  /// From a listener.
  StreamConnection(Loop& loop, detail::Ref<Origin> origin,
                   std::unique_ptr<ports::ByteStream> socket);
  ~StreamConnection() override;

  [[nodiscard]] std::optional<SocketAddress> local_address() const override;
  [[nodiscard]] std::optional<SocketAddress> remote_address() const override;
  [[nodiscard]] ports::StreamStatistics statistics() const;
  /// The peer ended its side before it sent a byte: the loser of somebody's race, or a port scan.
  [[nodiscard]] bool is_also_ran() const { return ended_ && !received_any_; }

 private:
  friend class ReceiveRequest;
  friend class ReceiveIntoRequest;
  friend class SendRequest;
  enum class Progress : std::uint8_t { done, blocked, failed };
  struct Stall;
  static constexpr std::size_t pieces_max = 64;

  // Receiving.
  void start_receive(ReceiveRequest& request);
  void start_receive(ReceiveIntoRequest& request);
  void receive_all();
  Progress receive_next();
  Progress receive(ReceiveRequest& request);
  Progress receive(ReceiveIntoRequest& request);
  [[nodiscard]] Result<ports::Transfer> read(std::span<std::byte> into);
  Progress fail_receiving(const Error& error);
  [[nodiscard]] bool can_serve_leftover() const;
  enum class Place : std::uint8_t { behind, ahead };
  void keep(std::span<const std::byte> bytes, Place place = Place::behind);
  void leave_a_gap();
  void drop_leftover(std::size_t bytes);
  void serve_leftover() noexcept;
  void take_back(std::span<const std::byte> bytes) noexcept;
  void serve_again() noexcept;
  void finish_with_leftover(ReceiveRequest& request, bool ended);
  Progress receive_leftover(ReceiveIntoRequest& request);
  void fail_next_receive(const Error& error, bool broke);
  void withdraw_receive(ReceiveRequest& request) noexcept;
  void withdraw_receive(ReceiveIntoRequest& request) noexcept;

  // Sending.
  void start_send(SendRequest& request);
  void withdraw_send(SendRequest& request);
  void flush();
  Progress write_queued();
  [[nodiscard]] Result<ports::Transfer> write_pieces();
  [[nodiscard]] bool has_backlog() const;
  void take_written(std::size_t bytes);
  void hold_back();
  void take_over();
  void end_sending();
  [[nodiscard]] std::size_t backlog_bytes() const;
  void fail_sending(const Error& error);

  void drop_input();
  void handle_stall();
  void check();

  void handle_readiness(ports::Readiness readiness) override;

  std::unique_ptr<Candidate> make_candidate(const Approach& approach) override;
  void adopt(Candidate& winner) override;
  void handle_became_ready() override;
  void hasten_close() override { drop_input(); }
  [[nodiscard]] bool has_unsent() const override;
  void fail_receives(const Error& error) override;
  void fail_sends(const Error& error) override;
  void release(Release how) override;
  std::optional<Duration> transport_rtt() const override;

  // First, and the bases in that order: so they lie in what Connection leaves of its last word. Idle
  // connections are many.
  bool readable_ : 1 = false;
  bool writable_ : 1 = true;
  bool ended_ : 1 = false;       // the peer's side
  bool fin_wanted_ : 1 = false;  // ours, behind everything queued
  bool fin_sent_ : 1 = false;
  bool received_any_ : 1 = false;
  std::unique_ptr<ports::ByteStream> socket_;
  detail::RequestList<detail::RequestBase> receives_;  // of both kinds
  std::unique_ptr<std::vector<std::byte>> leftover_;   // read, and not handed over
  detail::RequestList<SendRequest> sends_;
  std::unique_ptr<Stall> stall_;  // once the socket was full
};

}  // namespace bowline::drive
