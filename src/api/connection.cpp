#include <bowline/connection.h>

#include "drive/datagram/datagram_connection.h"
#include "drive/message/framed_connection.h"
#include "drive/stream/requests.h"

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
std::optional<SecurityReport> Connection::security() const { return core_->security(); }

namespace {

Error unsecured(const char* operation) {
  return Error(ErrorKind::unsupported, operation, "the connection is not secured, or not ready");
}

}  // namespace

Result<std::vector<std::byte>> Connection::export_key(std::string_view label,
                                                      std::span<const std::byte> context,
                                                      std::size_t bytes) const {
  constexpr std::size_t bytes_max = 8160;  // 255 blocks of SHA-256: RFC 5869 2.3
  if (bytes == 0 || bytes > bytes_max || context.size() > 65'536)
    return Error(ErrorKind::invalid_argument, "export key", "1 to 8160 bytes, a context of 64 KiB");
  ports::SecureChannel* const channel = core_->secure_channel();
  if (channel == nullptr) return unsecured("export key");
  return channel->export_key(label, context, bytes);
}

Result<void> Connection::update_keys() const {
  ports::SecureChannel* const channel = core_->secure_channel();
  if (channel == nullptr) return unsecured("update keys");
  return channel->update_keys();
}

void Connection::on_viability(std::move_only_function<void(bool)> handler) {
  if (const auto watch = core_->path_watch(static_cast<bool>(handler)))
    watch->set_viability_handler(std::move(handler));
}
void Connection::on_better_path(std::move_only_function<void(bool)> handler) {
  if (const auto watch = core_->path_watch(static_cast<bool>(handler)))
    watch->set_better_handler(std::move(handler));
}
void Connection::on_path_changed(std::move_only_function<void(const Path&)> handler) {
  if (const auto watch = core_->path_watch(static_cast<bool>(handler)))
    watch->set_path_handler(std::move(handler));
}
std::optional<Path> Connection::path() const { return core_->path(); }

std::size_t Connection::queued_bytes() const { return core_->queued_bytes(); }
std::optional<SocketAddress> Connection::local_address() const { return core_->local_address(); }
std::optional<SocketAddress> Connection::remote_address() const { return core_->remote_address(); }

StreamConnection::StreamConnection(drive::StreamConnection& core) : Connection(core) {}
drive::StreamConnection& StreamConnection::stream() const {
  return static_cast<drive::StreamConnection&>(core());
}

namespace {

template <class Request, class Connection, class... Asked>
Operation<void> make_send(Connection& connection, Asked&&... asked) {
  return Operation<void>(detail::RequestBase::make<Request>(connection.loop(), connection,
                                                            std::forward<Asked>(asked)...));
}

drive::SendKind kind_of(Last last) {
  return last == Last::yes ? drive::SendKind::last : drive::SendKind::plain;
}

template <class Request, class... Asked>
Operation<Message> make_receive(drive::StreamConnection& stream, Asked&&... asked) {
  return Operation<Message>(
      detail::RequestBase::make<Request>(stream.loop(), stream, std::forward<Asked>(asked)...));
}

}  // namespace

Operation<void> StreamConnection::send(std::span<const std::byte> bytes, Last last) {
  return make_send<drive::ConnectionSend>(stream(), bytes, kind_of(last));
}
Operation<void> StreamConnection::send(Buffer bytes, Last last) {
  return make_send<drive::ConnectionSend>(stream(), std::move(bytes), kind_of(last));
}
Operation<void> StreamConnection::send_replayable(std::span<const std::byte> bytes) {
  return make_send<drive::ConnectionSend>(stream(), bytes, drive::SendKind::replayable);
}
Operation<void> StreamConnection::send_replayable(Buffer bytes) {
  return make_send<drive::ConnectionSend>(stream(), std::move(bytes), drive::SendKind::replayable);
}
Operation<Message> StreamConnection::receive(std::size_t min, std::size_t max) {
  return make_receive<drive::ConnectionReceiveSome>(stream(), drive::Wish::some, min, max);
}
Operation<Message> StreamConnection::receive_exactly(std::size_t count) {
  return make_receive<drive::ConnectionReceiveSome>(stream(), drive::Wish::exactly, count, count);
}
Operation<Message> StreamConnection::receive_until(std::string_view delimiter, std::size_t max) {
  return make_receive<drive::ConnectionReceiveUntil>(stream(), std::string(delimiter), max);
}
Operation<std::size_t> StreamConnection::receive_into(std::span<std::byte> buffer,
                                                      std::size_t min) {
  return Operation<std::size_t>(detail::RequestBase::make<drive::ConnectionReceiveInto>(
      stream().loop(), stream(), buffer, min));
}
bool StreamConnection::is_also_ran() const { return stream().is_also_ran(); }

namespace {

/// What another connection like this one is made of.
Result<drive::Connection::Outbound> like(drive::Connection& core, Endpoint& endpoint,
                                         Parameters& parameters,
                                         std::shared_ptr<const drive::StackPlan>& plan) {
  const Endpoint* const towards = core.endpoint();
  if (towards == nullptr || core.parameters() == nullptr)
    return Error(ErrorKind::unsupported, "replacement",
                 "the peer opened this connection, and only it can open another");
  endpoint = *towards;
  parameters = *core.parameters();
  plan = core.shared_plan();
  return drive::Connection::Outbound{std::move(plan), std::move(endpoint), std::move(parameters)};
}

}  // namespace

Result<StreamConnection> StreamConnection::replacement() const {
  Endpoint endpoint;
  Parameters parameters;
  std::shared_ptr<const drive::StackPlan> plan;
  BOWLINE_TRY(auto outbound, like(core(), endpoint, parameters, plan));
  return StreamConnection(
      *drive::make_connection<drive::StreamConnection>(core().loop(), std::move(outbound)));
}

TransferMeasurement StreamConnection::measure_transfer() {
  return TransferMeasurement(*stream().measure_transfer(), stream());
}

TransferMeasurement::TransferMeasurement(drive::TransferMeasure& measure,
                                         drive::StreamConnection& connection)
    : measure_(&measure), connection_(&connection) {
  measure_->add_ref();
  connection_->add_ref();
}
TransferMeasurement::TransferMeasurement(TransferMeasurement&& other) noexcept
    : measure_(std::exchange(other.measure_, nullptr)),
      connection_(std::exchange(other.connection_, nullptr)) {}
TransferMeasurement& TransferMeasurement::operator=(TransferMeasurement&& other) noexcept {
  std::swap(measure_, other.measure_);
  std::swap(connection_, other.connection_);
  return *this;
}
TransferMeasurement::~TransferMeasurement() {
  if (measure_ == nullptr) return;
  measure_->unlink();
  measure_->drop_ref();
  connection_->drop_ref();
}
DataTransferReport TransferMeasurement::collect() {
  if (!measure_->report()) connection_->collect(*measure_);
  return *measure_->report();
}

MessageConnection::MessageConnection(drive::MessageConnection& core) : Connection(core) {}
drive::MessageConnection& MessageConnection::messages() const {
  return static_cast<drive::MessageConnection&>(core());
}

Operation<void> MessageConnection::send(std::span<const std::byte> message) {
  return make_send<drive::MessageSendRequest>(messages(), message, message.size());
}
Operation<void> MessageConnection::send(Buffer message) {
  const std::size_t size = message.size();
  return make_send<drive::MessageSendRequest>(messages(), std::move(message), size);
}
Operation<void> MessageConnection::send(std::span<const std::byte> message,
                                        const MessageContext& context) {
  return Operation<void>(detail::RequestBase::make<drive::MessageSendRequest>(
      messages().loop(), messages(), message, message.size(), context));
}
Operation<void> MessageConnection::send(Buffer message, const MessageContext& context) {
  const std::size_t size = message.size();
  return Operation<void>(detail::RequestBase::make<drive::MessageSendRequest>(
      messages().loop(), messages(), std::move(message), size, context));
}
std::shared_ptr<const FramerFacts> MessageConnection::framer_facts() const {
  return messages().framer_facts();
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
  return make_send<drive::MessageSendRequest>(messages(), datagrams_to_send, segment_bytes);
}
Operation<void> DatagramConnection::send_batch(Buffer datagrams_to_send,
                                               std::size_t segment_bytes) {
  return make_send<drive::MessageSendRequest>(messages(), std::move(datagrams_to_send),
                                              segment_bytes);
}
Result<DatagramConnection> DatagramConnection::replacement() const {
  Endpoint endpoint;
  Parameters parameters;
  std::shared_ptr<const drive::StackPlan> plan;
  BOWLINE_TRY(auto outbound, like(core(), endpoint, parameters, plan));
  return DatagramConnection(
      *drive::make_connection<drive::DatagramConnection>(core().loop(), std::move(outbound)));
}
std::uint64_t DatagramConnection::receive_drops() const { return datagrams().receive_drops(); }
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
