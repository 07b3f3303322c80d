#pragma once

#include <bowline/connection_state.h>
#include <bowline/endpoint.h>
#include <bowline/export.h>
#include <bowline/loop.h>
#include <bowline/message.h>
#include <bowline/operation.h>
#include <bowline/parameters.h>
#include <bowline/report.h>
#include <bowline/stack.h>
#include <bowline/transfer_report.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace bowline::drive {
class Connection;
class StreamConnection;
class MessageConnection;
class DatagramConnection;
}  // namespace bowline::drive

namespace BOWLINE_API bowline {

class SecurityReport;  // bowline/security_report.h

/// A handle on one connection, whatever it carries. Copies are handles on the same; the last one to go closes
/// it.
///
/// thread    its loop's
class Connection {
 public:
  Connection() = default;
  Connection(const Connection& other);
  Connection(Connection&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  Connection& operator=(Connection other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~Connection();

  /// False for a handle that was made empty or moved from; nothing else may be called on it then.
  explicit operator bool() const { return core_ != nullptr; }

  [[nodiscard]] ConnectionState state() const;
  /// What ended it: why the state is `failed`, also once it is `cancelled` after that. Nothing for a
  /// connection that its owner closed, or that has not ended.
  [[nodiscard]] std::optional<Error> error() const;
  /// "C8": as in logs and reports.
  [[nodiscard]] std::string id() const;

  /// Completes once the connection is ready, with nothing; or with the error once it is failed or cancelled.
  [[nodiscard]] Operation<void> ready();
  /// Called after each change of state, in order, outside of the call that caused it. The error comes
  /// with waiting and failed, and is borrowed for the call. `cancelled` is always the last. The handler
  /// runs where it is stored, and may replace itself or drop the connection: what it holds lives until
  /// it returns.
  void on_state(std::move_only_function<void(ConnectionState, const Error*)> handler);

  /// Called when what is sent begins or ceases to reach the peer, as far as this host can see: the interface
  /// in use lost its carrier, its address or its route, or got it back. The connection stays ready meanwhile,
  /// and may well survive. This and the next two are called soon after the change, with the newest state,
  /// while the connection is ready; an empty handler ends that. They may replace themselves or drop the
  /// connection.
  void on_viability(std::move_only_function<void(bool viable)> handler);
  /// Called when another interface becomes the preferred one for this connection, or ceases to be: time to
  /// ask for a replacement(). Never for one that came from a listener, or was made for one interface.
  void on_better_path(std::move_only_function<void(bool exists)> handler);
  /// Called when anything about the path in use has changed, for those who remember what depends on it.
  void on_path_changed(std::move_only_function<void(const Path& path)> handler);
  /// The path that it uses: of its interface, which is none once its address is gone. Nothing before it is
  /// ready, and after the end.
  [[nodiscard]] std::optional<Path> path() const;

  /// Ends a pause in `waiting`: tries again now. Nothing in any other state.
  void restart();
  /// Sends what was handed over, once it is ready if it is not yet, and then closes; completes once the
  /// system has taken it all, with nothing. Framers whose protocol has a goodbye say it behind the last
  /// message and wait for the peer's. Pending receives end with `cancelled`, and calls made later with
  /// `closed`. What comes from the peer meanwhile is dropped, and does not hinder what is on its way to it.
  /// errors    timed_out if that could not be done within Parameters::close_within; why it broke
  [[nodiscard]] Operation<void> close();
  /// Closes now and gracefully; what the system has not taken yet is dropped, and no framer says goodbye.
  void cancel();
  /// Closes now, with a reset where the transport has one.
  void abort();

  /// How the connection came to be, as far as it is known by now. Allocates; not for hot paths.
  [[nodiscard]] Report report() const;
  /// How it is secured, and why the peer is trusted, or was not: by TLS or DTLS. Nothing before it is ready,
  /// and for stacks without them. Allocates.
  [[nodiscard]] std::optional<SecurityReport> security() const;
  /// A key that both ends can make and nobody else, for another use, such as to bind a login to this
  /// connection.
  ///
  /// label     as registered, or "EXPERIMENTAL..."; `context` up to 64 KiB; `bytes` 1 to 8160
  /// errors    unsupported if the connection is not secured by TLS or DTLS, or not ready
  /// source    RFC 5705, RFC 8446 section 7.5
  [[nodiscard]] Result<std::vector<std::byte>> export_key(std::string_view label,
                                                          std::span<const std::byte> context,
                                                          std::size_t bytes) const;
  /// New keys for both directions, as for a connection that lives for months; the library does so by
  /// itself before they wear out. Peers take more than eight a second for an attack.
  ///
  /// errors    unsupported if the connection is not secured by TLS 1.3, or not ready
  [[nodiscard]] Result<void> update_keys() const;
  /// Bytes that were handed over by sends, and that the system has not taken yet: the measure of how far the
  /// peer or the network lags behind. For messages linear in the sends that wait.
  [[nodiscard]] std::size_t queued_bytes() const;
  /// Nothing before ready, and after the end.
  [[nodiscard]] std::optional<SocketAddress> local_address() const;
  [[nodiscard]] std::optional<SocketAddress> remote_address() const;

  friend bool operator==(const Connection& a, const Connection& b) { return a.core_ == b.core_; }

 protected:
  explicit Connection(drive::Connection& core);
  [[nodiscard]] drive::Connection& core() const { return *core_; }

 private:
  drive::Connection* core_ = nullptr;
};

/// Does this send end our side?
enum class Last : bool { no, yes };

/// A connection that carries a byte stream.
class StreamConnection : public Connection {
 public:
  StreamConnection() = default;
  explicit StreamConnection(drive::StreamConnection& core);

  /// Sends bytes, in the order of calls; before ready they wait.
  ///
  /// bytes     borrowed until the operation completes; a temporary that owns its bytes is given away, see
  ///           below
  /// last      yes ends our side behind these bytes (FIN); they may be none
  /// done      the system or, up to Parameters::high_water_bytes, the connection has taken them: not
  ///           "acknowledged"
  /// errors    closed after an earlier last, or close(); what broke the connection
  /// cancel    a send that is cancelled half-way aborts the connection: the peer must not see half of it
  [[nodiscard]] Operation<void> send(std::span<const std::byte> bytes, Last last = Last::no);
  [[nodiscard]] Operation<void> send(std::string_view text, Last last = Last::no) {
    return send(std::as_bytes(std::span(text)), last);
  }
  /// The same with bytes that the operation keeps: shared, without a copy. So one buffer that is sent to many
  /// stays one.
  [[nodiscard]] Operation<void> send(Buffer bytes, Last last = Last::no);
  [[nodiscard]] Operation<void> send(const Message& message, Last last = Last::no) {
    return send(message.buffer(), last);
  }
  /// A temporary or moved string, vector or array of octets: `send("hello " + name)`.
  template <OwnedBytes Bytes>
  [[nodiscard]] Operation<void> send(Bytes&& bytes, Last last = Last::no) {
    return send(Buffer::own(std::move(bytes)), last);
  }
  template <OwnedBytes Bytes>
  Operation<void> send(const Bytes&& bytes, Last last = Last::no) = delete;
  /// Sends bytes that do no harm when they arrive twice, such as a question. As send(), but where they
  /// are the first bytes of a connection that is not ready yet, they may leave with its handshake: in a
  /// session of TLS 1.3 that is resumed, if the peer has offered to take such early data and its
  /// certificate would be trusted now. That saves a round trip.
  /// SecurityReport::is_early_data_accepted() tells; where the peer does not take them they are sent
  /// again behind the handshake.
  ///
  /// Whoever is on the way may send a copy of early data to the peer once more, and a peer that does not
  /// look for that acts on it twice. At most 16 KiB go early, in whole sends.
  ///
  /// cancel    a send that is cancelled when the peer has taken it aborts the connection
  /// source    RFC 8446 section 2.3 and 8
  [[nodiscard]] Operation<void> send_replayable(std::span<const std::byte> bytes);
  [[nodiscard]] Operation<void> send_replayable(std::string_view text) {
    return send_replayable(std::as_bytes(std::span(text)));
  }
  /// The same with bytes that the operation keeps, as send().
  [[nodiscard]] Operation<void> send_replayable(Buffer bytes);
  template <OwnedBytes Bytes>
  [[nodiscard]] Operation<void> send_replayable(Bytes&& bytes) {
    return send_replayable(Buffer::own(std::move(bytes)));
  }
  template <OwnedBytes Bytes>
  Operation<void> send_replayable(const Bytes&& bytes) = delete;
  /// Ends our side behind everything sent so far.
  [[nodiscard]] Operation<void> finish() { return send(std::span<const std::byte>(), Last::yes); }

  /// Receives from `min` to `max` bytes, as soon as `min` are there; fewer only at the end of the stream, or
  /// where it broke: the next receive then has the error. Several may be pending; they are served in order.
  /// Nothing is read that nobody waits for: so the peer is held back.
  ///
  /// min       under 4 GiB
  /// max       at least 1; one result holds at most 64 KiB unless min is more
  /// errors    invalid_argument; what broke the connection, after all bytes that came before it
  [[nodiscard]] Operation<Message> receive(std::size_t min = 1, std::size_t max = 65'536);
  /// What is there, up to `max` bytes: at least one, unless the stream ends.
  [[nodiscard]] Operation<Message> receive_some(std::size_t max = 65'536) {
    return receive(1, max);
  }
  /// Receives `count` bytes, no more and no less.
  ///
  /// count     1 byte to under 4 GiB
  /// errors    closed if the stream ends earlier; its message says after how many bytes. What broke the
  ///           connection. The bytes that came stay, and the next receive gets them.
  [[nodiscard]] Operation<Message> receive_exactly(std::size_t count);
  /// Receives up to the next `delimiter`, and that too, in linear time however it is split on its way.
  ///
  /// delimiter 1 to 256 bytes, copied
  /// max       of the result, delimiter and all: 1 byte to under 4 GiB
  /// errors    limit_exceeded if there is none in `max` bytes; closed if the stream ends before it; what
  ///           broke the connection. The bytes that came stay, and the next receive gets them.
  [[nodiscard]] Operation<Message> receive_until(std::string_view delimiter,
                                                 std::size_t max = 65'536);
  /// Like receive(), straight into memory of yours, which is borrowed until it completes. 0 is the end of the
  /// stream.
  [[nodiscard]] Operation<std::size_t> receive_into(std::span<std::byte> buffer,
                                                    std::size_t min = 1);

  /// The peer ended its side without a byte: the loser of somebody's race, or a port scan.
  [[nodiscard]] bool is_also_ran() const;

  /// Another connection, made as this one was: over the path that is the best now. Once it is ready, move
  /// your work to it and close this one, which goes on until then.
  /// errors    unsupported for one that came from a listener
  [[nodiscard]] Result<StreamConnection> replacement() const;
  /// Begins to measure what it transfers, now or once it is ready.
  [[nodiscard]] TransferMeasurement measure_transfer();

 private:
  [[nodiscard]] drive::StreamConnection& stream() const;
};

/// A connection that carries messages.
class MessageConnection : public Connection {
 public:
  MessageConnection() = default;
  explicit MessageConnection(drive::MessageConnection& core);

  /// Sends one message. As StreamConnection::send, and message_too_large.
  [[nodiscard]] Operation<void> send(std::span<const std::byte> message);
  [[nodiscard]] Operation<void> send(std::string_view text) {
    return send(std::as_bytes(std::span(text)));
  }
  /// The same with bytes that the operation keeps, as StreamConnection::send.
  [[nodiscard]] Operation<void> send(Buffer message);
  [[nodiscard]] Operation<void> send(const Message& message) { return send(message.buffer()); }
  template <OwnedBytes Bytes>
  [[nodiscard]] Operation<void> send(Bytes&& message) {
    return send(Buffer::own(std::move(message)));
  }
  template <OwnedBytes Bytes>
  Operation<void> send(const Bytes&& message) = delete;
  /// Sends a message of which its protocol says more than its bytes, or a piece of one. Pieces are sent in
  /// the order of calls; what may stand between them is for the framer to say.
  ///
  /// errors    unsupported if the framer cannot send such a message; it goes on
  [[nodiscard]] Operation<void> send(std::span<const std::byte> message,
                                     const MessageContext& context);
  [[nodiscard]] Operation<void> send(std::string_view text, const MessageContext& context) {
    return send(std::as_bytes(std::span(text)), context);
  }
  /// The same with bytes that the operation keeps.
  [[nodiscard]] Operation<void> send(Buffer message, const MessageContext& context);
  /// What the top framer tells of the connection: null before ready, and where it tells nothing. It stays
  /// readable once the connection has ended.
  [[nodiscard]] std::shared_ptr<const FramerFacts> framer_facts() const;
  /// Receives one message, or a piece of one where the framer hands on pieces; on a framed stream an empty
  /// one with end_of_stream() once the peer has ended.
  [[nodiscard]] Operation<Message> receive();
  /// Largest message that can be sent now; for UDP, what reaches the peer in one packet as far as is known. 0
  /// before ready.
  [[nodiscard]] std::size_t message_bytes_max() const;

 protected:
  [[nodiscard]] drive::MessageConnection& messages() const;
};

/// One UDP flow: a 4-tuple.
///
/// UDP has no end of its own. A receive or a send may fail with `refused` because the network said that
/// nobody listens there: that is about an earlier datagram and told once, and the flow goes on. A listener's
/// flow that was silent for UdpOptions::idle_timeout fails, and its pending receives end with `timed_out`.
/// Closing waits for nothing but the sends that the system had no room for.
class DatagramConnection : public MessageConnection {
 public:
  DatagramConnection() = default;
  explicit DatagramConnection(drive::DatagramConnection& core);

  /// Sends `datagrams`, cut every `segment_bytes`, as that many datagrams; only the last may be shorter. One
  /// call to the system where it can (GSO): the way to send much.
  ///
  /// datagrams 1 to 65,000 bytes, at most 64 segments, else message_too_large; borrowed until it completes
  [[nodiscard]] Operation<void> send_batch(std::span<const std::byte> datagrams,
                                           std::size_t segment_bytes);
  /// The same with bytes that the operation keeps, as StreamConnection::send.
  [[nodiscard]] Operation<void> send_batch(Buffer datagrams, std::size_t segment_bytes);
  template <OwnedBytes Bytes>
  [[nodiscard]] Operation<void> send_batch(Bytes&& datagrams, std::size_t segment_bytes) {
    return send_batch(Buffer::own(std::move(datagrams)), segment_bytes);
  }
  template <OwnedBytes Bytes>
  Operation<void> send_batch(const Bytes&& datagrams, std::size_t segment_bytes) = delete;
  /// Another connection, as StreamConnection::replacement.
  [[nodiscard]] Result<DatagramConnection> replacement() const;
  /// Datagrams that reached this host and were lost there, mostly because its receive buffer was full: then a
  /// larger one helps (UdpOptions::receive_buffer_bytes), or reading faster. Of all flows together for those
  /// of a listener. 0 before ready.
  [[nodiscard]] std::uint64_t receive_drops() const;
  /// Receives one datagram, or several that came together (GRO). It and receive() are served in the order of
  /// the calls.
  [[nodiscard]] Operation<MessageBatch> receive_batch();

 private:
  [[nodiscard]] drive::DatagramConnection& datagrams() const;
};

namespace detail {
[[nodiscard]] StreamConnection connect_stream(Loop& loop,
                                              std::shared_ptr<const drive::StackPlan> plan,
                                              Endpoint&& endpoint, Parameters&& parameters);
[[nodiscard]] MessageConnection connect_framed(Loop& loop,
                                               std::shared_ptr<const drive::StackPlan> plan,
                                               Endpoint&& endpoint, Parameters&& parameters);
[[nodiscard]] DatagramConnection connect_datagram(Loop& loop,
                                                  std::shared_ptr<const drive::StackPlan> plan,
                                                  Endpoint&& endpoint, Parameters&& parameters);
}  // namespace detail

/// Connects to `remote` by TLS over TCP, as `tls()` does without options: the peer proves to be who was
/// named, by a certificate of an authority that this system trusts. Without encryption only by `tcp()`,
/// written out.
[[nodiscard]] StreamConnection connect(Loop& loop, Endpoint remote, Parameters parameters = {});

/// Connects `stack` to `remote`: `connect(loop, host("example.com", 80), tcp())`. The connection is in
/// `setup`, and starts by itself at the end of the loop's turn; sends and receives may be started at once.
template <class Stack>
[[nodiscard]] typename Stack::connection_type connect(Loop& loop, Endpoint remote,
                                                      const Stack& stack,
                                                      Parameters parameters = {}) {
  if constexpr (std::is_same_v<typename Stack::connection_type, StreamConnection>) {
    return detail::connect_stream(loop, stack.plan(), std::move(remote), std::move(parameters));
  } else if constexpr (std::is_same_v<typename Stack::connection_type, DatagramConnection>) {
    return detail::connect_datagram(loop, stack.plan(), std::move(remote), std::move(parameters));
  } else {
    return typename Stack::connection_type(
        detail::connect_framed(loop, stack.plan(), std::move(remote), std::move(parameters)));
  }
}

}  // namespace BOWLINE_API bowline
