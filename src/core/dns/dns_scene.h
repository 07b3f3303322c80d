#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "core/dns/resolver.h"

namespace bowline::core::testing {

using namespace std::chrono_literals;
using wire::DnsMessage;
using wire::DnsName;
using wire::Record;
using wire::RecordType;

inline DnsName name(std::string_view text) { return DnsName::parse(text).value(); }
inline SocketAddress server_at(std::string_view text) { return SocketAddress::parse(text).value(); }

inline Record address_record(std::string_view owner, std::string_view address,
                             std::uint32_t ttl = 300) {
  const IpAddress ip = IpAddress::parse(address).value();
  return {name(owner), ip.is_v4() ? RecordType::a : RecordType::aaaa, wire::class_in, ttl, ip};
}
inline Record cname_record(std::string_view owner, std::string_view target,
                           std::uint32_t ttl = 300) {
  return {name(owner), RecordType::cname, wire::class_in, ttl, wire::NameData{name(target)}};
}
inline Record soa_record(std::string_view zone, std::uint32_t minimum, std::uint32_t ttl = 3600) {
  return {name(zone), RecordType::soa, wire::class_in, ttl,
          wire::SoaData{name("ns.example"), name("who.example"), 1, 2, 3, 4, minimum}};
}

/// The reply that a scripted server starts from: the question repeated, no records.
inline DnsMessage reply_to(const DnsMessage& query) {
  DnsMessage reply;
  reply.id = query.id;
  reply.response = true;
  reply.recursion_available = true;
  reply.questions = query.questions;
  if (query.edns.has_value()) reply.edns.emplace();
  return reply;
}

/// One question as a server saw it.
struct SeenQuery {
  Resolver::SocketId socket;
  DnsTransport transport;
  Instant at;
  DnsMessage message;
  [[nodiscard]] std::string asked() const {
    return to_string(message.questions.front().name) + ' ' +
           to_string(message.questions.front().type);
  }
};

/// A server that answers from a table; what is not in it does not exist.
struct ScriptedServer {
  using Write = std::function<void(DnsMessage& reply)>;

  Duration delay = 10ms;  // from question to answer; a connection takes as long to open
  bool silent = false;
  bool refuses_tcp = false;
  bool truncates = false;  // over UDP
  std::map<std::pair<std::string, RecordType>, Write> table;
  std::function<void(const SeenQuery&, DnsMessage& reply)> before_sending;
  std::function<bool(const SeenQuery&)> ignores;
  /// Last of all, on the bytes; a reply left empty is not sent.
  std::function<void(const SeenQuery&, std::vector<std::byte>&)> mangle;
  std::vector<SeenQuery> seen;

  void answer(std::string_view owner, RecordType type, Write write) {
    table[{std::string(owner), type}] = std::move(write);
  }
  void holds(const std::vector<Record>& records) {
    for (const Record& record : records) {
      const auto key = std::pair{to_string(record.name), record.type};
      table[key] = [record, before = table[key]](DnsMessage& reply) {
        if (before) before(reply);
        reply.answers.push_back(record);
      };
    }
  }
  /// The name exists, with no record of these types.
  void lacks(std::string_view owner, const std::vector<RecordType>& types) {
    for (const RecordType type : types)
      answer(owner, type,
             [](DnsMessage& reply) { reply.authorities.push_back(soa_record(".", 60)); });
  }
  [[nodiscard]] std::vector<std::string> questions() const {
    std::vector<std::string> all;
    for (const SeenQuery& query : seen) all.push_back(query.asked());
    return all;
  }
  [[nodiscard]] DnsMessage reply(const SeenQuery& query) const {
    DnsMessage reply = reply_to(query.message);
    const auto& question = query.message.questions.front();
    const auto found = table.find({to_string(question.name.folded()), question.type});
    if (found != table.end()) {
      found->second(reply);
    } else {
      reply.rcode = wire::Rcode::name_error;
      reply.authorities.push_back(soa_record(".", 60));
    }
    if (truncates && query.transport == DnsTransport::udp) {
      reply.truncated = true;
      reply.answers.clear();
    }
    if (before_sending) before_sending(query, reply);
    return reply;
  }
};

/// A resolver, its servers and nothing else, in virtual time. Checks on the way that the resolver
/// keeps to its interface.
class DnsScene {
 public:
  explicit DnsScene(Resolver::Options options = {}, std::uint64_t seed = 1)
      : random(seed), resolver(options, random) {}

  struct GotAnswer {
    Resolver::LookupId lookup;
    Answer answer;
    Duration after;  // since the scene began
  };

  SeededRandom random;
  Resolver resolver;
  Instant now{1s};
  std::map<SocketAddress, ScriptedServer> servers;
  std::vector<GotAnswer> answers;
  std::vector<TraceNote> notes;
  std::map<Resolver::SocketId, SocketAddress> datagram_sockets;
  std::map<Resolver::SocketId, SocketAddress> stream_sockets;
  std::size_t streams_opened = 0;

  ScriptedServer& server(std::string_view address = "192.0.2.53:53") {
    return servers[server_at(address)];
  }

  /// Configures the servers named, for the default scope.
  void configure(const std::vector<std::string>& addresses = {"192.0.2.53:53"},
                 const std::vector<std::string>& search = {}, unsigned ndots = 1) {
    config = {};
    ResolverEntry entry;
    for (const std::string& address : addresses) entry.servers.push_back(server_at(address));
    entry.search = search;
    config.entries.push_back(entry);
    config.ndots = ndots;
    resolver.configure(config, now);
    drain();
  }

  Result<Resolver::LookupId> try_look_up(Resolver::Lookup lookup) {
    auto id = resolver.start_lookup(std::move(lookup), now);
    drain();
    return id;
  }
  Resolver::LookupId look_up(std::string_view text,
                             std::vector<RecordType> types = {RecordType::a}) {
    Resolver::Lookup lookup;
    lookup.name = text;
    lookup.types = std::move(types);
    return try_look_up(std::move(lookup)).value();
  }
  /// Starts a lookup and runs until it has ended; the answer to its only type.
  Answer resolve(std::string_view text, RecordType type = RecordType::a) {
    const std::size_t before = answers.size();
    look_up(text, {type});
    run_for(20s, [&] { return answers.size() > before && answers.back().answer.final; });
    if (answers.size() > before) return answers.back().answer;
    ADD_FAILURE() << "no answer for " << text;
    return {};
  }

  void after(Duration delay, std::function<void()> event) {
    events.emplace(now + delay, std::move(event));
  }

  /// Lets time pass until nothing is left to happen, `limit` is over, or `done` says so.
  void run_for(Duration limit, const std::function<bool()>& done = {}) {
    const Instant end = now + limit;
    while (!(done && done())) {
      const std::optional<Instant> timer = resolver.deadline();
      std::optional<Instant> next = events.empty() ? timer : std::optional(events.begin()->first);
      if (timer.has_value() && *timer < *next) next = timer;
      if (!next.has_value() || *next > end) {
        now = end;
        return;
      }
      now = std::max(now, *next);
      if (!events.empty() && events.begin()->first <= now) {
        const auto event = std::move(events.begin()->second);
        events.erase(events.begin());
        event();
        drain();
      }
      if (timer.has_value() && *timer <= now) resolver.handle_timeout(now);
      drain();
    }
  }

  void deliver(Resolver::SocketId socket, const std::vector<std::byte>& bytes) {
    resolver.handle_datagram(socket, bytes, now);
    drain();
  }

  void drain() {
    while (auto output = resolver.poll()) std::visit([this](auto& item) { take(item); }, *output);
  }

  ResolverConfig config;

 private:
  void take(Resolver::SendDatagram& send) {
    EXPECT_TRUE(used.insert(send.socket).second) << "an id used twice";
    datagram_sockets[send.socket] = send.server;
    see(send.socket, send.server, DnsTransport::udp, send.bytes);
  }
  void take(Resolver::OpenStream& open) {
    EXPECT_TRUE(used.insert(open.socket).second) << "an id used twice";
    stream_sockets[open.socket] = open.server;
    ++streams_opened;
    ScriptedServer& server = servers[open.server];
    if (server.silent) return;
    const Resolver::SocketId socket = open.socket;
    after(server.delay, [this, socket, refused = server.refuses_tcp] {
      if (!stream_sockets.contains(socket)) return;
      if (!refused) return resolver.handle_stream_open(socket, now);
      stream_sockets.erase(socket);
      resolver.handle_stream_failure(socket, Error(ErrorKind::refused, "connect", "refused"), now);
    });
  }
  void take(Resolver::SendStream& send) {
    ASSERT_TRUE(stream_sockets.contains(send.socket)) << "bytes for a stream that is not there";
    ByteReader reader(send.bytes);
    const auto size = reader.u16();
    ASSERT_EQ(size, send.bytes.size() - 2) << "one framed message at a time";
    see(send.socket, stream_sockets[send.socket], DnsTransport::tcp, reader.whole().subspan(2));
  }
  void take(Resolver::CloseSocket& close) {
    EXPECT_EQ(datagram_sockets.erase(close.socket) + stream_sockets.erase(close.socket), 1U)
        << "closed what is not open";
  }
  void take(Resolver::Answered& answered) {
    if (answered.answer.final) {
      EXPECT_EQ(answered.answer.status == AnswerStatus::ok, !answered.answer.error.has_value());
    }
    answers.push_back({answered.lookup, std::move(answered.answer), now - Instant{1s}});
  }
  void take(TraceNote& note) { notes.push_back(std::move(note)); }

  void see(Resolver::SocketId socket, const SocketAddress& address, DnsTransport transport,
           std::span<const std::byte> bytes) {
    const auto query = DnsMessage::parse(bytes);
    ASSERT_TRUE(query.has_value()) << to_string(query.error());
    ASSERT_EQ(query->questions.size(), 1U);
    ScriptedServer& server = servers[address];
    server.seen.push_back({socket, transport, now, *query});
    const SeenQuery seen = server.seen.back();
    if (server.silent || (server.ignores && server.ignores(seen))) return;
    auto reply = server.reply(seen).encode();
    if (server.mangle) server.mangle(seen, reply);
    if (reply.empty()) return;
    after(server.delay, [this, seen, reply] {
      if (seen.transport == DnsTransport::udp)
        return resolver.handle_datagram(seen.socket, reply, now);
      std::vector<std::byte> framed;
      ByteWriter writer(framed);
      writer.u16(static_cast<std::uint16_t>(reply.size()));
      writer.bytes(reply);
      resolver.handle_stream_data(seen.socket, framed, now);
    });
  }

  std::multimap<Instant, std::function<void()>> events;
  std::set<Resolver::SocketId> used;
};

}  // namespace bowline::core::testing
