#include <bowline/listener.h>
#include <bowline/websocket.h>

#include "drive/establish/host/host_interfaces.h"
#include "drive/listening/datagram_listener.h"
#include "drive/listening/listen_parameters.h"
#include "drive/listening/stream_listener.h"
#include "drive/message/framed_connection.h"
#include "drive/stream/stream_connection.h"

namespace bowline {

namespace {

template <class ConnectionType>
ConnectionType make_handle(drive::Connection& core);
template <>
StreamConnection make_handle(drive::Connection& core) {
  return StreamConnection(static_cast<drive::StreamConnection&>(core));
}
template <>
MessageConnection make_handle(drive::Connection& core) {
  return MessageConnection(static_cast<drive::MessageConnection&>(core));
}
template <>
WebSocketConnection make_handle(drive::Connection& core) {
  return WebSocketConnection(make_handle<MessageConnection>(core));
}
template <>
DatagramConnection make_handle(drive::Connection& core) {
  return DatagramConnection(static_cast<drive::DatagramConnection&>(core));
}

template <class ConnectionType>
class AcceptRequest final : public detail::Request<ConnectionType>, private drive::AcceptWaiter {
 public:
  AcceptRequest(detail::RequestQueue& loop, drive::Listener& listener)
      : detail::Request<ConnectionType>(loop), listener_(&listener) {}

 private:
  void begin() override { listener_->start_accept(*this); }
  void withdraw() noexcept override { drive::AcceptWaiter::unlink(); }
  void give_back(Result<ConnectionType>&& accepted, detail::Undone /*how*/) noexcept override {
    if (accepted.has_value()) listener_->take_back(*accepted_);
  }
  void handle_accepted(detail::Ref<drive::Connection> connection) override {
    accepted_ = connection.get();
    this->finish(make_handle<ConnectionType>(*connection));
  }
  void handle_accept_failed(const Error& error) override { this->finish(error); }

  detail::Ref<drive::Listener> listener_;
  drive::Connection* accepted_ = nullptr;  // held by the result
};

}  // namespace

ListenerHandle::ListenerHandle(drive::Listener& core) : core_(&core) {
  core_->add_ref();
  core_->add_handle();
}

ListenerHandle::ListenerHandle(const ListenerHandle& other) : core_(other.core_) {
  if (core_ == nullptr) return;
  core_->add_ref();
  core_->add_handle();
}

ListenerHandle::~ListenerHandle() {
  if (core_ == nullptr) return;
  core_->drop_handle();
  core_->drop_ref();
}

SocketAddress ListenerHandle::local_address() const { return core_->local_address(); }
void ListenerHandle::close() { core_->close(); }
Operation<void> ListenerHandle::close_all(Duration grace) {
  return Operation<void>(
      detail::RequestBase::make<drive::CloseAllRequest>(core_->loop(), *core_, grace));
}
void ListenerHandle::limit_open(std::size_t connections_max) {
  core_->set_open_max(connections_max);
}
void ListenerHandle::limit_handshakes(std::size_t connections_max) {
  core_->set_preparing_max(connections_max);
}
void ListenerHandle::handshake_within(Duration limit) { core_->set_handshake_within(limit); }
std::size_t ListenerHandle::preparing_count() const { return core_->counts().preparing; }
std::uint64_t ListenerHandle::handshake_failures() const {
  return core_->counts().handshake_failures;
}
void ListenerHandle::limit_new(std::uint64_t connections) { core_->set_credits(connections); }
std::uint64_t ListenerHandle::accepted_count() const { return core_->counts().accepted; }
std::size_t ListenerHandle::open_count() const { return core_->counts().open; }
std::uint64_t ListenerHandle::also_ran_count() const { return core_->counts().also_ran; }

template <class ConnectionType>
Operation<ConnectionType> Listener<ConnectionType>::accept() {
  return Operation<ConnectionType>(
      detail::RequestBase::make<AcceptRequest<ConnectionType>>(core().loop(), core()));
}

template <class ConnectionType>
void Listener<ConnectionType>::on_connection(
    std::move_only_function<void(ConnectionType)> handler) {
  if (!handler) return core().set_handler(nullptr);
  core().set_handler(
      [handler = std::move(handler)](const detail::Ref<drive::Connection>& connection) mutable {
        handler(make_handle<ConnectionType>(*connection));
      });
}

template class Listener<StreamConnection>;
template class Listener<MessageConnection>;
template class Listener<DatagramConnection>;
template class Listener<WebSocketConnection>;

namespace detail {

Result<ListenerHandle> open_listener(Loop& loop, std::shared_ptr<const drive::StackPlan> plan,
                                     const Endpoint& local, Parameters parameters) {
  BOWLINE_TRY_VOID(local.validity());
  BOWLINE_TRY_VOID(drive::check_listen_parameters(parameters));
  SocketAddress address = local.address();
  if (local == Endpoint()) {
    address.ip = IpAddress::any(Family::ipv6);
  } else if (!local.is_address()) {
    return Error(ErrorKind::invalid_argument, "listen", "listen on an address, not on a name")
        .about(to_string(local));
  }
  if (!local.zone().empty()) {
    BOWLINE_TRY(const std::uint32_t scope,
                drive::interface_index(loop.core().host().network(), local.zone()));
    address.ip = address.ip.with_scope(scope);
  }
  if (const auto only = parameters.only(); only && *only != address.ip.family()) {
    if (!address.ip.is_unspecified())
      return Error(ErrorKind::invalid_argument, "listen",
                   "the address is not of the family asked for")
          .about(to_string(address));
    address.ip = IpAddress::any(*only);
  }
  detail::Ref<drive::Listener> listener;
  if (plan->transport() == drive::Transport::udp) {
    listener = detail::Ref<drive::Listener>(
        new drive::DatagramListener(loop.core(), std::move(plan), std::move(parameters)));
  } else {
    listener = detail::Ref<drive::Listener>(
        new drive::StreamListener(loop.core(), std::move(plan), std::move(parameters)));
  }
  if (auto opened = listener->open(address); !opened.has_value()) {
    listener->close();
    return std::move(opened).error().about(to_string(address));
  }
  return ListenerHandle(*listener);
}

}  // namespace detail

}  // namespace bowline
