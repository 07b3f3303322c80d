#include "drive/message_connection.h"

namespace bowline::drive {

void MessageReceiveRequest::begin() { connection_->start_receive(*this); }
void MessageReceiveRequest::withdraw() noexcept { connection_->withdraw_receive(*this); }
void MessageReceiveRequest::give_back(Result<Message>&& received, bool waits_again) noexcept {
  if (received.has_value())
    connection_->take_back(*std::move(received), waits_again ? this : nullptr);
}
void MessageSendRequest::begin() { connection_->start_send(*this); }
void MessageSendRequest::withdraw() noexcept { connection_->withdraw_send(*this); }

}  // namespace bowline::drive
