// Sequences of operations on core/dns: lookups, replies right and wrong, streams that break, configurations
// that change, time that passes. Whatever comes, each lookup ends once per type and in time, and every socket
// is closed in the end.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/random.h"
#include "core/dns/host_files/hosts_file.h"
#include "core/dns/resolver.h"
#include "input.h"
#include "require.h"

namespace {

using namespace bowline;
using namespace bowline::core;
using fuzz::Input;
using namespace std::chrono_literals;

class ResolverOperations {
 public:
  explicit ResolverOperations(Input input) : input_(input) { configure(0); }

  void run() {
    while (!input_.empty()) {
      step();
      drain();
    }
    pass(20s);
    for (const auto& [lookup, missing] : missing_) require(missing == 0);
    pass(20s);
    require(datagrams_.empty() && streams_.empty() && !resolver_.deadline().has_value());
  }

 private:
  void step() {
    switch (input_.below(10)) {
      case 0:
      case 1: return look_up();
      case 2: return cancel();
      case 3: return reply_by_datagram();
      case 4: return reply_by_stream();
      case 5: return open_stream();
      case 6: return break_socket();
      case 7: return pass(std::chrono::milliseconds(input_.below(256) * 16));
      case 8: return resolver_.flush_cache(0, now_);
      case 9: return configure(input_.below(32));
      default: return;
    }
  }

  void configure(std::size_t form) {
    const SocketAddress server(IpAddress::v4({192, 0, 2, 1}), 53);
    const SocketAddress other(IpAddress::v4({192, 0, 2, 2}), 53);
    ResolverConfig config;
    config.entries = {{0, 0, {server, other}, {"a", "b.c"}}};
    if ((form & 1) != 0) config.entries[0].servers = {other};
    if ((form & 2) != 0) config.entries[0].search = {};
    if ((form & 4) == 0) config.entries.push_back({2, 2, {other}, {}});
    config.rotate = (form & 8) != 0;
    config.only_tcp = (form & 16) != 0;
    config.no_aaaa = (form & 32) != 0;
    config.one_at_a_time = (form & 64) != 0;
    config.multicast_dns = (form & 128) != 0;
    config.hosts = std::make_shared<HostsFile>("10.0.0.1 h");
    resolver_.configure(std::move(config), now_);
  }

  void look_up() {
    static constexpr const char* asked_names[] = {
        "h", "x", "x.y", "x.", "x.local", "localhost", "1.2.3.4", "a..b", "\\000", ""};
    Resolver::Lookup lookup;
    lookup.name = asked_names[input_.below(std::size(asked_names))];
    const std::size_t flags = input_.below(256);
    lookup.types = {wire::RecordType::a};
    if ((flags & 1) != 0) lookup.types.push_back(wire::RecordType::aaaa);
    if ((flags & 2) != 0) lookup.types.push_back(wire::RecordType::https);
    lookup.allow_stale = (flags & 4) != 0;
    lookup.use_cache = (flags & 8) == 0;
    lookup.use_search = (flags & 16) == 0;
    lookup.scope = (flags & 32) != 0 ? 2 : 0;
    if ((flags & 64) != 0) lookup.server = SocketAddress(IpAddress::v4({192, 0, 2, 3}), 53);
    const std::size_t types = lookup.types.size();
    const auto id = resolver_.start_lookup(std::move(lookup), now_);
    if (id.has_value()) missing_[*id] = types;
  }

  void cancel() {
    if (missing_.empty()) return;
    const auto at =
        std::next(missing_.begin(), static_cast<std::ptrdiff_t>(input_.below(missing_.size())));
    resolver_.cancel_lookup(at->first, now_);
    missing_.erase(at);
  }

  /// The question last sent on a socket, turned into a reply that the input then spoils.
  std::vector<std::byte> make_reply(const std::vector<std::byte>& query) {
    auto message = wire::DnsMessage::parse(query);
    require(message.has_value());
    message->response = true;
    const std::size_t form = input_.below(64);
    message->truncated = (form & 1) != 0;
    if ((form & 2) != 0) message->rcode = static_cast<wire::Rcode>(input_.below(24));
    if ((form & 4) != 0) message->edns.reset();
    const wire::DnsName owner = message->questions.front().name;
    if ((form & 8) != 0) {
      const auto target =
          wire::DnsName::parse(std::string(1, static_cast<char>('a' + input_.below(6))));
      message->answers.push_back(
          {owner, wire::RecordType::cname, wire::class_in, 60, wire::NameData{*target}});
    }
    if ((form & 16) != 0)
      message->answers.push_back({owner, wire::RecordType::a, wire::class_in,
                                  static_cast<std::uint32_t>(input_.below(100)),
                                  IpAddress::v4({192, 0, 2, 9})});
    std::vector<std::byte> bytes = message->encode();
    if ((form & 32) != 0)
      bytes[input_.below(bytes.size())] ^= static_cast<std::byte>(1 + input_.below(255));
    return bytes;
  }

  using Sockets = std::map<Resolver::SocketId, std::vector<std::byte>>;
  Sockets::iterator some(Sockets& sockets) {
    return std::next(sockets.begin(), static_cast<std::ptrdiff_t>(input_.below(sockets.size())));
  }

  void reply_by_datagram() {
    if (datagrams_.empty())
      return resolver_.handle_datagram(input_.below(256), input_.take(16), now_);
    const auto at = some(datagrams_);
    if (input_.below(8) == 0)
      return resolver_.handle_datagram(at->first, input_.take(input_.below(64)), now_);
    resolver_.handle_datagram(at->first, make_reply(at->second), now_);
  }
  void reply_by_stream() {
    if (streams_.empty()) return;
    const auto at = some(streams_);
    if (at->second.size() < 2 || input_.below(8) == 0)
      return resolver_.handle_stream_data(at->first, input_.take(input_.below(64)), now_);
    auto reply = make_reply({at->second.begin() + 2, at->second.end()});
    const std::byte length[] = {static_cast<std::byte>(reply.size() >> 8),
                                static_cast<std::byte>(reply.size() & 0xff)};
    reply.insert(reply.begin(), std::begin(length), std::end(length));
    resolver_.handle_stream_data(at->first, reply, now_);
  }
  void open_stream() {
    if (!streams_.empty()) resolver_.handle_stream_open(some(streams_)->first, now_);
  }
  void break_socket() {
    static constexpr ErrorKind kinds[] = {ErrorKind::refused, ErrorKind::reset,
                                          ErrorKind::resources_exhausted};
    const Error error(kinds[input_.below(std::size(kinds))], "connect", "drawn");
    if (input_.below(2) == 0 && !datagrams_.empty())
      return resolver_.handle_datagram_failure(some(datagrams_)->first, error, now_);
    if (streams_.empty()) return;
    const auto socket = some(streams_)->first;
    streams_.erase(socket);
    resolver_.handle_stream_failure(socket, error, now_);
  }

  void pass(Duration duration) {
    const Instant end = now_ + duration;
    for (auto deadline = resolver_.deadline(); deadline.has_value() && *deadline <= end;
         deadline = resolver_.deadline()) {
      now_ = std::max(now_, *deadline);
      resolver_.handle_timeout(now_);
      drain();
    }
    now_ = end;
  }

  void drain() {
    while (auto output = resolver_.poll()) std::visit([this](auto& item) { take(item); }, *output);
  }
  void take(Resolver::SendDatagram& send) { datagrams_[send.socket] = std::move(send.bytes); }
  void take(Resolver::OpenStream& open) { streams_[open.socket]; }
  void take(Resolver::SendStream& send) {
    require(streams_.contains(send.socket));
    streams_[send.socket] = std::move(send.bytes);
  }
  void take(Resolver::CloseSocket& close) {
    require(datagrams_.erase(close.socket) + streams_.erase(close.socket) == 1);
  }
  void take(Resolver::Answered& answered) {
    if (!answered.answer.final) return;
    const auto lookup = missing_.find(answered.lookup);
    // Answers made at once come in the same turn as the id: `look_up` has noted it before they are drained.
    require(lookup != missing_.end() && lookup->second > 0);
    --lookup->second;
  }
  void take(TraceNote&) {}

  Input input_;
  SeededRandom random_{1};
  Resolver resolver_{{.cache_bytes_max = 4096, .trace = &core::trace_always}, random_};
  Instant now_{1s};
  Sockets datagrams_;
  Sockets streams_;
  std::map<Resolver::LookupId, std::size_t> missing_;
};

}  // namespace

int fuzz_resolver_operations(std::span<const std::byte> input) {
  ResolverOperations(Input(input)).run();
  return 0;
}
