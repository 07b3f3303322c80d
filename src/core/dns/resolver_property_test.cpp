#include <algorithm>
#include <array>
#include <cerrno>

#include "core/dns/dns_scene.h"

namespace bowline::core {
namespace {

using namespace testing;

// Whatever servers and the network do: each type of each lookup ends once and in time, and nothing
// stays open.

constexpr std::array<RecordType, 4> all_types = {RecordType::https, RecordType::aaaa, RecordType::a,
                                                 RecordType::txt};

/// A scene where everything goes wrong at times, drawn from a seed.
class StormyScene : public DnsScene {
 public:
  StormyScene(Resolver::Options options, std::uint64_t seed)
      : DnsScene(options, seed), chance_(seed * 77 + 1) {
    configure({"192.0.2.1:53", "192.0.2.2:53", "[2001:db8::1]:53"},
              {"corp.example", "lab.example"});
    for (const SocketAddress& address : config.entries[0].servers) spoil(servers[address]);
  }

  /// Lets a lookup start, time pass, or something break.
  void do_something() {
    switch (draw(10)) {
      case 0:
      case 1:
      case 2: return start_a_lookup();
      case 3: return cancel_a_lookup();
      case 4: return resolver.handle_datagram(draw(last_socket()), garbage(), now);
      case 5: return resolver.handle_stream_data(draw(last_socket()), garbage(), now);
      case 6: return break_a_datagram_socket();
      case 7: return break_a_stream();
      default: return run_for(draw(700) * 1ms);
    }
  }

  struct Expected {
    Instant until;
    std::size_t types;
    std::size_t finals = 0;
    bool cancelled = false;
  };
  std::map<Resolver::LookupId, Expected> expected;

  void check_answers() {
    for (const GotAnswer& got : std::exchange(answers, {})) {
      Expected& lookup = expected.at(got.lookup);
      EXPECT_FALSE(lookup.cancelled) << "an answer after the cancel";
      EXPECT_LE(got.answer.ended, lookup.until);
      lookup.finals += got.answer.final;
      EXPECT_LE(lookup.finals, lookup.types);
      EXPECT_LE(got.answer.records.size(), 4U);
    }
  }

 private:
  std::size_t draw(std::size_t bound) { return static_cast<std::size_t>(chance_.below(bound)); }
  std::size_t last_socket() const {
    const auto datagrams = datagram_sockets.empty() ? 0 : datagram_sockets.rbegin()->first;
    const auto streams = stream_sockets.empty() ? 0 : stream_sockets.rbegin()->first;
    return static_cast<std::size_t>(std::max(datagrams, streams) + 2);
  }
  std::vector<std::byte> garbage() {
    std::vector<std::byte> bytes(draw(40));
    chance_.fill(bytes);
    return bytes;
  }

  void spoil(ScriptedServer& server) {
    server.delay = draw(1500) * 1ms;
    server.refuses_tcp = draw(4) == 0;
    for (int i = 0; i < 6; ++i) {
      const std::string owner =
          "n" + std::to_string(i) + (draw(2) == 0 ? ".corp.example" : ".example.com");
      server.holds(
          {address_record(owner, "192.0.2.9", 5), address_record(owner, "2001:db8::9", 5)});
    }
    server.ignores = [this](const SeenQuery&) { return draw(3) == 0; };
    server.before_sending = [this](const SeenQuery&, DnsMessage& reply) { spoil(reply); };
  }
  void spoil(DnsMessage& reply) {
    const std::string asked = to_string(reply.questions[0].name);
    switch (draw(12)) {
      case 0: reply.truncated = true; break;
      case 1: reply.rcode = static_cast<wire::Rcode>(draw(16)); break;
      case 2: reply.id = static_cast<std::uint16_t>(reply.id + 1); break;
      case 3: reply.questions.clear(); break;
      case 4:
        reply.answers = {cname_record(asked, "n" + std::to_string(draw(6)) + ".example.com", 5)};
        break;
      case 5: reply.edns.reset(); break;
      case 6: reply.response = false; break;
      default: break;
    }
  }

  void start_a_lookup() {
    Resolver::Lookup lookup;
    lookup.name = "n" + std::to_string(draw(8)) + (draw(2) == 0 ? "" : ".example.com");
    lookup.types.assign(all_types.begin(), all_types.begin() + 1 +
                                               static_cast<std::ptrdiff_t>(draw(all_types.size())));
    lookup.allow_stale = draw(2) == 0;
    lookup.use_cache = draw(4) != 0;
    const std::size_t types = lookup.types.size();
    const auto id = resolver.start_lookup(std::move(lookup), now);
    ASSERT_TRUE(id.has_value());
    expected[*id] = {now + 15s, types};
  }
  void cancel_a_lookup() {
    if (expected.empty()) return;
    drain();
    check_answers();
    const auto at = std::next(expected.begin(), static_cast<std::ptrdiff_t>(draw(expected.size())));
    resolver.cancel_lookup(at->first, now);
    at->second.cancelled = true;
  }
  void break_a_datagram_socket() {
    if (datagram_sockets.empty()) return;
    resolver.handle_datagram_failure(datagram_sockets.begin()->first,
                                     Error::from_errno(ECONNREFUSED, "receive"), now);
  }
  void break_a_stream() {
    if (stream_sockets.empty()) return;
    const auto socket = stream_sockets.begin()->first;
    stream_sockets.erase(socket);
    resolver.handle_stream_failure(socket, Error::from_errno(ECONNRESET, "read"), now);
  }

  SeededRandom chance_;
};

TEST(ResolverProperty, each_type_ends_once_and_in_time_and_nothing_stays_open) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    StormyScene scene({.cache_bytes_max = 4096}, seed);
    for (int step = 0; step < 120; ++step) {
      scene.do_something();
      scene.drain();
    }
    scene.run_for(15s);
    scene.check_answers();
    for (const auto& [id, lookup] : scene.expected)
      EXPECT_TRUE(lookup.cancelled || lookup.finals == lookup.types) << "lookup " << id;
    scene.run_for(20s);
    EXPECT_TRUE(scene.datagram_sockets.empty());
    EXPECT_TRUE(scene.stream_sockets.empty());
    EXPECT_EQ(scene.resolver.deadline(), std::nullopt);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(ResolverProperty, sockets_are_bounded_by_what_is_asked) {
  DnsScene scene;
  scene.configure({"192.0.2.1:53", "192.0.2.2:53", "192.0.2.3:53", "192.0.2.4:53"});
  for (auto& address : scene.config.entries[0].servers) scene.servers[address].silent = true;
  std::size_t most = 0;
  for (int i = 0; i < 50; ++i) scene.look_up("n" + std::to_string(i) + ".example.com");
  scene.run_for(15s, [&] {
    most = std::max(most, scene.datagram_sockets.size());
    return false;
  });
  scene.run_for(1s);
  EXPECT_TRUE(scene.datagram_sockets.empty());
  EXPECT_EQ(most, 300U) << "six per question";
  for (int i = 0; i < 1000; ++i) {
    scene.resolver.cancel_lookup(scene.look_up("m" + std::to_string(i) + ".example.com"),
                                 scene.now);
    scene.drain();
  }
  EXPECT_LE(scene.datagram_sockets.size(), 64U) << "few cancelled questions linger";
}

}  // namespace
}  // namespace bowline::core
