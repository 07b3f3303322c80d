#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/dns/resolver.h"

namespace bowline::core {

/// What the resolver asks of its driver, in order, and which datagram sockets are open and whose they are.
class Outbox {
 public:
  using SocketId = Resolver::SocketId;
  using OwnerId = std::uint64_t;

  explicit Outbox(TraceFlag trace) : trace_(trace) {}

  void push(Resolver::Output output);
  [[nodiscard]] std::optional<Resolver::Output> poll();
  [[nodiscard]] bool is_drained() const { return next_output_ == outputs_.size(); }

  /// Ids are never used twice, so that a late input cannot reach a new socket.
  [[nodiscard]] SocketId new_socket() { return ++last_socket_; }
  [[nodiscard]] SocketId open_datagram(OwnerId owner);
  /// Needs no memory: lookups are dropped by destructors.
  void close_datagram(SocketId socket);
  [[nodiscard]] std::optional<OwnerId> owner_of(SocketId socket) const;

  /// Whether notes are wanted: their text costs something to make.
  [[nodiscard]] bool traces() const { return trace_ != nullptr && *trace_; }
  void note(TraceKind kind, std::string detail, std::optional<Error> error = std::nullopt);

 private:
  /// For so many outputs more, and beyond them for the end of every open socket.
  void make_room(std::size_t count);

  TraceFlag trace_;
  SocketId last_socket_ = 0;
  std::vector<Resolver::Output> outputs_;
  std::size_t next_output_ = 0;
  std::unordered_map<SocketId, OwnerId> datagram_owners_;
};

}  // namespace bowline::core
