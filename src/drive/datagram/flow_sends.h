#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "drive/datagram/udp_port.h"
#include "drive/message/message_connection.h"

namespace bowline::drive {

/// Users' sends that wait for a UDP port: those of one flow, or of all flows of a listener.
class FlowSends final : public PacketSource {
 public:
  /// One that was started; it is finished once it is sent, unless it is taken away before.
  void push(MessageSendRequest& request) { queue_.push(request); }
  /// Hands each of them over once, in order; those for which it gives an error end with that.
  void change_all(const std::function<std::optional<Error>(MessageSendRequest&)>& change);
  /// Nothing happens if it is not here.
  void withdraw(MessageSendRequest& request) noexcept { queue_.remove(request); }
  [[nodiscard]] bool has_any_of(const MessageConnection& flow) const;
  [[nodiscard]] std::size_t queued_bytes_of(const MessageConnection& flow) const;
  /// Fails what the flow still has here.
  void fail_all_of(const MessageConnection& flow, const Error& error);

  [[nodiscard]] bool first(ports::DatagramRun& into) override;
  [[nodiscard]] bool next(ports::DatagramRun& into) override;
  void handle_sent(std::size_t count, const Error* failure) override;

 private:
  detail::RequestList<MessageSendRequest> queue_;
  const MessageSendRequest* looked_at_ = nullptr;
};

}  // namespace bowline::drive
