#pragma once

#include <memory>
#include <optional>

#include "drive/connection/connection.h"
#include "drive/connection/transfer_measure.h"
#include "drive/stream/receiving.h"
#include "drive/stream/sending.h"

namespace bowline::drive {

/// A connection whose top protocol is a byte stream. What carries it, such as a TCP socket, is a
/// ports::ByteStream; its two halves are `Receiving` and `Sending`, and this joins them with the connection's
/// life: they are failed when it ends, and it ends when the stream breaks or is flushed.
class StreamConnection final : private ports::SocketObserver, public Connection {
 public:
  StreamConnection(Loop& loop, Outbound&& outbound);
  /// From a listener: its layers shake hands first.
  StreamConnection(Loop& loop, detail::Ref<Origin> origin);
  /// The same without layers, or one stream of a session.
  StreamConnection(Loop& loop, detail::Ref<Origin> origin,
                   std::unique_ptr<ports::ByteStream> stream);
  ~StreamConnection() override;

  /// The candidate that shakes hands over the stream that was accepted, and makes what adopt() takes.
  [[nodiscard]] std::unique_ptr<Candidate> make_accepted_candidate(
      std::unique_ptr<ports::ByteStream> stream);
  [[nodiscard]] std::optional<SocketAddress> local_address() const override;
  [[nodiscard]] std::optional<SocketAddress> remote_address() const override;
  [[nodiscard]] ports::SecureChannel* secure_channel() override {
    return stream_ ? stream_->secure_channel() : nullptr;
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return sending_.queued_bytes(); }
  /// The peer ended its side before it sent a byte: the loser of somebody's race, or a port scan.
  [[nodiscard]] bool is_also_ran() const {
    return receiving_.has_ended() && !receiving_.has_received();
  }

  /// Begins a measurement, which whoever holds it may end by collect().
  [[nodiscard]] detail::Ref<TransferMeasure> measure_transfer();
  void collect(TransferMeasure& measure);

  // For requests; see requests.h.
  template <class Request>
  void start_receive(Request& request) {
    if (!may_receive()) return request.finish(refusal());
    if (!request.is_valid()) return request.finish(invalid_receive());
    enqueue(request);
  }
  void withdraw_receive(detail::RequestBase& request) noexcept;
  void give_back(detail::RequestBase& request, Result<Message>&& received,
                 detail::Undone how) noexcept;
  void give_back(ReceiveIntoRequest& request, Result<std::size_t>&& received,
                 detail::Undone how) noexcept;
  void start_send(SendRequest& request);
  void withdraw_send(SendRequest& request);

 private:
  struct Patience;

  // Receiving.
  [[nodiscard]] bool may_receive() const;
  [[nodiscard]] static Error invalid_receive();
  void enqueue(detail::RequestBase& request);
  void serve();
  template <class Reading>
  void read_by(Reading reading);
  void serve_kept() noexcept;
  void serve_again(detail::Undone how) noexcept;
  template <class Change>
  void change_kept(Change change) noexcept;
  void note_end(bool had_ended);
  [[nodiscard]] BufferPool* pool() { return loop().is_gone() ? nullptr : &loop().buffers(); }

  // Sending.
  void flush();
  void hold_back();
  [[nodiscard]] Patience& patience();
  void fail_sending(const Error& error);
  void handle_stall();
  void drop_input();
  void check();

  void handle_readiness(ports::Readiness readiness) override;
  std::unique_ptr<Candidate> make_candidate(const Approach& approach) override;
  void adopt(Candidate& winner) override;
  void handle_became_ready() override;
  void hasten_close() override { drop_input(); }
  [[nodiscard]] bool has_unsent() const override { return sending_.has_unsent(); }
  void fail_receives(const Error& error) override;
  void fail_sends(const Error& error) override { sending_.fail_all(error); }
  void release(Release how) override;
  [[nodiscard]] std::vector<ports::LayerFacts> layers() const override;

  void collect_all() noexcept;

  std::unique_ptr<ports::ByteStream> stream_;
  IntrusiveList<TransferMeasure, TransferMeasure> measures_;  // that go on
  Receiving receiving_;
  Sending sending_;
};

}  // namespace bowline::drive
