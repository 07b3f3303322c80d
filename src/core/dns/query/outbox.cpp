#include "core/dns/query/outbox.h"

#include <algorithm>
#include <utility>

namespace bowline::core {

std::optional<Resolver::Output> Outbox::poll() {
  if (next_output_ == outputs_.size()) {
    outputs_.clear();
    next_output_ = 0;
    return std::nullopt;
  }
  return std::move(outputs_[next_output_++]);
}

void Outbox::push(Resolver::Output output) {
  make_room(1);
  outputs_.push_back(std::move(output));
}

Outbox::SocketId Outbox::open_datagram(OwnerId owner) {
  make_room(1);
  const SocketId socket = new_socket();
  datagram_owners_.emplace(socket, owner);
  return socket;
}

void Outbox::close_datagram(SocketId socket) {
  if (datagram_owners_.erase(socket) != 0) outputs_.push_back(Resolver::CloseSocket{socket});
}

void Outbox::make_room(std::size_t count) {
  const std::size_t wanted = outputs_.size() + datagram_owners_.size() + count;
  if (wanted > outputs_.capacity()) outputs_.reserve(std::max(wanted, 2 * outputs_.capacity()));
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
