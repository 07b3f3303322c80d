#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include <bowline/address.h>
#include <bowline/time.h>

#include "base/random.h"
#include "core/dns/query/outbox.h"

namespace bowline::core {

/// DNS over TCP: questions of many owners share few connections, pipelined, answered in any order.
///
/// It gives each message its id, unique on its connection, and puts the length in front. Idle
/// connections wait a while for the next question.
///
/// source    RFC 7766 sections 6.2.1 (reuse, pipelining), 6.2.3 (idle), 7 (order), 8 (framing)
class StreamPool {
 public:
  using SocketId = Resolver::SocketId;
  using OwnerId = Outbox::OwnerId;

  struct Options {
    std::size_t idle_max = 1;  ///< connections per server kept without questions
    Duration idle_timeout = std::chrono::seconds(10);
    std::size_t questions_max = 64;  ///< waiting on one connection; more open another
  };
  struct Reply {
    OwnerId owner;
    std::vector<std::byte> message;
  };
  struct Loss {
    OwnerId owner;
    bool reused;    ///< the connection has served somebody: ask again
    bool was_open;  ///< it broke, rather than not coming about
  };
  struct Events {
    std::vector<Reply> replies;
    std::vector<Loss> losses;
  };

  StreamPool(Options options, Random& random, Outbox& outbox)
      : options_(options), random_(random), outbox_(outbox) {}

  /// Sends one question; an owner has at most one at a time. The first two octets of `message` are
  /// overwritten.
  void send(OwnerId owner, const SocketAddress& server, std::uint32_t interface_index,
            std::vector<std::byte> message, Instant now);
  /// The owner wants no reply any more. `gave_up` says that it waited in vain: then the connection takes no
  /// further questions.
  void forget(OwnerId owner, bool gave_up, Instant now);

  void handle_open(SocketId socket, Instant now);
  [[nodiscard]] Events handle_data(SocketId socket, std::span<const std::byte> bytes, Instant now);
  /// The connection is gone.
  [[nodiscard]] Events handle_failure(SocketId socket);
  void handle_timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;

  [[nodiscard]] std::size_t size() const { return streams_.size(); }

 private:
  struct Stream {
    SocketAddress server;
    std::uint32_t interface_index = 0;
    bool open = false;
    bool suspect = false;     // somebody waited in vain here
    bool has_served = false;  // a reply came: it is worth a second question
    std::vector<std::pair<std::uint16_t, std::vector<std::byte>>>
        queued;                                  // questions with their ids, until it is open
    std::vector<std::byte> received;             // a part of one message at most
    std::map<std::uint16_t, OwnerId> questions;  // by id
    std::optional<Instant> idle_until;
  };
  using Streams = std::map<SocketId, Stream>;

  Streams::iterator stream_for(const SocketAddress& server, std::uint32_t interface_index);
  [[nodiscard]] std::uint16_t free_id(const Stream& stream);
  [[nodiscard]] bool take_message(Stream& stream, std::span<const std::byte> message,
                                  Events& events);
  void settle(Streams::iterator stream, Instant now);
  [[nodiscard]] std::size_t idle_count(const Stream& like) const;
  void close(Streams::iterator stream);
  Events lose(Streams::iterator stream);

  Options options_;
  Random& random_;
  Outbox& outbox_;
  Streams streams_;
  std::unordered_map<OwnerId, std::pair<SocketId, std::uint16_t>> by_owner_;
};

}  // namespace bowline::core
