#include "core/dns/outbox.h"

#include <utility>

namespace bowline::core {

std::optional<Resolver::Output> Outbox::poll() {
  if (outputs_.empty()) return std::nullopt;
  Resolver::Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

Outbox::SocketId Outbox::open_datagram(OwnerId owner) {
  const SocketId socket = new_socket();
  datagram_owners_.emplace(socket, owner);
  return socket;
}

void Outbox::close_datagram(SocketId socket) {
  if (datagram_owners_.erase(socket) != 0) push(Resolver::CloseSocket{socket});
}

std::optional<Outbox::OwnerId> Outbox::owner_of(SocketId socket) const {
  const auto found = datagram_owners_.find(socket);
  if (found == datagram_owners_.end()) return std::nullopt;
  return found->second;
}

void Outbox::note(TraceKind kind, std::string detail, std::optional<Error> error) {
  if (traces()) push(TraceNote{kind, std::move(detail), std::move(error)});
}

}  // namespace bowline::core
