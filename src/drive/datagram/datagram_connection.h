#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "drive/datagram/flow_sends.h"
#include "drive/datagram/layered_flow.h"
#include "drive/datagram/udp_port.h"
#include "drive/message/message_connection.h"

namespace bowline::drive {

class DatagramConnection;
class FlowTable;

/// Between whom datagrams go; the listener's part of it is the port.
struct Flow {
  SocketAddress remote;
  IpAddress local;  ///< unspecified: the system chooses
};

/// Takes a run of datagrams at once.
class BatchReceiveRequest final : public detail::Request<MessageBatch> {
 public:
  static constexpr std::uint8_t kind_number = 1;  // a MessageReceiveRequest's is 0
  BatchReceiveRequest(detail::RequestQueue& loop, DatagramConnection& connection);

 private:
  void begin() override;
  void withdraw() noexcept override;
  detail::TakenList* source() noexcept override;
  void give_back(Result<MessageBatch>&& received, detail::Undone how) noexcept override;
  detail::Ref<DatagramConnection> connection_;
};

/// One UDP flow: a 4-tuple. It has a socket of its own if we opened it, and shares its listener's otherwise.
///
/// With a protocol on it such as DTLS, that makes datagrams of the messages and messages of the datagrams.
class DatagramConnection final : public MessageConnection,
                                 private UdpPort::Owner,
                                 private LayeredFlow::Owner,
                                 private ListHook<DatagramConnection> {
 public:
  DatagramConnection(Loop& loop, Outbound&& outbound);
  /// A listener's flow.
  DatagramConnection(Loop& loop, detail::Ref<Origin> origin, detail::Ref<UdpPort> port,
                     const Flow& flow, detail::Ref<FlowTable> table);
  ~DatagramConnection() override;

  [[nodiscard]] std::optional<SocketAddress> local_address() const override;
  [[nodiscard]] std::optional<SocketAddress> remote_address() const override;
  [[nodiscard]] ports::SecureChannel* secure_channel() override {
    return layered_ ? layered_->layer().secure_channel() : nullptr;
  }
  [[nodiscard]] std::size_t message_bytes_max() const override;
  [[nodiscard]] std::size_t queued_bytes() const override;

  [[nodiscard]] std::uint64_t receive_drops() const;

  /// Of a listener's flow with a protocol: what shakes hands before the flow is handed out.
  [[nodiscard]] std::unique_ptr<Candidate> make_handshake();
  /// A run came for this flow.
  void handle_run(ports::ReceivedRun run);
  /// The table heard nothing for too long.
  void expire();
  /// Its peer begins anew at the same address.
  void supersede();
  [[nodiscard]] const Flow& flow() const { return flow_; }

 private:
  friend class BatchReceiveRequest;
  class Handshake;
  friend class FlowTable;
  friend class IntrusiveList<DatagramConnection, DatagramConnection>;
  struct Received {
    std::vector<ports::ReceivedRun> runs;
    std::size_t first = 0;
    std::size_t datagrams = 0;
    std::size_t bytes = 0;
  };

  static constexpr std::size_t kept_runs_max = 8;

  void start_receive(MessageReceiveRequest& request) override;
  void withdraw_receive(MessageReceiveRequest& request) noexcept override;
  void take_back(Result<Message>&& received, MessageReceiveRequest& request,
                 detail::Undone how) noexcept override;
  void start_send(MessageSendRequest& request) override;
  void withdraw_send(MessageSendRequest& request) noexcept override;
  void start_batch(BatchReceiveRequest& request);
  void add_receive(detail::RequestBase& request);

  void handle_port_readable() override;
  PacketSource* packets() override { return &own_sends_; }
  /// Where this flow's sends wait: with a socket that it shares, beside those of the other flows.
  [[nodiscard]] FlowSends& sends();
  [[nodiscard]] const FlowSends& sends() const;
  void receive_all();
  void satisfy();
  [[nodiscard]] Message take_datagram();
  [[nodiscard]] MessageBatch take_batch();
  void drop_run();
  void queue(ports::ReceivedRun run);
  void trim();
  void count_kept(const ports::ReceivedRun& run);
  void uncount_kept(std::size_t datagrams, std::size_t bytes);
  void put_back(const Buffer& bytes, std::size_t segment_bytes,
                const DatagramFacts& facts) noexcept;
  void serve_again() noexcept;
  void drop_received();
  [[nodiscard]] bool wants_more() const { return !receives_.empty(); }
  [[nodiscard]] bool wants_batch() const;
  void finish_first_receive(const Error& error);

  void handle_packet(Buffer packet) override;
  void handle_message(Buffer message, const ports::ReceivedRun& from) override;
  void handle_layer_open() override {}
  void handle_layer_end() override;
  void handle_layer_failure(Error error) override;
  void handle_read_on() override { receive_all(); }
  [[nodiscard]] std::optional<Error> seal(MessageSendRequest& request);
  [[nodiscard]] bool has_ended() const { return layered_ && layered_->has_ended(); }
  void end_waiting_receives();

  std::unique_ptr<Candidate> make_candidate(const Approach& approach) override;
  void adopt(Candidate& winner) override;
  void handle_became_ready() override;
  void hasten_close() override;
  void prepare_close() override;
  [[nodiscard]] bool has_unsent() const override { return sends().has_any_of(*this); }
  [[nodiscard]] std::vector<ports::LayerFacts> layers() const override;
  void fail_receives(const Error& error) override;
  void fail_sends(const Error& error) override;
  void release(Release how) override;

  detail::Ref<UdpPort> port_;
  Flow flow_;
  detail::Ref<FlowTable> table_;  // null if the socket is our own
  Instant last_used_;             // for the table
  // In the order of the calls; both MessageReceiveRequest and BatchReceiveRequest, by their kind().
  detail::RequestList<detail::RequestBase> receives_;
  FlowSends own_sends_;  // what waits for a socket of our own, which is there once we are ready
  std::unique_ptr<Received> received_;
  std::unique_ptr<LayeredFlow> layered_;  // null without a protocol on it
  bool readable_ = false;
  bool passes_packet_ = false;  // what is sent is a datagram of the protocol already
};

}  // namespace bowline::drive
