#pragma once

#include <memory>

#include "drive/message/framed_stream.h"
#include "drive/message/message_connection.h"

namespace bowline::drive {

/// A connection whose top protocol is a framer on a byte stream: it carries messages.
class FramedConnection final : public MessageConnection, private FramedStream::Owner {
 public:
  FramedConnection(Loop& loop, Outbound&& outbound)
      : MessageConnection(loop, std::move(outbound)) {}
  /// From a listener: its layers and framers shake hands first.
  FramedConnection(Loop& loop, detail::Ref<Origin> origin)
      : MessageConnection(loop, std::move(origin), Accepted::shakes_hands) {}
  /// The candidate that shakes hands over the stream that was accepted, and makes what adopt() takes.
  [[nodiscard]] std::unique_ptr<Candidate> make_accepted_candidate(
      std::unique_ptr<ports::ByteStream> stream);

  [[nodiscard]] std::optional<SocketAddress> local_address() const override;
  [[nodiscard]] std::optional<SocketAddress> remote_address() const override;
  [[nodiscard]] ports::SecureChannel* secure_channel() override {
    return stream_ ? stream_->carrier().secure_channel() : nullptr;
  }
  [[nodiscard]] std::size_t message_bytes_max() const override;
  [[nodiscard]] std::size_t queued_bytes() const override;
  [[nodiscard]] bool carries_contexts() const override { return true; }
  [[nodiscard]] std::shared_ptr<const FramerFacts> framer_facts() const override { return facts_; }

 private:
  void start_receive(MessageReceiveRequest& request) override;
  void withdraw_receive(MessageReceiveRequest& request) noexcept override {
    receives_.remove(request);
  }
  void take_back(Result<Message>&& received, MessageReceiveRequest& request,
                 detail::Undone how) noexcept override;
  void start_send(MessageSendRequest& request) override;
  void withdraw_send(MessageSendRequest& request) noexcept override {
    if (sends_.first() == &request) front_is_framed_ = false;
    sends_.remove(request);
    if (is_closing() && stream_) return stream_->go_on_soon();
    handle_flushed();
  }

  void start_ping(PingRequest& request) override;
  void withdraw_ping(PingRequest& request) noexcept override { pings_.remove(request); }
  void settle_pings();

  void serve_leftover();
  void advance();
  void note_also_ran();
  [[nodiscard]] Result<void> exchange_all();
  [[nodiscard]] Result<void> receive_all();
  [[nodiscard]] Result<void> read();
  [[nodiscard]] Result<void> send_all();
  void handle_stream_progress() override { advance(); }
  void handle_stream_failure(Error error) override;

  std::unique_ptr<Candidate> make_candidate(const Approach& approach) override;
  void adopt(Candidate& winner) override;
  void handle_became_ready() override { advance(); }
  void prepare_close() override;
  void hasten_close() override;
  [[nodiscard]] bool has_unsent() const override;
  [[nodiscard]] bool awaits_goodbye() const override;
  [[nodiscard]] Result<void> close_stream();
  void fail_receives(const Error& error) override;
  void fail_sends(const Error& error) override;
  void release(Release how) override;
  [[nodiscard]] std::vector<ports::LayerFacts> layers() const override;

  std::unique_ptr<FramedStream> stream_;
  detail::RequestList<MessageReceiveRequest> receives_;
  detail::RequestList<MessageSendRequest> sends_;
  detail::RequestList<PingRequest> pings_;  // that were sent, oldest first
  std::shared_ptr<const FramerFacts> facts_;
  std::uint32_t last_ping_ = 0;
  bool front_is_framed_ = false;   // and waits until its bytes are under the mark
  std::unique_ptr<Error> broken_;  // told once the messages before it are delivered
  std::unique_ptr<Fifo<FramedStream::Delivered>> leftover_;  // before it broke
  bool advancing_ = false;
  bool also_ran_ = false;  // and the listener knows
};

}  // namespace bowline::drive
