#include <bowline/connection.h>

#include "drive/datagram/datagram_connection.h"
#include "drive/message/framed_connection.h"
#include "drive/stream/stream_connection.h"

namespace bowline {

Connection::Connection(drive::Connection& core) : core_(&core) {
  core_->add_ref();
  core_->add_handle();
}

Connection::Connection(const Connection& other) : core_(other.core_) {
  if (core_ == nullptr) return;
  core_->add_ref();
  core_->add_handle();
}

Connection::~Connection() {
  if (core_ == nullptr) return;
  core_->drop_handle();
  core_->drop_ref();
}

ConnectionState Connection::state() const { return core_->state(); }
std::optional<Error> Connection::error() const {
  return core_->error() == nullptr ? std::nullopt : std::optional(*core_->error());
}
std::string Connection::id() const { return "C" + std::to_string(core_->number()); }

Operation<void> Connection::ready() {
  return Operation<void>(detail::RequestBase::make<drive::ReadyRequest>(core_->loop(), *core_));
}
void Connection::on_state(std::move_only_function<void(ConnectionState, const Error*)> handler) {
  core_->set_state_handler(std::move(handler));
}
void Connection::restart() { core_->restart(); }
Operation<void> Connection::close() {
  return Operation<void>(detail::RequestBase::make<drive::CloseRequest>(core_->loop(), *core_));
}
void Connection::cancel() { core_->cancel(); }
void Connection::abort() { core_->abort(); }
Report Connection::report() const { return core_->report(); }
std::optional<SocketAddress> Connection::local_address() const { return core_->local_address(); }
std::optional<SocketAddress> Connection::remote_address() const { return core_->remote_address(); }

StreamConnection::StreamConnection(drive::StreamConnection& core) : Connection(core) {}
drive::StreamConnection& StreamConnection::stream() const {
  return static_cast<drive::StreamConnection&>(core());
}

Operation<void> StreamConnection::send(std::span<const std::byte> bytes, Last last) {
  return Operation<void>(detail::RequestBase::make<drive::SendRequest>(stream().loop(), stream(),
                                                                       bytes, last == Last::yes));
}
Operation<Message> StreamConnection::receive(std::size_t min, std::size_t max) {
  return Operation<Message>(
      detail::RequestBase::make<drive::ReceiveRequest>(stream().loop(), stream(), min, max));
}
Operation<std::size_t> StreamConnection::receive_into(std::span<std::byte> buffer,
                                                      std::size_t min) {
  return Operation<std::size_t>(
      detail::RequestBase::make<drive::ReceiveIntoRequest>(stream().loop(), stream(), buffer, min));
}
bool StreamConnection::is_also_ran() const { return stream().is_also_ran(); }

MessageConnection::MessageConnection(drive::MessageConnection& core) : Connection(core) {}
drive::MessageConnection& MessageConnection::messages() const {
  return static_cast<drive::MessageConnection&>(core());
}

Operation<void> MessageConnection::send(std::span<const std::byte> message) {
  return Operation<void>(detail::RequestBase::make<drive::MessageSendRequest>(
      messages().loop(), messages(), message, message.size()));
}
Operation<Message> MessageConnection::receive() {
  return Operation<Message>(
      detail::RequestBase::make<drive::MessageReceiveRequest>(messages().loop(), messages()));
}
std::size_t MessageConnection::message_bytes_max() const { return messages().message_bytes_max(); }

DatagramConnection::DatagramConnection(drive::DatagramConnection& core) : MessageConnection(core) {}
drive::DatagramConnection& DatagramConnection::datagrams() const {
  return static_cast<drive::DatagramConnection&>(core());
}

Operation<void> DatagramConnection::send_batch(std::span<const std::byte> datagrams_to_send,
                                               std::size_t segment_bytes) {
  return Operation<void>(detail::RequestBase::make<drive::MessageSendRequest>(
      datagrams().loop(), messages(), datagrams_to_send, segment_bytes));
}
Operation<MessageBatch> DatagramConnection::receive_batch() {
  return Operation<MessageBatch>(
      detail::RequestBase::make<drive::BatchReceiveRequest>(datagrams().loop(), datagrams()));
}

namespace detail {

StreamConnection connect_stream(Loop& loop, std::shared_ptr<const drive::StackPlan> plan,
                                Endpoint&& endpoint, Parameters&& parameters) {
  return StreamConnection(*drive::make_connection<drive::StreamConnection>(
      loop.core(),
      drive::Connection::Outbound{std::move(plan), std::move(endpoint), std::move(parameters)}));
}

MessageConnection connect_framed(Loop& loop, std::shared_ptr<const drive::StackPlan> plan,
                                 Endpoint&& endpoint, Parameters&& parameters) {
  return MessageConnection(*drive::make_connection<drive::FramedConnection>(
      loop.core(),
      drive::Connection::Outbound{std::move(plan), std::move(endpoint), std::move(parameters)}));
}

DatagramConnection connect_datagram(Loop& loop, std::shared_ptr<const drive::StackPlan> plan,
                                    Endpoint&& endpoint, Parameters&& parameters) {
  return DatagramConnection(*drive::make_connection<drive::DatagramConnection>(
      loop.core(),
      drive::Connection::Outbound{std::move(plan), std::move(endpoint), std::move(parameters)}));
}

}  // namespace detail

}  // namespace bowline
