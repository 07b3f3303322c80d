#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/dns/name/special_names.h"
#include "core/dns/query/outbox.h"
#include "core/dns/query/server_health.h"
#include "core/dns/query/stream_pool.h"

namespace bowline::core {

/// Gets one question answered by one of several servers: UDP first, TCP where that was cut short or is
/// being forged, the next server when one is silent or declines.
///
/// Each server has a ladder of its own: with EDNS, without, by TCP. A step is taken when the server is
/// silent, or sends what shows that it cannot do better; which step it answered at is remembered for a while
/// (ServerHealth::Habits), and all are told in the outcome's remarks.
///
/// Every repetition goes out with a new id from a new socket (RFC 5452 section 9.2), and the few
/// before it stay open: a slow server's answer counts when it comes. A server that declined, or that
/// the network refused, is not asked again. A shortage of this host's own is no server's fault.
class Transaction {
 public:
  using SocketId = Resolver::SocketId;
  using OwnerId = Outbox::OwnerId;

  /// What all transactions share; outlives them.
  struct Shared {
    const Resolver::Options& options;
    Random& random;
    Outbox& outbox;
    ServerHealth& health;
    StreamPool& streams;
    const SpecialNames& special;
  };
  struct Request {
    wire::Question question;
    std::vector<SocketAddress> servers;  ///< at least one
    std::uint32_t interface_index = 0;
    bool only_tcp = false;
    bool recursion = true;  ///< without it, a referral is an answer
    bool authentic_data =
        false;  ///< asks the server to say whether it has validated (RFC 6840 5.7)
  };
  /// How it ended: a reply with NOERROR or NXDOMAIN, or why there is none.
  struct Outcome {
    std::optional<wire::DnsMessage> reply;
    AnswerStatus failure{};
    std::optional<Error> error;
    std::optional<SocketAddress> server;
    DnsTransport transport{};
    std::optional<ReplyFacts> facts;  ///< of the reply, or of the refusal
    std::vector<std::string> remarks;
  };

  Transaction(OwnerId owner, Request request, Shared shared);

  void start(Instant now);
  /// Closes what is open; nothing happens any more.
  void stop(Instant now);

  void handle_datagram(SocketId socket, std::span<const std::byte> bytes, Instant now);
  void handle_datagram_failure(SocketId socket, const Error& error, Instant now);
  void handle_stream_reply(std::span<const std::byte> message, Instant now);
  void handle_stream_loss(bool reused, bool was_open, const Error& error, Instant now);
  void handle_timeout(Instant now);
  /// The first part of it, for one that is about to be stopped: false if it is not time yet.
  bool note_silence(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const { return deadline_; }
  /// When the server that is being asked counts as silent.
  [[nodiscard]] std::optional<Instant> verdict() const {
    return deadline_.has_value() ? std::optional(try_ends_) : std::nullopt;
  }
  [[nodiscard]] const std::optional<Outcome>& outcome() const { return outcome_; }

 private:
  struct Server {
    SocketAddress address;
    bool probe = false;
    bool tcp = false;
    bool tcp_is_a_guess = false;  // for want of an answer by UDP, which stays open as a way
    bool no_tcp = false;          // the guess was wrong
    bool silent = false;          // has let a try pass
    bool edns = true;
    bool edns_works = false;   // it has answered to that before
    bool edns_failed = false;  // in this transaction
    bool done = false;         // declined, or out of reach
    unsigned tries = 0;
    std::optional<Error> error;  // the latest
  };
  struct Datagram {
    SocketId socket;
    std::uint16_t id;
    std::size_t server;
    Instant sent;
    bool edns;
  };

  [[nodiscard]] std::optional<std::size_t> next_server() const;
  [[nodiscard]] ServerHealth::Server known(std::size_t server) const {
    return {servers_[server].address, request_.interface_index};
  }
  void try_next(Instant now);
  void send(Instant now);
  void send_datagram(Instant now);
  void send_stream(Instant now);
  void climb_down(Instant now);
  void try_tcp_after_silence();
  [[nodiscard]] std::vector<std::byte> encode(std::uint16_t id, bool edns) const;
  [[nodiscard]] Duration patience() const;

  void count_mismatch(const Datagram& datagram, const Error& error, Instant now);
  void count_broken(const Datagram& datagram, const Error& error, Instant now);
  struct Way {
    DnsTransport transport;
    bool edns;
  };
  void take_reply(std::size_t server, wire::DnsMessage reply, Way way, Instant now);
  [[nodiscard]] static bool doubts_edns(const Server& server, const wire::DnsMessage& reply);
  void learn_habits(std::size_t server, Way way, Instant now);
  void drop_edns(std::size_t server, std::string_view why);
  void remark(std::size_t server, std::string_view words);
  void ask_again(std::size_t server, Instant now);
  void decline(std::size_t server, Error error, Instant now);
  void suffer(std::size_t server, const Error& error, Instant now);
  void close_datagrams(std::optional<std::size_t> server);
  void finish(Outcome outcome, Instant now);
  void fail(Instant now);
  void trace_query(const char* transport) const;

  OwnerId owner_;
  Request request_;
  Shared shared_;
  std::vector<Server> servers_;
  std::size_t current_ = 0;
  std::vector<Datagram> datagrams_;  // oldest first
  Instant stream_asked_{};
  bool on_stream_ = false;  // current_ was asked over a stream
  bool stream_edns_ = false;
  Instant try_ends_{};
  std::vector<std::string> remarks_;
  unsigned mismatches_ = 0;
  bool saw_malformed_ = false;
  std::optional<Outcome> declined_;  // what the last server to decline said
  std::optional<Instant> deadline_;
  std::optional<Outcome> outcome_;
};

}  // namespace bowline::core
