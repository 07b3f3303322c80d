#include "drive/message/message_connection.h"

namespace bowline::drive {

void MessageReceiveRequest::begin() { connection_->start_receive(*this); }
void MessageReceiveRequest::withdraw() noexcept { connection_->withdraw_receive(*this); }
detail::TakenList* MessageReceiveRequest::source() noexcept {
  return connection_->source(has_value());
}
void MessageReceiveRequest::give_back(Result<Message>&& received, detail::Undone how) noexcept {
  connection_->take_back(std::move(received), *this, how);
}
void MessageSendRequest::begin() {
  if (context != MessageContext() && !connection_->carries_contexts())
    return finish(Error(ErrorKind::unsupported, "send",
                        "the protocol sends whole messages, and can say nothing of them"));
  connection_->start_send(*this);
}
void PingRequest::begin() { connection_->start_ping(*this); }
void PingRequest::withdraw() noexcept { connection_->withdraw_ping(*this); }
void MessageConnection::start_ping(PingRequest& request) {
  request.finish(Error(ErrorKind::unsupported, "ping", "the protocol has no pings"));
}
void MessageSendRequest::withdraw() noexcept { connection_->withdraw_send(*this); }

}  // namespace bowline::drive
